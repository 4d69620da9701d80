#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The blocks that run the network: bad input, equality with the model, setters, stop."""

import math
import time
import unittest

import numpy as np
import pmt
from gnuradio import udeepsc

import fixture as fx

TASK, SNR_DB = 'image_reconstruction', 6.0


class Chain:
    """What the model makes of one picture, stage by stage."""

    def __init__(self, image, snr_db=SNR_DB, task=TASK):
        model = udeepsc.transceiver(fx.model_path())
        self.model = model
        self.features = model.encode(task, 'image', image)
        self.selected, self.kept, self.candidates = model.select(
            task, 'image', self.features, snr_db)
        self.indices = model.quantize(task, 'image', self.selected)
        self.symbols = model.modulate(task, 'image', self.indices)
        self.received = model.lookup(task, 'image', self.symbols, [0.1], 'soft')
        self.result = model.decode(task, [self.received], 0.1)


class Malformed(unittest.TestCase):
    """Bad PDUs first, each counted under its reason, then a good one gets through."""

    def check(self, block, bad, good):
        with fx.Bench(block) as bench:
            expected = {}
            for message, reason, what in fx.malformed_pdus() + bad:
                bench.post(message)
                expected[reason] = expected.get(reason, 0) + 1
            bench.post(good)
            bench.received(1)
            for reason, count in expected.items():
                self.assertEqual(block.dropped(reason), count, reason)
            total = sum(expected.values())
            self.assertEqual(block.dropped(), total)
            self.assertEqual(block.received(), total + 1)
            self.assertEqual(block.sent(), 1)
            self.assertEqual(bench.debug.num_messages(), 1)

    def test_semantic_encoder(self):
        image = fx.picture()
        shape = list(image.shape)
        bytes_ = fx.u8(image)

        def pdu(payload=bytes_, **keys):
            return pmt.cons(fx.meta(**keys), payload)

        self.check(udeepsc.semantic_encoder(fx.model_path()), [
            (pdu(shape=shape), 'unknown task', 'no task'),
            (pdu(task='tea', shape=shape), 'unknown task', 'a foreign task'),
            (pdu(task=7, shape=shape), 'bad key', 'a number for a task'),
            (pdu(task=TASK, modality='smell', shape=shape), 'wrong modality', 'modality'),
            (pdu(task=TASK), 'wrong shape', 'no shape'),
            (pdu(task=TASK, shape=[32, 32]), 'wrong shape', 'two dimensions'),
            (pdu(task=TASK, shape=[32, 32, 4]), 'wrong shape', 'too big a shape'),
            (pdu(task=TASK, shape=[-32, -32, 3]), 'wrong shape', 'negative shape'),
            (pdu(task=TASK, shape=[2**30, 2**30, 2**30]), 'wrong shape', 'overflow'),
            (pdu(task=TASK, shape='x'), 'bad key', 'a symbol for a shape'),
            (pdu(fx.f32(image), task=TASK, shape=shape), 'wrong type', 'floats'),
            (pdu(fx.u8(image[:16]), task=TASK, shape=[16, 32, 3]), 'bad sample', 'half'),
            (pdu(fx.u8(image[:0]), task=TASK, shape=[0, 32, 3]), 'wrong shape', 'empty'),
            (pdu(fx.u8(b'\xff\xfe\xfd'), task='text_reconstruction', modality='image'),
             'wrong modality', 'an image for a text task'),
        ], fx.image_pdu(image))

    def test_feature_selector(self):
        chain = Chain(fx.picture())
        nan = chain.features.copy()
        nan[1, 1] = np.nan
        infinite = chain.features.copy()
        infinite[0, 0] = np.inf
        self.check(udeepsc.feature_selector(fx.model_path(), SNR_DB), [
            (fx.feature_pdu(nan, TASK, 'image'), 'not finite', 'NaN'),
            (fx.feature_pdu(infinite, TASK, 'image'), 'not finite', 'infinity'),
            (fx.feature_pdu(chain.features, 'tea', 'image'), 'unknown task', 'task'),
            (fx.feature_pdu(chain.features[:, :-1], TASK, 'image'), 'network', 'dim'),
            (pmt.cons(fx.meta(task=TASK, modality='image', shape=[3, 3]),
                      fx.f32(chain.features)), 'wrong shape', 'shape'),
        ], fx.feature_pdu(chain.features, TASK, 'image'))

    def test_vq_indexer(self):
        chain = Chain(fx.picture())
        self.check(udeepsc.vq_indexer(fx.model_path()), [
            (fx.feature_pdu(chain.selected * np.nan, TASK, 'image'), 'not finite', 'NaN'),
            (fx.feature_pdu(chain.selected[:, :-1], TASK, 'image'), 'network', 'dim'),
        ], fx.feature_pdu(chain.selected, TASK, 'image'))

    def test_vq_lookup(self):
        symbols = np.array(Chain(fx.picture()).symbols)

        def pdu(payload, **keys):
            return pmt.cons(fx.meta(task=TASK, modality='image', **keys), payload)

        self.check(udeepsc.vq_lookup(fx.model_path()), [
            (pdu(fx.c32([])), 'wrong shape', 'empty'),
            (pdu(fx.c32(symbols[:-1])), 'wrong shape', 'no whole number of vectors'),
            (pdu(fx.f32(symbols.real)), 'wrong type', 'floats'),
            (pdu(fx.c32(symbols * np.nan)), 'not finite', 'NaN'),
            (pdu(fx.c32(symbols), noise_var='x'), 'bad key', 'a symbol for noise'),
            (pdu(fx.c32(symbols), noise_var=-0.5), 'bad key', 'negative noise'),
            (pdu(fx.c32(symbols), noise_var=float('nan')), 'bad key', 'NaN noise'),
            (pdu(fx.c32(symbols), noise_var=fx.f32([0.1, 0.1])), 'bad key', 'too few'),
        ], pdu(fx.c32(symbols)))

    def test_unified_decoder(self):
        chain = Chain(fx.picture())
        self.check(udeepsc.unified_decoder(fx.model_path()), [
            (fx.feature_pdu(chain.received * np.inf, TASK, 'image'), 'not finite', 'inf'),
            (fx.feature_pdu(chain.received[:, :-1], TASK, 'image'), 'bad sample', 'dim'),
            (fx.feature_pdu(chain.received, TASK, 'image', noise_var=math.inf), 'bad key', 'inf')], fx.feature_pdu(chain.received, TASK, 'image'))

    def test_one_bad_sample_leaves_its_batch_alone(self):
        chain = Chain(fx.picture())
        block = udeepsc.vq_indexer(fx.model_path(), batch=8, max_wait_ms=100)
        with fx.Bench(block) as bench:
            for i in range(8):
                features = chain.selected[:, :-1] if i == 3 else chain.selected
                bench.post(fx.feature_pdu(features, TASK, 'image', frame_id=i))
            got = bench.received(7)
        self.assertEqual([fx.key(m, 'frame_id') for m in got], [0, 1, 2, 4, 5, 6, 7])
        self.assertEqual(block.dropped('network'), 1)


