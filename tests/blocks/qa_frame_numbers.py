#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frame numbers that strangers send, and transmitters that were started anew."""

import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

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


class Air(fx.Running):
    """What bursts reach a receiver that keeps running: burst_source > burst_detector >
    burst_demodulator."""

    def __init__(self):
        self.source, self.detector = udeepsc.burst_source(gap=1000), udeepsc.burst_detector()
        self.demodulator = udeepsc.burst_demodulator(fx.model_path())
        self.debug, self.top = blocks.message_debug(), gr.top_block()
        self.top.connect(self.source, blocks.throttle(gr.sizeof_gr_complex, 2e6),
                         udeepsc.radio_channel(snr_db=12.0), self.detector)
        self.top.msg_connect((self.detector, 'out'), (self.demodulator, 'in'))
        self.top.msg_connect((self.demodulator, 'out'), (self.debug, 'store'))

    def send(self, burst):
        self.source.to_basic_block()._post(pmt.intern('in'), burst)

    def numbers(self, count):
        """Of the payloads received, when so many have come."""
        if not fx.wait_until(lambda: self.debug.num_messages() >= count):
            raise AssertionError(pmt.to_python(self.demodulator.stats()))
        return [fx.key(self.debug.get_message(i), 'frame_id')
                for i in range(self.debug.num_messages())]


def burst_of_a_sentence(first_frame):
    """A transmitter's flowgraph from its start to its end, sending one sentence."""
    model, top, debug = fx.model_path(), gr.top_block(), blocks.message_debug()
    chain = [udeepsc.text_source(['a fine film'], '', 'text_reconstruction'),
             udeepsc.semantic_encoder(model), udeepsc.feature_selector(model, 12.0),
             udeepsc.vq_indexer(model), udeepsc.digital_modulator(),
             udeepsc.burst_framer(model, first_frame=first_frame)]
    for sender, receiver in zip(chain, chain[1:]):
        top.msg_connect((sender, 'out'), (receiver, 'in'))
    top.msg_connect((chain[-1], 'out'), (debug, 'store'))
    top.start()
    try:
        if not fx.wait_until(lambda: debug.num_messages() == 1):
            raise AssertionError([pmt.to_python(block.stats()) for block in chain])
    finally:
        top.stop()
        top.wait()
    return debug.get_message(0)


class StartedAnew(unittest.TestCase):

    def test_one_sentence_three_times(self):
        """Without a pause: each start has numbers of its own, so each sentence is received."""
        with Air() as air:
            for start in range(3):
                air.send(burst_of_a_sentence(-1))
                air.numbers(start + 1)
            self.assertEqual(air.demodulator.dropped('duplicate'), 0)

    def test_a_repeat_is_dropped_all_the_same(self):
        burst = burst_of_a_sentence(-1)
        with Air() as air:
            air.send(burst)
            air.send(burst)
            self.assertTrue(fx.wait_until(lambda: air.demodulator.dropped('duplicate') == 1))
            self.assertEqual(len(air.numbers(1)), 1)

    def test_the_control_numbers_that_begin_alike(self):
        first, second = burst_of_a_sentence(0), burst_of_a_sentence(0)
        with Air() as air:
            air.send(first)
            air.send(second)
            self.assertTrue(fx.wait_until(lambda: air.demodulator.dropped('duplicate') == 1))
            self.assertEqual(air.numbers(1), [0])


def numbers_of(samples):
    """On the air, of the payloads in a burst."""
    found = detected(bx.stream([samples]))
    frame = bx.phy.burst_demodulator(bx.phy.frame_profile('standard')).demodulate(
        max(found, key=lambda burst: burst.rho))
    return [payload.header.frame_id for payload in frame.payloads]


class FirstFrame(unittest.TestCase):

    def numbers(self, messages, **options):
        """On the air, of the frames that burst_framer makes of these PDUs, one at a time."""
        framer = udeepsc.burst_framer(fx.model_path(), first_frame=100, hold_ms=0.0, **options)
        got = []
        with fx.Bench(framer) as bench:
            for message in messages:
                bench.post(message)
                got.append(numbers_of(fx.payload(bench.received(len(got) + 1)[-1])))
        return got

    def test_what_counts_on_from_it_and_what_keeps_its_number(self):
        data = bx.symbols(64)

        def tile(number, tiles=None):
            keys = {'tiles': tiles} if tiles else {}
            return bx.symbol_pdu(data, frame_id=number, **keys)

        text = bx.symbol_pdu(bx.symbols(12), 'text_reconstruction', 'text', frame_id=200)
        # A tile of a picture, or of one of which nothing is known; a picture in one piece.
        self.assertEqual(
            self.numbers([tile(7), tile(8, [2, 2]), tile(9, [1, 1]), text]),
            [[7], [8], [109], [(200 + 100) % 256]])

    def test_modalities_of_a_sample_stay_together(self):
        keys = {'task': 'visual_question_answering', 'frame_id': 5}
        picture = bx.symbol_pdu(bx.symbols(16), modality='image', **keys)
        question = bx.symbol_pdu(bx.symbols(4), modality='text', **keys)
        framer = udeepsc.burst_framer(fx.model_path(), first_frame=100, hold_ms=0.0)
        with fx.Bench(framer) as bench:
            bench.post(picture)
            bench.post(question)
            burst = fx.payload(bench.received(1)[0])
        self.assertEqual(numbers_of(burst), [105, 105])

    def test_errors(self):
        for first_frame in (-2, 256):
            with self.assertRaisesRegex(ValueError, 'first_frame'):
                udeepsc.burst_framer(fx.model_path(), first_frame=first_frame)


if __name__ == '__main__':
    unittest.main()
