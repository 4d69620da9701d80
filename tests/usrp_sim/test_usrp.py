#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our transmitter and receiver over gr-uhd and Ettus' simulated E320: the same UHD that
drives a real one, its network protocol, flow control and converters' 16 bits."""

import gc
import importlib
import os
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / 'blocks'), str(ROOT / 'apps')]

import namespace  # noqa: E402
from simulated_usrp import DEVICE_ARGS, SimulatedUsrp, why_not  # noqa: E402

# A process can stream with one simulated device only: UHD goes on with its numbers of
# endpoints, which the next device does not know.
PARTS = ('Bursts', 'Device', 'Example', 'Vanishing')
if __name__ == '__main__' and not any(part in a for a in sys.argv for part in PARTS):
    sys.exit(max([subprocess.call([sys.executable, '-B', *sys.argv, part]) for part in PARTS]))

REASON = why_not()
if not REASON and __name__ == '__main__':
    namespace.enter()  # before anything has threads

import numpy as np  # noqa: E402
from gnuradio import blocks, gr, udeepsc  # noqa: E402
from gnuradio.udeepsc import radios  # noqa: E402

import fixture as fx  # noqa: E402
from flowgraph import compile_flowgraph  # noqa: E402

RATE = 250e3  # near the least of an E320; the simulator's pace is a sixteenth of it
PATIENCE_S = 20
RADIO = f'uhd:{DEVICE_ARGS},rate={RATE:g},freq=915e6,gain=10'


def tag(offset, key):
    import pmt
    made = gr.tag_t()
    made.offset, made.key, made.value = offset, pmt.intern(key), pmt.PMT_T
    return made


def loop(samples, wanted, amplitude=0.3):
    """Samples through transmitter and receiver; what came, until `wanted` are not silent."""
    top = gr.top_block()
    source = blocks.vector_source_c(samples.tolist(), False, 1, [
        tag(0, 'tx_sob'), tag(len(samples) - 1, 'tx_eob')])
    transmitter = radios.make_transmitter(f'{RADIO},amplitude={amplitude}')
    receiver = radios.make_receiver(RADIO)
    sink = blocks.vector_sink_c()
    top.connect(source, transmitter)
    top.connect(receiver, sink)
    top.start()
    fx.wait_until(lambda: np.count_nonzero(np.array(sink.data())) >= wanted, PATIENCE_S)
    top.stop()
    top.wait()
    return np.array(sink.data(), np.complex64), (transmitter.faults(), receiver.faults())


@unittest.skipIf(REASON, REASON)
class Device(unittest.TestCase):

    def tearDown(self):
        gc.collect()  # UHD ends a session when its last block is gone

    def test_every_sample_comes_back(self):
        count = 40000
        samples = np.exp(0.05j * np.arange(count)).astype(np.complex64)
        with SimulatedUsrp() as usrp:
            got, faults = loop(samples, count)
            gc.collect()
        at = np.flatnonzero(got)
        self.assertEqual(len(at), count, usrp)
        self.assertEqual(at[-1] - at[0] + 1, count)  # in one piece
        # 16 bits, rounded twice.
        np.testing.assert_allclose(got[at], 0.3 * samples, atol=1e-4)
        self.assertEqual(faults, ({}, {}))

    def test_settings_of_each_end_and_while_it_is_open(self):
        with SimulatedUsrp():
            both = RADIO.replace('gain=10', 'tx_gain=7,rx_gain=12,rx_antenna=RX2')
            tx, rx = radios.make_transmitter(both), radios.make_receiver(both)
            self.assertEqual((tx.gain(), rx.gain()), (7, 12))
            self.assertIn('antenna RX2', rx.description())
            self.assertNotIn('antenna RX2', tx.description())
            # The oscillator is a sample rate away, by itself.
            self.assertEqual(rx.carrier, 915e6)
            self.assertTrue(rx.set_freq(2.4e9))
            self.assertAlmostEqual(rx.device.get_center_freq(), 2.4e9, delta=1)
            self.assertTrue(rx.set_gain(30))
            self.assertEqual(rx.gain(), 30)
            self.assertFalse(rx.set_freq(7e9))
            self.assertFalse(rx.set_gain(99))
            self.assertEqual((rx.faults(), rx.gain(), rx.carrier), ({'setting': 2}, 30, 2.4e9))
            del tx, rx
            gc.collect()

    def test_a_transmitter_wants_a_frequency(self):
        with self.assertRaises(radios.RadioError) as caught:
            radios.make_transmitter(RADIO.replace(',freq=915e6', ''))
        self.assertIn('freq: got nothing', str(caught.exception))

    def test_what_the_device_cannot_do_is_told(self):
        with SimulatedUsrp():
            for option, words in (('gain=120', ['gain', '0 to 76']),
                                  ('freq=1', ['freq', '7e+07 to 6e+09']),
                                  ('antenna=X', ["'X'", 'TX/RX']),
                                  ('clock=mimo', ["'mimo'", 'expected internal']),
                                  ('subdev=Q:9', ['Q:9']),
                                  ('rate=1000', ['rate', '1000', '220000 to 6.144e+07'])):
                with self.subTest(option):
                    name = option.split('=')[0]
                    radio = ','.join(p for p in RADIO.split(',')
                                     if not p.startswith(name + '=')) + ',' + option
                    with self.assertRaises(radios.RadioError) as caught:
                        radios.make_receiver(radio)
                    for word in words:
                        self.assertIn(word, str(caught.exception))
                    gc.collect()


