# SPDX-License-Identifier: GPL-3.0-or-later
"""A window on what a flowgraph does, for a lecture hall."""

import threading
from collections import deque

import pmt
from gnuradio import gr

MOST_WAITING = 600  # results that the window has not looked at yet: two seconds of tiles


class qt_task_view(gr.basic_block):
    """Sent and received picture side by side, sentences, classes, and figures of the last
    results.

    Ports
      in "in"     results, as unified_decoder and task_sink's input have them; the key
                  reference, where it is there, is what was sent
      in "sent"   optional: what the sources send, to count what was lost

    Parameters
      model   path or name of the model: names of the classes
      title   above the window
      last    results that the figures are taken of, 1..100000
      grid    (columns, rows) of tiles of a picture, where results do not say, as over a radio
      snr_db  Es/N0 set, dB; shown beside the measured one

    The handler only puts results into a queue; the window takes them out 20 times a second.
    What does not fit is not shown, and counted: skipped(). The flowgraph never waits.

    Throws ValueError for a parameter, RuntimeError without a QApplication.
    """

    def __init__(self, model='lite', title='U-DeepSC', last=100, grid=(8, 8), snr_db=float('nan')):
        gr.basic_block.__init__(self, 'qt_task_view', None, None)
        if not 1 <= last <= 100000:
            raise ValueError(f'last: got {last}, expected 1 to 100000')
        if len(grid) != 2 or not all(1 <= n <= 256 for n in grid):
            raise ValueError(f'grid: got {grid}, expected (columns, rows) of 1 to 256')
        from PyQt5.QtWidgets import QApplication
        if QApplication.instance() is None:
            raise RuntimeError('qt_task_view needs a QApplication: make one first (Generate '
                               'Options "QT GUI" in Companion does)')
        from .qt_task_widget import TaskWidget
        from .task_view_state import TaskViewState
        from .udeepsc_python import transceiver
        self._lock = threading.Lock()
        self._waiting, self._skipped, self._sent, self._arrived = deque(), 0, 0, 0
        self._snr_db = snr_db
        classes = {task.name: list(task.classes) for task in transceiver(model).info().tasks}
        self.state = TaskViewState(last, tuple(grid))
        self.widget = TaskWidget(self, classes, title)
        for port, handler in (('in', self._take), ('sent', self._count)):
            self.message_port_register_in(pmt.intern(port))
            self.set_msg_handler(pmt.intern(port), handler)

    def _take(self, message):
        with self._lock:
            self._arrived += 1
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(message)
            else:
                self._skipped += 1

    def _count(self, _):
        with self._lock:
            self._sent += 1

    def next(self):
        """The oldest result that the window has not looked at; None if there is none."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def skipped(self):
        """Results that were not shown because too many came."""
        with self._lock:
            return self._skipped

    def arrived(self):
        with self._lock:
            return self._arrived

    def lost(self):
        """Sent and not there (yet); 0 where port "sent" is not connected."""
        with self._lock:
            return max(0, self._sent - self._arrived)

    def snr_db(self):
        return self._snr_db

    def set_snr_db(self, snr_db):
        self._snr_db = snr_db
