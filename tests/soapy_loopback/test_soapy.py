#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our transmitter and receiver over gr-soapy, SoapySDR itself and a driver whose transmitter is
heard by its receiver (loopback_device.h)."""

import gc
import math
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'blocks'))

import numpy as np
from gnuradio import blocks, gr, udeepsc
from gnuradio.udeepsc import radios

import fixture as fx
from qa_grc import PLATFORM, generate, load

try:
    from gnuradio import soapy  # noqa: F401
    REASON = ''
except ImportError:
    REASON = 'no gr-soapy'

PATIENCE_S = 60
RATE = 1e6
AMPLITUDE = 0.3
# 40 dB are lost on the way, and 40 dB of gain make up for them.
RADIO = f'soapy:driver=udeepsc_loopback,rate={RATE:g},freq=915e6,gain=20'


def radio(**options):
    return udeepsc.radio_with(RADIO, **options)


class Samples(fx.Running):
    """A constant through transmitter and receiver."""

    def __init__(self, transmit=None, receive=None, value=1.0):
        self.top = gr.top_block()
        self.tx = radios.make_transmitter(transmit or RADIO)
        self.rx = radios.make_receiver(receive or transmit or RADIO)
        self.sink = blocks.probe_signal_c()
        self.top.connect(blocks.vector_source_c([value], True), self.tx)
        self.top.connect(self.rx, self.sink)

    def settles_at(self, level):
        return fx.wait_until(lambda: abs(self.sink.level() - level) < 1e-3, PATIENCE_S)


@unittest.skipIf(REASON, REASON)
class Device(unittest.TestCase):

    def tearDown(self):
        gc.collect()  # SoapySDR lets go of a device when its last block is gone

    def refused(self, make, text, *words):
        with self.assertRaises(radios.RadioError) as caught:
            make(text)
        for word in words:
            self.assertIn(word, str(caught.exception))

    def test_samples_gains_and_frequencies_while_running(self):
        with Samples() as bench:
            self.assertTrue(bench.settles_at(AMPLITUDE))
            self.assertTrue(bench.tx.set_gain(10))
            self.assertTrue(bench.settles_at(AMPLITUDE * 10**-0.5))
            self.assertTrue(bench.rx.set_gain(30))
            self.assertTrue(bench.settles_at(AMPLITUDE))
            self.assertEqual((bench.tx.gain(), bench.rx.gain()), (10, 30))
            self.assertTrue(bench.rx.set_freq(434e6))
            self.assertTrue(bench.settles_at(0))
            self.assertTrue(bench.tx.set_freq(434e6))
            self.assertTrue(bench.settles_at(AMPLITUDE))
            self.assertIn('434.000 MHz', bench.rx.description())
            # What it cannot do is told, and changes nothing.
            for bad in (1.5e9, math.nan):
                self.assertFalse(bench.rx.set_freq(bad))
            self.assertFalse(bench.rx.set_gain(61))
            self.assertEqual(bench.rx.faults(), {'setting': 3})
            self.assertTrue(bench.settles_at(AMPLITUDE))
        self.assertEqual(bench.tx.faults(), {})

    def test_ends_by_themselves(self):
        made = radios.make_transmitter(radio(tx_gain=33, rx_gain=7))
        self.assertEqual(made.gain(), 33)
        self.assertEqual(radios.make_receiver(radio(tx_gain=33, rx_gain=7)).gain(), 7)
        rx = radios.make_receiver(radio(rx_antenna='LNA'))
        self.assertIn('antenna LNA', rx.description())
        self.assertIn('antenna TX', radios.make_transmitter(radio(rx_antenna='LNA')).description())

    def test_what_the_device_cannot_do_is_told(self):
        for options, words in (
                ({'gain': 61}, ['gain', '61', '0 to 60']),
                ({'freq': 1.5e9}, ['freq', '9.5e+07 to 1.005e+09 or 1.995e+09']),
                ({'antenna': 'J3'}, ["'J3'", 'RX or LNA']),
                ({'rate': 50e3}, ['rate', '100000 to 2e+07']),
                ({'rate': 7e6}, ['rate', '6666666.667', 'both ends']),
                ({'clock': 'gpsdo'}, ['clock', "'gpsdo'", 'internal or external']),
                ({'time': 'external'}, ['time', 'no choice'])):
            with self.subTest(options):
                self.refused(radios.make_receiver, radio(**options), *words)
                gc.collect()

    def test_a_transmitter_wants_a_frequency(self):
        text = 'soapy:driver=udeepsc_loopback,rate=1e6'
        self.refused(radios.make_transmitter, text, 'freq', 'to transmit on')
        self.assertIn('915.000 MHz', radios.make_receiver(text).description())

    def test_a_clock_that_never_locks(self):
        self.refused(radios.make_receiver, radio(clock='external'),
                     "clock: got 'external'", 'within 5 s', 'Is the reference connected')
        locked = 'soapy:driver=udeepsc_loopback,external=1,rate=1e6,clock=external'
        self.assertEqual(radios.make_receiver(locked).device.get_clock_source(), 'external')

    def test_correction_and_oscillator(self):
        rx = radios.make_receiver(radio(lo_offset=1e6))
        self.assertTrue(rx.device.get_dc_offset_mode(0))
        self.assertEqual((rx.device.get_frequency(0, 'RF'), rx.device.get_frequency(0, 'BB'),
                          rx.carrier), (916e6, -1e6, 915e6))
        rx = radios.make_receiver(radio(correction='off'))
        self.assertFalse(rx.device.get_dc_offset_mode(0))
        self.assertEqual(rx.device.get_frequency(0, 'RF'), 915e6)

    def test_overloaded(self):
        with Samples(radio(gain=40)) as bench:
            self.assertTrue(fx.wait_until(lambda: 'overloaded' in bench.rx.faults(), PATIENCE_S))
        self.assertNotIn('no signal', bench.rx.faults())

    def test_no_signal(self):
        with Samples(radio(tx_gain=0, rx_gain=0), value=1e-3) as bench:
            self.assertTrue(fx.wait_until(lambda: 'no signal' in bench.rx.faults(), PATIENCE_S))
        self.assertNotIn('overloaded', bench.rx.faults())

    def test_unplugged(self):
        with Samples() as bench:
            self.assertTrue(bench.settles_at(AMPLITUDE))
            bench.rx.device.write_setting('unplugged', True)
            self.assertTrue(fx.wait_until(lambda: 'vanished' in bench.rx.faults(), PATIENCE_S))


@unittest.skipIf(REASON, REASON)
class Bursts(unittest.TestCase):

    def test_payloads_come_back(self):
        """At 10 dB, with a carrier offset; then on another frequency."""
        n0 = AMPLITUDE**2 * 10**-1.0  # symbols have energy 0.3^2
        text = RADIO.replace('loopback', f'loopback,noise={n0**0.5},cfo=0.004')
        top, results = gr.top_block(), blocks.message_debug()
        tx = udeepsc.udeepsc_tx(fx.model_path(), text)
        rx = udeepsc.udeepsc_rx(fx.model_path(), text)
        top.connect(tx)  # the receiver is joined by its messages
        top.msg_connect((rx, 'out'), (results, 'store'))
        top.start()
        try:
            for i in range(4):
                tx.post(fx.image_pdu(fx.picture(i), frame_id=i))
            self.assertTrue(fx.wait_until(lambda: results.num_messages() >= 4, PATIENCE_S),
                            (tx.stats(), rx.stats()))
            for end in (tx, rx):
                self.assertTrue(end.set_freq(2.4e9))
                self.assertTrue(end.set_freq(None))  # leaves it
            for i in range(4, 8):
                tx.post(fx.image_pdu(fx.picture(i), frame_id=i))
            self.assertTrue(fx.wait_until(lambda: results.num_messages() >= 8, PATIENCE_S),
                            (tx.stats(), rx.stats()))
        finally:
            top.stop()
            top.wait()
        messages = [results.get_message(i) for i in range(8)]
        self.assertEqual([fx.key(m, 'frame_id') for m in messages], list(range(8)))
        self.assertAlmostEqual(float(np.median([fx.key(m, 'snr_db') for m in messages])), 10.0,
                               delta=1.0)
        self.assertEqual((tx.faults(), rx.faults()), ({}, {}))


@unittest.skipIf(REASON, REASON)
class Companion(unittest.TestCase):

    def test_fields_and_sliders(self):
        """Fields in place of what the text says; variables change a running device."""
        flow_graph = PLATFORM.make_flow_graph()
        options = flow_graph.options_block
        options.params['id'].set_value('qa_soapy')
        options.params['generate_options'].set_value('no_gui')
        for name, value in (('carrier', '434e6'), ('level', '25.0')):
            variable = flow_graph.new_block('variable')
            variable.params['id'].set_value(name)
            variable.params['value'].set_value(value)
        for end in ('tx', 'rx'):
            block = flow_graph.new_block(f'udeepsc_{end}')
            for key, value in (('id', end), ('model', fx.model_path()), ('radio', RADIO),
                               ('freq', 'carrier'), ('gain', 'level'), ('rate', '2e6')):
                block.params[key].set_value(value)
        source = flow_graph.new_block('blocks_message_strobe')
        source.params['id'].set_value('strobe')
        source.params['msg'].set_value('pmt.PMT_NIL')
        flow_graph.connect(source.sources[0], flow_graph.get_block('tx').sinks[0])
        with tempfile.TemporaryDirectory() as folder:
            top = load(generate(flow_graph, folder)[0]).qa_soapy()
        for radio in (top.tx.radio, top.rx.radio):
            self.assertEqual((radio.settings.rate, radio.carrier, radio.gain()),
                             (2e6, 434e6, 25))
        top.start()
        try:
            top.set_carrier(2.4e9)
            top.set_level(31.0)
            top.set_level(99.0)  # more than it has
        finally:
            top.stop()
            top.wait()
        for radio in (top.tx.radio, top.rx.radio):
            self.assertEqual((radio.carrier, radio.gain(), radio.faults()['setting']),
                             (2.4e9, 31, 1))


if __name__ == '__main__':
    unittest.main()
