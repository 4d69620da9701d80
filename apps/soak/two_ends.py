# SPDX-License-Identifier: GPL-3.0-or-later
"""Transmitter and receiver joined by ZeroMQ: two flowgraphs, or two processes."""

import os
import subprocess
import sys
import tempfile
import threading
from collections import deque
from pathlib import Path

from gnuradio import gr, udeepsc
from gnuradio.udeepsc import radios
from gnuradio.udeepsc.udeepsc_python import _message_inbox

from link import MOST_WAITING, Ends
from payloads import data_of

RATE = '4e6'  # samples a second


class ReceiverHere:
    """A flowgraph of this process: radio > burst_detector > burst_demodulator > message_inbox."""

    def __init__(self, radio, profile):
        self.radio = radios.make_receiver(radio)
        self.detector = udeepsc.burst_detector(profile)
        self.demodulator = udeepsc.burst_demodulator('', profile)
        self.inbox = _message_inbox(['in'], MOST_WAITING)
        self.top = gr.top_block('soak receiver')
        self.top.connect(self.radio, self.detector)
        self.top.msg_connect((self.detector, 'out'), (self.demodulator, 'in'))
        self.top.msg_connect((self.demodulator, 'out'), (self.inbox, 'in'))

    def start(self):
        self.top.start()

    def stop(self):
        self.top.stop()
        self.top.wait()

    def arrivals(self):
        return [data_of(message) for message in self.inbox.take('in', MOST_WAITING)]


class ReceiverProcess:
    """The same in a process of its own, which may be killed."""

    def __init__(self, radio, profile):
        self._command = [sys.executable, '-B', str(Path(__file__).with_name('receiver_process.py')),
                         radio, profile]
        self._lines = deque()
        self._process = self._reader = None

    def start(self):
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,))
        self._reader.start()

    def _read(self, lines):
        for line in lines:
            if line.endswith('\n'):  # else it was cut by the kill
                self._lines.append(line)

    def stop(self):
        """SIGKILL, in the middle of whatever it does."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._reader.join()
            self._process.stdout.close()
            self._process = None

    def arrivals(self):
        return [bytes.fromhex(self._lines.popleft()) for _ in range(len(self._lines))]


class Pair(Ends):
    """burst_framer > burst_source > radio zmq: > a receiver."""

    def __init__(self, settings, serials, payloads, ledger, pattern='push', process=False):
        Ends.__init__(self, settings, serials, payloads, ledger)
        self._folder = tempfile.TemporaryDirectory(prefix='udeepsc-soak-')
        self.address = f'ipc://{self._folder.name}/air'
        self.text = f'zmq:{self.address},rate={RATE},pattern={pattern}'
        self.source = udeepsc.burst_source(gap=settings.gap)
        self.receiver = (ReceiverProcess if process else ReceiverHere)(self.text, settings.profile)
        self.radio = self.top = None
        self.arrived = 0

    def socket_path(self):
        return os.path.join(self._folder.name, 'air')

    def start_transmitter(self):
        self.radio = radios.make_transmitter(self.text)
        self.top = gr.top_block('soak transmitter')
        self.top.msg_connect((self.framer, 'out'), (self.source, 'in'))
        self.top.connect(self.source, self.radio)
        self.top.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.receiver.stop()
        if self.top:
            self.top.stop()
            self.top.wait()
        self.collect()
        self._folder.cleanup()

    def progress(self):
        # The samples that pass say nothing: there is silence without end.
        return self.framer.received(), self.framer.sent(), self.source.sent(), self.arrived, \
            bool(self.radio) and self.radio.serving()

    def arrivals(self):
        found = [(data, None) for data in self.receiver.arrivals()]
        self.arrived += len(found)
        return found

    def drain(self):
        """Until all has arrived that has to."""
        self.wait(lambda: not self.ledger.owed())