class Loop:
    """udeepsc_tx and udeepsc_rx over one device."""

    def __init__(self, **options):
        self.top = gr.top_block()
        model = fx.model_path()
        self.tx = udeepsc.udeepsc_tx(model, RADIO, **options)
        self.rx = udeepsc.udeepsc_rx(model, RADIO, **options)
        self.results = blocks.message_debug()
        self.top.connect(self.tx)  # the receiver is joined by its messages
        self.top.msg_connect((self.rx, 'out'), (self.results, 'store'))

    def send(self, count):
        for i in range(count):
            self.tx.post(fx.image_pdu(fx.picture(i), frame_id=i))

    def close(self):
        self.tx.close()
        self.rx.close()

    def ids(self):
        return [fx.key(self.results.get_message(i), 'frame_id')
                for i in range(self.results.num_messages())]


@unittest.skipIf(REASON, REASON)
class Bursts(unittest.TestCase):

    def tearDown(self):
        gc.collect()

    def test_payloads_come_back(self):
        """At 10 dB, with a carrier offset and a delay that is no whole number of samples."""
        count = 12
        amplitude = 0.3
        n0 = amplitude**2 * 10**-1.0  # noise in each sample is N0; symbols have energy 0.3^2
        with SimulatedUsrp(noise=n0**0.5, cfo=0.004, delay=10.3):
            loop = Loop()
            loop.top.start()
            loop.send(count)
            arrived = fx.wait_until(lambda: loop.results.num_messages() >= count, PATIENCE_S)
            loop.top.stop()
            loop.top.wait()
            stats = loop.tx.stats(), loop.rx.stats()
            faults = loop.tx.faults(), loop.rx.faults()
            snr = [fx.key(loop.results.get_message(i), 'snr_db')
                   for i in range(loop.results.num_messages())]
            ids = loop.ids()
            loop.close()
            del loop
            gc.collect()
        self.assertTrue(arrived, stats)
        self.assertEqual(ids, list(range(count)))
        self.assertAlmostEqual(float(np.median(snr)), 10.0, delta=1.0)
        self.assertEqual(faults[0], {})


@unittest.skipIf(REASON, REASON)
class Example(unittest.TestCase):

    def load(self, name, folder):
        path = compile_flowgraph(ROOT / 'examples' / '07_usrp' / f'{name}.grc', folder)
        sys.path.insert(0, folder)  # its Python blocks lie beside it
        return getattr(importlib.import_module(path.stem), name)

    def test_the_flowgraphs_of_example_07(self):
        """Both find the device, and what one sends the other receives."""
        options = {'args': DEVICE_ARGS, 'samp_rate': RATE, 'gain': 10.0}
        with tempfile.TemporaryDirectory() as folder:
            transmitter = self.load('usrp_transmitter', folder)
            receiver = self.load('usrp_receiver', folder)
            with SimulatedUsrp(noise=0.03, cfo=0.002, delay=10.3):
                rx, tx = receiver(**options), transmitter(**options)
                rx.start()
                tx.start()
                arrived = rx.udeepsc_task_sink_0.wait_for(8, 3 * PATIENCE_S)
                for top in (tx, rx):
                    top.stop()
                    top.wait()
                stats = rx.udeepsc_burst_demodulator_0.stats()
                said = [r.sentence for r in rx.udeepsc_task_sink_0.results() if r.sentence]
                del rx, tx, top
                gc.collect()
        self.assertTrue(arrived, stats)
        self.assertIn('a film with heart , humor and a dash of magic', said)


@unittest.skipIf(REASON, REASON)
class Vanishing(unittest.TestCase):

    def test_a_radio_that_vanishes(self):
        """The plug is pulled: it is told, and the flowgraph can still be stopped."""
        with SimulatedUsrp() as usrp:
            loop = Loop()
            loop.top.start()
            loop.send(2)
            fx.wait_until(lambda: loop.results.num_messages() >= 1, PATIENCE_S)
            usrp.stop()
            loop.send(2)
            told = fx.wait_until(lambda: 'vanished' in loop.rx.faults(), 20)
            ended = threading.Event()

            def end():
                loop.top.stop()
                loop.top.wait()
                ended.set()

            threading.Thread(target=end, daemon=True).start()
            self.assertTrue(ended.wait(fx.TIMEOUT_S))
            self.assertTrue(told)


if __name__ == '__main__':
    program = unittest.main(exit=False)
    sys.stdout.flush()
    sys.stderr.flush()
    # Sessions with a device that has vanished wait for it in their destructors.
    os._exit(not program.result.wasSuccessful())
