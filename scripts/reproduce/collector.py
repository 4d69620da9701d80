# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures that a flowgraph's source sends, for fig9."""

import threading

import numpy as np
import pmt
from gnuradio import gr, udeepsc
from measurement import NotMeasured

PATIENCE_S = 60  # without any picture


class Collector(gr.basic_block):
    """Keeps every picture that comes."""

    def __init__(self):
        gr.basic_block.__init__(self, 'collector', None, None)
        self.come, self.kept = threading.Condition(), []
        self.message_port_register_in(pmt.intern('in'))
        self.set_msg_handler(pmt.intern('in'), self.take)

    def take(self, message):
        _, value = udeepsc.task_view_inputs.input_of(message) or (None, None)
        if isinstance(value, np.ndarray) and value.ndim == 3:
            with self.come:
                self.kept.append(value)
                self.come.notify()

    def pictures(self, count):
        """uint8 [height, width, 3] each; waits for so many."""
        with self.come:
            while len(self.kept) < count:
                before = len(self.kept)
                if not self.come.wait(PATIENCE_S) and len(self.kept) == before:
                    raise NotMeasured(f'{before} of {count} pictures came')
            return list(self.kept)
