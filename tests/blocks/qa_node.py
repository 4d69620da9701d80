#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stations that share one frequency: udeepsc_node and the gate that listens before it talks."""


import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc
from gnuradio.udeepsc.listen_before_talk import burst_gate, channel_sense

import burst_fixture as bx
import fixture as fx

RATE = 200e3


class Gate(unittest.TestCase):

    def gate(self, busy, bursts, **options):
        """Times at which bursts came out, and the gate."""
        gate = burst_gate(1e6, busy, slot_s=0.005, slots=4, seed=1, **options)
        got, top, times = blocks.message_debug(), gr.top_block(), []
        top.msg_connect((gate, 'out'), (got, 'store'))
        top.start()
        for burst in bursts:
            gate.to_basic_block()._post(pmt.intern('in'), pmt.cons(fx.meta(), fx.c32(burst)))
        start = time.monotonic()

        def count():
            while len(times) < got.num_messages():
                times.append(time.monotonic() - start)
            return len(times) == len(bursts)

        self.assertTrue(fx.wait_until(count, 10))
        top.stop()
        top.wait()
        gate.close()
        return times, gate

    def test_one_after_the_other(self):
        """A burst goes when the one before it has ended."""
        times, gate = self.gate(lambda: False, [np.zeros(50000), np.zeros(50000), np.zeros(10)])
        self.assertGreater(times[1] - times[0], 0.045)
        self.assertGreater(times[2] - times[1], 0.045)
        self.assertEqual(gate.counts['sent'], 3)
        self.assertEqual(gate.counts['deferred'], 0)

    def test_waits_for_others(self):
        free = time.monotonic() + 0.4
        times, gate = self.gate(lambda: time.monotonic() < free, [np.zeros(10)])
        self.assertGreater(times[0], 0.3)
        self.assertEqual((gate.counts['deferred'], gate.counts['forced']), (1, 0))

    def test_waits_longer_after_a_collision(self):
        waited = []
        for tries in (1, 2, 3, 99):
            gate = burst_gate(1e6, lambda: False, slot_s=0, slots=4, seed=1)
            gate.set_tries(tries)
            gate._random.randrange = lambda below: waited.append(below) or 0
            gate._wait_for_the_channel()
            gate.close()
        self.assertEqual(waited, [4, 8, 16, 64])

    def test_not_for_ever(self):
        times, gate = self.gate(lambda: True, [np.zeros(10)], most_s=0.2)
        self.assertGreater(times[0], 0.15)
        self.assertEqual(gate.counts['forced'], 1)

    def test_closed_while_it_waits(self):
        gate = burst_gate(1e6, lambda: True, most_s=100)
        gate._take(pmt.cons(fx.meta(), fx.c32(np.zeros(10))))
        gate.close()
        self.assertEqual(gate.counts['sent'], 0)


class Sense(unittest.TestCase):

    def test_noise_is_nobody_and_a_burst_is_somebody(self):
        random = np.random.default_rng(1)
        noise = 0.1 * (random.normal(size=200000) + 1j * random.normal(size=200000))
        for extra, heard in ((0, False), (1.0, True)):
            stream = noise.copy()
            stream[-2000:] += extra
            sense, top = channel_sense(hold_s=60), gr.top_block()
            top.connect(blocks.vector_source_c(stream.tolist()), sense)
            top.run()
            self.assertEqual(sense.busy(), heard)


class Air:
    """Stations in one flowgraph, over one channel."""

    def __init__(self, count, snr_db=25.0, **options):
        # Much, for a computer that is busy with other things.
        options = {'patience_s': 5.0, 'retries': 12, **options}
        self.top, add = gr.top_block(), blocks.add_cc()
        channel = udeepsc.radio_channel(snr_db=snr_db, seed=5)
        self.nodes, self.heard, self.control = [], [], []
        for i in range(count):
            node = udeepsc.udeepsc_node(fx.model_path(), f'sim,rate={RATE:g}', profile='short',
                                        address=i + 1, seed=i, **options)
            heard, control = blocks.message_debug(), blocks.message_debug()
            self.top.connect(node, (add, i))
            self.top.connect(channel, node)
            self.top.msg_connect((node, 'out'), (heard, 'store'))
            self.top.msg_connect((node, 'control'), (control, 'store'))
            self.nodes.append(node)
            self.heard.append(heard)
            self.control.append(control)
        self.top.connect(add, channel)

    def __enter__(self):
        self.top.start()
        return self

    def __exit__(self, *_):
        self.top.stop()
        self.top.wait()
        for node in self.nodes:
            node.close()

    def frames(self, station):
        """[(source, number)] that this station has heard."""
        heard = self.heard[station - 1]
        return [(fx.key(heard.get_message(i), 'source'), fx.key(heard.get_message(i), 'frame_id'))
                for i in range(heard.num_messages())]

    def texts(self, station):
        control = self.control[station - 1]
        messages = [control.get_message(i) for i in range(control.num_messages())]
        return [bytes(fx.payload(m)).decode() for m in messages
                if fx.key(m, 'control') == 'text']


