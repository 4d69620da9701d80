#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""burst_framer and burst_source: bad input, equality with the phy library, the stream."""

import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

import burst_fixture as bx
import fixture as fx


class Framer(unittest.TestCase):

    def test_malformed_then_good(self):
        data = bx.symbols(16)
        nan = data.copy()
        nan[3] = np.nan
        bad = fx.malformed_pdus() + [
            (bx.symbol_pdu(data, task='tea'), 'unknown task', 'a foreign task'),
            (bx.symbol_pdu(data, modality='smell'), 'wrong modality', 'modality'),
            (bx.symbol_pdu(data, shape=[0, 4]), 'wrong shape', 'no vectors'),
            (bx.symbol_pdu(data, shape=[-4, 4]), 'wrong shape', 'negative'),
            (bx.symbol_pdu(data, shape=[128, 4]), 'wrong shape', 'beyond 7 bits'),
            (bx.symbol_pdu(data, shape=[5, 4]), 'wrong shape', 'too few symbols'),
            (bx.symbol_pdu(data, shape='x'), 'bad key', 'a symbol for a shape'),
            (bx.symbol_pdu(data, modulation='7psk'), 'bad key', 'modulation'),
            (bx.symbol_pdu(data, modulation='qpsk'), 'wrong modulation', 'not the model\'s'),
            (bx.symbol_pdu(data, frame_id='x'), 'bad key', 'frame_id'),
            (bx.symbol_pdu(data, layer=8), 'bad key', 'beyond 3 bits'),
            (bx.symbol_pdu(nan), 'not finite', 'NaN'),
            (bx.symbol_pdu(data[:0], shape=[1, 4]), 'wrong shape', 'empty'),
            (pmt.cons(fx.meta(task='image_reconstruction', shape=[4, 4]), fx.f32([1.0])),
             'wrong type', 'floats'),
            # A part of a sample of two modalities cannot be told from another's.
            (bx.symbol_pdu(data[:4], 'visual_question_answering', 'text'), 'bad key',
             'no frame_id'),
        ]
        block = udeepsc.burst_framer(fx.model_path())
        with fx.Bench(block) as bench:
            for message, _, _ in bad:
                bench.post(message)
            bench.post(bx.symbol_pdu(data))
            bench.received(1)
        for reason in {reason for _, reason, _ in bad}:
            self.assertEqual(block.dropped(reason), sum(r == reason for _, r, _ in bad),
                             reason)
        self.assertEqual(block.dropped(), len(bad))

    def test_equals_the_phy_library(self):
        for profile in bx.phy.frame_profile.names():
            with self.subTest(profile):
                data = bx.symbols(64)
                block = udeepsc.burst_framer(fx.model_path(), profile)
                with fx.Bench(block) as bench:
                    bench.post(bx.symbol_pdu(data, frame_id=0x1234, reference='cat'))
                    got = bench.received(1)[0]
                np.testing.assert_array_equal(
                    fx.payload(got).astype(np.complex64),
                    bx.burst(data, profile, frame_id=0x34))
                self.assertEqual(fx.key(got, 'profile'), profile)
                self.assertEqual(fx.key(got, 'symbols'), 64)
                self.assertEqual(fx.key(got, 'reference'), 'cat')
                framer = bx.phy.framer(bx.phy.frame_profile(profile))
                self.assertEqual(fx.key(got, 'overhead'), framer.overhead_symbols([64]))

    def test_counts_where_nobody_does(self):
        data = bx.symbols(16)
        block = udeepsc.burst_framer(fx.model_path(), max_frame_symbols=0)
        with fx.Bench(block) as bench:
            for _ in range(3):
                bench.post(bx.symbol_pdu(data))
            got = bench.received(3)
        for i, message in enumerate(got):
            np.testing.assert_array_equal(fx.payload(message).astype(np.complex64),
                                          bx.burst(data, frame_id=i))

    def test_modalities_share_a_frame_in_the_models_order(self):
        task = 'visual_question_answering'
        image, text = bx.symbols(5, 1), bx.symbols(3, 2)
        expected = bx.phy.framer(bx.phy.frame_profile()).frame(
            [(bx.header(task, 'image', 7, 5), image), (bx.header(task, 'text', 7, 3), text)])
        block = udeepsc.burst_framer(fx.model_path())
        with fx.Bench(block) as bench:
            bench.post(bx.symbol_pdu(text, task, 'text', frame_id=7))
            bench.post(bx.symbol_pdu(image, task, 'image', frame_id=8))
            bench.post(bx.symbol_pdu(image, task, 'image', frame_id=7))
            got = bench.received(1)[0]
        np.testing.assert_array_equal(fx.payload(got).astype(np.complex64), expected)
        self.assertEqual(fx.key(got, 'symbols'), 8)

        alone = udeepsc.burst_framer(fx.model_path(),
                                     grouping=udeepsc.frame_grouping.payload)
        with fx.Bench(alone) as bench:
            bench.post(bx.symbol_pdu(text, task, 'text', frame_id=7))
            got = bench.received(1)[0]
        np.testing.assert_array_equal(
            fx.payload(got).astype(np.complex64),
            bx.burst(text, task=task, modality='text', frame_id=7, vectors=3))

    def test_samples_share_a_frame(self):
        """As many as max_frame_symbols says, those of one form together, each with its keys."""
        data = [bx.symbols(16, i) for i in range(7)]
        framer = bx.phy.framer(bx.phy.frame_profile())
        block = udeepsc.burst_framer(fx.model_path(), max_frame_symbols=64, hold_ms=300,
                                     address=3, destination=4)
        with fx.Bench(block) as bench:
            for i, one in enumerate(data):
                bench.post(bx.symbol_pdu(one, frame_id=i, reference=f'truth {i}'))
            first, rest = bench.received(2)
        for message, numbers in ((first, range(4)), (rest, range(4, 7))):
            expected = framer.frame([(bx.header(frame_id=i), data[i]) for i in numbers], 3, 4)
            np.testing.assert_array_equal(fx.payload(message).astype(np.complex64), expected)
            self.assertEqual(fx.key(message, 'samples'), len(numbers))
            self.assertEqual(fx.key(message, 'symbols'), 16 * len(numbers))
            self.assertEqual(fx.key(message, 'overhead'),
                             framer.overhead_symbols([16] * len(numbers)))
            self.assertEqual([keys['reference'] for keys in fx.key(message, 'payload_keys')],
                             [f'truth {i}' for i in numbers])
        self.assertEqual((block.sent(), block.samples_sent()), (2, 7))

    def test_a_lone_sample_is_not_held_for_ever(self):
        block = udeepsc.burst_framer(fx.model_path(), hold_ms=100)
        with fx.Bench(block) as bench:
            bench.post(bx.symbol_pdu(bx.symbols(16), frame_id=5))
            got = bench.received(1)[0]
        np.testing.assert_array_equal(fx.payload(got).astype(np.complex64),
                                      bx.burst(bx.symbols(16), frame_id=5))
        self.assertIsNone(fx.key(got, 'payload_keys'))

    def test_what_waits_at_the_end_is_sent(self):
        block = udeepsc.burst_framer(fx.model_path(), hold_ms=10000)
        with fx.Bench(block) as bench:
            for i in range(3):
                bench.post(bx.symbol_pdu(bx.symbols(16), frame_id=i))
            self.assertTrue(fx.wait_until(lambda: block.queue_depth() == 3))
        self.assertEqual((block.sent(), block.samples_sent(), block.dropped()), (1, 3, 0))

    def test_modalities_of_several_samples_stand_by_form(self):
        task = 'visual_question_answering'
        framer = bx.phy.framer(bx.phy.frame_profile())
        image, text = bx.symbols(5, 1), bx.symbols(3, 2)
        block = udeepsc.burst_framer(fx.model_path(), max_frame_symbols=16)
        with fx.Bench(block) as bench:
            for i in range(2):
                bench.post(bx.symbol_pdu(text, task, 'text', frame_id=i))
                bench.post(bx.symbol_pdu(image, task, 'image', frame_id=i))
            got = bench.received(1)[0]
        expected = framer.frame([(bx.header(task, 'image', i, 5), image) for i in range(2)]
                                + [(bx.header(task, 'text', i, 3), text) for i in range(2)])
        np.testing.assert_array_equal(fx.payload(got).astype(np.complex64), expected)

    def test_incomplete_samples_are_bounded(self):
        task = 'visual_question_answering'
        block = udeepsc.burst_framer(fx.model_path(), pending=3)
        with fx.Bench(block) as bench:
            for i in range(10):
                bench.post(bx.symbol_pdu(bx.symbols(5), task, 'image', frame_id=i))
            bench.post(bx.symbol_pdu(bx.symbols(3), task, 'text', frame_id=9))
            bench.received(1)
        self.assertEqual(block.dropped('incomplete'), 7)

    def test_setters(self):
        data = bx.symbols(16)
        block = udeepsc.burst_framer(fx.model_path())
        with fx.Bench(block) as bench:
            block.set_profile('short')
            self.assertEqual(block.profile(), 'short')
            block.set_destination(9)
            block.set_max_frame_symbols(0)
            self.assertEqual((block.destination(), block.max_frame_symbols()), (9, 0))
            for setter in (block.set_destination, block.set_max_frame_symbols):
                with self.assertRaisesRegex(ValueError, 'expected'):
                    setter(-1)
            block.set_destination(255)
            block.set_model(fx.model_path(2))
            bench.post(bx.symbol_pdu(data, frame_id=1))
            got = bench.received(1)[0]
            with self.assertRaisesRegex(ValueError, 'fast'):
                block.set_profile('fast')
            with self.assertRaisesRegex(Exception, '/nowhere'):
                block.set_model('/nowhere')
        np.testing.assert_array_equal(
            fx.payload(got).astype(np.complex64),
            bx.burst(data, 'short', frame_id=1, model=bx.model_tag(2)))

    def test_peaks_of_ofdm_end(self):
        peaks = []
        for limit in (100, 5):
            block = udeepsc.burst_framer(fx.model_path(), 'ofdm', peak_limit_db=limit)
            with fx.Bench(block) as bench:
                bench.post(bx.symbol_pdu(bx.symbols(508)))
                samples = fx.payload(bench.received(1)[0])
            body = samples[len(samples) // 4:]  # behind preamble and training
            peaks.append(10 * np.log10(2 * np.max(np.abs(body))**2))
        self.assertGreater(peaks[0], peaks[1] + 1)
        self.assertLess(peaks[1], 7.5)

    def test_parameters_are_named(self):
        for name, value in (('pending', 0), ('max_frame_symbols', -1),
                            ('max_frame_symbols', 32769), ('hold_ms', -1.0), ('address', 256),
                            ('destination', 256), ('peak_limit_db', -1.0),
                            ('peak_limit_db', float('nan'))):
            with self.assertRaisesRegex(ValueError, name):
                udeepsc.burst_framer(fx.model_path(), **{name: value})
        with self.assertRaisesRegex(ValueError, 'address'):
            udeepsc.burst_demodulator(fx.model_path(), address=255)
        with self.assertRaisesRegex(udeepsc.ModelError, "model 'nowhere'"):
            udeepsc.burst_framer('nowhere')
        with self.assertRaisesRegex(Exception, __file__):
            udeepsc.burst_framer(__file__)


class SourceBench(fx.Bench):
    """burst_source into a sink that keeps up to `limit` samples."""

    def __init__(self, block, limit=None):
        self.block = block
        self.top = gr.top_block()
        self.sink = blocks.vector_sink_c()
        if limit is None:
            self.top.connect(block, self.sink)
        else:
            self.head = blocks.head(gr.sizeof_gr_complex, limit)
            self.top.connect(block, self.head, self.sink)

    def data(self):
        return np.array(self.sink.data(), np.complex64)

    def tags(self, name):
        return [(t.offset, pmt.to_python(t.value)) for t in self.sink.tags()
                if pmt.symbol_to_string(t.key) == name]


def sample_pdu(data, **keys):
    return pmt.cons(fx.meta(**keys), fx.c32(data))


class Source(unittest.TestCase):

    def nothing(self, **options):
        return udeepsc.burst_source(idle=udeepsc.burst_idle.nothing, **options)

    def test_malformed_then_good(self):
        data = bx.symbols(100)
        nan = data.copy()
        nan[50] = np.inf
        bad = fx.malformed_pdus() + [
            (sample_pdu(data[:0]), 'wrong shape', 'empty'),
            (sample_pdu(nan), 'not finite', 'infinity'),
            (pmt.cons(fx.meta(), fx.f32([1.0])), 'wrong type', 'floats'),
        ]
        block = self.nothing()
        with SourceBench(block) as bench:
            for message, _, _ in bad:
                bench.post(message)
            bench.post(sample_pdu(data))
            self.assertTrue(fx.wait_until(lambda: len(bench.sink.data()) == 100))
        np.testing.assert_array_equal(bench.data(), data)
        self.assertEqual(block.dropped(), len(bad))
        self.assertEqual((block.received(), block.sent()), (len(bad) + 1, 1))

    def test_bursts_tags_and_gap(self):
        """Tags enclose burst and gap; nothing lies between the bursts."""
        bursts = [bx.symbols(n, n) for n in (1, 20000, 77)]
        for tags in ('none', 'sob_eob', 'length'):
            with self.subTest(tags):
                block = self.nothing(tags=getattr(udeepsc.burst_tags, tags), gap=10,
                                     amplitude=0.5, length_tag='len')
                with SourceBench(block) as bench:
                    for i, data in enumerate(bursts):
                        bench.post(sample_pdu(data, frame_id=i))
                    self.assertTrue(fx.wait_until(lambda: block.sent() == 3))
                    self.assertTrue(fx.wait_until(
                        lambda: len(bench.sink.data()) == 20078 + 30))
                expected = np.concatenate(
                    [np.concatenate([0.5 * b, np.zeros(10)]) for b in bursts])
                np.testing.assert_array_equal(bench.data(), expected.astype(np.complex64))
                starts = [0, 11, 11 + 20010]
                self.assertEqual([t[0] for t in bench.tags('burst')], starts)
                self.assertEqual([t[1]['frame_id'] for t in bench.tags('burst')], [0, 1, 2])
                framed = tags == 'sob_eob'
                self.assertEqual([t[0] for t in bench.tags('tx_sob')],
                                 starts if framed else [])
                self.assertEqual([t[0] for t in bench.tags('tx_eob')],
                                 [10, 20020, 20107] if framed else [])
                self.assertEqual(bench.tags('len'),
                                 list(zip(starts, (11, 20010, 87)))
                                 if tags == 'length' else [])

    def test_silence_never_ends(self):
        data = bx.symbols(1000)
        block = udeepsc.burst_source()
        with SourceBench(block, 200000) as bench:
            self.assertTrue(fx.wait_until(lambda: len(bench.sink.data()) > 10000))
            bench.post(sample_pdu(data))
            bench.post(sample_pdu(data))
            bench.top.wait()
        got = bench.data()
        self.assertEqual(len(got), 200000)
        starts = [t[0] for t in bench.tags('tx_sob')]
        for start in starts:
            np.testing.assert_array_equal(got[start:start + 1000], data)
            got[start:start + 1000] = 0
        self.assertFalse(got.any())

    def test_idle_sleeps_and_answers(self):
        """A source with nothing to send takes no processor time, and still answers."""
        block = self.nothing()
        bench = SourceBench(block)
        debug = blocks.message_debug()
        bench.top.msg_connect((block, 'stats'), (debug, 'store'))
        with bench:
            bench.post(sample_pdu(bx.symbols(10)))
            self.assertTrue(fx.wait_until(lambda: block.sent() == 1))
            before = time.process_time()
            time.sleep(0.5)
            self.assertLess(time.process_time() - before, 0.25)
            bench.post(pmt.PMT_T, 'stats')
            self.assertTrue(fx.wait_until(lambda: debug.num_messages() == 1))
            block.set_amplitude(2.0)
            bench.post(sample_pdu(bx.symbols(10)))
            self.assertTrue(fx.wait_until(lambda: len(bench.sink.data()) == 20))
        np.testing.assert_array_equal(bench.data()[10:], 2 * bx.symbols(10))

    def test_setters(self):
        block = self.nothing()
        with SourceBench(block) as bench:
            block.set_amplitude(0.25)
            block.set_gap(5)
            self.assertEqual((block.amplitude(), block.gap()), (0.25, 5))
            bench.post(sample_pdu(np.ones(4)))
            self.assertTrue(fx.wait_until(lambda: len(bench.sink.data()) == 9))
        np.testing.assert_array_equal(bench.data(), [0.25] * 4 + [0] * 5)
        for name, value in (('amplitude', 0.0), ('amplitude', float('nan')), ('gap', -1)):
            with self.assertRaisesRegex(ValueError, name):
                getattr(block, 'set_' + name)(value)
            with self.assertRaisesRegex(ValueError, name):
                udeepsc.burst_source(**{name: value})
        for name, value in (('queue', 0), ('length_tag', '')):
            with self.assertRaisesRegex(ValueError, name):
                udeepsc.burst_source(**{name: value})

    def blocked(self, block):
        """Nothing is taken, because nothing comes to the adder's other input."""
        bench = SourceBench(block)
        bench.top.disconnect_all()
        adder = blocks.add_cc()
        bench.top.connect(block, (adder, 0))
        bench.top.connect(self.nothing(), (adder, 1))
        bench.top.connect(adder, bench.sink)
        return bench

    def post_slowly(self, bench, count):
        """Bursts of more samples than the buffers hold."""
        for i in range(count):
            bench.post(sample_pdu(np.full(100000, i + 1)))
            self.assertTrue(fx.wait_until(lambda: bench.block.received() == i + 1))

    def test_full_queue(self):
        policy = udeepsc.overflow_policy
        for which, dropped in ((policy.drop_oldest, 6), (policy.drop_newest, 7)):
            with self.subTest(which):
                block = self.nothing(queue=3, policy=which)
                with self.blocked(block) as bench:
                    self.post_slowly(bench, 10)
                    self.assertTrue(fx.wait_until(
                        lambda: block.dropped('queue full') == dropped))
                    depth = block.queue_depth()
                # The one on its way out counts too.
                self.assertEqual(depth, 10 - dropped)
                self.assertEqual(block.dropped('stopped'), depth)
                self.assertEqual(block.queue_depth(), 0)

    def test_a_full_queue_holds_the_framer_back(self):
        framer = udeepsc.burst_framer(fx.model_path(), max_frame_symbols=0)
        block = self.nothing(queue=2, gap=100000)
        bench = self.blocked(block)
        bench.top.msg_connect((framer, 'out'), (block, 'in'))
        with bench:
            for i in range(40):
                framer.to_basic_block()._post(pmt.intern('in'), bx.symbol_pdu(bx.symbols(8)))
            self.assertTrue(fx.wait_until(lambda: block.received() >= 2))
            time.sleep(0.3)
            # Two wait; one may have left, one have come while the framer looked.
            self.assertLessEqual(block.received(), 4)
            self.assertLess(framer.sent(), 10)
        self.assertEqual(block.dropped('queue full'), 0)


if __name__ == '__main__':
    unittest.main()
