# SPDX-License-Identifier: GPL-3.0-or-later
"""A window on what a flowgraph does, for a lecture hall."""

import math
import time

import pmt
from gnuradio import gr

from .task_view_inputs import Symbols, is_symbols

MOST_WAITING = 2000  # messages of a port that the window has not looked at yet
MOST_SYMBOLS = 256  # PDUs of symbols between two looks; of more, the newest
AT_ONCE = 64  # messages taken between two looks at the clock
CHANNELS = ('awgn', 'rayleigh', 'rician')  # that both channel blocks know
SNR_LIMITS = (-100.0, 100.0)


def check_application(block='qt_task_view'):
    """Throws RuntimeError unless the block's widgets can be made here."""
    from PyQt5 import QtCore, QtWidgets
    app = QtWidgets.QApplication.instance()
    if not isinstance(app, QtWidgets.QApplication):
        raise RuntimeError(f'{block} needs a QApplication: make one first (Generate '
                           'Options "QT GUI" in Companion does)')
    if QtCore.QThread.currentThread() != app.thread():
        raise RuntimeError(f'{block} has to be made in the thread of the QApplication')


def check_snr_db(snr_db):
    if not (math.isnan(snr_db) or SNR_LIMITS[0] <= snr_db <= SNR_LIMITS[1]):
        raise ValueError(f'snr_db: got {snr_db}, expected -100 to 100, or NaN')


def check_channel(channel):
    if channel not in CHANNELS:
        raise ValueError(f"channel: got '{channel}', expected one of {', '.join(CHANNELS)}")


class Settings(gr.basic_block):
    """What slider and menu show, as messages; sent when the flowgraph starts too, so that the
    channel is what the window says."""

    def __init__(self, snr_db, channel):
        gr.basic_block.__init__(self, 'qt_task_view_settings', None, None)
        self.snr_db, self.channel = float(snr_db), channel
        for port in ('snr', 'channel'):
            self.message_port_register_out(pmt.intern(port))

    def start(self):
        self.send_snr()
        self.send_channel()
        return True

    def is_connected(self, port):
        return pmt.is_pair(self.message_subscribers(pmt.intern(port)))

    def send_snr(self):
        if math.isfinite(self.snr_db):
            self.message_port_pub(pmt.intern('snr'), pmt.from_double(self.snr_db))

    def send_channel(self):
        self.message_port_pub(pmt.intern('channel'), pmt.intern(self.channel))


class qt_task_view(gr.hier_block2):
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

    Messages wait until the window takes them, 20 times a second; it draws as often, or less often
    where that takes too much time. What does not fit is not shown, and counted: skipped(). What
    is no PDU is counted too: bad(). The flowgraph never waits.

    Throws ValueError for a parameter, RuntimeError without a QApplication.
    """

    def __init__(self, model='lite', title='U-DeepSC', last=100, grid=(8, 8),
                 snr_db=float('nan'), channel='awgn'):
        nothing = gr.io_signature(0, 0, 0)
        gr.hier_block2.__init__(self, 'qt_task_view', nothing, nothing)
        if not 1 <= last <= 100000:
            raise ValueError(f'last: got {last}, expected 1 to 100000')
        if len(grid) != 2 or not all(1 <= n <= 256 for n in grid):
            raise ValueError(f'grid: got {grid}, expected (columns, rows) of 1 to 256')
        check_snr_db(snr_db)
        check_channel(channel)
        check_application()
        from .qt_task_widget import TaskWidget
        from .task_view_state import TaskViewState
        from .udeepsc_python import transceiver
        self.state = TaskViewState(last, tuple(grid))
        self.symbols = {'sent_symbols': Symbols(), 'received_symbols': Symbols()}
        self._bad = 0
        self._settings = Settings(snr_db, channel)
        self._make_inboxes()
        self.widget = TaskWidget(self, transceiver(model).info(), title)

    def _make_inboxes(self):
        from .udeepsc_python import _message_inbox, overflow_policy
        self._inbox = _message_inbox(['in', 'sent'], MOST_WAITING)
        self._symbols_inbox = _message_inbox(list(self.symbols), MOST_SYMBOLS,
                                             overflow_policy.drop_oldest)
        for inbox, ports in ((self._inbox, ('in', 'sent')), (self._symbols_inbox, self.symbols)):
            for port in ports:
                self.message_port_register_hier_in(port)
                self.msg_connect(self, port, inbox, port)
        for port in ('snr', 'channel'):
            self.message_port_register_hier_out(port)
            self.msg_connect(self._settings, port, self, port)

    def post(self, port, message):
        """A message for an input port, from Python; the flowgraph runs."""
        inbox = self._symbols_inbox if port in self.symbols else self._inbox
        inbox.to_basic_block()._post(pmt.intern(port), message)

    def take_messages(self, budget_s):
        """What has come, to the state; ends when the time is over. Of the window's thread."""
        end = time.monotonic() + budget_s
        # What was sent before what came of it.
        for port, take in (('sent', self.state.remember), ('in', self.state.take)):
            messages = self._inbox.take(port, AT_ONCE)
            while messages:
                for message in messages:
                    take(message)
                messages = self._inbox.take(port, AT_ONCE) if time.monotonic() < end else []
        for port, symbols in self.symbols.items():
            for message in self._symbols_inbox.take(port, MOST_SYMBOLS):
                if is_symbols(message):
                    symbols.add(message)
                else:
                    self._bad += 1

    def waiting(self):
        """Messages that the window has not looked at yet."""
        return self._inbox.queue_depth() + self._symbols_inbox.queue_depth()

    def skipped(self):
        """Results and inputs that were not looked at because too many came."""
        return self._inbox.lost('in') + self._inbox.lost('sent')

    def bad(self):
        """Messages, of all ports, that could not be used."""
        return self._bad + self.state.bad

    def arrived(self):
        """Messages that have come in as results."""
        return self._inbox.come('in')

    def sent_samples(self):
        """Samples that came in at port "sent"."""
        return self.state.losses.sent

    def lost(self):
        """Samples that were sent, and no result of them 10 s later; 0 where port "sent" is not
        connected."""
        return max(0, self.state.losses.lost() - self._inbox.lost('in'))

    def snr_db(self):
        return self._settings.snr_db

    def set_snr_db(self, snr_db):
        """Moves the slider too, and sends the value on."""
        check_snr_db(snr_db)
        self._settings.snr_db = float(snr_db)
        self._settings.send_snr()

    def channel(self):
        return self._settings.channel

    def set_channel(self, channel):
        """Moves the menu too, and sends the name on."""
        check_channel(channel)
        self._settings.channel = channel
        self._settings.send_channel()

    def is_connected(self, port):
        """Whether somebody listens at this output port; before the start nobody does."""
        return self._settings.is_connected(port)
