#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task in layers through the blocks: a PDU a layer, one frame, any prefix decoded."""

import json
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

import fixture as fx

TASK = 'digits'
LAYERS = [3, 6, 9]
CONFIG = {
    'name': 'small',
    'encoders': {'image': {'dim': 24, 'heads': 2, 'semantic_layers': 1, 'ffn': 32,
                           'image_size': 8, 'patch': 4, 'embedding': 'conv', 'stem': [8, 8],
                           'label_stem': [8, 8]}},
    'decoder': {'dim': 24, 'heads': 2, 'layers': 1, 'ffn': 32, 'picture_head': 'conv'},
    'codebook': {'entries': 16, 'subvector_dim': 2}, 'modulation': '16qam', 'mapping': 'symbol',
    'tasks': [{'name': TASK, 'output': 'layered_picture', 'data': ['mnist'], 'queries': 5,
               'aligned': True, 'classes': 10, 'inputs': {'image': {'layers': LAYERS}}}],
}
MODEL = fx.temporary('layers.safetensors')


def setUpModule():
    udeepsc.write_random_model(json.dumps(CONFIG), 3, MODEL)


def payload(frame_id):
    return fx.image_pdu(fx.picture(frame_id, 8), TASK, frame_id=frame_id)


class LayerFilter(gr.basic_block):
    """Passes some layers on."""

    def __init__(self, layers):
        gr.basic_block.__init__(self, 'layer_filter', None, None)
        self.message_port_register_in(pmt.intern('in'))
        self.message_port_register_out(pmt.intern('out'))
        self.set_msg_handler(pmt.intern('in'), self._take)
        self.layers = layers

    def _take(self, message):
        if fx.key(message, 'layer') in self.layers:
            self.message_port_pub(pmt.intern('out'), message)


class Chain:
    """Encoder to decoder without a radio; `passed`: layers that arrive."""

    def __init__(self, sent=0, passed=(0, 1, 2), decoded=0, gather_ms=100.0):
        self.top = gr.top_block()
        self.encoder = udeepsc.semantic_encoder(MODEL)
        self.indexer = udeepsc.vq_indexer(MODEL, sent)
        self.decoder = udeepsc.unified_decoder(MODEL, gather_ms=gather_ms, layers=decoded)
        self.symbols, self.results = blocks.message_debug(), blocks.message_debug()
        modulator = udeepsc.digital_modulator()
        self.filter = LayerFilter(passed)  # a block in Python lives as long as its object
        chain = [self.encoder, udeepsc.feature_selector(MODEL, 10.0), self.indexer, modulator,
                 self.filter, udeepsc.block_fading_channel(udeepsc.channel_type.awgn, 20.0),
                 udeepsc.vq_lookup(MODEL), self.decoder]
        for a, b in zip(chain, chain[1:]):
            self.top.msg_connect(a, 'out', b, 'in')
        self.top.msg_connect(modulator, 'out', self.symbols, 'store')
        self.top.msg_connect(self.decoder, 'out', self.results, 'store')

    def run(self, count=1):
        """What came out for pictures 1, 2 ..., dropped ones left out."""
        self.top.start()
        for i in range(count):
            self.encoder.to_basic_block()._post(pmt.intern('in'), payload(i + 1))
        done = fx.wait_until(
            lambda: self.results.num_messages() + self.decoder.dropped() == count)
        self.top.stop()
        self.top.wait()
        if not done:
            raise AssertionError(pmt.to_python(self.decoder.stats()))
        return [self.results.get_message(i) for i in range(self.results.num_messages())]


