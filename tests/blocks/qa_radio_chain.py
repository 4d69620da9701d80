#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""udeepsc_tx and udeepsc_rx: payloads into one, results out of the other."""

import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

import fixture as fx
import sigmf_rules

TASK = 'image_reconstruction'


class Ends(fx.Running):
    """A transmitter and a receiver, in one flowgraph or each in its own."""

    def __init__(self, tx_radio, rx_radio, tx_options={}, rx_options={}, channel=None):
        model = fx.model_path()
        self.tx = udeepsc.udeepsc_tx(model, tx_radio, **tx_options)
        self.rx = udeepsc.udeepsc_rx(model, rx_radio, **rx_options)
        self.results = blocks.message_debug()
        self.top = gr.top_block()
        self.top.msg_connect((self.rx, 'out'), (self.results, 'store'))
        if channel is not None:
            self.top.connect(self.tx, channel, self.rx)
        else:
            self.top.connect(self.tx)

    def send(self, pictures, first=0):
        for i, picture in enumerate(pictures):
            self.tx.post(fx.image_pdu(picture, TASK, frame_id=first + i))

    def receive(self, count):
        if not fx.wait_until(lambda: self.results.num_messages() >= count):
            raise AssertionError(f'{self.results.num_messages()} of {count} came: '
                                 f'{self.tx.stats()} {self.rx.stats()}')
        return [self.results.get_message(i) for i in range(count)]


def pictures(count):
    return [fx.picture(seed) for seed in range(count)]


def direct(picture, snr_db=12.0):
    """What the model makes of a picture over a perfect channel."""
    model = udeepsc.transceiver(fx.model_path())
    selected, _, _ = model.select(TASK, 'image', model.encode(TASK, 'image', picture), snr_db)
    symbols = model.modulate(TASK, 'image', model.quantize(TASK, 'image', selected))
    return model.decode(TASK, [model.lookup(TASK, 'image', symbols, [1e-3], 'soft')],
                        1e-3)['picture']


class Simulated(unittest.TestCase):

    def test_the_result_is_the_models(self):
        sent = pictures(6)
        channel = udeepsc.radio_channel(snr_db=40.0, cfo=0.003, delay=7.3)
        with Ends('sim', 'sim', channel=channel) as ends:
            ends.send(sent)
            got = ends.receive(6)
        self.assertEqual([fx.key(m, 'frame_id') for m in got], list(range(6)))
        expected = [direct(picture).astype(int) for picture in sent]
        for i, message in enumerate(got):
            self.assertEqual(fx.key(message, 'task'), TASK)
            self.assertGreater(fx.key(message, 'snr_db'), 20)
            # 0.003 cycles a sample are 0.006 a symbol.
            self.assertAlmostEqual(fx.key(message, 'cfo'), 0.006, 4)
            result = fx.shaped(message).astype(int)
            # The receiver measures its noise, so not every grey value is the same.
            own = np.abs(result - expected[i]).mean()
            self.assertLess(own, 3.0)
            other = np.abs(result - expected[(i + 1) % 6]).mean()
            self.assertLess(own, other)

    def test_malformed_first(self):
        channel = udeepsc.radio_channel(snr_db=20.0)
        with Ends('sim', 'sim', channel=channel) as ends:
            for message, reason, what in fx.malformed_pdus():
                ends.tx.post(message)
            ends.send(pictures(1))
            ends.receive(1)
            self.assertEqual(ends.tx.dropped(), len(fx.malformed_pdus()))

    def test_setters_while_running(self):
        channel = udeepsc.radio_channel(snr_db=20.0)
        with Ends('sim', 'sim', channel=channel) as ends:
            ends.send(pictures(1))
            ends.receive(1)
            ends.rx.set_profile('short')
            ends.tx.set_profile('short')
            ends.tx.set_snr_db(6.0)
            ends.tx.set_amplitude(0.9)
            ends.rx.set_false_alarm_rate(1e-9)
            ends.rx.set_max_cfo(0.1)
            ends.send(pictures(2), first=1)
            got = ends.receive(3)
        self.assertEqual(fx.key(got[2], 'profile'), 'short')

    def test_feedback_reaches_the_selector(self):
        channel = udeepsc.radio_channel(snr_db=3.0)
        with Ends('sim', 'sim', {'feedback': '127.0.0.1:45973'},
                  {'feedback': '127.0.0.1:45973'}, channel) as ends:
            ends.send(pictures(4))
            ends.receive(4)
            self.assertTrue(fx.wait_until(
                lambda: abs(ends.tx.selector.snr_db() - 3.0) < 1.5), ends.tx.selector.snr_db())

    def test_bad_parameters_are_named(self):
        model = fx.model_path()
        for make, options, word in (
                (udeepsc.udeepsc_tx, {'radio': 'zmp:x'}, 'zmp'),
                (udeepsc.udeepsc_tx, {'profile': 'long'}, 'long'),
                (udeepsc.udeepsc_tx, {'batch': 0}, 'batch'),
                (udeepsc.udeepsc_tx, {'amplitude': 0.0}, 'amplitude'),
                (udeepsc.udeepsc_tx, {'record': '/no/such/x'}, '/no/such/x'),
                (udeepsc.udeepsc_tx, {'feedback': 'nowhere'}, 'address'),
                (udeepsc.udeepsc_rx, {'radio': 'sigmf:/no/such'}, '/no/such'),
                (udeepsc.udeepsc_rx, {'lookup': 'medium'}, 'lookup'),
                (udeepsc.udeepsc_rx, {'false_alarm_rate': 2.0}, 'false_alarm_rate'),
                (udeepsc.udeepsc_rx, {'max_cfo': 0.3}, 'max_cfo'),
                (udeepsc.udeepsc_tx, {'first_frame': 256}, 'first_frame'),
                (udeepsc.udeepsc_rx, {'window': 1000}, 'window')):
            with self.subTest(make=make.__name__, options=options):
                with self.assertRaises(ValueError) as caught:
                    make(model, **options)
                self.assertIn(word, str(caught.exception))


