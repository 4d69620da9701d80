#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes and symbols through the modem without a model file."""

import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

import fixture as fx

phy = udeepsc.phy
MODULATIONS = ('bpsk', 'qpsk', '16qam', '64qam', '256qam')


class Link:
    """burst_framer > burst_source > radio_channel > burst_detector > burst_demodulator."""

    def __init__(self, esn0_db=30.0, **demodulator):
        self.framer = udeepsc.burst_framer('')
        self.source = udeepsc.burst_source(gap=1000)
        self.channel = udeepsc.radio_channel(snr_db=esn0_db)
        self.detector = udeepsc.burst_detector()
        self.demodulator = udeepsc.burst_demodulator('', **demodulator)
        self.debug = blocks.message_debug()
        self.top = gr.top_block()
        self.top.msg_connect((self.framer, 'out'), (self.source, 'in'))
        self.top.connect(self.source, blocks.throttle(gr.sizeof_gr_complex, 2e6), self.channel,
                         self.detector)
        self.top.msg_connect((self.detector, 'out'), (self.demodulator, 'in'))
        self.top.msg_connect((self.demodulator, 'out'), (self.debug, 'store'))

    def run(self, messages, expected):
        self.top.start()
        try:
            for message in messages:
                self.framer.to_basic_block()._post(pmt.intern('in'), message)
            done = fx.wait_until(lambda: self.debug.num_messages() >= expected)
        finally:
            self.top.stop()
            self.top.wait()
        if not done:
            raise AssertionError([pmt.to_python(b.stats()) for b in (
                self.framer, self.source, self.detector, self.demodulator)])
        return [self.debug.get_message(i) for i in range(self.debug.num_messages())]


def random_bytes(count, seed=1):
    return np.random.default_rng(seed).integers(0, 256, count, dtype=np.uint8)


def bytes_of(message):
    return np.array(pmt.u8vector_elements(pmt.cdr(message)), np.uint8)


class RawPayloads(unittest.TestCase):

    def test_bytes_arrive(self):
        """Of every length modulo a symbol's bits, in every constellation."""
        sent = [(modulation, random_bytes(count)) for modulation in MODULATIONS
                for count in (1, 2, 3, 100)]
        messages = [pmt.cons(fx.meta(modulation=modulation, frame_id=i), fx.u8(data))
                    for i, (modulation, data) in enumerate(sent)]
        # At 30 dB one point of 256-QAM in a thousand would be wrong.
        got = Link(40.0).run(messages, len(sent))
        self.assertEqual(len(got), len(sent))
        for i, (message, (modulation, data)) in enumerate(zip(got, sent)):
            with self.subTest(modulation, bytes=len(data)):
                np.testing.assert_array_equal(bytes_of(message), data)
                self.assertEqual(fx.key(message, 'task'), 'raw')
                self.assertEqual(fx.key(message, 'modality'), 'bytes')
                self.assertEqual(fx.key(message, 'modulation'), modulation)
                self.assertEqual(fx.key(message, 'frame_id'), i)
                self.assertEqual(list(fx.key(message, 'shape')), [len(data)])

    def test_bytes_are_wrong_as_often_as_theory_says(self):
        esn0_db, frames, count = 7.0, 20, 1000
        sent = [random_bytes(count, seed) for seed in range(frames)]
        got = Link(esn0_db).run(
            [pmt.cons(fx.meta(frame_id=i), fx.u8(data)) for i, data in enumerate(sent)], frames)
        wrong = sum(int(np.unpackbits(bytes_of(m) ^ sent[fx.key(m, 'frame_id')]).sum())
                    for m in got)
        # Gray-labelled QPSK: Q(sqrt(Es/N0)).
        from math import erfc
        expected = 0.5 * erfc((10**(esn0_db / 10) / 2)**0.5)
        rate = wrong / (8 * count * len(got))
        self.assertGreater(rate, 0.8 * expected)
        self.assertLess(rate, 1.5 * expected)  # what synchronisation costs

    def test_symbols_arrive(self):
        points = np.exp(0.5j * np.pi * np.random.default_rng(3).integers(0, 4, 300))
        message, = Link().run([pmt.cons(fx.meta(frame_id=3), fx.c32(points))], 1)
        got = np.array(pmt.c32vector_elements(pmt.cdr(message)))
        self.assertLess(np.mean(np.abs(got - points)**2), 10**(-27 / 10))
        self.assertEqual(fx.key(message, 'modality'), 'symbols')
        self.assertEqual(len(fx.key(message, 'noise_var')), 300)

    def test_a_models_payload_can_be_looked_at(self):
        frame = phy.framer(phy.frame_profile()).frame(
            [(phy.payload_header(task=3, modality=1, model=7, modulation='qpsk', vectors=4),
              np.ones(24, np.complex64))])
        detector = udeepsc.burst_detector()
        demodulator = udeepsc.burst_demodulator('')
        debug, top = blocks.message_debug(), gr.top_block()
        samples = np.concatenate([np.zeros(3000), frame, np.zeros(40000)]).astype(np.complex64)
        top.connect(blocks.vector_source_c(samples.tolist()), detector)
        top.msg_connect((detector, 'out'), (demodulator, 'in'))
        top.msg_connect((demodulator, 'out'), (debug, 'store'))
        top.run()
        self.assertEqual(debug.num_messages(), 1)
        self.assertEqual(fx.key(debug.get_message(0), 'task'), 'task 3')
        self.assertEqual(fx.key(debug.get_message(0), 'modality'), 'modality 1')

    def test_bad_input(self):
        link = Link()
        bad = [pmt.cons(fx.meta(), fx.u8(random_bytes(8000))),  # 32000 symbols
               pmt.cons(fx.meta(), pmt.init_u8vector(0, [])),
               pmt.cons(fx.meta(modulation='7qam'), fx.u8(b'abc')),
               pmt.cons(fx.meta(), fx.f32([1, 2]))]
        good = pmt.cons(fx.meta(), fx.u8(b'still there'))
        message, = link.run(bad + [good], 1)
        self.assertEqual(bytes_of(message).tobytes(), b'still there')
        self.assertEqual(link.framer.dropped(), len(bad))
        self.assertEqual(link.framer.dropped('wrong shape'), 2)
        self.assertEqual(link.framer.dropped('bad key'), 1)
        self.assertEqual(link.framer.dropped('wrong type'), 1)

    def test_no_model_of_that_name(self):
        for make in (udeepsc.burst_framer, udeepsc.burst_demodulator):
            with self.assertRaisesRegex(Exception, 'no-such-model'):
                make('no-such-model')


if __name__ == '__main__':
    unittest.main()