def picture(number):
    side = 32
    pixels = np.random.default_rng(number).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return pmt.cons(fx.meta(task='image_classification', modality='image', frame_id=number,
                            shape=pixels.shape), fx.u8(pixels.ravel()))


class Stations(unittest.TestCase):

    def test_two_stations(self):
        """What is acknowledged has come, once; each knows how the other hears it."""
        with Air(2) as air:
            one, two = air.nodes
            messages = [(one if i % 2 else two).send([picture(i)], 2 if i % 2 else 1, True)
                        for i in range(6)]
            self.assertEqual([m.wait(120) for m in messages], ['acknowledged'] * 6)
            # A report comes with a message, and may be lost.
            for i in range(20, 60, 2):
                if one.counts().get('reports') and two.counts().get('reports'):
                    break
                time.sleep(1.1)  # once a second at most
                one.send([picture(i)], 2).wait(60)
                two.send([picture(i + 1)], 1).wait(60)
            self.assertAlmostEqual(one.snr_of(2), 25, delta=3)
            self.assertAlmostEqual(two.snr_of(1), 25, delta=3)
        for station, source, sent in ((2, 1, [1, 3, 5]), (1, 2, [0, 2, 4])):
            self.assertEqual(sorted(f for f in air.frames(station) if f[1] < 20),
                             [(source, i) for i in sent])

    def test_three_stations_at_once(self):
        """All messages arrive although all begin together; who waited or came again is counted."""
        with Air(3) as air:
            sent = [(source, to, air.nodes[source - 1].send([picture(10 * source + i)], to, True))
                    for i in range(3) for source, to in ((1, 2), (2, 3), (3, 1))]
            for source, to, message in sent:
                self.assertEqual(message.wait(240), 'acknowledged', (source, to))
            counts = [node.counts() for node in air.nodes]
        for station, source in ((2, 1), (3, 2), (1, 3)):
            self.assertEqual(sorted(air.frames(station)),
                             [(source, 10 * source + i) for i in range(3)])
        self.assertEqual(sum(c.get('acknowledged', 0) for c in counts), 9)
        self.assertGreater(sum(c.get('deferred', 0) + c.get('retries', 0) for c in counts), 0)

    def until(self, heard, send):
        """Nobody acknowledges what is for all: sent again until all have heard it."""
        for _ in range(10):
            self.assertEqual(send().wait(60), 'sent')
            if fx.wait_until(heard, 5):
                return
        self.fail('not heard')

    def test_to_all_and_exactly(self):
        with Air(3) as air:
            self.until(lambda: all((1, 7) in air.frames(s) for s in (2, 3)),
                       lambda: air.nodes[0].send([picture(7)]))
            self.until(lambda: all('QRV on 433.5' in air.texts(s) for s in (1, 3)),
                       lambda: air.nodes[1].send_text('QRV on 433.5'))
            self.assertEqual(set(air.texts(1) + air.texts(3)), {'QRV on 433.5'})
            self.assertEqual(air.texts(2), [])

    def test_nobody_there(self):
        """Who hears only itself says so, and does not take its own frames for another's."""
        with Air(1, retries=1, patience_s=0.3) as air:
            message = air.nodes[0].send([picture(1)], 9, True)
            self.assertEqual(message.wait(60), 'lost')
            self.assertEqual(message.tries, 2)
            counts = air.nodes[0].counts()
        self.assertEqual((counts['lost'], counts['retries']), (1, 1))
        self.assertEqual(air.frames(1), [])

    def test_what_a_node_refuses(self):
        for name, value in (('address', 255), ('radio', 'nothing')):
            with self.assertRaisesRegex(ValueError, name):
                udeepsc.udeepsc_node(fx.model_path(), **{name: value})
        with Air(1) as air:
            with self.assertRaisesRegex(ValueError, 'destination'):
                air.nodes[0].send([], 256)


if __name__ == '__main__':
    unittest.main()
