#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""camera_source: the tiles of image_source, from videos that stand in for a camera, and from a
camera that comes and goes."""

import io
import socket
import threading
import unittest

import numpy as np
import pmt
from gnuradio import udeepsc
from gnuradio.udeepsc import camera_reader
from PIL import Image

import fixture as fx

try:
    import av
except ImportError:
    av = None

HEIGHT, WIDTH = 96, 128
GREYS = [20, 60, 100, 140, 180, 220]  # the pictures of the video, one a second


def frame_of(grey):
    """A picture that is darker on its left half, so that its sides are told apart."""
    pixels = np.full((HEIGHT, WIDTH, 3), grey, np.uint8)
    pixels[:, :WIDTH // 2] = grey // 2
    return pixels


def video(greys=GREYS, rate=1):
    """Bytes of a video without loss."""
    file = io.BytesIO()
    with av.open(file, 'w', format='nut') as container:
        stream = container.add_stream('rawvideo', rate=rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, 'rgb24'
        for grey in greys:
            for packet in stream.encode(av.VideoFrame.from_ndarray(frame_of(grey), 'rgb24')):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return file.getvalue()


def video_file(name, *arguments):
    path = fx.temporary(name)
    with open(path, 'wb') as file:
        file.write(video(*arguments))
    return path


def png_files(name, greys):
    for i, grey in enumerate(greys):
        Image.fromarray(frame_of(grey)).save(fx.temporary(f'{name}-{i + 1}.png'))
    return fx.temporary(f'{name}-%d.png')


def greys_of(messages):
    """Of the right edge of tiles that hold a whole picture."""
    return [int(fx.shaped(message)[16, -1, 0]) for message in messages]


class FakeCamera:
    """A camera in the network. Every connection gets the video, then nothing more until hang_up;
    refuse() takes it off the network."""

    def __init__(self, data):
        self._data, self._open = data, []
        self._server = socket.create_server(('127.0.0.1', 0))
        self.port = self._server.getsockname()[1]
        self.connections = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._open.append(connection)
            self.connections += 1
            try:
                connection.sendall(self._data)
            except OSError:
                pass

    def hang_up(self):
        for connection in self._open:
            connection.close()
        self._open = []

    def close(self):
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()
        self.hang_up()


@unittest.skipUnless(av, 'python3-av is not here')
class FromFiles(unittest.TestCase):

    def test_tiles_are_those_of_image_source(self):
        path = png_files('same', [200])
        camera = udeepsc.camera_source(path, 'image_reconstruction', rate=1000, grid=(0, 0),
                                       repeat=False)
        files = udeepsc.image_source([path % 1], 'image_reconstruction')
        with fx.Bench(camera) as bench:
            got = bench.received(12)
        with fx.Bench(files) as bench:
            wanted = bench.received(12)
        for a, b in zip(got, wanted):
            self.assertEqual(pmt.to_python(pmt.car(a)).keys(), pmt.to_python(pmt.car(b)).keys())
            np.testing.assert_array_equal(fx.shaped(a), fx.shaped(b))
            for name in ('frame_id', 'task', 'modality', 'shape', 'picture_size', 'tile', 'tiles',
                         'reference'):
                np.testing.assert_array_equal(fx.key(a, name), fx.key(b, name), name)
        self.assertEqual(fx.key(got[0], 'picture'), f'{path} 0')

    def test_whole_pictures_are_those_of_image_source(self):
        path = png_files('whole', [200])
        camera = udeepsc.camera_source(path, 'image_classification', whole=True, repeat=False)
        files = udeepsc.image_source([path % 1], 'image_classification', whole=True)
        with fx.Bench(camera) as bench:
            a, = bench.received(1)
        with fx.Bench(files) as bench:
            b, = bench.received(1)
        self.assertEqual(list(fx.key(a, 'tiles')), [1, 1])
        # Two programs round once more or less.
        np.testing.assert_allclose(fx.shaped(a).astype(int), fx.shaped(b), atol=1)

    def test_a_grid_of_tiles(self):
        camera = udeepsc.camera_source(png_files('grid', [200]), rate=1000, grid=(4, 2),
                                       repeat=False)
        with fx.Bench(camera) as bench:
            got = bench.received(8)
        self.assertEqual(list(fx.key(got[7], 'tiles')), [2, 4])
        self.assertEqual(list(fx.key(got[7], 'picture_size')), [64, 128])
        self.assertEqual(list(fx.key(got[7], 'tile')), [1, 3])
        self.assertTrue((fx.shaped(got[0]) == 100).all())
        self.assertTrue((fx.shaped(got[7]) == 200).all())

    def test_one_picture_a_second_of_a_video(self):
        """Its own time passes as the source's: two of its pictures a second, every second one."""
        path = video_file('fast.nut', GREYS, 2)
        camera = udeepsc.camera_source(path, 'image_classification', rate=1, whole=True,
                                       repeat=False)
        with fx.Bench(camera) as bench:
            got = bench.received(3)
        self.assertEqual(greys_of(got), GREYS[::2])
        self.assertEqual([fx.key(m, 'frame_id') for m in got], [0, 1, 2])

    def test_on_a_trigger_and_again_from_the_start(self):
        camera = udeepsc.camera_source(video_file('six.nut'), rate=0, whole=True)
        with fx.Bench(camera) as bench:
            for i in range(8):
                # It counts what it has sent after it is there.
                self.assertTrue(fx.wait_until(lambda: camera.sent() == i))
                bench.post(pmt.PMT_T, 'trigger')
                bench.received(i + 1)
            got = bench.received(8)
        self.assertEqual(greys_of(got), GREYS + GREYS[:2])

    def test_more_triggers_than_can_wait(self):
        camera = udeepsc.camera_source(video_file('few.nut'), rate=0, whole=True)
        for _ in range(70):
            camera.trigger(pmt.PMT_T)
        self.assertEqual(camera.dropped('queue full'), 6)

    def test_a_slow_network_holds_it_back(self):
        path = video_file('endless.nut')
        camera = udeepsc.camera_source(path, rate=1000, grid=(2, 2))
        encoder = udeepsc.semantic_encoder(fx.model_path(), queue=4)
        with fx.Bench(encoder) as bench:
            bench.top.stop()
            bench.top.wait()
            bench.top.msg_connect((camera, 'out'), (encoder, 'in'))
            bench.top.start()
            bench.received(100)
            # Its own queue, the inbox, and the one on its way.
            self.assertLess(camera.sent() - encoder.sent(), 40)
        self.assertEqual(encoder.dropped(), encoder.dropped('stopped'))

    def test_rate_and_task_while_running(self):
        camera = udeepsc.camera_source(video_file('set.nut'), rate=0, whole=True)
        with fx.Bench(camera) as bench:
            camera.set_task('image_classification')
            camera.set_rate(50)
            message, = bench.received(1)
        self.assertEqual(fx.key(message, 'task'), 'image_classification')
        with self.assertRaisesRegex(ValueError, 'rate: got -1'):
            camera.set_rate(-1)

    def test_a_file_that_goes_away_is_waited_for(self):
        path = png_files('away', [200]) % 1
        camera = udeepsc.camera_source(path, rate=0, whole=True)
        with open(path, 'rb') as file:
            kept = file.read()
        with open(path, 'wb'):
            pass
        with fx.Bench(camera) as bench:
            bench.post(pmt.PMT_T, 'trigger')
            self.assertTrue(fx.wait_until(lambda: camera.dropped('camera') >= 1))
            self.assertEqual(camera.sent(), 0)
            with open(path, 'wb') as file:
                file.write(kept)
            bench.received(1)


