#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole flowgraphs: the chain equals the model, in-tree channels fit in, modalities meet."""

import os
import unittest

import numpy as np
from PIL import Image
import pmt
from gnuradio import blocks, channels, gr, pdu, udeepsc

import fixture as fx
from qa_sources import write_ppm


class Chain:
    """Sources to sink. `channel` may be "none", or "own": the test joins one in."""

    def __init__(self, sources, channel='none', snr_db=12.0, lookup=None, batch=1):
        model = fx.model_path()
        self.top = gr.top_block()
        self.encoder = udeepsc.semantic_encoder(model, batch=batch)
        self.selector = udeepsc.feature_selector(model, snr_db, batch=batch)
        self.indexer = udeepsc.vq_indexer(model, batch=batch)
        self.modulator = udeepsc.digital_modulator()
        self.lookup = lookup or udeepsc.vq_lookup(model, batch=batch)
        self.decoder = udeepsc.unified_decoder(model, batch=batch)
        self.sink = udeepsc.task_sink()
        for source in sources:
            self.top.msg_connect((source, 'out'), (self.encoder, 'in'))
        self.join(self.encoder, self.selector, self.indexer, self.modulator)
        if channel == 'none':
            self.join(self.modulator,
                      udeepsc.block_fading_channel(udeepsc.channel_type.none, snr_db),
                      self.lookup)
        self.join(self.lookup, self.decoder, self.sink)

    def join(self, *chain):
        for a, b in zip(chain, chain[1:]):
            self.top.msg_connect((a, 'out'), (b, 'in'))

    def run(self, count):
        self.top.start()
        arrived = self.sink.wait_for(count, fx.TIMEOUT_S)
        self.top.stop()
        self.top.wait()
        if not arrived:
            raise AssertionError([pmt.to_python(b.stats()) for b in (
                self.encoder, self.selector, self.indexer, self.modulator, self.lookup,
                self.decoder, self.sink)])
        return self.sink.results()


def tile_source(count, task='image_reconstruction'):
    picture = np.random.default_rng(5).integers(0, 256, (32, 32 * count, 3), np.uint8)
    path = write_ppm(f'strip-{count}.ppm', picture)
    return udeepsc.image_source([path], task), picture


class WholeChain(unittest.TestCase):

    def test_noiseless_chain_equals_the_model(self):
        source, picture = tile_source(7)
        results = Chain([source]).run(7)
        model = udeepsc.transceiver(fx.model_path())
        task = 'image_reconstruction'
        for i, result in enumerate(results):
            tile = picture[:, 32 * i:32 * i + 32]
            features = model.encode(task, 'image', np.ascontiguousarray(tile))
            selected, kept, candidates = model.select(task, 'image', features, 12.0)
            symbols = model.modulate(task, 'image',
                                     model.quantize(task, 'image', selected))
            # The noise variance that a channel without noise reports.
            received = model.lookup(task, 'image', symbols, [result.noise_var], 'soft')
            expected = model.decode(task, [received], result.noise_var)
            np.testing.assert_array_equal(result.picture, expected['picture'])
            self.assertEqual(result.kept, kept)
            self.assertEqual(result.candidates, candidates)
            self.assertEqual(result.symbols, len(symbols))
            self.assertEqual((result.tile_row, result.tile_column), (0, i))

    def test_mixed_tasks_arrive_in_full(self):
        pictures, _ = tile_source(5)
        labels, _ = tile_source(5, 'image_classification')
        texts = udeepsc.text_source(['a fine film', 'a dull one , sadly'], '',
                                    'text_reconstruction', repeat=4)
        channel = udeepsc.block_fading_channel(udeepsc.channel_type.rayleigh, 6.0)
        chain = Chain([pictures, labels, texts], 'own', batch=8)
        chain.join(chain.modulator, channel, chain.lookup)
        chain.run(18)
        self.assertEqual(chain.sink.count('image_reconstruction'), 5)
        self.assertEqual(chain.sink.count('image_classification'), 5)
        self.assertEqual(chain.sink.count('text_reconstruction'), 8)
        for block in (chain.encoder, chain.selector, chain.indexer, chain.modulator,
                      channel, chain.lookup, chain.decoder, chain.sink):
            self.assertEqual(block.dropped(), 0)
            self.assertEqual(block.received(), 18)
            self.assertEqual(block.sent(), 18)

    def test_in_tree_channel_model(self):
        """gnuradio's channel_model in our channel's place.

        It works on samples, so PDUs cross it as tagged streams, and it tells nobody its
        noise: vq_lookup's parameter does (noise_voltage is sqrt(N0)). Its resampler gives
        symbol k + 3 for symbol k but leaves the tags where they were: take the tags off,
        delay by 3, and put them on again from before the channel. It also eats the first 3
        symbols of all and holds the last PDU back, so one PDU more goes first and last.
        """
        frames = 9
        n0 = 10**-1.2
        source, _ = tile_source(frames)
        lookup = udeepsc.vq_lookup(fx.model_path(), udeepsc.lookup_mode.soft, n0)
        results = self.through_channel_model(source, lookup, n0**0.5, frames - 1)
        self.assertEqual(lookup.dropped(), 0)
        self.assertAlmostEqual(results[1].noise_var, n0, 6)
        self.assertEqual([r.frame_id for r in results], list(range(frames - 1)))

    def test_in_tree_channel_model_is_aligned(self):
        """Without noise, what crosses channel_model equals what crosses nothing."""
        frames = 6
        source, _ = tile_source(frames)
        chain = Chain([source], 'own')
        chain.join(chain.modulator, chain.lookup)
        expected = chain.run(frames)

        source, _ = tile_source(frames)
        got = self.through_channel_model(
            source, udeepsc.vq_lookup(fx.model_path(), batch=1), 0.0, frames - 1)
        for i in range(1, frames - 1):
            self.assertEqual(got[i].frame_id, expected[i].frame_id)
            self.assertEqual(got[i].symbols, expected[i].symbols)
            np.testing.assert_array_equal(got[i].picture, expected[i].picture)

    def through_channel_model(self, source, lookup, noise_voltage, count):
        size = gr.sizeof_gr_complex
        to_stream = pdu.pdu_to_tagged_stream(gr.types.complex_t, 'packet_len')
        channel = channels.channel_model(noise_voltage)
        untag = blocks.tag_gate(size, False)
        delay = blocks.delay(size, 3)
        retag = blocks.tag_share(size, size)
        to_pdu = pdu.tagged_stream_to_pdu(gr.types.complex_t, 'packet_len')

        chain = Chain([source], 'own', lookup=lookup)
        chain.top.msg_connect((chain.modulator, 'out'), (to_stream, 'pdus'))
        chain.top.connect(to_stream, channel, untag, delay, (retag, 0))
        chain.top.connect(to_stream, (retag, 1))
        chain.top.connect(retag, to_pdu)
        chain.top.msg_connect((to_pdu, 'pdus'), (lookup, 'in'))
        return chain.run(count)


