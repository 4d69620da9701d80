#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""burst_detector and burst_demodulator: bad input, equality with the phy library, counters."""

import math
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

import burst_fixture as bx
import fixture as fx

N0 = 0.1  # noise per sample of the tests: Es/N0 10 dB


def detected(samples, profile='standard'):
    """What the phy library finds, the last burst flushed."""
    detector = bx.phy.burst_detector(bx.phy.frame_profile(profile))
    return detector.push(samples) + detector.flush()


def burst_pdu(found, samples=None, **keys):
    """As burst_detector sends it."""
    values = {'sample': pmt.from_uint64(found.sample),
              'first_sample': pmt.from_uint64(found.first_sample),
              'timing': found.timing, 'cfo': found.cfo, 'rho': found.rho}
    values.update(keys)
    values = {k: v for k, v in values.items() if v is not None}
    return pmt.cons(fx.meta(**values), fx.c32(found.samples if samples is None else samples))


def one_burst(data, profile='standard', noise=N0, **fields):
    return detected(bx.stream([bx.burst(data, profile, **fields)], noise=noise,
                              tail=bx.longest_frame(profile)), profile)[0]


class Detector(unittest.TestCase):

    def check(self, messages, expected, origin=0):
        self.assertEqual(len(messages), len(expected))
        for message, burst in zip(messages, expected):
            np.testing.assert_array_equal(fx.payload(message).astype(np.complex64),
                                          burst.samples)
            self.assertEqual(fx.key(message, 'sample'), origin + burst.sample)
            self.assertEqual(fx.key(message, 'first_sample'), origin + burst.first_sample)
            for name in ('timing', 'cfo', 'rho'):
                self.assertEqual(fx.key(message, name), getattr(burst, name))

    def test_equals_the_phy_library(self):
        """Also at the stream's end: the last burst goes out, the flowgraph ends by itself."""
        samples = bx.stream([bx.burst(bx.symbols(64 + i, i), vectors=16) for i in range(5)],
                            noise=N0, tail=500)
        block = udeepsc.burst_detector()
        messages = bx.StreamBench(block, samples).run()
        self.check(messages, detected(samples))
        self.assertEqual(len(messages), 5)
        self.assertEqual(block.sent(), 5)
        self.assertEqual(fx.key(messages[0], 'profile'), 'standard')

    def test_second_run_begins_anew(self):
        samples = bx.stream([bx.burst(bx.symbols(64))], noise=N0)
        block = udeepsc.burst_detector()
        first = bx.StreamBench(block, samples).run()
        block.to_basic_block()
        second = bx.StreamBench(block, samples).run()
        self.assertEqual(fx.key(first[0], 'sample'), fx.key(second[0], 'sample'))

    def test_noise_silence_and_worse(self):
        random = np.random.default_rng(1)
        n = 100000
        noise = (random.standard_normal(n) + 1j * random.standard_normal(n)) / 2**0.5
        bad = noise.copy()
        bad[::7] = np.nan
        bad[1::7] = np.inf
        tone = np.exp(2j * np.pi * 0.003 * np.arange(n))
        good = bx.stream([bx.burst(bx.symbols(64))], noise=N0)
        for name, garbage in (('silence', np.zeros(n)), ('noise', noise), ('NaN', bad),
                              ('tone', tone), ('huge', 1e30 * noise)):
            with self.subTest(name):
                block = udeepsc.burst_detector(false_alarm_rate=1e-9)
                samples = np.concatenate([garbage, np.zeros(3000), good])
                messages = bx.StreamBench(block, samples).run()
                at = len(garbage) + 3000 + 3000  # where the burst's ramp begins
                found = [m for m in messages if fx.key(m, 'sample') >= at]
                self.assertEqual(len(found), 1)
                self.assertLess(fx.key(found[0], 'sample'), at + 100)
                if name != 'tone':  # which is narrow where noise is wide
                    self.assertEqual(len(messages), 1)

    def test_setters(self):
        """A new profile while running: what the old one has found still goes out."""
        old = bx.stream([bx.burst(bx.symbols(64))], tail=2000)
        new = bx.stream([bx.burst(bx.symbols(64), 'short')], tail=bx.longest_frame())
        block = udeepsc.burst_detector()
        top = gr.top_block()
        debug = blocks.message_debug()
        first = blocks.vector_source_c(old.tolist())
        strobe = blocks.vector_source_c(new.tolist(), True)
        top.msg_connect((block, 'out'), (debug, 'store'))
        both = blocks.stream_mux(gr.sizeof_gr_complex, [len(old), 2**30])
        probe = blocks.probe_signal_c()
        top.connect(first, (both, 0))
        top.connect(strobe, blocks.throttle(gr.sizeof_gr_complex, 1e6), (both, 1))
        top.connect(both, block)
        top.connect(both, probe)
        top.start()
        try:
            self.assertTrue(fx.wait_until(lambda: block.nitems_read(0) > len(old)))
            block.set_false_alarm_rate(1e-8)
            self.assertEqual(block.false_alarm_rate(), 1e-8)
            block.set_max_cfo(0.1)
            block.set_profile('short')
            self.assertEqual((block.profile(), block.max_cfo()), ('short', 0.1))
            self.assertTrue(fx.wait_until(lambda: any(
                fx.key(debug.get_message(i), 'profile') == 'short'
                for i in range(debug.num_messages()))))
        finally:
            top.stop()
            top.wait()
        self.assertEqual(fx.key(debug.get_message(0), 'profile'), 'standard')
        strict = block.threshold()
        block.set_false_alarm_rate(1e-3)
        self.assertLess(block.threshold(), strict)
        low = block.threshold()
        block.set_max_cfo(0.2)
        self.assertGreater(block.threshold(), low)
        for name, value in (('profile', 'fast'), ('false_alarm_rate', 0.0),
                            ('false_alarm_rate', float('nan')), ('max_cfo', 0.201),
                            ('max_cfo', float('nan'))):
            with self.assertRaisesRegex(ValueError, value if value == 'fast' else name):
                getattr(block, 'set_' + name)(value)
            with self.assertRaises(ValueError):
                udeepsc.burst_detector(**{name: value})
        with self.assertRaisesRegex(ValueError, 'policy'):
            udeepsc.burst_detector(policy=udeepsc.overflow_policy.drop_oldest)

    def test_slow_next_block(self):
        """24 bursts at a block that takes none: 16 wait there, the others drop or wait."""
        # Some headers (the tag of a model is in them) look a second time like a preamble.
        samples = bx.stream([bx.burst(bx.symbols(64), model=0)] * 24, gap=500)
        never = gr.basic_block(name='never', in_sig=None, out_sig=None)
        never.message_port_register_in(pmt.intern('in'))  # no handler: it takes nothing

        def run(policy):
            block = udeepsc.burst_detector(policy=policy)
            top = gr.top_block()
            top.connect(blocks.vector_source_c(samples.tolist()), block)
            top.msg_connect((block, 'out'), (never, 'in'))
            return block, top

        block, top = run(udeepsc.overflow_policy.drop_newest)
        top.start()
        self.assertTrue(fx.wait_until(lambda: block.sent() + block.dropped() == 24))
        top.stop()
        top.wait()
        self.assertEqual(block.dropped('queue full'), 24 - block.sent())
        self.assertEqual(block.sent(), 16)

        block, top = run(udeepsc.overflow_policy.block)
        top.start()
        self.assertTrue(fx.wait_until(lambda: block.sent() >= 0))
        top.stop()  # while it holds back
        top.wait()
        self.assertLessEqual(block.sent(), 16)