@unittest.skipUnless(av, 'python3-av is not here')
class Live(unittest.TestCase):

    def test_a_camera_that_vanishes_and_comes_back(self):
        camera = FakeCamera(video())
        source = udeepsc.camera_source(f'tcp://127.0.0.1:{camera.port}', rate=0, whole=True)
        try:
            with fx.Bench(source) as bench:
                self.assertTrue(fx.wait_until(lambda: camera.connections == 2))
                bench.post(pmt.PMT_T, 'trigger')
                got = bench.received(1)
                self.assertIn(greys_of(got)[0], GREYS)
                camera.hang_up()
                self.assertTrue(fx.wait_until(lambda: source.dropped('camera') >= 1))
                self.assertTrue(fx.wait_until(lambda: camera.connections == 3))
                bench.post(pmt.PMT_T, 'trigger')
                bench.post(pmt.PMT_T, 'trigger')
                # It sends a picture behind the last one only when it hangs up.
                camera.hang_up()
                bench.received(3)
        finally:
            camera.close()

    def test_the_newest_picture_counts(self):
        """The camera runs on while nobody asks."""
        camera, faults = FakeCamera(video(list(range(2, 250, 2)), 25)), []
        reader = camera_reader.LiveReader(f'tcp://127.0.0.1:{camera.port}',
                                          on_fault=faults.append)
        try:
            self.assertTrue(fx.wait_until(lambda: camera.connections == 1))
            camera.close()
            self.assertTrue(fx.wait_until(lambda: faults))
            self.assertEqual(reader.picture(0)[0, -1, 0], 248)
            self.assertIsNone(reader.picture(0))
        finally:
            reader.close()


class Errors(unittest.TestCase):

    def assert_refused(self, words, *arguments, **more):
        with self.assertRaisesRegex(ValueError, words):
            udeepsc.camera_source(*arguments, **more)

    @unittest.skipUnless(av, 'python3-av is not here')
    def test_what_is_no_camera(self):
        text = fx.temporary('text.mp4')
        with open(text, 'w', encoding='utf-8') as file:
            file.write('I am no video')
        for camera, words in (
                ('/dev/video97', "'/dev/video97': there is no such device"),
                ('97', "'/dev/video97'"), ('/nowhere/a.mp4', "'/nowhere/a.mp4': there is no such"),
                (text, 'text.mp4'), (fx.temporary('none-%d.png'), 'none-%d.png'),
                ('tcp://user:secret@127.0.0.1:9', "'tcp://127.0.0.1:9'")):
            with self.subTest(camera):
                self.assert_refused(words, camera)

    def test_parameters(self):
        self.assert_refused('tile: got 4', tile=4)
        self.assert_refused('grid: got', grid=(0, 8))
        self.assert_refused('rate: got 1001', rate=1001)

    def test_without_the_package(self):
        """A clear word instead of an import that fails."""
        import sys
        before = sys.modules.get('av')
        sys.modules['av'] = None
        try:
            self.assert_refused('python3-av', 'any.mp4')
        finally:
            del sys.modules['av']
            if before:
                sys.modules['av'] = before


if __name__ == '__main__':
    unittest.main()
