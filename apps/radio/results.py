# SPDX-License-Identifier: GPL-3.0-or-later
"""What came out of the air: results from the flowgraph, for the main program."""

import queue
import time

import pmt
from gnuradio import gr
from gnuradio.udeepsc.results import result_of

STEP_S = 0.02  # between two looks at the window


class Inbox(gr.basic_block):
    """Takes results from the flowgraph for the main program: get()."""

    def __init__(self, most=100000):
        gr.basic_block.__init__(self, 'inbox', None, None)
        self._results = queue.Queue(most)
        self.lost = 0
        self.message_port_register_in(pmt.intern('in'))
        self.set_msg_handler(pmt.intern('in'), self._take)

    def _take(self, message):
        try:
            self._results.put_nowait(result_of(message))
        except (queue.Full, ValueError):
            self.lost += 1

    def get(self, timeout_s, window):
        """The next result; None if none comes in time. The window is drawn meanwhile."""
        end = time.monotonic() + timeout_s
        while True:
            window.pump()
            left = end - time.monotonic()
            try:
                return self._results.get(timeout=max(0.0, min(left, STEP_S)))
            except queue.Empty:
                if left <= 0:
                    return None


def decibels(value):
    """value: dB, or None where it is not known."""
    return '? dB' if value is None else f'{value:.1f} dB'.replace('-', '\u2212')


def value_text(line, about=''):
    """What the terminal says of a line of results.jsonl that is no picture."""
    name = {'label': 'class', 'score': 'score'}.get(line['output'])
    if name is None:
        return f"sentence  {decibels(line['snr_db']):>8}  {line['value']}"
    value = line['value'] if isinstance(line['value'], str) else f"{line['value']:.2f}"
    return f"{name:<8}  {decibels(line['snr_db']):>8}  {value} ({line['task']}{about})"


def picture_text(line, folder):
    """The same of a picture."""
    come, tiles = line['tiles']
    where = f"\u2192 {folder / line['file']}" if line['file'] else 'could not be written'
    return f"picture   {decibels(line['snr_db']):>8}  {come} of {tiles} tiles {where}"
