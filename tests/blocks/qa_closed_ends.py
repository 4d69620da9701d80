#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""udeepsc_tx and udeepsc_rx that were closed are gone, memory and all."""

import os
import sys
import unittest

from gnuradio import gr, udeepsc

import fixture as fx

sys.path.insert(0, os.path.join(fx.SOURCE_DIR, 'apps', 'soak'))

from memory import KIB, heap_bytes  # noqa: E402

WARM_UP, TIMES = 5, 10
# Of the heap for each pair: lists that grow now and then. One that stays takes 300 KiB and more.
MOST = 20 * KIB


class ClosedEnds(unittest.TestCase):

    def one(self):
        transmitter = udeepsc.udeepsc_tx(fx.model_path(), 'sim')
        receiver = udeepsc.udeepsc_rx(fx.model_path(), 'sim')
        top = gr.top_block()
        top.connect(transmitter, receiver)
        top.start()
        top.stop()
        top.wait()
        return transmitter, receiver

    def growth(self, after):
        """Bytes of the heap for each pair that was made and run."""
        for time in range(WARM_UP + TIMES):
            if time == WARM_UP:
                before = heap_bytes()
            for end in self.one():
                after(end)
        return (heap_bytes() - before) / TIMES

    def test_nothing_stays(self):
        self.assertLess(self.growth(lambda end: end.close()), MOST)

    def test_twice_is_once(self):
        for end in self.one():
            end.close()
            end.close()


if __name__ == '__main__':
    unittest.main()
