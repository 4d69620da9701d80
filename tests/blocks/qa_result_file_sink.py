#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""result_file_sink: pictures put together, lines of JSON, and folders that cannot be written."""

import json
import math
import os
import pathlib
import tempfile
import unittest

import numpy as np
import pmt
from gnuradio import gr, udeepsc
from gnuradio.udeepsc.picture_board import MISSING, PictureAssembler, PictureBoard
from gnuradio.udeepsc.results import Result
from PIL import Image

import fixture as fx

SIDE = 16


def tile_result(frame_id, grey, **more):
    return Result('image_reconstruction', 'picture', np.full((SIDE, SIDE, 3), grey, np.uint8),
                  frame_id, **more)


def result_pdu(output, payload, task='t', **keys):
    return pmt.cons(fx.meta(task=task, output=output, **keys), payload)


def tile_pdu(frame_id, grey, **keys):
    return result_pdu('picture', fx.u8(np.full((SIDE, SIDE, 3), grey, np.uint8)),
                      'image_reconstruction', shape=[SIDE, SIDE, 3],
                      frame_id=pmt.from_uint64(frame_id), **keys)


def sentence_pdu(text, **keys):
    return result_pdu('sentence', fx.u8(text.encode()), 'text_reconstruction', **keys)


class Board(unittest.TestCase):

    def test_place_by_number(self):
        board = PictureBoard((4, 2))
        picture = board.lay(tile_result(8 + 6, 50))
        self.assertEqual(picture.received.shape, (2 * SIDE, 4 * SIDE, 3))
        self.assertTrue((picture.received[SIDE:, 2 * SIDE:3 * SIDE] == 50).all())
        self.assertEqual((picture.received == 50).sum(), SIDE * SIDE * 3)
        self.assertEqual(picture.name, 'picture 1')
        self.assertIs(board.last(), picture)

    def test_place_by_name_and_edges(self):
        """The last row and column of tiles hang over the picture's edge."""
        board = PictureBoard()
        for row in range(2):
            for column in range(3):
                picture = board.lay(tile_result(
                    0, 10 * (3 * row + column), picture='a', tile=(row, column), tiles=(2, 3),
                    picture_size=(20, 40), reference=np.full((SIDE, SIDE, 3), 7, np.uint8)))
        self.assertEqual(picture.received.shape, (20, 40, 3))
        self.assertTrue(picture.whole())
        self.assertEqual(picture.received[19, 39, 0], 50)
        self.assertTrue((picture.sent == 7).all())

    def test_psnr_is_that_of_what_has_come(self):
        board = PictureBoard((2, 1))
        picture = board.lay(tile_result(1, 10, reference=np.full((SIDE, SIDE, 3), 15, np.uint8)))
        self.assertAlmostEqual(picture.psnr_db(), 20 * math.log10(255 / 5))
        self.assertTrue(math.isnan(PictureBoard().lay(tile_result(0, 1)).psnr_db()))

    def test_tiles_without_a_place(self):
        for more in ({'tile': (2, 0)}, {'tile': (-1, 0)}, {'tiles': (9, 9)}, {'tile': ()},
                     {'picture_size': (300, 20)}):
            at = {'picture': 'a', 'tile': (0, 0), 'tiles': (2, 2), 'picture_size': (32, 32), **more}
            with self.subTest(more), self.assertRaisesRegex(ValueError, 'does not fit'):
                PictureBoard().lay(tile_result(0, 1, **at))
        with self.assertRaisesRegex(ValueError, 'at most'):
            PictureBoard().lay(tile_result(0, 1, picture='a', tile=(0, 0), tiles=(1000, 1000),
                                           picture_size=(16000, 16000)))


