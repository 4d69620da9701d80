# SPDX-License-Identifier: GPL-3.0-or-later
"""A window on what a flowgraph does, for a lecture hall."""

import math
from collections import deque

import pmt
from gnuradio import gr

from .task_view_inputs import Symbols, is_symbols
from .task_view_losses import Losses

MOST_WAITING = 1200  # messages that the window has not looked at yet: two seconds of tiles
CHANNELS = ('awgn', 'rayleigh', 'rician')  # that both channel blocks know
SNR_LIMITS = (-100.0, 100.0)


def check_application():
    """Throws RuntimeError unless widgets can be made here."""
    from PyQt5 import QtCore, QtWidgets
    app = QtWidgets.QApplication.instance()
    if not isinstance(app, QtWidgets.QApplication):
        raise RuntimeError('qt_task_view needs a QApplication: make one first (Generate '
                           'Options "QT GUI" in Companion does)')
    if QtCore.QThread.currentThread() != app.thread():
        raise RuntimeError('qt_task_view has to be made in the thread of the QApplication')


class qt_task_view(gr.basic_block):
    """Sent and received picture side by side, sentences, classes, constellations, what the
    selector kept, and figures of the last results.

    Ports
      in "in"                results, as unified_decoder and task_sink's input have them; the
                             key reference, where it is there, is what was sent
      in "sent"              optional: what the sources send (frame_id, task, modality, payload),
                             shown beside the answers, and counted
      in "sent_symbols"      optional: c32vector before the channel, as digital_modulator sends
      in "received_symbols"  optional: after it, as block_fading_channel or burst_demodulator send
      out "snr"              Es/N0 in dB, double, of a slider, as the port snr of the channels and
                             of feature_selector takes it
      out "channel"          symbol "awgn", "rayleigh" or "rician", of a menu, as the port
                             channel of block_fading_channel and radio_channel takes it

    Parameters
      model    path or name of the model: names of the classes
      title    above the window
      last     results that the figures are taken of, 1..100000
      grid     (columns, rows) of tiles of a picture, where results do not say, as over a radio
      snr_db   Es/N0 set, dB, -100..100 or NaN (not known); where the slider begins
      channel  where the menu begins

    Slider and menu are shown where their ports are connected, and their first values sent at the
    start. What has no data is not shown.

    The handlers only put messages into a queue; the window takes them out 20 times a second, or
    less often where that takes too much time. What does not fit is not shown, and counted:
    skipped(). What is no PDU is counted too: bad(). The flowgraph never waits.

    Throws ValueError for a parameter, RuntimeError without a QApplication.
    """

    def __init__(self, model='lite', title='U-DeepSC', last=100, grid=(8, 8),
                 snr_db=float('nan'), channel='awgn'):
        gr.basic_block.__init__(self, 'qt_task_view', None, None)
        if not 1 <= last <= 100000:
            raise ValueError(f'last: got {last}, expected 1 to 100000')
        if len(grid) != 2 or not all(1 <= n <= 256 for n in grid):
            raise ValueError(f'grid: got {grid}, expected (columns, rows) of 1 to 256')
        self._check_snr_db(snr_db)
        self._check_channel(channel)
        check_application()
        from .qt_task_widget import TaskWidget
        from .task_view_state import TaskViewState
        from .udeepsc_python import transceiver
        # Written by the block's thread alone, and read by the window's.
        self._waiting, self._skipped, self._bad = deque(), 0, 0
        self._losses = Losses()
        self._snr_db, self._channel = float(snr_db), channel
        self.sent_symbols, self.received_symbols = Symbols(), Symbols()
        self.state = TaskViewState(last, tuple(grid))
        self._register_ports()
        self.widget = TaskWidget(self, transceiver(model).info(), title)

    def _register_ports(self):
        for port, handler in (('in', self._take), ('sent', self._remember),
                              ('sent_symbols', self._take_sent_symbols),
                              ('received_symbols', self._take_received_symbols)):
            self.message_port_register_in(pmt.intern(port))
            self.set_msg_handler(pmt.intern(port), handler)
        for port in ('snr', 'channel'):
            self.message_port_register_out(pmt.intern(port))

    @staticmethod
    def _check_snr_db(snr_db):
        if not (math.isnan(snr_db) or SNR_LIMITS[0] <= snr_db <= SNR_LIMITS[1]):
            raise ValueError(f'snr_db: got {snr_db}, expected -100 to 100, or NaN')

    @staticmethod
    def _check_channel(channel):
        if channel not in CHANNELS:
            raise ValueError(f"channel: got '{channel}', expected one of {', '.join(CHANNELS)}")

    def start(self):
        """Sends what slider and menu show, so that the channel is what the window says."""
        self._send_snr()
        self._send_channel()
        return True

    def _take(self, message):
        self._put(message, self._losses.add_arrived, self.state.take)

    def _remember(self, message):
        self._put(message, self._losses.add_sent, self.state.remember)

    def _put(self, message, count, taker):
        try:
            count(pmt.car(message))
        except Exception:  # of many kinds: anything may come in at a port
            self._bad += 1
            return
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append((taker, message))
        else:
            self._skipped += 1

    def _take_sent_symbols(self, message):
        self._add_symbols(self.sent_symbols, message)

    def _take_received_symbols(self, message):
        self._add_symbols(self.received_symbols, message)

    def _add_symbols(self, symbols, message):
        if is_symbols(message):
            symbols.add(message)
        else:
            self._bad += 1

    def next(self):
        """(who takes it, message) of the oldest that the window has not looked at, or None."""
        return self._waiting.popleft() if self._waiting else None

    def skipped(self):
        """Messages that were not looked at because too many came."""
        return self._skipped

    def bad(self):
        """Messages, of all ports, that could not be used."""
        return self._bad + self.state.bad

    def arrived(self):
        """Results."""
        return self._losses.arrived

    def sent_samples(self):
        """Samples that came in at port "sent"."""
        return self._losses.sent

    def lost(self):
        """Samples that were sent, and no result of them 10 s later; 0 where port "sent" is not
        connected."""
        return self._losses.lost()

    def snr_db(self):
        return self._snr_db

    def set_snr_db(self, snr_db):
        """Moves the slider too, and sends the value on."""
        self._check_snr_db(snr_db)
        self._snr_db = float(snr_db)
        self._send_snr()

    def channel(self):
        return self._channel

    def set_channel(self, channel):
        self._check_channel(channel)
        self._channel = channel
        self._send_channel()

    def is_connected(self, port):
        """Whether somebody listens at this output port."""
        return pmt.is_pair(self.message_subscribers(pmt.intern(port)))

    def _send_snr(self):
        if math.isfinite(self._snr_db):
            self.message_port_pub(pmt.intern('snr'), pmt.from_double(self._snr_db))

    def _send_channel(self):
        self.message_port_pub(pmt.intern('channel'), pmt.intern(self._channel))