class Recorded(unittest.TestCase):

    def test_transmitter_to_file_to_receiver(self):
        name = fx.temporary('sent')
        count = 5
        tx = udeepsc.udeepsc_tx(fx.model_path(), f'sigmf:{name},rate=500k,freq=915M',
                                max_frame_symbols=0)
        top = gr.top_block()
        top.connect(tx)
        top.start()
        for i, picture in enumerate(pictures(count)):
            tx.post(fx.image_pdu(picture, TASK, frame_id=i))
        sent = fx.wait_until(lambda: tx.radio.bursts() == count)
        top.stop()
        top.wait()
        self.assertTrue(sent, tx.stats())
        self.assertEqual(tx.faults(), {})
        meta, faults = sigmf_rules.check(name + '.sigmf-meta', name + '.sigmf-data')
        self.assertEqual(faults, [])
        self.assertEqual([a['core:label'] for a in meta['annotations']],
                         [f'burst {i + 1}' for i in range(count)])

        rx = udeepsc.udeepsc_rx(fx.model_path(), f'sigmf:{name},pace=fast')
        results, frames = blocks.message_debug(), blocks.message_debug()
        top = gr.top_block()
        top.msg_connect((rx, 'out'), (results, 'store'))
        top.msg_connect((rx, 'frames'), (frames, 'store'))
        top.run()  # a recording ends
        self.assertTrue(rx.finished())
        self.assertEqual(results.num_messages(), count, rx.stats())
        # Data that look like a preamble are no loss: nothing but those may be dropped.
        self.assertEqual(rx.dropped(), sum(b.dropped('no header') for b in rx.chain))
        for i in range(count):
            message = frames.get_message(i)
            self.assertEqual(fx.key(message, 'frame_id'), i)
            start = meta['annotations'][i]['core:sample_start']
            length = meta['annotations'][i]['core:sample_count']
            # The preamble follows the ramp, both inside of what is annotated.
            self.assertGreater(fx.key(message, 'sample'), start)
            self.assertLessEqual(fx.key(message, 'end_sample'), start + length)

    def test_receiver_records_what_it_hears(self):
        name = fx.temporary('heard')
        channel = udeepsc.radio_channel(snr_db=15.0)
        with Ends('sim,rate=500k', 'sim,rate=500k', {'max_frame_symbols': 0}, {'record': name},
                  channel) as ends:
            ends.send(pictures(3))
            ends.receive(3)
        meta, faults = sigmf_rules.check(name + '.sigmf-meta', name + '.sigmf-data')
        self.assertEqual(faults, [])
        self.assertEqual(len(meta['annotations']), 3)
        self.assertIn('Es/N0 1', meta['annotations'][0]['core:comment'])
        rx = udeepsc.udeepsc_rx(fx.model_path(), f'sigmf:{name},pace=fast')
        results = blocks.message_debug()
        top = gr.top_block()
        top.msg_connect((rx, 'out'), (results, 'store'))
        top.run()
        self.assertEqual(results.num_messages(), 3)


class Linked(unittest.TestCase):

    def test_through_a_socket(self):
        """The hierarchical blocks are joined by messages alone here, as Companion does it."""
        radio = f'zmq:ipc://{fx.temporary("chain")},rate=500k'
        tx = udeepsc.udeepsc_tx(fx.model_path(), radio)
        rx = udeepsc.udeepsc_rx(fx.model_path(), radio)
        results, strobe = blocks.message_debug(), blocks.message_strobe(pmt.PMT_NIL, 100)
        top = gr.top_block()
        top.msg_connect((strobe, 'strobe'), (tx, 'in'))
        top.msg_connect((rx, 'out'), (results, 'store'))
        top.start()
        for i, picture in enumerate(pictures(3)):
            tx.post(fx.image_pdu(picture, TASK, frame_id=i))
        arrived = fx.wait_until(lambda: results.num_messages() >= 3)
        top.stop()
        top.wait()
        self.assertTrue(arrived, (tx.stats(), rx.stats()))


if __name__ == '__main__':
    unittest.main()
