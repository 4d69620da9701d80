# SPDX-License-Identifier: GPL-3.0-or-later
"""The live window of --show, in the thread of the main program."""

import os
import subprocess
import sys
import time

from program import BadInput, Interrupted, catch_signals

PROBE_S = 60
PROBE = 'from PyQt5.QtWidgets import QApplication; QApplication(["probe"])'


def can_open(environment):
    """('' or what Qt says). In a process of its own: without a display Qt ends the process."""
    try:
        done = subprocess.run([sys.executable, '-c', PROBE], env=environment, capture_output=True,
                              text=True, errors='replace', timeout=PROBE_S)
    except subprocess.TimeoutExpired:
        return f'no window could be opened in {PROBE_S} s'
    said = [line for line in done.stderr.splitlines() if line.strip()]
    return '' if done.returncode == 0 else (said[0] if said else f'exit status {done.returncode}')


def check_display():
    """Throws BadInput unless a window can be opened; chooses Wayland where that is all there is."""
    shown = [name for name in ('DISPLAY', 'WAYLAND_DISPLAY', 'QT_QPA_PLATFORM')
             if os.environ.get(name)]
    if not shown:
        raise BadInput('--show: there is no display here (DISPLAY is not set)')
    said = can_open(os.environ)
    if said and os.environ.get('WAYLAND_DISPLAY') and not os.environ.get('QT_QPA_PLATFORM'):
        if can_open({**os.environ, 'QT_QPA_PLATFORM': 'wayland'}):
            raise BadInput(f'--show: no window can be opened: {said}; on a desktop of Wayland '
                           'alone: sudo apt-get install qtwayland5')
        os.environ['QT_QPA_PLATFORM'] = 'wayland'
    elif said:
        raise BadInput('--show: no window can be opened with '
                       + ', '.join(f'{name}={os.environ[name]}' for name in shown) + f': {said}')


class Window:
    """A qt_task_view; whoever waits for the flowgraph calls pump() meanwhile."""

    def __init__(self, model, title, grid=(8, 8), snr_db=float('nan'), channel='awgn'):
        check_display()
        from PyQt5.QtWidgets import QApplication
        self.app = QApplication([title])
        from gnuradio import udeepsc
        self.view = udeepsc.qt_task_view(model, title, grid=grid, snr_db=snr_db, channel=channel)
        self.view.widget.resize(1200, 800)
        self.view.widget.show()
        self._interrupted = 0
        catch_signals(self._interrupt)
        self.pump()

    def _interrupt(self, number, _):
        self._interrupted = number

    def pump(self):
        """Raises KeyboardInterrupt after a signal: inside of Qt it would abort the process."""
        self.app.processEvents()
        if self._interrupted:
            number, self._interrupted = self._interrupted, 0
            raise Interrupted(number)

    def watch(self, top, connections):
        """connections: input port of the view -> (block, its output port), or output port of the
        view -> (block, its input port)."""
        for port, (block, other) in connections:
            if port in ('snr', 'channel'):
                top.msg_connect((self.view, port), (block, other))
            else:
                top.msg_connect((block, other), (self.view, port))

    def sent(self, pdus):
        """What was posted to the transmitter from Python."""
        for pdu in pdus:
            self.view.post('sent', pdu)

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

    def watch(self, top, connections):
        pass

    def sent(self, pdus):
        pass

    def stay(self):
        pass


def make_window(options, title, **more):
    return Window(options.model, title, **more) if options.show else NoWindow()
