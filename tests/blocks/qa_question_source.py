#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text typed into a flowgraph: question_source, and text_source's port trigger."""

import unittest

import numpy as np
import pmt
from gnuradio import gr, udeepsc
from PIL import Image

import fixture as fx
from qa_sources import write_ppm


def typed(words):
    """What types a text, by name: a message with these words."""
    return {'symbol': pmt.intern(words),
            'pair of a QT GUI Message Edit Box': pmt.cons(pmt.intern('question'),
                                                          pmt.intern(words)),
            'PDU of a socket': pmt.cons(pmt.PMT_NIL, fx.u8(words.encode())),
            'PDU': pmt.cons(fx.meta(from_whom='x'), fx.u8(words.encode()))}


def sentence(message):
    return bytes(fx.payload(message)).decode()


class Questions(unittest.TestCase):

    def test_each_question_with_its_own_picture(self):
        source = udeepsc.question_source()
        with fx.Bench(source) as bench:
            source.ask_about(fx.picture(1, 64), 'what is it?', 'yes', 'first')
            source.ask_about(fx.picture(2, 64), 'and this?')
            came = bench.received(4)
        self.assertEqual([fx.key(m, 'modality') for m in came], ['image', 'text'] * 2)
        self.assertEqual([fx.key(m, 'frame_id') for m in came], [0, 0, 1, 1])
        self.assertEqual(fx.key(came[1], 'reference'), 'yes')
        self.assertEqual(fx.key(came[0], 'picture'), 'first')
        self.assertEqual(bytes(fx.payload(came[3])).decode(), 'and this?')
        self.assertFalse(np.array_equal(fx.payload(came[0]), fx.payload(came[2])))

    def test_picture_and_question_under_one_number(self):
        picture = np.zeros((64, 96, 3), np.uint8)
        picture[:, 16:48], picture[:, 48:80] = 100, 200  # the middle square
        path = write_ppm('shapes.ppm', picture)
        source = udeepsc.question_source(path)
        words = 'what  color is the circle ?'
        with fx.Bench(source) as bench:
            for i, (name, message) in enumerate(typed(words).items()):
                with self.subTest(name):
                    bench.post(message, 'question')
                    image, text = bench.received(2 * i + 2)[-2:]
                    self.assertEqual(sentence(text), 'what color is the circle ?')
                    self.assertEqual(fx.shaped(image).shape, (32, 32, 3))
                    np.testing.assert_array_equal(fx.shaped(image)[:, :15], 100)
                    np.testing.assert_array_equal(fx.shaped(image)[:, 17:], 200)
                    self.assertEqual([fx.key(m, 'modality') for m in (image, text)],
                                     ['image', 'text'])
                    for message in (image, text):
                        self.assertEqual(fx.key(message, 'frame_id'), i)
                        self.assertEqual(fx.key(message, 'task'), 'visual_question_answering')
                    self.assertEqual(fx.key(image, 'picture'), path)
        self.assertEqual((source.received(), source.sent(), source.dropped()), (4, 8, 0))

    def test_about_the_last_picture_that_came(self):
        source = udeepsc.question_source()
        with fx.Bench(source) as bench:
            bench.post(pmt.intern('is it there ?'), 'question')
            self.assertTrue(fx.wait_until(lambda: source.dropped('incomplete') == 1))
            for grey in (10, 20):
                bench.post(fx.image_pdu(np.full((48, 48, 3), grey, np.uint8), picture='camera 1'),
                           'picture')
            # Two ports have no order between them.
            self.assertTrue(fx.wait_until(lambda: source._pixels is not None
                                          and source._pixels[0, 0, 0] == 20))
            bench.post(pmt.intern('is it there ?'), 'question')
            image, _ = bench.received(2)
        self.assertEqual(fx.shaped(image)[0, 0, 0], 20)
        self.assertEqual(fx.key(image, 'picture'), 'camera 1')
        self.assertEqual(fx.key(image, 'frame_id'), 0)

    def test_another_file_while_running(self):
        first, second = (write_ppm(f'q{grey}.ppm', np.full((40, 40, 3), grey, np.uint8))
                         for grey in (1, 2))
        source = udeepsc.question_source(first)
        source.set_picture('')
        with fx.Bench(source) as bench:
            bench.post(pmt.intern('a ?'), 'question')
            bench.received(2)
            source.set_picture(second)
            with self.assertRaisesRegex(ValueError, '/nowhere.png'):
                source.set_picture('/nowhere.png')
            bench.post(pmt.intern('b ?'), 'question')
            got = bench.received(4)
        self.assertEqual([fx.shaped(m)[0, 0, 0] for m in got[::2]], [1, 2])

    def test_malformed_messages_do_not_stop_the_good_one(self):
        source = udeepsc.question_source(write_ppm('good.ppm', fx.picture()))
        tile = fx.image_pdu(fx.picture(), tiles=[8, 8])
        flat = pmt.cons(fx.meta(shape=[4, 4, 3]), fx.u8(fx.picture()))
        with fx.Bench(source) as bench:
            for message in (pmt.PMT_NIL, pmt.from_long(3), pmt.intern('  '),
                            pmt.cons(pmt.PMT_NIL, pmt.from_long(3)), pmt.make_dict()):
                bench.post(message, 'question')
            for message in (pmt.PMT_NIL, pmt.from_long(3), tile, flat,
                            pmt.cons(pmt.from_long(1), fx.u8(fx.picture()))):
                bench.post(message, 'picture')
            self.assertTrue(fx.wait_until(lambda: source.dropped() == 10),
                            pmt.to_python(source.stats()))
            bench.post(pmt.intern('and now ?'), 'question')
            _, text = bench.received(2)
        self.assertEqual(sentence(text), 'and now ?')
        self.assertEqual(source.dropped('wrong shape'), 3)

    def test_pictures_that_cannot_be_read(self):
        text = fx.temporary('text.png')
        with open(text, 'w', encoding='utf-8') as file:
            file.write('I am no picture')
        for path, words in (('/nowhere/a.png', '/nowhere/a.png.*No such file'),
                            (text, 'text.png.*is no picture')):
            with self.subTest(path), self.assertRaisesRegex(ValueError, words):
                udeepsc.question_source(path)
        with self.assertRaisesRegex(ValueError, 'tile: got 4'):
            udeepsc.question_source(tile=4)

    def test_transparency_is_laid_on_white(self):
        path = fx.temporary('clear.png')
        Image.new('RGBA', (40, 40), (9, 9, 9, 0)).save(path)
        source = udeepsc.question_source(path)
        with fx.Bench(source) as bench:
            bench.post(pmt.intern('a ?'), 'question')
            image, _ = bench.received(2)
        self.assertTrue((fx.shaped(image) == 255).all())

    def test_a_question_is_answered(self):
        """Through the network: the answer is the one that the model gives without blocks."""
        path = write_ppm('asked.ppm', fx.picture(3))
        source = udeepsc.question_source(path)
        chain = [source, udeepsc.semantic_encoder(fx.model_path()),
                 udeepsc.feature_selector(fx.model_path(), 30.0),
                 udeepsc.vq_indexer(fx.model_path()),
                 udeepsc.digital_modulator(), udeepsc.vq_lookup(fx.model_path()),
                 udeepsc.unified_decoder(fx.model_path()), udeepsc.task_sink()]
        top = gr.top_block()
        for sender, receiver in zip(chain, chain[1:]):
            top.msg_connect((sender, 'out'), (receiver, 'in'))
        top.start()
        source.to_basic_block()._post(pmt.intern('question'), pmt.intern('why ?'))
        arrived = chain[-1].wait_for(1, fx.TIMEOUT_S)
        top.stop()
        top.wait()
        self.assertTrue(arrived)
        result, = chain[-1].results()
        self.assertEqual((result.task, result.missing, result.output),
                         ('visual_question_answering', '', 'label'))


class Texts(unittest.TestCase):

    def test_typed_texts(self):
        source = udeepsc.text_source([], start=udeepsc.source_start.on_trigger, file='',
                                     task='text_reconstruction')
        with fx.Bench(source) as bench:
            for i, (name, message) in enumerate(typed('a fine film').items()):
                with self.subTest(name):
                    bench.post(message, 'trigger')
                    self.assertEqual(sentence(bench.received(i + 1)[-1]), 'a fine film')

    def test_other_messages_send_the_list(self):
        source = udeepsc.text_source(['a film'], start=udeepsc.source_start.on_trigger, file='',
                                     task='text_reconstruction')
        with fx.Bench(source) as bench:
            for i, message in enumerate((pmt.PMT_T, pmt.from_long(1), fx.meta(a=1),
                                         pmt.cons(pmt.intern('a'), pmt.from_long(1)))):
                bench.post(message, 'trigger')
                self.assertEqual(sentence(bench.received(i + 1)[-1]), 'a film')


if __name__ == '__main__':
    unittest.main()
