#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live window: what it makes of results, its widgets' contents, and that no flowgraph
waits for it. Starts an X server without a screen for itself."""

import math
import os
import re
import subprocess
import time
import unittest

import numpy as np
import pmt
from gnuradio import gr, udeepsc
from gnuradio.udeepsc.task_view_state import TaskViewState, compared

import fixture as fx


def result(task, output, payload, **more):
    about = pmt.make_dict()
    for name, value in dict(task=task, output=output, **more).items():
        if isinstance(value, str):
            value = pmt.intern(value)
        elif isinstance(value, tuple):
            value = pmt.init_s32vector(len(value), list(value))
        elif isinstance(value, float):
            value = pmt.from_double(value)
        elif isinstance(value, int):
            value = pmt.from_uint64(value)
        about = pmt.dict_add(about, pmt.intern(name), value)
    return pmt.cons(about, payload)


def u8(values):
    values = np.asarray(values, np.uint8).ravel()
    return pmt.init_u8vector(values.size, values.tolist())


def tile(number, value, reference=None, side=4, **more):
    """Of a picture of 2 x 2 tiles."""
    if reference is not None:
        more['reference'] = u8(np.full(side * side * 3, reference))
    return result('image_reconstruction', 'picture', u8(np.full(side * side * 3, value)),
                  shape=(side, side, 3), frame_id=number, **more)


class State(unittest.TestCase):

    def test_tiles_make_a_picture(self):
        state = TaskViewState(grid=(2, 2))
        for number in (4, 7):  # the second picture's first and last
            state.take(tile(number, 100, reference=110, snr_db=5.5, symbols=64))
        picture = state.picture()
        self.assertEqual(picture.received.shape, (8, 8, 3))
        self.assertEqual([int(picture.received[y, x, 0]) for y, x in ((0, 0), (7, 7), (0, 7))],
                         [100, 100, 128])
        self.assertEqual(picture.come.tolist(), [[True, False], [False, True]])
        # Of what has come alone.
        self.assertAlmostEqual(picture.psnr_db(), 20 * math.log10(255 / 10), 6)
        self.assertEqual(state.snr_db, 5.5)
        self.assertEqual(state.recent['image_reconstruction'].symbols[0], 64)

    def test_places_are_those_that_the_source_tells(self):
        state = TaskViewState()
        state.take(tile(0, 9, picture='cat.png', picture_size=(6, 7), tile=(1, 1), tiles=(2, 2)))
        received = state.picture().received
        self.assertEqual(received.shape, (6, 7, 3))  # what hangs over falls away
        self.assertEqual(int((received == 9).all(axis=2).sum()), 2 * 3)
        self.assertTrue(math.isnan(state.picture().psnr_db()))  # what was sent is unknown

    def test_figures_are_of_the_last(self):
        state = TaskViewState(last=2)
        for right in ('cat', 'dog', 'dog'):
            state.take(result('image_classification', 'label', pmt.init_f32vector(2, [0.1, 0.9]),
                              class_name='dog', reference=right))
        self.assertEqual(state.recent['image_classification'].mean(), 1.0)
        self.assertEqual(state.recent['image_classification'].come, 3)
        self.assertTrue(state.answers['image_classification'].right)

    def test_words(self):
        state = TaskViewState()
        state.take(result('text_reconstruction', 'sentence', u8(list(b'a bad film')),
                          reference=u8(list(b'a good film'))))
        self.assertAlmostEqual(state.recent['text_reconstruction'].mean(), 2 / 3)
        self.assertEqual(compared('a good film', 'a bad film'),
                         [('a', True), ('bad', False), ('film', True)])

    def test_what_is_no_result_is_counted(self):
        state = TaskViewState()
        for message in (pmt.PMT_T, pmt.cons(pmt.make_dict(), pmt.PMT_NIL),
                        result('t', 'picture', u8([1, 2]), shape=(4, 4, 3), frame_id=0),
                        result('t', 'picture', u8(np.zeros(48)), shape=(4, 4, 3),
                               picture='x', picture_size=(2**20, 2**20), tile=(0, 0), tiles=(1, 1))):
            state.take(message)
        self.assertEqual(state.bad, 4)
        self.assertEqual(len(state.pictures), 0)


class NoDisplay(unittest.TestCase):

    def test_says_so(self):
        with self.assertRaisesRegex(RuntimeError, 'QApplication'):
            udeepsc.qt_task_view()


class Window(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        read, write = os.pipe()
        try:
            server = subprocess.Popen(['Xvfb', '-displayfd', str(write), '-nolisten', 'tcp',
                                       '-screen', '0', '1280x1024x24'], pass_fds=[write],
                                      stderr=subprocess.DEVNULL)
        except FileNotFoundError:
            raise unittest.SkipTest('no Xvfb here') from None
        os.close(write)
        with os.fdopen(read) as numbers:
            os.environ['DISPLAY'] = ':' + numbers.readline().strip()
        cls.addClassCleanup(server.wait)
        cls.addClassCleanup(server.terminate)
        from PyQt5 import QtWidgets
        cls.app = QtWidgets.QApplication(['qa', '-platform', 'xcb'])

    def spin(self, seconds, until=lambda: False):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            self.app.processEvents()
            time.sleep(0.005)

    def chain(self, sources, with_window):
        top = gr.top_block()
        model = 'lite'
        view = udeepsc.qt_task_view(model, snr_db=12.0) if with_window else None
        sink = udeepsc.task_sink(keep=100000)
        blocks = [udeepsc.semantic_encoder(model), udeepsc.feature_selector(model, 12.0),
                  udeepsc.vq_indexer(model), udeepsc.digital_modulator(),
                  udeepsc.block_fading_channel(udeepsc.channel_type.awgn, 12.0),
                  udeepsc.vq_lookup(model), udeepsc.unified_decoder(model), sink]
        for source in sources:
            top.msg_connect((source, 'out'), (blocks[0], 'in'))
        for sender, receiver in zip(blocks, blocks[1:]):
            top.msg_connect((sender, 'out'), (receiver, 'in'))
        if view:
            top.msg_connect((blocks[-2], 'out'), (view, 'in'))
            for source in sources:
                top.msg_connect((source, 'out'), (view, 'sent'))
        return top, view, sink

    def test_shows_a_flowgraph(self):
        from qa_sources import write_ppm
        picture = write_ppm('view.ppm', fx.picture(1, 64))
        sources = [udeepsc.image_source([picture], 'image_reconstruction'),
                   udeepsc.image_source([picture], 'image_classification'),
                   udeepsc.text_source(['a fine film .'], '', 'text_reconstruction'),
                   udeepsc.text_source(['a fine film .'], '', 'text_classification', ['positive'])]
        top, view, _ = self.chain(sources, with_window=True)
        view.widget.resize(900, 800)
        view.widget.show()
        top.start()
        self.spin(60, until=lambda: view.arrived() == 10)
        self.spin(0.5)
        top.stop()
        top.wait()
        widget = view.widget
        self.assertRegex(widget.received_name.text(), r'4 of 4 tiles, \d\d\.\d dB PSNR')
        self.assertFalse(widget.received.pixmap().isNull())
        self.assertIn('fine', widget.sentences.text())
        self.assertIn('positive', widget.bars['text_classification'].head.text())
        self.assertIn('vectors kept', widget.bars['text_classification'].head.text())
        self.assertGreater(widget.bars['text_classification'].rows[0][1].value(), 50)
        self.assertRegex(widget.figures.text(), r'Es/N0 12\.0 dB set, 12\.0 dB measured')
        self.assertRegex(widget.figures.text(), r'text classification \(last 1\): 100% right, \d')
        self.assertNotIn('lost', widget.figures.text())
        widget.difference.setChecked(True)
        self.spin(0.2)
        self.assertEqual(widget.sent_name.text(), 'difference')
        folder = os.environ.get('UDEEPSC_SCREENSHOTS')
        if folder:
            widget.difference.setChecked(False)
            self.spin(0.2)
            widget.grab().save(os.path.join(folder, 'qt_task_view.png'))
        widget.timer.stop()

    def test_no_flowgraph_waits_for_it(self):
        """Ten thousand tiles at once: the handler takes them, the window shows what it can."""
        view = udeepsc.qt_task_view('lite')
        message = tile(0, 100, reference=100, side=32)
        start = time.monotonic()
        for _ in range(10000):
            view._take(message)
        self.assertLess(time.monotonic() - start, 2.0)
        for _ in range(200):
            view.widget.refresh()
        shown = view.state.recent['image_reconstruction'].come
        self.assertGreater(shown, 0)
        self.assertEqual(shown + view.skipped(), 10000)
        self.assertTrue(re.search(r'\d+ not shown', view.widget.figures.text()))
        view.widget.timer.stop()

    def test_parameters(self):
        for more, word in (({'last': 0}, 'last'), ({'grid': (0, 8)}, 'grid')):
            with self.assertRaisesRegex(ValueError, word):
                udeepsc.qt_task_view(**more)


if __name__ == '__main__':
    unittest.main()
