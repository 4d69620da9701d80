#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""image_source, text_source and sound_source: what they send, when, and what they refuse."""

import time
import unittest
import wave

import numpy as np
import pmt
from gnuradio import udeepsc

import fixture as fx


def write_ppm(name, picture):
    path = fx.temporary(name)
    with open(path, 'wb') as file:
        height, width, _ = picture.shape
        file.write(b'P6\n%d %d\n255\n' % (width, height) + picture.tobytes())
    return path


def write(name, text):
    path = fx.temporary(name)
    with open(path, 'wb') as file:
        file.write(text)
    return path


def write_wav(name, samples, rate):
    """samples: int16 [frames, channels]"""
    path = fx.temporary(name)
    with wave.open(path, 'wb') as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype('<i2').tobytes())
    return path


class SoundSource(unittest.TestCase):

    def test_samples_rate_and_channels(self):
        samples = np.arange(-600, 600, dtype=np.int16).reshape(600, 2) * 50
        path = write_wav('a.wav', samples, 44100)
        source = udeepsc.sound_source([path, path], 'speech_classification', ['seven', ''])
        with fx.Bench(source) as bench:
            got = bench.received(2)
        for i, message in enumerate(got):
            np.testing.assert_allclose(fx.shaped(message), samples / 32768, atol=1e-6)
            self.assertEqual(fx.key(message, 'sample_rate'), 44100)
            self.assertEqual(fx.key(message, 'frame_id'), i)
            self.assertEqual(fx.key(message, 'task'), 'speech_classification')
            self.assertEqual(fx.key(message, 'modality'), 'speech')
        self.assertEqual(fx.key(got[0], 'reference'), 'seven')
        self.assertEqual(fx.key(got[1], 'reference'), path)

    def test_bad_files_do_not_stop_the_good_one(self):
        good = write_wav('good.wav', np.ones((100, 1), np.int16), 8000)
        bad = ['/nowhere/a.wav', write('text.wav', b'I am no sound'), write('empty.wav', b'')]
        source = udeepsc.sound_source(bad + [good], 't')
        with fx.Bench(source) as bench:
            message, = bench.received(1)
        self.assertEqual(fx.key(message, 'frame_id'), len(bad))
        self.assertEqual(source.dropped('bad sample'), len(bad))

    def test_bad_arguments(self):
        with self.assertRaisesRegex(ValueError, 'labels has 2 entries'):
            udeepsc.sound_source(['a.wav'], 't', ['x', 'y'])
        with self.assertRaisesRegex(ValueError, 'pace'):
            udeepsc.sound_source(['a.wav'], 't', pace=-1)


