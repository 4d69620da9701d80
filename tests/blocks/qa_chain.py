#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole flowgraphs: the chain equals the model, in-tree channels fit in, modalities meet."""

import unittest

import numpy as np
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
        block = udeepsc.unified_decoder(fx.model_path(), pending=3)
        with fx.Bench(block) as bench:
            for i in range(10):
                bench.post(self.part('image', frame_id=i))
            bench.post(self.part('text', frame_id=9))
            bench.post(self.part('text', frame_id=0))  # its image is long gone
            got = bench.received(1)
            self.assertTrue(fx.wait_until(lambda: block.received() == 12))
        self.assertEqual(fx.key(got[0], 'frame_id'), 9)
        self.assertEqual(block.dropped('incomplete'), 7)


if __name__ == '__main__':
    unittest.main()