class EqualsModel(unittest.TestCase):
    """Each block gives what the model gives, bit for bit, and passes foreign keys on."""

    @classmethod
    def setUpClass(cls):
        cls.image = fx.picture()
        cls.chain = Chain(cls.image)

    def run_one(self, block, message):
        with fx.Bench(block) as bench:
            bench.post(message)
            got = bench.received(1)[0]
        self.assertEqual(fx.key(got, 'colour'), 'green')
        self.assertEqual(fx.key(got, 'frame_id'), 77)
        return got

    def test_semantic_encoder(self):
        got = self.run_one(udeepsc.semantic_encoder(fx.model_path(), batch=1),
                           fx.image_pdu(self.image, frame_id=77, colour='green'))
        np.testing.assert_array_equal(fx.shaped(got), self.chain.features)
        self.assertEqual(fx.key(got, 'model_id'), self.chain.model.info().id)

    def test_semantic_encoder_text(self):
        sentence = 'a fine film , and a warm one'
        got = self.run_one(udeepsc.semantic_encoder(fx.model_path(), batch=1),
                           fx.text_pdu(sentence, frame_id=77, colour='green'))
        np.testing.assert_array_equal(
            fx.shaped(got),
            self.chain.model.encode('text_reconstruction', 'text', sentence))

    def test_feature_selector(self):
        got = self.run_one(
            udeepsc.feature_selector(fx.model_path(), SNR_DB),
            fx.feature_pdu(self.chain.features, TASK, 'image', frame_id=77,
                           colour='green'))
        np.testing.assert_array_equal(fx.shaped(got), self.chain.selected)
        self.assertEqual(list(fx.key(got, 'kept')), self.chain.kept)
        self.assertEqual(fx.key(got, 'candidates'), self.chain.candidates)
        self.assertEqual(fx.key(got, 'snr_db'), SNR_DB)

    def test_vq_indexer(self):
        got = self.run_one(
            udeepsc.vq_indexer(fx.model_path()),
            fx.feature_pdu(self.chain.selected, TASK, 'image', frame_id=77,
                           colour='green'))
        self.assertEqual(fx.payload(got).tolist(), self.chain.indices)
        info = self.chain.model.info()
        self.assertEqual(fx.key(got, 'bits_per_index'), info.bits_per_index)
        self.assertEqual(fx.key(got, 'modulation'), info.modulation)
        self.assertEqual(fx.key(got, 'mapping'), info.mapping)
        self.assertEqual(np.float32(fx.key(got, 'tx_gain')),
                         np.float32(info.task(TASK).gain('image', len(self.chain.indices))))

    def look_up(self, mode, noise_var, expected_noise_var):
        got = self.run_one(
            udeepsc.vq_lookup(fx.model_path(), mode, 0.1),
            pmt.cons(fx.meta(task=TASK, modality='image', frame_id=77, colour='green',
                             **noise_var),
                     fx.c32(self.chain.symbols)))
        self.assertAlmostEqual(fx.key(got, 'noise_var'), expected_noise_var, 6)
        return fx.shaped(got)

    def test_vq_lookup_soft(self):
        for keys, noise in (({'noise_var': 0.3}, [0.3]), ({}, [0.1])):
            np.testing.assert_array_equal(
                self.look_up(udeepsc.lookup_mode.soft, keys, noise[0]),
                self.chain.model.lookup(TASK, 'image', self.chain.symbols, noise, 'soft'))

    def test_vq_lookup_noise_per_symbol(self):
        noise = np.linspace(0.1, 0.5, len(self.chain.symbols)).astype(np.float32)
        np.testing.assert_array_equal(
            self.look_up(udeepsc.lookup_mode.soft, {'noise_var': fx.f32(noise)}, 0.3),
            self.chain.model.lookup(TASK, 'image', self.chain.symbols, noise, 'soft'))

    def test_vq_lookup_hard(self):
        np.testing.assert_array_equal(
            self.look_up(udeepsc.lookup_mode.hard, {'noise_var': 0.3}, 0.3),
            self.chain.model.lookup(TASK, 'image', self.chain.symbols, [0.3], 'hard'))

    def test_unified_decoder_picture(self):
        got = self.run_one(
            udeepsc.unified_decoder(fx.model_path()),
            fx.feature_pdu(self.chain.received, TASK, 'image', frame_id=77,
                           colour='green', noise_var=0.1))
        self.assertEqual(fx.key(got, 'output'), 'picture')
        np.testing.assert_array_equal(fx.shaped(got), self.chain.result['picture'])

    def test_unified_decoder_label(self):
        task = 'image_classification'
        chain = Chain(self.image, task=task)
        got = self.run_one(
            udeepsc.unified_decoder(fx.model_path()),
            fx.feature_pdu(chain.received, task, 'image', frame_id=77, colour='green',
                           noise_var=0.1, reference='ship'))
        label = chain.result['label']
        self.assertEqual(fx.key(got, 'output'), 'label')
        self.assertEqual(fx.key(got, 'label'), label)
        self.assertEqual(fx.key(got, 'class_name'),
                         chain.model.info().task(task).classes[label])
        self.assertEqual(fx.key(got, 'reference'), 'ship')
        np.testing.assert_array_equal(
            fx.payload(got), np.array(chain.result['probabilities'], np.float32))

    def test_unknown_model_file(self):
        with self.assertRaisesRegex(RuntimeError, 'missing.safetensors'):
            udeepsc.semantic_encoder('/nowhere/missing.safetensors')
        with self.assertRaisesRegex(udeepsc.ModelError, 'model is empty'):
            udeepsc.semantic_encoder('')

    def test_parameters_are_named(self):
        for keyword, value in (('threads', 0), ('batch', 0), ('max_wait_ms', -1.0),
                               ('max_wait_ms', float('nan')), ('queue', 0),
                               ('dtype', 'int7')):
            with self.assertRaisesRegex(ValueError, keyword):
                udeepsc.semantic_encoder(fx.model_path(), **{keyword: value})
        with self.assertRaisesRegex(ValueError, 'snr_db'):
            udeepsc.feature_selector(fx.model_path(), float('nan'))
        with self.assertRaisesRegex(ValueError, 'default_noise_var'):
            udeepsc.vq_lookup(fx.model_path(), default_noise_var=0.0)
        with self.assertRaisesRegex(ValueError, 'pending'):
            udeepsc.unified_decoder(fx.model_path(), pending=0)