class ImageSource(unittest.TestCase):

    def test_a_whole_picture_in_one_tile(self):
        picture = np.zeros((64, 96, 3), np.uint8)
        picture[:, 16:80] = 100  # the middle square
        picture[:, 48:80] = 200
        source = udeepsc.image_source([write_ppm('w.ppm', picture)], 'image_classification',
                                      whole=True)
        with fx.Bench(source) as bench:
            message, = bench.received(1)
        tile = fx.shaped(message)
        self.assertEqual(tile.shape, (32, 32, 3))
        np.testing.assert_array_equal(tile[:, :15], 100)
        np.testing.assert_array_equal(tile[:, 17:], 200)
        self.assertEqual(list(fx.key(message, 'tiles')), [1, 1])

    def test_tiles_make_the_picture(self):
        picture = np.random.default_rng(1).integers(0, 256, (70, 40, 3), dtype=np.uint8)
        path = write_ppm('a.ppm', picture)
        source = udeepsc.image_source([path], 'image_reconstruction')
        with fx.Bench(source) as bench:
            got = bench.received(6)
        canvas = np.zeros((96, 64, 3), np.uint8)
        for i, message in enumerate(got):
            tile = fx.shaped(message)
            self.assertEqual(tile.shape, (32, 32, 3))
            row, column = fx.key(message, 'tile')
            canvas[32 * row:32 * row + 32, 32 * column:32 * column + 32] = tile
            self.assertEqual(fx.key(message, 'frame_id'), i)
            self.assertEqual(fx.key(message, 'task'), 'image_reconstruction')
            self.assertEqual(fx.key(message, 'modality'), 'image')
            self.assertEqual(list(fx.key(message, 'tiles')), [3, 2])
            self.assertEqual(list(fx.key(message, 'picture_size')), [70, 40])
            self.assertEqual(fx.key(message, 'picture'), path)
            np.testing.assert_array_equal(fx.key(message, 'reference'), tile.ravel())
        np.testing.assert_array_equal(canvas[:70, :40], picture)

    def test_bad_files_do_not_stop_the_good_one(self):
        good = write_ppm('good.ppm', fx.picture())
        bad = ['/nowhere/cat.png', write('text.png', b'I am no picture'),
               write('empty.png', b''), write('cut.png', b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0'),
               write('zero.ppm', b'P6\n0 0\n255\n'),
               write('huge.ppm', b'P6\n20000 20000\n255\n')]
        source = udeepsc.image_source(bad + [good], 'image_classification',
                                      [''] * len(bad) + ['ship'])
        with fx.Bench(source) as bench:
            got = bench.received(1)[0]
        self.assertEqual(source.dropped('bad sample'), len(bad))
        self.assertEqual(fx.key(got, 'reference'), 'ship')

    def test_one_pixel(self):
        path = write_ppm('dot.ppm', np.full((1, 1, 3), 77, np.uint8))
        source = udeepsc.image_source([path], 'image_reconstruction')
        with fx.Bench(source) as bench:
            tile = fx.shaped(bench.received(1)[0])
        self.assertTrue((tile == 77).all())

    def test_trigger_and_repeat(self):
        paths = [write_ppm(f'{i}.ppm', fx.picture(i)) for i in range(2)]
        source = udeepsc.image_source(
            paths, 'image_reconstruction', start=udeepsc.source_start.on_trigger, repeat=2)
        with fx.Bench(source) as bench:
            time.sleep(0.1)
            self.assertEqual(bench.debug.num_messages(), 0)
            bench.post(pmt.PMT_T, 'trigger')
            bench.received(4)
            bench.post(pmt.intern(paths[1]), 'trigger')
            bench.post(pmt.intern('/nowhere/cat.png'), 'trigger')
            got = bench.received(5)
            self.assertTrue(fx.wait_until(lambda: source.dropped('bad sample') == 1))
        self.assertEqual([fx.key(m, 'picture') for m in got], 2 * paths + [paths[1]])

    def test_endless_source_does_not_flood(self):
        """A full encoder holds the source back: nothing is lost, no inbox grows."""
        path = write_ppm('c.ppm', fx.picture())
        source = udeepsc.image_source([path], 'image_reconstruction', repeat=0)
        encoder = udeepsc.semantic_encoder(fx.model_path(), queue=2)
        bench = fx.Bench(encoder)
        bench.top.msg_connect((source, 'out'), (encoder, 'in'))
        with bench:
            bench.received(50)
            ahead = source.sent() - encoder.received()
            source.set_task('image_classification')
            self.assertTrue(fx.wait_until(
                lambda: fx.key(bench.debug.get_message(bench.debug.num_messages() - 1),
                               'task') == 'image_classification'))
        self.assertLess(ahead, 100)
        self.assertEqual(encoder.dropped('queue full'), 0)

    def test_endless_source_of_nothing_stops(self):
        source = udeepsc.image_source(['/nowhere/x.png'], 't', repeat=0)
        with fx.Bench(source):
            self.assertTrue(fx.wait_until(lambda: source.dropped() == 1))
            time.sleep(0.1)
        self.assertEqual(source.dropped(), 1)

    def test_parameters_are_named(self):
        for keyword, value in (('tile', 0), ('repeat', -1), ('pace', -1.0),
                               ('pace', float('nan')), ('labels', ['a', 'b'])):
            with self.assertRaisesRegex(ValueError, keyword):
                udeepsc.image_source(['a.png'], 't', **{keyword: value})


class TextSource(unittest.TestCase):

    def texts(self, source, count):
        with fx.Bench(source) as bench:
            got = bench.received(count)
        return [bytes(fx.payload(m).tolist()).decode() for m in got], got

    def test_sentences_and_file(self):
        path = write('lines.txt', 'from a file\n\n  \nüber alles'.encode())
        source = udeepsc.text_source(['one  two', ''], path, 'text_reconstruction')
        texts, got = self.texts(source, 3)
        self.assertEqual(texts, ['one two', 'from a file', 'über alles'])
        # An empty line keeps its number, so that another source's samples keep their partners.
        self.assertEqual([fx.key(m, 'frame_id') for m in got], [0, 2, 5])
        self.assertEqual(fx.key(got[0], 'modality'), 'text')
        self.assertEqual(bytes(list(fx.key(got[2], 'reference'))).decode(), 'über alles')

    def test_long_text_is_cut_at_sentence_ends(self):
        text = 'a b c d. e f g h i j k l m n o p q.'
        texts, got = self.texts(
            udeepsc.text_source([text], '', 'text_reconstruction', max_words=6), 4)
        self.assertEqual(texts, ['a b c d.', 'e f g h i j', 'k l m n o p', 'q.'])
        self.assertEqual([list(fx.key(m, 'segment')) for m in got],
                         [[i, 4] for i in range(4)])
        self.assertEqual({fx.key(m, 'text_id') for m in got}, {0})

    def test_hundred_thousand_words(self):
        source = udeepsc.text_source(['word ' * 100000], '', 'text_reconstruction',
                                     max_words=1000)
        texts, _ = self.texts(source, 100)
        self.assertEqual(sum(len(t.split()) for t in texts), 100000)

    def test_labels_and_trigger(self):
        source = udeepsc.text_source(['fine', 'awful'], '', 'text_classification',
                                     ['positive', 'negative'],
                                     start=udeepsc.source_start.on_trigger)
        with fx.Bench(source) as bench:
            bench.post(pmt.PMT_T, 'trigger')
            bench.received(2)
            bench.post(pmt.intern('something else'), 'trigger')
            got = bench.received(3)
        self.assertEqual([fx.key(m, 'reference') for m in got[:2]],
                         ['positive', 'negative'])
        self.assertEqual(bytes(fx.payload(got[2]).tolist()), b'something else')

    def test_pace(self):
        source = udeepsc.text_source(['x'], '', 't', repeat=0, pace=50.0)
        with fx.Bench(source) as bench:
            begin = time.monotonic()
            bench.received(21)
            self.assertGreater(time.monotonic() - begin, 0.3)
            source.set_pace(1000.0)
            self.assertEqual(source.pace(), 1000.0)
            bench.received(60)
        with self.assertRaisesRegex(ValueError, 'pace'):
            source.set_pace(float('nan'))

    def test_missing_file(self):
        with self.assertRaisesRegex(ValueError, '/nowhere/lines.txt'):
            udeepsc.text_source([], '/nowhere/lines.txt', 't')
        with self.assertRaisesRegex(ValueError, 'cannot be read'):
            udeepsc.text_source([], '/tmp', 't')


if __name__ == '__main__':
    unittest.main()