class Demodulator(unittest.TestCase):

    def expected(self, found, profile='standard'):
        return bx.phy.burst_demodulator(bx.phy.frame_profile(profile)).demodulate(found)

    def test_malformed_then_good(self):
        found = one_burst(bx.symbols(64))
        far = pmt.from_uint64(found.first_sample + len(found.samples))
        bad = fx.malformed_pdus() + [
            (burst_pdu(found, sample=None), 'bad key', 'no sample'),
            (burst_pdu(found, first_sample=None), 'bad key', 'no first_sample'),
            (burst_pdu(found, sample=far), 'bad key', 'behind its samples'),
            (burst_pdu(found, sample=pmt.from_uint64(0)), 'bad key', 'before them'),
            (burst_pdu(found, sample='x'), 'bad key', 'a symbol'),
            (burst_pdu(found, sample=-5), 'bad key', 'negative'),
            (burst_pdu(found, cfo=float('nan')), 'bad key', 'NaN offset'),
            (burst_pdu(found, cfo=1e9), 'bad key', 'huge offset'),
            (burst_pdu(found, timing=-7.0), 'bad key', 'huge timing'),
            (burst_pdu(found, found.samples[:0]), 'wrong shape', 'empty'),
            (pmt.cons(fx.meta(sample=0, first_sample=0), fx.f32([1.0])), 'wrong type', ''),
            (burst_pdu(found, found.samples * np.nan), 'not finite', 'NaN'),
        ]
        block = udeepsc.burst_demodulator(fx.model_path())
        with fx.Bench(block) as bench:
            for message, _, _ in bad:
                bench.post(message)
            bench.post(burst_pdu(found))
            bench.received(1)
        for reason in {reason for _, reason, _ in bad}:
            self.assertEqual(block.dropped(reason), sum(r == reason for _, r, _ in bad),
                             reason)
        self.assertEqual(block.dropped(), len(bad))
        self.assertEqual((block.received(), block.sent()), (len(bad) + 1, 1))

    def test_equals_the_phy_library(self):
        for profile in bx.phy.frame_profile.names():
            with self.subTest(profile):
                sent = bx.symbols(64)
                found = one_burst(sent, profile, frame_id=9)
                frame = self.expected(found, profile)
                self.assertEqual(frame.fault, 'none')
                block = udeepsc.burst_demodulator(fx.model_path(), profile)
                with fx.Bench(block) as bench:
                    bench.post(burst_pdu(found, extra='kept'))
                    got = bench.received(1)[0]
                payload = frame.payloads[0]
                np.testing.assert_array_equal(fx.payload(got).astype(np.complex64),
                                              payload.symbols)
                np.testing.assert_array_equal(
                    np.array(fx.key(got, 'noise_var'), np.float32), payload.noise_var)
                for name in ('snr_db', 'cfo', 'timing', 'clock_ppm', 'power', 'sample',
                             'end_sample'):
                    self.assertEqual(fx.key(got, name), getattr(frame, name), name)
                self.assertEqual(fx.key(got, 'task'), 'image_reconstruction')
                self.assertEqual(fx.key(got, 'modality'), 'image')
                self.assertEqual(fx.key(got, 'modulation'), bx.MODULATION)
                self.assertEqual(list(fx.key(got, 'shape')), [16, 4])
                self.assertEqual(fx.key(got, 'symbols'), 64)
                self.assertEqual(fx.key(got, 'frame_id'), 9)
                self.assertEqual(fx.key(got, 'model_id'), bx.info().id)
                self.assertEqual(fx.key(got, 'profile'), profile)
                self.assertEqual(fx.key(got, 'extra'), 'kept')
                self.assertEqual(block.snr_db(), frame.snr_db)
                # They are the symbols sent: 10 dB, 64 of them, 6 deviations.
                error = np.mean(np.abs(payload.symbols - sent)**2)
                self.assertLess(error, 2 * N0)

    def test_snr_port(self):
        found = one_burst(bx.symbols(64))
        block = udeepsc.burst_demodulator(fx.model_path())
        self.assertTrue(math.isnan(block.snr_db()))
        with fx.Bench(block, out='snr') as bench:
            bench.post(burst_pdu(found))
            report = pmt.to_python(bench.received(1)[0])
        self.assertEqual(report['snr_db'], self.expected(found).snr_db)
        self.assertAlmostEqual(report['snr_db'], 10, delta=1.5)

    def test_foreign_payloads(self):
        """Each counted under its reason; none leaves; the next good one does."""
        data = bx.symbols(64)
        tag = bx.model_tag()
        cases = [
            ('other model', dict(model=tag ^ 1)),
            ('wrong shape', dict(vectors=15)),
            ('wrong modality', dict(modality='speech')),
            ('wrong shape', dict(vectors=0)),
        ]
        framer = bx.phy.framer(bx.phy.frame_profile())
        foreign, sparse = bx.header(vectors=16), bx.header(vectors=16)
        foreign.task = 15
        sparse.modulation = 'qpsk'
        unknown, other = framer.frame([(foreign, data)]), framer.frame([(sparse, data)])
        block = udeepsc.burst_demodulator(fx.model_path())
        with fx.Bench(block) as bench:
            for _, fields in cases:
                bench.post(burst_pdu(one_burst(data, **fields)))
            bench.post(burst_pdu(detected(bx.stream([unknown]))[0]))
            bench.post(burst_pdu(detected(bx.stream([other]))[0]))
            bench.post(burst_pdu(one_burst(data, frame_id=77)))
            got = bench.received(1)[0]
        self.assertEqual(fx.key(got, 'frame_id'), 77)
        self.assertEqual(block.dropped('unknown task'), 1)
        self.assertEqual(block.dropped('wrong modulation'), 1)
        for reason in {reason for reason, _ in cases}:
            self.assertEqual(block.dropped(reason), sum(r == reason for r, _ in cases),
                             reason)
        self.assertEqual(block.dropped(), len(cases) + 2)

    def test_faults(self):
        """Noise behind a detection, a burst that is cut: counted, and what is whole is sent."""
        task = 'visual_question_answering'
        both = bx.phy.framer(bx.phy.frame_profile()).frame(
            [(bx.header(task, 'image', 3, 8), bx.symbols(8)),
             (bx.header(task, 'text', 3, 100), bx.symbols(100))])
        whole = detected(bx.stream([both]))[0]
        frame = self.expected(whole)
        self.assertEqual(len(frame.payloads), 2)
        good = one_burst(bx.symbols(64))
        noise = np.random.default_rng(2).standard_normal((2, len(good.samples)))
        block = udeepsc.burst_demodulator(fx.model_path())
        with fx.Bench(block) as bench:
            bench.post(burst_pdu(good, noise[0] + 1j * noise[1]))
            keep = frame.end_sample - 60 - whole.first_sample
            bench.post(burst_pdu(whole, whole.samples[:keep]))
            bench.post(burst_pdu(good))
            got = bench.received(2)
        self.assertEqual(block.dropped('no header'), 1)
        self.assertEqual(block.dropped('cut'), 1)
        self.assertEqual([fx.key(m, 'modality') for m in got], ['image', 'image'])
        self.assertEqual([fx.key(m, 'task') for m in got], [task, 'image_reconstruction'])

    def frame_ids(self, sequence, **options):
        """frame_id of what arrives when these are sent at once; every burst is made once."""
        data = bx.symbols(8)
        made = {low: burst_pdu(one_burst(data, frame_id=low, vectors=2, noise=0))
                for low in {number & 0xff for number in sequence}}
        block = udeepsc.burst_demodulator(fx.model_path(), **options)
        with fx.Bench(block) as bench:
            for number in sequence:
                bench.post(made[number & 0xff])
            expected = len(sequence)
            self.assertTrue(fx.wait_until(
                lambda: block.sent() + block.dropped() == expected))
            self.assertTrue(fx.wait_until(
                lambda: bench.debug.num_messages() == block.sent()))
            got = bench.received(block.sent())
        return [fx.key(m, 'frame_id') for m in got], block.dropped('duplicate')

    def test_frame_numbers_go_on_past_8_bits(self):
        numbers = [250, 253, 254, 256, 258, 300, 400, 527]
        self.assertEqual(self.frame_ids(numbers), (numbers, 0))

    def test_repeated_and_late_frames(self):
        self.assertEqual(self.frame_ids([5, 5, 6, 8, 7, 6, 9, 8, 5]),
                         ([5, 6, 8, 7, 9], 4))
        self.assertEqual(self.frame_ids([5, 5, 6, 6], window=0), ([5, 5, 6, 6], 0))

    def test_a_transmitter_that_begins_again_is_heard(self):
        got, duplicates = self.frame_ids([57, 58, 59, 0, 1, 2])
        self.assertEqual(got, [57, 58, 59, 256, 257, 258])
        self.assertEqual(duplicates, 0)

    def test_modalities_of_a_frame_in_bursts_of_their_own(self):
        task = 'visual_question_answering'
        image = one_burst(bx.symbols(8), task=task, vectors=8, frame_id=1)
        text = one_burst(bx.symbols(3), task=task, modality='text', vectors=3, frame_id=1)
        block = udeepsc.burst_demodulator(fx.model_path())
        with fx.Bench(block) as bench:
            for found in (image, text, text):
                bench.post(burst_pdu(found))
            got = bench.received(2)
            self.assertTrue(fx.wait_until(lambda: block.dropped('duplicate') == 1))
        self.assertEqual([fx.key(m, 'modality') for m in got], ['image', 'text'])
        self.assertEqual([fx.key(m, 'frame_id') for m in got], [1, 1])

    def test_setters(self):
        data = bx.symbols(64)
        block = udeepsc.burst_demodulator(fx.model_path())
        with fx.Bench(block) as bench:
            block.set_profile('short')
            self.assertEqual(block.profile(), 'short')
            bench.post(burst_pdu(one_burst(data, 'short')))
            bench.received(1)
            block.set_model(fx.model_path(2))
            bench.post(burst_pdu(one_burst(data, 'short')))
            bench.post(burst_pdu(one_burst(data, 'short', model=bx.model_tag(2))))
            bench.received(2)
            block.set_window(0)
            self.assertEqual(block.window(), 0)
            bench.post(burst_pdu(one_burst(data, 'short', model=bx.model_tag(2))))
            bench.received(3)
            with self.assertRaisesRegex(ValueError, 'fast'):
                block.set_profile('fast')
            with self.assertRaisesRegex(Exception, '/nowhere'):
                block.set_model('/nowhere')
            with self.assertRaisesRegex(ValueError, 'window'):
                block.set_window(129)
        self.assertEqual(block.dropped('other model'), 1)
        for name, value in (('window', -1), ('queue', 0)):
            with self.assertRaisesRegex(ValueError, name):
                udeepsc.burst_demodulator(fx.model_path(), **{name: value})

    def test_stop_with_a_full_queue(self):
        """The worker finishes what it can in half a second; everything is accounted for."""
        message = burst_pdu(one_burst(bx.symbols(64)))
        block = udeepsc.burst_demodulator(fx.model_path(), queue=64, window=0)
        with fx.Bench(block) as bench:
            for _ in range(300):
                bench.post(message)
            self.assertTrue(fx.wait_until(lambda: block.received() > 65))
        self.assertEqual(block.received(), block.sent() + block.dropped('stopped'))
        self.assertEqual(block.queue_depth(), 0)

    def test_overflow(self):
        message = burst_pdu(one_burst(bx.symbols(64)))
        block = udeepsc.burst_demodulator(fx.model_path(), queue=1, window=0,
                                          policy=udeepsc.overflow_policy.drop_oldest)
        with fx.Bench(block) as bench:
            for _ in range(100):
                bench.post(message)
            self.assertTrue(fx.wait_until(
                lambda: block.sent() + block.dropped('queue full') == 100))
        self.assertGreater(block.dropped('queue full'), 0)
        self.assertGreater(block.sent(), 0)


if __name__ == '__main__':
    unittest.main()
