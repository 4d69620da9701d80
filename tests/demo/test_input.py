#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures and texts that a user may give, the impossible ones included."""

import os
import struct
import unittest
import zlib

import numpy as np
from PIL import Image

import fixture as fx
import material


def png_header(width, height):
    """A PNG file that promises a size and holds nothing."""
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack(
            '>I', zlib.crc32(kind + data))
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack(
        '>IIBBBBB', width, height, 8, 2, 0, 0, 0)) + chunk(b'IEND', b'')


def written(name, data):
    path = fx.FOLDER / name
    if isinstance(data, bytes):
        path.write_bytes(data)
    else:
        data.save(path)
    return str(path)


class BadPictures(unittest.TestCase):

    def refused(self, path, *words):
        with self.assertRaises(material.BadInput) as caught:
            material.open_picture(path)
        for word in (path, *words):
            self.assertIn(word, str(caught.exception))

    def test_refused_with_a_reason(self):
        self.refused('/no/such/file.png', 'there is no such file')
        self.refused(str(fx.FOLDER), 'folder')
        pipe = str(fx.FOLDER / 'pipe')
        os.mkfifo(pipe)  # would be waited for
        self.refused(pipe, 'is no file')
        self.refused('/dev/zero', 'is no file')
        self.refused(written('text.png', b'not a picture'), 'is no picture')
        self.refused(written('empty.png', b''), 'is no picture')
        self.refused(written('nothing.png', png_header(0, 0)))
        self.refused(written('huge.png', png_header(20000, 20000)), '20000x20000')
        self.refused(written('hollow.png', png_header(64, 64)))

    def test_cut_short(self):
        path = written('whole.png', Image.fromarray(
            np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)))
        with open(path, 'rb') as file:
            self.refused(written('short.png', file.read()[:2000]))


class GoodPictures(unittest.TestCase):

    def pixels(self, name, image):
        return np.asarray(material.open_picture(written(name, image)))

    def test_grey(self):
        got = self.pixels('grey.png', Image.new('L', (5, 3), 77))
        self.assertEqual(got.shape, (3, 5, 3))
        self.assertTrue((got == 77).all())

    def test_transparency_is_laid_on_white(self):
        image = Image.new('RGBA', (2, 1), (0, 0, 0, 0))
        image.putpixel((1, 0), (10, 20, 30, 255))
        got = self.pixels('clear.png', image)
        self.assertEqual(got.tolist(), [[[255, 255, 255], [10, 20, 30]]])

    def test_16_bit(self):
        values = np.array([[0, 32896, 65535]], np.uint16)  # 32896 = 128 * 257
        got = self.pixels('deep.png', Image.fromarray(values))
        self.assertEqual(got[0, :, 0].tolist(), [0, 128, 255])

    def test_single_pixel_and_odd_sizes(self):
        path = written('pixel.png', Image.new('RGB', (1, 1), 'red'))
        wide = written('wide.png', Image.new('RGB', (1000, 10), 'red'))
        pictures = material.given_pictures([path, wide, path], 384)
        self.assertEqual([p.pixels.shape for p in pictures],
                         [(1, 1, 3), (4, 384, 3), (1, 1, 3)])
        self.assertEqual([p.name for p in pictures], ['pixel', 'wide', 'pixel-2'])
        self.assertEqual({t.pixels.shape for t in material.given_thumbnails([path, wide], 48)},
                         {(48, 48, 3)})

    def test_built_in(self):
        for picture in material.built_in_pictures():
            self.assertEqual(picture.pixels.shape, (256, 384, 3))
        self.assertTrue(all(t.label for t in material.built_in_thumbnails(32)))


class Texts(unittest.TestCase):

    def test_long_text_in_segments(self):
        words = [f'w{i}' for i in range(60)]
        got = material.given_sentences([' '.join(words), 'one  two\n'])
        self.assertEqual(' '.join(s.text for s in got[:3]).split(), words)
        self.assertEqual(got[3].text, 'one two')
        self.assertLessEqual(max(len(s.text.split()) for s in got), material.SEGMENT_WORDS)

    def test_refused(self):
        for text in ('', '  \n ', 'word ' * 100_000, 'a ' + 101 * 'x', 'bytes \udcff'):
            with self.assertRaises(material.BadInput):
                material.given_sentences([text])
        material.given_sentences(['a ' + 100 * 'x'])


class Arguments(unittest.TestCase):
    """Exit status 2 and one clear line, before anything is loaded."""

    def test_refused(self):
        picture = written('fine.png', Image.new('RGB', (8, 8)))
        model = written('model.safetensors', b'not read by --check')
        for arguments, word in [
                (['--snr', 'nan'], "got 'nan'"),
                (['--snr', 'inf'], "got 'inf'"),
                (['--snr', '0', 'x'], "got 'x'"),
                (['--snr', '1000'], "got '1000'"),
                (['--snr', *map(str, range(20))], 'at most 8'),
                (['--channel', 'laser'], 'laser'),
                (['--size', '0'], "got '0'"),
                (['--seed', '-1'], '--seed'),
                (['--text', ' '], 'empty'),
                (['--text', 100_000 * 'x'], '100000 letters, at most 100'),
                (['--question', 100_000 * 'x'], '100000 letters, at most 100'),
                (['--image', '/no/such'], 'no such file'),
                (['--model', '/no/such'], 'no such file')]:
            with self.subTest(arguments=arguments):
                done = fx.run_demo('--check', '--model', model, *arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(word, done.stderr)
                self.assertNotIn('Traceback', done.stderr)
        done = fx.run_demo('--check', '--model', model, '--image', picture, '--snr', '-6', '12')
        self.assertEqual((done.returncode, done.stderr), (0, ''))


if __name__ == '__main__':
    unittest.main()
