#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames that are sent several times: burst_framer sends copies, burst_demodulator adds them up."""

import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

import burst_fixture as bx
import fixture as fx

GAP = 500
SYMBOLS = 400


def key_file(digit):
    path = fx.temporary(f'{digit}.key')
    with open(path, 'w', encoding='ascii') as file:
        file.write(digit * 64)
    return path


def payload(number):
    return bx.symbols(SYMBOLS, seed=number)


class Copies(unittest.TestCase):

    def bursts(self, numbers, copies, key=''):
        """PDUs of burst_framer, of frames with these numbers."""
        framer = udeepsc.burst_framer(fx.model_path(), max_frame_symbols=0, key=key, copies=copies)
        got, top = blocks.message_debug(), gr.top_block()
        top.msg_connect((framer, 'out'), (got, 'store'))
        top.start()
        for number in numbers:
            framer.to_basic_block()._post(pmt.intern('in'), bx.symbol_pdu(
                payload(number), frame_id=number))
        expected = copies * len(numbers)
        self.assertTrue(fx.wait_until(lambda: got.num_messages() == expected))
        top.stop()
        top.wait()
        self.assertEqual(framer.samples_sent(), len(numbers))
        return [got.get_message(i) for i in range(expected)]

    def receive(self, bursts, copies, key='', snr_db=20.0):
        """(PDUs, demodulator) of a receiver of these bursts."""
        parts = [part for burst in bursts
                 for part in (np.zeros(GAP), np.array(fx.payload(burst)), np.zeros(GAP))]
        stream = np.concatenate([*parts, np.zeros(3000)]).astype(np.complex64)
        detector = udeepsc.burst_detector(copies=copies)
        demodulator = udeepsc.burst_demodulator(fx.model_path(), key=key, copies=copies)
        got, top = blocks.message_debug(), gr.top_block()
        top.connect(blocks.vector_source_c(stream.tolist()),
                    udeepsc.radio_channel(snr_db=snr_db, seed=4), detector)
        top.msg_connect((detector, 'out'), (demodulator, 'in'))
        top.msg_connect((demodulator, 'out'), (got, 'store'))
        top.run()
        self.assertEqual(demodulator.queue_depth(), 0)
        return [got.get_message(i) for i in range(got.num_messages())], demodulator

    def test_the_framer_numbers_its_copies(self):
        bursts = self.bursts([7, 8], 3)
        self.assertEqual([(fx.key(b, 'frame_id'), fx.key(b, 'copy'), fx.key(b, 'copies'))
                          for b in bursts],
                         [(n, copy, 3) for n in (7, 8) for copy in range(3)])
        first, second = (np.array(fx.payload(b)) for b in bursts[:2])
        self.assertTrue(np.array_equal(first, second))
        single = self.bursts([7], 1)[0]
        self.assertFalse(pmt.dict_has_key(pmt.car(single), pmt.intern('copies')))

    def test_two_copies_are_one_payload_with_half_the_noise(self):
        one, _ = self.receive(self.bursts([1, 2, 3], 1), 1, snr_db=6.0)
        two, demodulator = self.receive(self.bursts([1, 2, 3], 2), 2, snr_db=6.0)
        self.assertEqual([fx.key(m, 'frame_id') for m in two], [1, 2, 3])
        self.assertEqual([fx.key(m, 'copies') for m in two], [2, 2, 2])
        self.assertEqual(demodulator.dropped(), 0)
        for alone, summed, number in zip(one, two, (1, 2, 3)):
            self.assertFalse(pmt.dict_has_key(pmt.car(alone), pmt.intern('copies')))
            self.assertAlmostEqual(fx.key(summed, 'snr_db'), fx.key(alone, 'snr_db') + 3.0,
                                   delta=0.5)
            error = np.mean(np.abs(np.array(fx.payload(summed)) - payload(number))**2)
            # 9 dB; the mean of 400 is right to 5 % (one standard deviation).
            self.assertAlmostEqual(error, 10**-0.9, delta=0.25 * 10**-0.9)
            self.assertAlmostEqual(np.mean(fx.key(summed, 'noise_var')), 10**-0.9,
                                   delta=0.15 * 10**-0.9)

    def test_a_receiver_that_adds_nothing_up_drops_them(self):
        got, demodulator = self.receive(self.bursts([1, 2], 2), 1)
        self.assertEqual([fx.key(m, 'frame_id') for m in got], [1, 2])
        self.assertEqual(demodulator.dropped('duplicate'), 2)

    def test_lost_copies(self):
        """A frame goes out when the next one comes, the last one at the end."""
        sent = self.bursts([1, 2, 3], 3)
        got, demodulator = self.receive([*sent[:2], sent[3], *sent[6:8]], 3)
        self.assertEqual([(fx.key(m, 'frame_id'), fx.key(m, 'copies')) for m in got],
                         [(1, 2), (2, 1), (3, 2)])
        self.assertEqual(demodulator.dropped(), 0)

    def test_a_last_frame_goes_out_after_a_while(self):
        """Without its last copy, and without the flowgraph's end."""
        detected = blocks.message_debug()
        detector, top = udeepsc.burst_detector(copies=2), gr.top_block()
        stream = np.concatenate([np.zeros(GAP), fx.payload(self.bursts([9], 2)[0]),
                                 np.zeros(3000)]).astype(np.complex64)
        top.connect(blocks.vector_source_c(stream.tolist()),
                    udeepsc.radio_channel(snr_db=20.0, seed=4), detector)
        top.msg_connect((detector, 'out'), (detected, 'store'))
        top.run()
        block = udeepsc.burst_demodulator(fx.model_path(), copies=2)
        with fx.Bench(block) as bench:
            bench.post(detected.get_message(0))
            self.assertTrue(fx.wait_until(lambda: block.queue_depth() == 1))
            got = bench.received(1)
            self.assertEqual(fx.key(got[0], 'copies'), 1)
            self.assertTrue(fx.wait_until(lambda: block.queue_depth() == 0))

    def test_a_forged_copy(self):
        """Same number, other payload: it does no harm, and is counted."""
        sent = self.bursts([1, 2], 2)
        header = bx.header(frame_id=1, vectors=SYMBOLS // 4)
        forged = pmt.cons(pmt.make_dict(), fx.c32(
            bx.phy.framer(bx.phy.frame_profile()).frame([(header, payload(99))])))
        for place in range(3):
            with self.subTest(place):
                order = sent[:place] + [forged] + sent[place:]
                got, demodulator = self.receive(order, 2)
                self.assertEqual([(fx.key(m, 'frame_id'), fx.key(m, 'copies')) for m in got],
                                 [(1, 2), (2, 2)])
                self.assertEqual(demodulator.dropped('unlike copy'), 1)
                for message, number in zip(got, (1, 2)):
                    error = np.array(fx.payload(message)) - payload(number)
                    self.assertLess(np.mean(np.abs(error)**2), 0.01)

    def test_with_a_key(self):
        mine = key_file('a')
        sent = self.bursts([1, 2, 3], 2, mine)
        got, demodulator = self.receive(sent, 2, mine)
        self.assertEqual([(fx.key(m, 'frame_id'), fx.key(m, 'copies')) for m in got],
                         [(1, 2), (2, 2), (3, 2)])
        # A false alarm may be among them: what is signed is other bits in every run.
        self.assertEqual(demodulator.dropped(), demodulator.dropped('no header'))
        # A replay is no copy.
        got, demodulator = self.receive([sent[0], sent[0], sent[1]], 2, mine)
        self.assertEqual([fx.key(m, 'copies') for m in got], [2])
        self.assertEqual(demodulator.dropped('old frame'), 1)
        # Nor is what somebody else has signed.
        others = self.bursts([1], 2, key_file('b'))
        got, demodulator = self.receive([sent[0], *others, sent[1]], 2, mine)
        self.assertEqual([fx.key(m, 'copies') for m in got], [2])
        self.assertEqual(demodulator.dropped('not authentic'), 2)

    def test_what_one_burst_cannot_say_two_can(self):
        """At -9 dB most headers of this profile cannot be read by themselves."""
        numbers = list(range(1, 9))
        got, _ = self.receive(self.bursts(numbers, 4), 4, snr_db=-9.0)
        self.assertGreaterEqual(len(got), 7)
        self.assertTrue({fx.key(m, 'frame_id') for m in got} <= set(numbers))
        alone, _ = self.receive(self.bursts(numbers, 1), 1, snr_db=-9.0)
        self.assertLess(len(alone), 6)

    def test_parameters(self):
        for copies in (0, 9):
            for make in (lambda n: udeepsc.burst_framer(fx.model_path(), copies=n),
                         lambda n: udeepsc.burst_detector(copies=n),
                         lambda n: udeepsc.burst_demodulator(fx.model_path(), copies=n)):
                with self.assertRaisesRegex(ValueError, 'copies'):
                    make(copies)


if __name__ == '__main__':
    unittest.main()
