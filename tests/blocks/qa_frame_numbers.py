#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frame numbers that strangers send, and transmitters that were started anew."""

import time
import unittest

import numpy as np
from gnuradio import udeepsc

import burst_fixture as bx
import fixture as fx
from qa_burst_receiver import N0, burst_pdu, detected


class Strangers(unittest.TestCase):

    def test_a_number_taken_by_a_stranger(self):
        """Payloads of other content under the numbers that come next: all true ones arrive,
        whatever the noise, and copies of them are repeats all the same."""
        block = udeepsc.burst_demodulator(fx.model_path())
        true = [bx.symbols(64, i) for i in range(6)]
        sent = []
        for i, data in enumerate(true):
            sent += [(i, bx.symbols(64, 100 + i)), (i, data), (i, data)]
        with fx.Bench(block) as bench:
            for k, (number, data) in enumerate(sent):
                found = detected(bx.stream([bx.burst(data, frame_id=number, vectors=16)],
                                           noise=N0, seed=k))
                bench.post(burst_pdu(max(found, key=lambda burst: burst.rho)))
            got = bench.received(12)
            self.assertTrue(fx.wait_until(lambda: block.dropped('duplicate') == 6))
        self.assertEqual([fx.key(m, 'frame_id') for m in got], [i // 2 for i in range(12)])
        for message, data in zip(got[1::2], true):
            self.assertLess(np.mean(np.abs(fx.payload(message) - data)**2), 2 * N0)

    def test_the_same_once_more_by_a_transmitter_started_anew(self):
        """It counts from 0 again and sends what it sent: no repeat after some seconds."""
        data = bx.symbols(64)
        block = udeepsc.burst_demodulator(fx.model_path())
        found = detected(bx.stream([bx.burst(data, vectors=16)], noise=N0))
        message = burst_pdu(max(found, key=lambda burst: burst.rho))
        with fx.Bench(block) as bench:
            for start in range(3):
                bench.post(message)
                bench.post(message)
                bench.received(start + 1)
                self.assertTrue(fx.wait_until(
                    lambda: block.dropped('duplicate') == start + 1))
                time.sleep(2.1)
            self.assertEqual(block.sent(), 3)


if __name__ == '__main__':
    unittest.main()