class Assembler(unittest.TestCase):

    def test_whole_pictures_leave(self):
        assembler = PictureAssembler((2, 1))
        self.assertEqual(assembler.add(tile_result(0, 1)), [])
        picture, = assembler.add(tile_result(1, 2))
        self.assertEqual(picture.received[0, :, 0].tolist(), [1] * SIDE + [2] * SIDE)
        self.assertEqual(assembler.finish(), [])

    def test_the_next_picture_ends_one_with_holes(self):
        assembler = PictureAssembler((3, 2))
        assembler.add(tile_result(1, 2))
        done = [assembler.add(tile_result(6 + i, 3)) for i in range(4)]
        self.assertEqual([len(pictures) for pictures in done], [0, 0, 0, 1])
        picture, = done[-1]
        self.assertEqual(picture.received[0, :, 0].tolist(),
                         [MISSING] * SIDE + [2] * SIDE + [MISSING] * SIDE)
        self.assertEqual(len(assembler.finish()), 1)

    def test_the_next_picture_ends_one_with_holes_though_it_is_small(self):
        assembler = PictureAssembler((2, 1))
        assembler.add(tile_result(1, 2))
        self.assertEqual(assembler.add(tile_result(2, 3)), [])
        self.assertEqual([p.name for p in assembler.add(tile_result(3, 3))],
                         ['picture 0', 'picture 1'])

    def test_stray_tiles_between(self):
        """Tiles that claim another number between those of a picture do not end it."""
        assembler = PictureAssembler((4, 2))
        done = [p for i in range(8) for number in (i, 8 * (2 + i))
                for p in assembler.add(tile_result(number, 1 + i))]
        whole = [p for p in done if p.whole()]
        self.assertEqual([p.name for p in whole], ['picture 0'])
        self.assertEqual(whole[0].received[::SIDE, ::SIDE, 0].tolist(),
                         [[1, 2, 3, 4], [5, 6, 7, 8]])

    def test_named_pictures_may_come_at_once(self):
        assembler = PictureAssembler()
        at = {'tiles': (1, 2), 'picture_size': (SIDE, 2 * SIDE)}
        done = [assembler.add(tile_result(0, grey, picture=name, tile=(0, column), **at))
                for column in (0, 1) for name, grey in (('a', 1), ('b', 2))]
        self.assertEqual([[p.name for p in pictures] for pictures in done], [[], [], ['a'], ['b']])

    def test_a_picture_that_comes_again_is_another_one(self):
        assembler = PictureAssembler()
        at = {'picture': 'a', 'tile': (0, 0), 'tiles': (1, 2), 'picture_size': (SIDE, 2 * SIDE)}
        assembler.add(tile_result(0, 1, **at))
        first, = assembler.add(tile_result(2, 2, **at))
        self.assertEqual(first.received[0, 0, 0], 1)

    def test_idle_and_crowded(self):
        assembler = PictureAssembler()
        at = {'tile': (0, 0), 'tiles': (1, 2), 'picture_size': (SIDE, 2 * SIDE)}
        gone = [p.name for i in range(10)
                for p in assembler.add(tile_result(0, 1, picture=f'p{i}', when=float(i), **at))]
        self.assertEqual(gone, ['p0', 'p1'])
        self.assertEqual([p.name for p in assembler.idle(6.5)], ['p2', 'p3', 'p4'])


