#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live window: its widgets' contents, its slider and menu, and that no flowgraph waits for
it or ends with it. Starts an X server without a screen for itself."""

import os
import subprocess
import sys
import threading
import time
import unittest

import fixture as fx
import numpy as np
import pmt
import task_view_fixture as tv
from gnuradio import gr, udeepsc
from qa_sources import write_ppm

VQA = 'visual_question_answering'
PORTS = ('in', 'sent', 'sent_symbols', 'received_symbols')


class NoApplication(unittest.TestCase):
    """In processes of their own: there is one application in each."""

    def test_says_so(self):
        for application in ('None', 'QtCore.QCoreApplication([])'):
            program = (f'from PyQt5 import QtCore; app = {application}\n'
                       'from gnuradio import udeepsc\n'
                       'try:\n    udeepsc.qt_task_view()\n'
                       'except RuntimeError as error:\n    print(error)\n')
            with self.subTest(application):
                done = subprocess.run([sys.executable, '-B', '-c', program], capture_output=True,
                                      text=True, timeout=120)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn('needs a QApplication', done.stdout)


class Shown(unittest.TestCase):
    """With an X server and a QApplication."""

    @classmethod
    def setUpClass(cls):
        from PyQt5 import QtWidgets
        if QtWidgets.QApplication.instance():
            return
        read, write = os.pipe()
        try:
            # A sanitizer's run time, if there is one, is for this process alone.
            environment = {k: v for k, v in os.environ.items() if k != 'LD_PRELOAD'}
            server = subprocess.Popen(['Xvfb', '-displayfd', str(write), '-nolisten', 'tcp',
                                       '-screen', '0', '1280x1024x24'], pass_fds=[write],
                                      stderr=subprocess.DEVNULL, env=environment)
        except FileNotFoundError:
            raise unittest.SkipTest('no Xvfb here') from None
        os.close(write)
        with os.fdopen(read) as numbers:
            os.environ['DISPLAY'] = ':' + numbers.readline().strip()
        unittest.addModuleCleanup(server.wait)
        unittest.addModuleCleanup(server.terminate)
        Shown.app = QtWidgets.QApplication(['qa', '-platform', 'xcb'])

    def view(self, *arguments, **more):
        view = udeepsc.qt_task_view(*arguments, **more)
        self.addCleanup(view.widget.timer.stop)
        return view

    def spin(self, seconds, until=lambda: False):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            self.app.processEvents()
            time.sleep(0.005)

    def draw(self, view):
        """All that waits, drawn now and not when it is due."""
        view.widget.pace.is_due, view.widget._slow_next = lambda: True, 0.0
        while view.waiting():
            view.widget.refresh()
        view.widget.refresh()
        self.assertEqual(view.widget.errors, 0)

    def top_block(self):
        """One that is stopped, whatever becomes of the test."""
        top = gr.top_block()
        self.addCleanup(top.wait)
        self.addCleanup(top.stop)
        return top

    def chain(self, sources, view=None):
        top, model = self.top_block(), 'lite'
        blocks = [udeepsc.semantic_encoder(model), udeepsc.feature_selector(model, 12.0),
                  udeepsc.vq_indexer(model), udeepsc.digital_modulator(),
                  udeepsc.block_fading_channel(udeepsc.channel_type.awgn, 12.0),
                  udeepsc.vq_lookup(model), udeepsc.unified_decoder(model)]
        for sender, receiver in zip(blocks, blocks[1:]):
            top.msg_connect((sender, 'out'), (receiver, 'in'))
        for source in sources:
            top.msg_connect((source, 'out'), (blocks[0], 'in'))
            top.msg_connect((source, 'out'), (view, 'sent'))
        for block, port in ((blocks[-1], 'in'), (blocks[3], 'sent_symbols'),
                            (blocks[4], 'received_symbols')):
            top.msg_connect((block, 'out'), (view, port))
        return top, blocks


class Contents(Shown):

    def test_shows_a_flowgraph(self):
        picture = write_ppm('view.ppm', fx.picture(1, 64))
        small = write_ppm('small.ppm', fx.picture(2, 32))
        words = ['a fine film .']
        sources = [udeepsc.image_source([picture], 'image_reconstruction'),
                   udeepsc.image_source([small], 'image_classification'),
                   udeepsc.text_source(words, '', 'text_reconstruction'),
                   udeepsc.text_source(words, '', 'text_classification', ['positive']),
                   udeepsc.image_source([small], VQA),
                   udeepsc.text_source(['is there a circle?'], '', VQA)]
        view = self.view('lite', snr_db=12.0)
        top, _ = self.chain(sources, view)
        view.widget.resize(1280, 900)
        view.widget.show()
        top.start()
        self.spin(120, until=lambda: view.arrived() == 8)
        top.stop()
        top.wait()
        self.draw(view)
        self.spin(0.2)
        folder = os.environ.get('UDEEPSC_SCREENSHOTS')
        if folder:
            view.widget.grab().save(os.path.join(folder, 'qt_task_view.png'))
        self.assertEqual(view.bad(), 0)
        self.check_pictures(view.widget)
        self.check_answers(view.widget)
        self.check_symbols(view)
        self.check_figures(view.widget)

    def check_pictures(self, widget):
        self.assertRegex(widget.received_name.text(), r'4 of 4 tiles, \d\d\.\d dB PSNR')
        self.assertIn('fine', widget.sentences.text())
        np.testing.assert_array_equal(widget.sent.pixels, fx.picture(1, 64))
        widget.difference.setChecked(True)
        self.spin(0.2)
        self.draw(widget.block)
        self.assertEqual(widget.sent_name.text(), 'difference')
        error = np.abs(fx.picture(1, 64).astype(int) - widget.received.pixels)
        np.testing.assert_array_equal(widget.sent.pixels, np.minimum(4 * error, 255))

    def check_answers(self, widget):
        text = widget.answers['text_classification']
        self.assertIn('positive', text.head.text())
        self.assertIn('vectors kept', text.head.text())
        self.assertGreater(text.rows[0][1].value(), 50)
        self.assertEqual(text.inputs.words.text(), '\u201ca fine film .\u201d')
        question = widget.answers[VQA].inputs
        self.assertTrue(question.picture.isVisible() and question.words.isVisible())
        self.assertFalse(question.wave.isVisible())
        self.assertEqual(question.words.text(), '\u201cis there a circle?\u201d')
        np.testing.assert_array_equal(question.picture.pixels, fx.picture(2, 32))
        self.assertFalse(widget.answers['speech_classification'].isVisible())

    def check_symbols(self, view):
        for name in ('sent', 'received'):
            self.assertGreater(view.widget.symbols.views[name][1].points.size, 4 * 512)
        # What is sent is points of the constellation, and what is received is not.
        sent, received = (np.unique(np.round(view.widget.symbols.views[name][1].points, 3)).size
                          for name in ('sent', 'received'))
        self.assertLess(sent, received / 2)
        texts = [caption.text() for caption, _ in view.widget.kept.cells]
        self.assertTrue(any('of 17' in text for text in texts), texts)
        drawing = next(d for c, d in view.widget.kept.cells if 'of 17' in c.text())
        self.assertEqual(drawing.grid, (4, 1))
        self.assertEqual(len(drawing.cells()), 17)
        self.assertFalse(view.widget.controls.isVisible())  # nothing listens

    def check_figures(self, widget):
        text = widget.gauges.text()
        self.assertRegex(text, r'Es/N0 received 12\.0 dB 12\.0 dB set')
        self.assertRegex(text, r'text classification 100% right, last 1\n\d symbols each')
        self.assertRegex(text, r'image reconstruction \d\d\.\d dB PSNR, last 4\n512 symbols each')
        self.assertRegex(text, r'samples lost 0 of 8')
        curves = {unit: sorted(plot.curves) for unit, plot in widget.history.plots.items()}
        self.assertEqual(curves, {'PSNR (dB)': ['image_reconstruction'],
                                  'right (%)': ['text_classification', 'text_reconstruction']})

    def test_nothing_is_shown_before_there_is_something(self):
        view = self.view('lite')
        view.widget.show()
        self.draw(view)
        parts = (view.widget.pictures, view.widget.sentences_panel, view.widget.answers_panel,
                 view.widget.symbols, view.widget.kept, view.widget.history, view.widget.controls,
                 view.widget.status)
        self.assertEqual([part.isVisible() for part in parts], [False] * len(parts))
        self.assertEqual(view.widget.gauges.text(), '')
        view.state.take(tv.sentence('a fine film', frame_id=0))
        self.draw(view)
        self.assertEqual([part.isVisible() for part in parts],
                         [part is view.widget.sentences_panel for part in parts])

    def test_tiles_are_drawn_where_they_belong(self):
        view = self.view('lite', grid=(2, 2))
        view.widget.resize(900, 700)
        view.widget.show()
        view.state.take(tv.tile(0, 10, side=32))
        self.draw(view)
        self.spin(0.3)
        view.state.take(tv.tile(3, 250, side=32))
        self.draw(view)
        self.spin(0.3)
        received, place = view.widget.received, view.widget.received.place()
        image = received.grab().toImage()
        colours = [image.pixelColor(place.x() + int(x * place.width()),
                                    place.y() + int(y * place.height())).red()
                   for x, y in ((0.25, 0.25), (0.75, 0.75), (0.75, 0.25))]
        self.assertEqual(colours, [10, 250, 128])
        self.assertFalse(view.widget.sent.isVisible())  # nobody knows what was sent

    def test_constellation_counts_its_points(self):
        view = self.view('lite')
        view.symbols['received_symbols'].add(tv.symbols([1 + 1j, 1 + 1j, -1 - 1j, 50, 1j * np.inf]))
        self.draw(view)
        density = view.widget.symbols.views['received'][1].density(4)
        self.assertEqual(density.tolist(), [[0, 0, 0, 0], [0, 0, 2, 0], [0, 1, 0, 0], [0, 0, 0, 0]])


class Control(Shown):

    def test_slider_and_menu_move_the_channel(self):
        view = self.view('lite', snr_db=9.0, channel='rician')
        top = self.top_block()
        blocks = [udeepsc.block_fading_channel(udeepsc.channel_type.awgn, 1.0),
                  udeepsc.feature_selector('lite', 1.0)]
        for block in blocks:
            top.msg_connect((view, 'snr'), (block, 'snr'))
        top.msg_connect((view, 'channel'), (blocks[0], 'channel'))
        view.widget.show()
        top.start()
        self.assertTrue(fx.wait_until(lambda: [b.snr_db() for b in blocks] == [9.0, 9.0]))
        self.assertTrue(fx.wait_until(lambda: blocks[0].model() == udeepsc.channel_type.rician))
        self.draw(view)
        controls = view.widget.controls
        self.assertTrue(controls.slider.isVisible() and controls.menu.isVisible())
        self.assertEqual((controls.slider.value(), controls.menu.currentText()), (18, 'rician'))
        controls.slider.setValue(-6)
        controls.menu.setCurrentText('rayleigh')
        self.assertTrue(fx.wait_until(lambda: [b.snr_db() for b in blocks] == [-3.0, -3.0]))
        self.assertTrue(fx.wait_until(lambda: blocks[0].model() == udeepsc.channel_type.rayleigh))
        view.set_snr_db(4.0)
        self.draw(view)
        self.assertTrue(fx.wait_until(lambda: blocks[0].snr_db() == 4.0))
        self.assertEqual(controls.snr_value.text(), '4.0 dB')
        top.stop()
        top.wait()
        self.assertEqual([b.dropped() for b in blocks], [0, 0])

    def test_radio_channel_takes_them_too(self):
        from gnuradio import blocks
        view, channel = self.view('lite', snr_db=3.0), udeepsc.radio_channel()
        top = self.top_block()
        top.connect(blocks.null_source(gr.sizeof_gr_complex),
                    blocks.throttle(gr.sizeof_gr_complex, 1e5), channel,
                    blocks.null_sink(gr.sizeof_gr_complex))
        for port in ('snr', 'channel'):
            top.msg_connect((view, port), (channel, port))
        top.start()
        view.set_channel('rician')
        self.assertTrue(fx.wait_until(lambda: (channel.snr_db(), channel.fading())
                                      == (3.0, 'rician')))
        top.stop()
        top.wait()
        self.assertEqual(channel.dropped(), 0)

    def test_parameters(self):
        for more, word in (({'last': 0}, 'last'), ({'grid': (0, 8)}, 'grid'),
                           ({'snr_db': 1e3}, 'snr_db'), ({'channel': 'nakagami'}, 'channel')):
            with self.assertRaisesRegex(ValueError, word):
                udeepsc.qt_task_view(**more)
        view = self.view('lite')
        with self.assertRaisesRegex(ValueError, 'snr_db'):
            view.set_snr_db(float('inf'))
        with self.assertRaisesRegex(ValueError, 'channel'):
            view.set_channel('')

    def test_another_thread_may_not_make_it(self):
        said = []

        def make():
            try:
                udeepsc.qt_task_view('lite')
            except RuntimeError as error:
                said.append(str(error))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        self.assertRegex(said[0], 'thread')


class Endurance(Shown):

    def test_garbage_ends_nothing(self):
        """On every port of a running flowgraph, and then what is good is shown."""
        view, top = self.view('lite'), self.top_block()
        source = udeepsc.text_source(['x'], '', 'text_reconstruction',
                                     start=udeepsc.source_start.on_trigger)
        for port in PORTS:
            top.msg_connect((source, 'out'), (view, port))
        view.widget.show()
        top.start()
        for port in PORTS:
            for message in tv.garbage():
                view.post(port, message)
        view.post('in', tv.sentence('a fine film', frame_id=0))
        self.spin(60, until=lambda: 'fine' in view.widget.sentences.text())
        top.stop()
        top.wait()
        self.draw(view)
        self.assertIn('fine', view.widget.sentences.text())
        # Two of the PDUs are good ones for the port "sent": a task, a number, some bytes.
        self.assertGreaterEqual(view.bad(), len(PORTS) * len(tv.garbage()) - 12)
        self.assertIn(f'{view.bad()} messages of no use', view.widget.status.text())

    def test_no_flowgraph_waits_for_it(self):
        """Nobody looks at the window while 5000 tiles and their symbols pass it."""
        view, top = self.view('lite'), self.top_block()
        channel = udeepsc.block_fading_channel(udeepsc.channel_type.awgn, 1.0)
        for receiver, port in ((view, 'received_symbols'), (view, 'in')):
            top.msg_connect((channel, 'out'), (receiver, port))
        top.msg_connect((view, 'snr'), (channel, 'snr'))
        top.start()
        for number in range(5000):
            channel.to_basic_block()._post(pmt.intern('in'), tv.symbols([1.0], task='t'))
        self.assertTrue(fx.wait_until(lambda: channel.sent() == 5000 and view.arrived() == 5000))
        top.stop()
        top.wait()
        self.assertGreater(view.skipped(), 1000)
        self.draw(view)
        self.assertEqual(view.bad() + view.skipped(), 5000)  # symbols are no results
        self.assertIn(f'{view.skipped()} messages not shown', view.widget.status.text())
        self.assertEqual(view.widget.symbols.views['received'][1].points.size, 256)

    def test_frames_are_dropped_when_drawing_is_slow(self):
        """Drawing that takes 30 ms of processor time is left out for 50 times as long, at most
        1 s."""
        view = self.view('lite')
        view.widget.timer.stop()
        view.state.take(tv.sentence('a fine film', frame_id=0))

        def slow(_):
            end = time.thread_time() + 0.03
            while time.thread_time() < end:
                pass

        view.widget._draw = slow
        view.widget.refresh()
        due = view.widget.pace._next - time.monotonic()
        view.widget.refresh()
        self.assertGreater(due, 0.3)
        self.assertEqual(view.widget.pace.dropped, 1)

    def test_an_error_in_drawing_is_logged_once(self):
        view = self.view('lite')
        view.widget.show()
        view.widget._draw = lambda state: 1 / 0
        view.widget.received.paint = lambda painter, event: 1 / 0
        view.widget.received.pixels = np.zeros((4, 4, 3), np.uint8)
        view.widget.pictures.show()
        with self.assertLogs('gnuradio.udeepsc') as logs:
            for _ in range(3):
                view.widget.refresh()
                view.widget.received.update()
                self.spin(0.1)
        self.assertGreaterEqual(view.widget.errors, 3)
        self.assertGreaterEqual(view.widget.received.errors, 1)
        self.assertEqual(len(logs.records), 2)


if __name__ == '__main__':
    unittest.main()