class Layers(unittest.TestCase):

    def test_a_pdu_a_layer(self):
        chain = Chain()
        result, = chain.run()
        sent = [chain.symbols.get_message(i) for i in range(chain.symbols.num_messages())]
        self.assertEqual([fx.key(m, 'layer') for m in sent], [0, 1, 2])
        self.assertEqual([pmt.length(pmt.cdr(m)) for m in sent], LAYERS)
        self.assertEqual({fx.key(m, 'layers') for m in sent}, {3})
        self.assertEqual(fx.key(result, 'output'), 'picture')
        self.assertEqual(fx.key(result, 'layers'), 3)
        self.assertEqual(fx.key(result, 'symbols'), sum(LAYERS))
        self.assertIsNone(fx.key(result, 'missing'))
        shares = fx.key(result, 'probabilities')
        self.assertAlmostEqual(sum(shares), 1, places=3)
        self.assertEqual(int(np.argmax(shares)), fx.key(result, 'label'))
        self.assertEqual(fx.key(result, 'class_name'), str(fx.key(result, 'label')))
        self.assertEqual(pmt.length(pmt.cdr(result)), 8 * 8 * 3)

    def test_fewer_are_sent(self):
        chain = Chain(sent=2, decoded=2, gather_ms=60000.0)
        result, = chain.run()
        self.assertEqual(chain.symbols.num_messages(), 2)
        self.assertEqual(fx.key(result, 'layers'), 2)
        self.assertEqual(chain.decoder.incomplete(), 0)

    def test_layers_above_a_gap_are_of_no_use(self):
        chain = Chain(passed=(0, 2))
        result, = chain.run()
        self.assertEqual(fx.key(result, 'layers'), 1)
        self.assertEqual(fx.key(result, 'missing'), 'image layer 2')
        self.assertEqual(chain.decoder.incomplete(), 1)

    def test_without_the_first_there_is_nothing(self):
        chain = Chain(passed=(1, 2))
        self.assertEqual(chain.run(), [])
        self.assertEqual(chain.decoder.dropped(), 1)

    def test_a_receiver_that_wants_fewer(self):
        chain = Chain(decoded=1)
        first, second = chain.run(2)
        self.assertEqual((fx.key(first, 'layers'), fx.key(second, 'layers')), (1, 1))
        self.assertEqual(chain.decoder.incomplete(), 0)

    def test_limits(self):
        for make in (lambda n: udeepsc.vq_indexer(MODEL, n),
                     lambda n: udeepsc.unified_decoder(MODEL, layers=n)):
            for wrong in (-1, 9):
                with self.assertRaisesRegex(ValueError, 'layers'):
                    make(wrong)
            self.assertEqual(make(2).layers(), 2)


class OverTheAir(unittest.TestCase):
    """Layers of a sample share a frame; the frame tells which is which."""

    def received(self, sent=0, decoded=0, samples=3, protection=''):
        top = gr.top_block()
        sender = udeepsc.udeepsc_tx(MODEL, 'sim,rate=4e6', layers=sent, hold_ms=0.0,
                                    max_frame_symbols=0, protection=protection)
        receiver = udeepsc.udeepsc_rx(MODEL, 'sim,rate=4e6', layers=decoded)
        channel = udeepsc.radio_channel(snr_db=20.0, cfo=0.001, seed=1)
        results = blocks.message_debug()
        top.connect(sender, channel, receiver)
        top.msg_connect((receiver, 'out'), (results, 'store'))
        top.start()
        try:
            for i in range(samples):
                sender.post(payload(i))
            self.assertTrue(fx.wait_until(lambda: results.num_messages() == samples))
        finally:
            top.stop()
            top.wait()
        self.assertEqual(sender.bursts_sent(), samples)
        return [results.get_message(i) for i in range(results.num_messages())]

    def test_all(self):
        found = self.received()
        self.assertEqual([fx.key(m, 'layers') for m in found], [3, 3, 3])
        self.assertEqual([fx.key(m, 'symbols') for m in found], [sum(LAYERS)] * 3)

    def test_protected(self):
        """The frame tells the receiver, which gives the layers on as if they were not."""
        table = fx.temporary('protection.json')
        with open(table, 'w') as file:
            json.dump({'layers': [{'power_db': 3, 'repetitions': 4}, {}, {'power_db': -2.5}]}, file)
        found = self.received(protection=table)
        self.assertEqual([fx.key(m, 'layers') for m in found], [3, 3, 3])
        self.assertEqual([fx.key(m, 'symbols') for m in found], [sum(LAYERS)] * 3)
        with open(table, 'w') as file:
            file.write('{"layers": [{"power_db": 99}]}')
        with self.assertRaisesRegex(Exception, 'power_db is 99'):
            udeepsc.burst_framer(MODEL, protection=table)

    def test_some(self):
        found = self.received(sent=2, decoded=2)
        self.assertEqual([fx.key(m, 'layers') for m in found], [2, 2, 2])


if __name__ == '__main__':
    unittest.main()