class Sink(unittest.TestCase):

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix='udeepsc-sink-')
        self.folder = pathlib.Path(self._folder.name) / 'new' / 'results'

    def tearDown(self):
        self._folder.cleanup()

    def lines(self):
        return [json.loads(line) for line in
                (self.folder / 'results.jsonl').read_text(encoding='utf-8').splitlines()]

    def take(self, messages, **more):
        """What became of them: a sink that has stopped."""
        sink = udeepsc.result_file_sink(str(self.folder), **more)
        top = gr.top_block()
        top.msg_connect((udeepsc.text_source([], task='t', file=''), 'out'), (sink, 'in'))
        top.start()
        for message in messages:
            sink.to_basic_block()._post(pmt.intern('in'), message)
        self.assertTrue(fx.wait_until(lambda: sink.received() == len(messages)))
        top.stop()
        top.wait()
        return sink

    def test_every_output(self):
        sink = self.take([
            sentence_pdu('un «film» "fin"', frame_id=pmt.from_uint64(7), snr_db=11.5, symbols=44,
                         reference=fx.u8('un film'.encode())),
            result_pdu('label', fx.f32([0.25, 0.75]), 'image_classification', class_name='cat',
                       reference='dog', missing='text'),
            result_pdu('score', fx.f32([-1.5]), 'video_sentiment', reference=pmt.from_double(2.0)),
            *(tile_pdu(i, 40 * i, snr_db=float(i), symbols=10) for i in range(4))], grid=(2, 2))
        self.assertEqual((sink.count(), sink.dropped()), (7, 0))
        sentence, label, score, picture = self.lines()
        for line in (sentence, label, score, picture):
            self.assertRegex(line.pop('time'), r'^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$')
        self.assertEqual(sentence, {
            'task': 'text_reconstruction', 'output': 'sentence', 'frame_id': 7,
            'value': 'un «film» "fin"', 'snr_db': 11.5, 'symbols': 44, 'reference': 'un film'})
        self.assertEqual(label, {
            'task': 'image_classification', 'output': 'label', 'frame_id': 0, 'value': 'cat',
            'snr_db': None, 'symbols': 0, 'probability': 0.75, 'reference': 'dog',
            'missing': 'text'})
        self.assertEqual(score, {
            'task': 'video_sentiment', 'output': 'score', 'frame_id': 0, 'value': -1.5,
            'snr_db': None, 'symbols': 0, 'reference': 2.0})
        self.assertEqual(picture, {
            'task': 'image_reconstruction', 'output': 'picture', 'frame_id': 0,
            'file': 'picture-1.png', 'snr_db': 1.5, 'symbols': 40, 'name': 'picture 0',
            'tiles': [4, 4], 'psnr_db': None})
        with Image.open(self.folder / 'picture-1.png') as image:
            pixels = np.asarray(image)
        self.assertEqual(pixels[::SIDE, ::SIDE, 0].tolist(), [[0, 40], [80, 120]])

    def test_what_is_there_stays(self):
        self.folder.mkdir(parents=True)
        (self.folder / 'picture-4.png').write_text('mine')
        (self.folder / 'picture-5.png.txt').write_text('mine')
        (self.folder / 'results.jsonl').write_text('{"torn": ')
        self.take([tile_pdu(0, 1)], grid=(1, 1))
        (self.folder / 'picture-6.png').write_text('mine')
        self.take([tile_pdu(0, 1)], grid=(1, 1))
        self.assertEqual((self.folder / 'picture-4.png').read_text(), 'mine')
        self.assertEqual((self.folder / 'picture-6.png').read_text(), 'mine')
        lines = (self.folder / 'results.jsonl').read_text().splitlines()
        self.assertEqual(lines[0], '{"torn": ')
        self.assertEqual([json.loads(line)['file'] for line in lines[1:]],
                         ['picture-5.png', 'picture-7.png'])

    def test_one_task_only(self):
        sink = self.take([sentence_pdu('a'), result_pdu('score', fx.f32([1.0]), 'video_sentiment')],
                         task='video_sentiment')
        self.assertEqual(sink.count(), 1)
        self.assertEqual([line['task'] for line in self.lines()], ['video_sentiment'])

    def test_malformed_results_do_not_stop_the_good_one(self):
        bad = [message for message, _, _ in fx.malformed_pdus()]
        bad += [result_pdu('dance', fx.f32([1])), result_pdu('picture', fx.f32([1])),
                result_pdu('label', fx.u8(b'x')), result_pdu('score', fx.f32([])),
                tile_pdu(0, 1, picture='a', tile=[9, 9], tiles=[2, 2], picture_size=[32, 32])]
        sink = self.take([*bad, sentence_pdu('good')])
        self.assertEqual(sink.dropped(), len(bad))
        self.assertEqual([line['value'] for line in self.lines()], ['good'])

    def test_a_picture_with_holes_is_written(self):
        """While the flowgraph runs, once nothing more comes."""
        sink = udeepsc.result_file_sink(str(self.folder), grid=(2, 1))
        top = gr.top_block()
        top.msg_connect((udeepsc.text_source([], task='t', file=''), 'out'), (sink, 'in'))
        top.start()
        sink.to_basic_block()._post(pmt.intern('in'), tile_pdu(1, 9))
        self.assertTrue(sink.wait_for(1, fx.TIMEOUT_S))
        there = fx.wait_until((self.folder / 'picture-1.png').exists)
        top.stop()
        top.wait()
        self.assertTrue(there)
        self.assertEqual([line['tiles'] for line in self.lines()], [[1, 2]])

    def test_many_fragments_are_counted(self):
        """One tile each of a hundred pictures that nobody sends, then a picture."""
        sink = self.take([tile_pdu(4 * i, 9) for i in range(100, 200)]
                         + [tile_pdu(i, i) for i in range(4)], grid=(2, 2))
        files = len(list(self.folder.glob('picture-*.png')))
        self.assertEqual(files + sink.dropped('fragment'), 101)
        self.assertLessEqual(files, 20)
        self.assertEqual([line['name'] for line in self.lines() if line['tiles'] == [4, 4]],
                         ['picture 0'])

    def test_folders_that_cannot_be_written(self):
        in_the_way = pathlib.Path(self._folder.name) / 'file'
        in_the_way.write_text('')
        for folder, words in ((in_the_way, f'{in_the_way}'), (in_the_way / 'below', 'file/below'),
                              ('/proc/nowhere', '/proc/nowhere')):
            with self.subTest(folder), self.assertRaisesRegex(ValueError, words):
                udeepsc.result_file_sink(str(folder))
        with self.assertRaisesRegex(ValueError, 'folder'):
            udeepsc.result_file_sink('')
        with self.assertRaisesRegex(ValueError, 'grid'):
            udeepsc.result_file_sink(str(self.folder), grid=(0, 1))

    def test_a_full_disk(self):
        self.folder.mkdir(parents=True)
        (self.folder / 'results.jsonl').symlink_to('/dev/full')
        sink = self.take([sentence_pdu('a'), sentence_pdu('b'), tile_pdu(0, 1)], grid=(1, 1))
        self.assertEqual(sink.dropped('not written'), 3)
        self.assertEqual(sink.count(), 3)
        # The picture had its own file.
        self.assertTrue((self.folder / 'picture-1.png').exists())

    def test_a_folder_that_goes_away(self):
        sink = udeepsc.result_file_sink(str(self.folder), grid=(1, 1))
        os.rename(self.folder, self.folder.with_name('elsewhere'))
        sink.take(tile_pdu(0, 1))
        self.assertEqual(sink.dropped('not written'), 1)
        lines = (self.folder.with_name('elsewhere') / 'results.jsonl').read_text().splitlines()
        self.assertIsNone(json.loads(lines[0])['file'])

    def test_a_finite_stream_is_written_to_its_end(self):
        """A flowgraph that ends by itself: what is under way then is written too."""
        from gnuradio import blocks
        silence = np.zeros(4000, np.float32)
        word = 0.3 * np.sin(np.arange(2000, dtype=np.float32))
        sound = np.concatenate([silence, word, silence, word])
        model = 'lite'
        chain = [udeepsc.voice_activity_detector(8000), udeepsc.semantic_encoder(model),
                 udeepsc.feature_selector(model, 12.0), udeepsc.vq_indexer(model),
                 udeepsc.digital_modulator(), udeepsc.vq_lookup(model),
                 udeepsc.unified_decoder(model), udeepsc.result_file_sink(str(self.folder))]
        top = gr.top_block()
        top.connect(blocks.vector_source_f(sound.tolist()), chain[0])
        for sender, receiver in zip(chain, chain[1:]):
            top.msg_connect((sender, 'out'), (receiver, 'in'))
        top.run()
        self.assertEqual([line['frame_id'] for line in self.lines()], [0, 1])


if __name__ == '__main__':
    unittest.main()
