# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a receiver's gain fits what is on the air."""

import numpy as np
from gnuradio import blocks, gr

LOOK = 1024  # samples that are looked at ...
EVERY = 64  # ... of so many times as many
FULL = 0.98  # of full scale: the converter is at its end
MOST_FULL = 10  # I or Q of LOOK; noise alone at -12 dBFS has none
FAINT = 1e-4  # rms: less than the last bit of a converter with 12 bits
FAINT_S = 5.0


class _Look(gr.sync_block):
    """In 0: vectors of LOOK samples."""

    def __init__(self, rate, faults):
        gr.sync_block.__init__(self, 'level', [(np.complex64, LOOK)], None)
        self._faults = faults
        self._enough = max(1, round(FAINT_S * rate / (LOOK * EVERY)))
        self._faint = 0  # looks without a signal, one after the other

    def work(self, input_items, output_items):
        for samples in input_items[0]:
            parts = samples.view(np.float32)
            if np.count_nonzero(np.abs(parts) >= FULL) >= MOST_FULL:
                self._faults.count('overloaded')
            self._faint = self._faint + 1 if np.mean(parts * parts) < FAINT**2 / 2 else 0
            if self._faint == self._enough:
                self._faults.count('no signal')
        return len(input_items[0])


class LevelMeter(gr.hier_block2):
    """In 0: a receiver's samples. Counts 'overloaded' for each look at which the converter is
    at its end, and 'no signal' when there was less than its last bit for 5 s of samples."""

    def __init__(self, rate, faults):
        gr.hier_block2.__init__(self, 'level_meter',
                                gr.io_signature(1, 1, gr.sizeof_gr_complex),
                                gr.io_signature(0, 0, 0))
        self._vectors = blocks.stream_to_vector(gr.sizeof_gr_complex, LOOK)
        few = blocks.keep_one_in_n(gr.sizeof_gr_complex * LOOK, EVERY)
        self._look = _Look(rate, faults)  # a block in Python lives as long as its object
        self.connect(self, self._vectors, few, self._look)

    def samples(self):
        """That came, in steps of LOOK."""
        return self._vectors.nitems_read(0)