class Running(unittest.TestCase):
    """Order, batches, setters and messages while PDUs flow; stop with a full queue."""

    def test_batches_keep_the_order_of_mixed_tasks(self):
        image = fx.picture()
        block = udeepsc.semantic_encoder(fx.model_path(), batch=16, max_wait_ms=20)
        with fx.Bench(block) as bench:
            for i in range(48):
                task = ('image_reconstruction', 'image_classification')[i % 2]
                bench.post(fx.text_pdu('word ' * (i % 5 + 1), frame_id=i) if i % 3 == 0
                           else fx.image_pdu(image, task, frame_id=i))
            got = bench.received(48)
        self.assertEqual([fx.key(m, 'frame_id') for m in got], list(range(48)))

    def test_snr_by_message_and_setter(self):
        chain = Chain(fx.picture())
        message = fx.feature_pdu(chain.features, TASK, 'image')
        block = udeepsc.feature_selector(fx.model_path(), 3.0)
        bad = [pmt.from_double(float('nan')), pmt.from_double(float('inf')),
               pmt.intern('loud'), pmt.PMT_NIL, fx.meta(snr_db='x'), fx.meta(other=1),
               pmt.from_double(1000.0)]
        good = [(pmt.from_double(-2.5), -2.5), (pmt.from_long(4), 4.0),
                (pmt.cons(pmt.intern('snr_db'), pmt.from_double(7.5)), 7.5),
                (fx.meta(snr_db=9.0), 9.0)]
        with fx.Bench(block) as bench:
            for snr in bad:
                bench.post(snr, 'snr')
            self.assertTrue(fx.wait_until(lambda: block.dropped('bad snr') == len(bad)))
            self.assertEqual(block.snr_db(), 3.0)
            for i, (snr, value) in enumerate(good):
                bench.post(snr, 'snr')
                self.assertTrue(fx.wait_until(lambda: block.snr_db() == value))
                bench.post(message)
                got = bench.received(i + 1)[i]
                self.assertEqual(fx.key(got, 'snr_db'), value)
                np.testing.assert_array_equal(
                    fx.shaped(got),
                    chain.model.select(TASK, 'image', chain.features, value)[0])
            block.set_snr_db(-6.0)
            bench.post(message)
            self.assertEqual(fx.key(bench.received(5)[4], 'snr_db'), -6.0)
            with self.assertRaisesRegex(ValueError, 'snr_db'):
                block.set_snr_db(float('nan'))

    def test_lookup_setters(self):
        chain = Chain(fx.picture())
        message = pmt.cons(fx.meta(task=TASK, modality='image'), fx.c32(chain.symbols))
        block = udeepsc.vq_lookup(fx.model_path(), udeepsc.lookup_mode.hard)
        with fx.Bench(block) as bench:
            bench.post(message)
            bench.received(1)
            block.set_mode(udeepsc.lookup_mode.soft)
            block.set_default_noise_var(0.4)
            bench.post(message)
            np.testing.assert_array_equal(
                fx.shaped(bench.received(2)[1]),
                chain.model.lookup(TASK, 'image', chain.symbols, [0.4], 'soft'))
        self.assertEqual(block.mode(), udeepsc.lookup_mode.soft)
        self.assertAlmostEqual(block.default_noise_var(), 0.4)
        with self.assertRaises(ValueError):
            block.set_default_noise_var(-1.0)

    def test_another_model_while_running(self):
        image = fx.picture()
        other = udeepsc.transceiver(fx.model_path(2))
        block = udeepsc.semantic_encoder(fx.model_path(1))
        with fx.Bench(block) as bench:
            bench.post(fx.image_pdu(image))
            bench.received(1)
            with self.assertRaises(RuntimeError):
                block.set_model('/nowhere/missing.safetensors')
            block.set_model(fx.model_path(2))
            bench.post(fx.image_pdu(image))
            got = bench.received(2)[1]
        self.assertEqual(fx.key(got, 'model_id'), other.info().id)
        np.testing.assert_array_equal(fx.shaped(got), other.encode(TASK, 'image', image))

    def test_stats_reply(self):
        block = udeepsc.semantic_encoder(fx.model_path())
        with fx.Bench(block, out='stats') as bench:
            bench.post(pmt.PMT_NIL)
            # Messages at two ports have no order between them.
            self.assertTrue(fx.wait_until(lambda: pmt.to_python(block.stats())['received'] == 1))
            bench.post(pmt.PMT_T, 'stats')
            stats = pmt.to_python(bench.received(1)[0])
        self.assertEqual(stats['received'], 1)
        self.assertEqual(stats['dropped'], {'not a pdu': 1})

    def overflow(self, policy, posts=400):
        block = udeepsc.semantic_encoder(
            fx.model_path(), batch=1, queue=2, policy=policy)
        with fx.Bench(block) as bench:
            message = [fx.image_pdu(fx.picture(), frame_id=i) for i in range(posts)]
            for one in message:
                bench.post(one)
            self.assertTrue(fx.wait_until(
                lambda: block.sent() + block.dropped() == posts))
            got = [fx.key(m, 'frame_id') for m in bench.received(block.sent())]
        return block, got

    def test_drop_policies(self):
        block, got = self.overflow(udeepsc.overflow_policy.drop_newest)
        self.assertEqual(got, sorted(got))
        self.assertEqual(got[0], 0)
        self.assertEqual(block.dropped(), block.dropped('queue full'))

        block, got = self.overflow(udeepsc.overflow_policy.drop_oldest)
        self.assertEqual(got, sorted(got))
        self.assertEqual(got[-1], 399)
        self.assertEqual(block.dropped(), block.dropped('queue full'))

    def test_block_policy_loses_nothing(self):
        block, got = self.overflow(udeepsc.overflow_policy.block)
        self.assertEqual(got, list(range(400)))
        self.assertEqual(block.dropped(), 0)

    def test_stop_with_a_full_queue(self):
        for policy in (udeepsc.overflow_policy.block,
                       udeepsc.overflow_policy.drop_oldest,
                       udeepsc.overflow_policy.drop_newest):
            block = udeepsc.semantic_encoder(
                fx.model_path(), batch=1, queue=4, policy=policy)
            bench = fx.Bench(block)
            with bench:
                for _ in range(300):
                    bench.post(fx.image_pdu(fx.picture()))
                begin = time.monotonic()
            # 0.5 s to drain, and a busy machine.
            self.assertLess(time.monotonic() - begin, 5.0)
            self.assertEqual(block.queue_depth(), 0)

    def test_start_again_after_stop(self):
        block = udeepsc.semantic_encoder(fx.model_path())
        bench = fx.Bench(block)
        for i in range(2):
            with bench:
                bench.post(fx.image_pdu(fx.picture()))
                bench.received(i + 1)


if __name__ == '__main__':
    unittest.main()
