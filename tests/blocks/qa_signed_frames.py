#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames with a key: what is signed arrives, and nothing else does."""

import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

import burst_fixture as bx
import fixture as fx


def key_file(digit):
    path = fx.temporary(f'{digit}.key')
    with open(path, 'w', encoding='ascii') as file:
        file.write(digit * 64)
    return path


class Signed(unittest.TestCase):

    def bursts(self, count, key, profile='standard', control=False, first=0):
        """Samples of so many bursts, each with silence behind it."""
        framer = udeepsc.burst_framer(fx.model_path(), profile, max_frame_symbols=0, key=key,
                                      address=3)
        got, top = blocks.message_debug(), gr.top_block()
        top.msg_connect((framer, 'out'), (got, 'store'))
        top.start()
        for i in range(first, first + count):
            if control:
                framer.to_basic_block()._post(pmt.intern('control'), pmt.cons(
                    fx.meta(control='text'), fx.u8(np.frombuffer(b'over', np.uint8))))
            else:
                framer.to_basic_block()._post(
                    pmt.intern('in'), bx.symbol_pdu(bx.symbols(40, i), frame_id=i))
            self.assertTrue(fx.wait_until(lambda: got.num_messages() == i - first + 1))
        top.stop()
        top.wait()
        return [np.concatenate([np.zeros(500), fx.payload(got.get_message(i)), np.zeros(500)])
                for i in range(count)]

    def receive(self, bursts, key, profile='standard'):
        """(frame numbers, texts, counters) of a receiver with this key."""
        detector = udeepsc.burst_detector(profile)
        demodulator = udeepsc.burst_demodulator(fx.model_path(), profile, key=key)
        got, texts, top = blocks.message_debug(), blocks.message_debug(), gr.top_block()
        channel = udeepsc.radio_channel(snr_db=25.0, seed=2)
        stream = np.concatenate([*bursts, np.zeros(3000)]).astype(np.complex64)
        top.connect(blocks.vector_source_c(stream.tolist()), channel, detector)
        top.msg_connect((detector, 'out'), (demodulator, 'in'))
        top.msg_connect((demodulator, 'out'), (got, 'store'))
        top.msg_connect((demodulator, 'control'), (texts, 'store'))
        top.run()
        return ([fx.key(got.get_message(i), 'frame_id') for i in range(got.num_messages())],
                texts.num_messages(), demodulator)

    def test_with_the_key_and_without(self):
        mine, other = key_file('a'), key_file('b')
        for profile in bx.phy.frame_profile.names():
            with self.subTest(profile):
                signed = self.bursts(4, mine, profile)
                numbers, _, _ = self.receive(signed, mine, profile)
                self.assertEqual(numbers, [0, 1, 2, 3])
                # Who has no key reads them all the same.
                numbers, _, _ = self.receive(signed, '', profile)
                self.assertEqual(numbers, [0, 1, 2, 3])
                for forged in (self.bursts(2, '', profile), self.bursts(2, other, profile)):
                    numbers, _, demodulator = self.receive(forged, mine, profile)
                    self.assertEqual(numbers, [])
                    self.assertEqual(demodulator.dropped('not authentic'), 2)

    def test_true_ones_among_forged_and_replayed(self):
        """In any order: each true one arrives once, whatever comes between."""
        mine, other = key_file('a'), key_file('b')
        true = self.bursts(20, mine)
        forged = self.bursts(10, other, first=100)
        stream, expected = [], []
        for i, burst in enumerate(true):
            stream += [burst, burst, true[i // 2], forged[i % 10]]
            expected.append(i)
        numbers, _, demodulator = self.receive(stream, mine)
        self.assertEqual(numbers, expected)
        self.assertEqual(demodulator.dropped('not authentic'), 20)
        self.assertEqual(demodulator.dropped('old frame'), 40)

    def test_control_messages(self):
        mine = key_file('a')
        for key, arrive in ((mine, 3), ('', 0)):
            _, texts, demodulator = self.receive(self.bursts(3, key, control=True), mine)
            self.assertEqual(texts, arrive)
            self.assertEqual(demodulator.dropped('not authentic'), 3 - arrive)

    def test_a_message_with_no_room_for_its_signature(self):
        framer = udeepsc.burst_framer(fx.model_path(), key=key_file('a'))
        top, got = gr.top_block(), blocks.message_debug()
        top.msg_connect((framer, 'out'), (got, 'store'))
        top.start()
        for length in (253, 10):
            framer.to_basic_block()._post(pmt.intern('control'), pmt.cons(
                fx.meta(control='text'), fx.u8(np.full(length, 65, np.uint8))))
        self.assertTrue(fx.wait_until(lambda: got.num_messages() == 1))
        top.stop()
        top.wait()
        self.assertEqual(framer.dropped('wrong shape'), 1)

    def test_a_file_that_is_no_key(self):
        for make in (udeepsc.burst_framer, udeepsc.burst_demodulator):
            with self.assertRaisesRegex(ValueError, '/nowhere/key'):
                make(fx.model_path(), key='/nowhere/key')


if __name__ == '__main__':
    unittest.main()