class Multimodal(unittest.TestCase):
    """Modalities of one frame meet in the decoder, whatever their order."""

    TASK = 'visual_question_answering'

    def setUp(self):
        self.model = udeepsc.transceiver(fx.model_path())
        if self.TASK not in [t.name for t in self.model.info().tasks]:
            self.skipTest('the tiny model has no task of two modalities')
        self.parts = {}
        for modality, data in (('image', fx.picture()), ('text', 'what is it ?')):
            selected, _, _ = self.model.select(
                self.TASK, modality,
                self.model.encode(self.TASK, modality, data), 6.0)
            self.parts[modality] = self.model.lookup(
                self.TASK, modality,
                self.model.modulate(self.TASK, modality,
                                    self.model.quantize(self.TASK, modality, selected)),
                [0.1], 'soft')

    def part(self, modality, **keys):
        return fx.feature_pdu(self.parts[modality], self.TASK, modality, noise_var=0.1,
                              **keys)

    def test_equals_the_model(self):
        order = self.model.info().task(self.TASK).modalities
        expected = self.model.decode(self.TASK, [self.parts[m] for m in order], 0.1)
        block = udeepsc.unified_decoder(fx.model_path(), batch=1)
        with fx.Bench(block) as bench:
            bench.post(self.part('image'))  # no frame_id
            bench.post(self.part('text', frame_id=1))
            bench.post(self.part('image', frame_id=2))
            bench.post(self.part('image', frame_id=1))
            bench.post(self.part('text', frame_id=2))
            got = bench.received(2)
        self.assertEqual([fx.key(m, 'frame_id') for m in got], [1, 2])
        self.assertEqual(block.dropped('bad key'), 1)
        for message in got:
            np.testing.assert_array_equal(
                fx.payload(message), np.array(expected['probabilities'], np.float32))

    def test_incomplete_samples_are_bounded(self):
        block = udeepsc.unified_decoder(fx.model_path(), pending=3, gather_ms=60000)
        with fx.Bench(block) as bench:
            for i in range(10):
                bench.post(self.part('image', frame_id=i))
            bench.post(self.part('text', frame_id=9))
            got = bench.received(8)
        # Seven had to leave without their question; the last one was whole.
        self.assertEqual([fx.key(m, 'frame_id') for m in got], [*range(7), 9])
        self.assertEqual([fx.key(m, 'missing') for m in got], ['text'] * 7 + [None])
        self.assertEqual(block.dropped(), 0)

    def test_every_subset_is_decoded_when_its_time_is_over(self):
        order = self.model.info().task(self.TASK).modalities
        for came in (['image'], ['text'], ['image', 'text']):
            block = udeepsc.unified_decoder(fx.model_path(), gather_ms=30, batch=1)
            with fx.Bench(block) as bench:
                for modality in came:
                    bench.post(self.part(modality, frame_id=5))
                message = bench.received(1)[0]
            expected = self.model.decode(
                self.TASK, [self.parts[m] if m in came else None for m in order], 0.1)
            np.testing.assert_array_equal(
                fx.payload(message), np.array(expected['probabilities'], np.float32))
            missing = [m for m in order if m not in came]
            self.assertEqual(fx.key(message, 'missing'), ','.join(missing) or None)
            self.assertEqual(block.incomplete(), 1 if missing else 0)

    def test_waits_for_the_rest_as_long_as_it_was_told(self):
        block = udeepsc.unified_decoder(fx.model_path(), gather_ms=60000)
        with fx.Bench(block) as bench:
            bench.post(self.part('image', frame_id=1))
            bench.post(self.part('text', frame_id=1))
            whole = bench.received(1)[0]
            bench.post(self.part('image', frame_id=2))
            self.assertTrue(fx.wait_until(lambda: block.received() == 3))
            self.assertEqual(block.sent(), 1)
            block.set_gather_ms(1)
            bench.received(2)
        self.assertIsNone(fx.key(whole, 'missing'))
        self.assertEqual(block.incomplete(), 1)

    def test_the_result_adds_up_what_the_modalities_brought(self):
        block = udeepsc.unified_decoder(fx.model_path())
        with fx.Bench(block) as bench:
            bench.post(self.part('text', frame_id=1, symbols=4, candidates=9, reference='yes'))
            bench.post(self.part('image', frame_id=1, symbols=8, candidates=16))
            message = bench.received(1)[0]
        self.assertEqual(fx.key(message, 'symbols'), 12)
        self.assertEqual(fx.key(message, 'candidates'), 25)
        self.assertEqual(fx.key(message, 'reference'), 'yes')

    def test_bad_parts_are_refused_at_once(self):
        block = udeepsc.unified_decoder(fx.model_path())
        with fx.Bench(block) as bench:
            bench.post(self.part('image', frame_id=1, layer=3))
            self.assertTrue(fx.wait_until(lambda: block.dropped() == 1))
        with self.assertRaisesRegex(ValueError, 'gather_ms'):
            udeepsc.unified_decoder(fx.model_path(), gather_ms=-1)


