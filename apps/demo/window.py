# SPDX-License-Identifier: GPL-3.0-or-later
"""The live window of --show, in the thread of the main program."""

import os
import time

from material import BadInput


class Window:
    """A qt_task_view; whoever waits for the flowgraph calls pump() meanwhile."""

    def __init__(self, model, title, grid=(8, 8), snr_db=float('nan')):
        if not (os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')):
            raise BadInput('--show: there is no display here (DISPLAY is not set)')
        from PyQt5.QtWidgets import QApplication
        self.app = QApplication([title])
        from gnuradio import udeepsc
        self.view = udeepsc.qt_task_view(model, title, grid=grid, snr_db=snr_db)
        self.view.widget.resize(900, 700)
        self.view.widget.show()
        self.pump()

    def pump(self):
        self.app.processEvents()

    def stay(self):
        """Until the window is closed."""
        if self.view.widget.isVisible():
            print('close the window to end', flush=True)
        while self.view.widget.isVisible():
            self.pump()
            time.sleep(0.02)


class NoWindow:
    """Without --show."""
    view = None

    def pump(self):
        pass

    def stay(self):
        pass


def make_window(options, title, **more):
    return Window(options.model, title, **more) if options.show else NoWindow()