class SampleSource(unittest.TestCase):
    """A data set's samples through the whole chain, all modalities under one number."""

    @classmethod
    def setUpClass(cls):
        cls.folder = fx.temporary('data')
        os.makedirs(cls.folder, exist_ok=True)
        answers = ['yes', 'no', 'two', 'red']
        lines = ['image\ttext\tlabel\tsplit']
        for i in range(6):
            Image.fromarray(fx.picture(i, 40)).save(f'{cls.folder}/{i}.png')
            lines.append(f'{i}.png\twhat is {i} ?\t{answers[i % 4]}\ttest')
        with open(f'{cls.folder}/vqa.tsv', 'w', encoding='utf-8') as table:
            table.write('\n'.join(lines))

    def test_both_modalities_leave_under_one_number(self):
        source = udeepsc.sample_source(fx.model_path(), 'visual_question_answering', self.folder)
        self.assertEqual(source.size(), 6)
        sink = blocks.message_debug()
        top = gr.top_block()
        top.msg_connect((source, 'out'), (sink, 'store'))
        top.start()
        self.assertTrue(fx.wait_until(lambda: sink.num_messages() == 12))
        top.stop()
        top.wait()
        got = [sink.get_message(i) for i in range(12)]
        self.assertEqual([fx.key(m, 'frame_id') for m in got], sorted(2 * [*range(6)]))
        self.assertEqual({fx.key(m, 'modality') for m in got}, {'image', 'text'})
        self.assertEqual(fx.key(got[4], 'reference'), 'two')

    def test_through_the_chain_to_a_score(self):
        top = gr.top_block()
        model = fx.model_path()
        chain = [udeepsc.sample_source(model, 'visual_question_answering', self.folder),
                 udeepsc.semantic_encoder(model), udeepsc.feature_selector(model, 6.0),
                 udeepsc.vq_indexer(model), udeepsc.digital_modulator(),
                 udeepsc.vq_lookup(model), udeepsc.unified_decoder(model)]
        sink = udeepsc.task_sink()
        for one, other in zip(chain, [*chain[1:], sink]):
            top.msg_connect((one, 'out'), (other, 'in'))
        top.start()
        self.assertTrue(sink.wait_for(6, fx.TIMEOUT_S))
        top.stop()
        top.wait()
        results = sink.results()
        self.assertEqual(sink.scored('visual_question_answering'), 6)
        self.assertEqual([r.reference for r in results], ['yes', 'no', 'two', 'red', 'yes', 'no'])
        self.assertTrue(all(r.missing == '' and len(r.kept) >= 4 for r in results))

    def test_says_what_is_wrong(self):
        make = udeepsc.sample_source
        with self.assertRaisesRegex(RuntimeError, 'has no task'):
            make(fx.model_path(), 'no_such_task', self.folder)
        with self.assertRaisesRegex(RuntimeError, 'unknown data set'):
            make(fx.model_path(), 'image_classification', self.folder, ['imagenet'])
        with self.assertRaisesRegex(RuntimeError, 'video.tsv'):
            make(fx.model_path(), 'video_sentiment', self.folder)
        with self.assertRaisesRegex(ValueError, 'limit'):
            make(fx.model_path(), 'visual_question_answering', self.folder, limit=-1)


if __name__ == '__main__':
    unittest.main()
