#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""radio_channel: equality with the phy library, every setter while running, bad input."""

import pathlib
import unittest

import numpy as np
import pmt
import yaml
from gnuradio import blocks, gr, udeepsc

import burst_fixture as bx
import fixture as fx

INFINITY = float('inf')

HARD = dict(snr_db=3.0, gain_db=-7.0, phase=0.3, cfo=0.004, delay=12.34, clock_ppm=15.0,
            phase_noise=0.002, multipath='three_tap', fading='rician', doppler=1e-4,
            rician_k_db=4.0, seed=5)


def library(samples, **parameters):
    config = bx.phy.radio_channel_config()
    for name, value in parameters.items():
        setattr(config, 'esn0_db' if name == 'snr_db' else name, value)
    return bx.phy.radio_channel(config).apply(np.asarray(samples, np.complex64))


class Stream(fx.Running):
    """A constant stream through the block; tail() is what has come out lately."""

    def __init__(self, block, value=1.0):
        self.block = block
        self.top = gr.top_block()
        self.sink = blocks.vector_sink_c()
        source = blocks.vector_source_c([value], True)
        self.top.connect(source, blocks.throttle(gr.sizeof_gr_complex, 2e6), block, self.sink)

    def tail(self, count=20000):
        """`count` samples from after this call; what is on its way is let pass."""
        self.sink.reset()
        if not fx.wait_until(lambda: len(self.sink.data()) > 2 * count + 40000):
            raise AssertionError('the stream stands still')
        return np.array(self.sink.data()[-count:])


class Channel(unittest.TestCase):

    def test_equals_the_phy_library(self):
        x = np.exp(2j * np.pi * 0.03 * np.arange(100000)).astype(np.complex64)
        for parameters in ({}, {'snr_db': INFINITY}, HARD):
            with self.subTest(**parameters):
                got = bx.through(udeepsc.radio_channel(**parameters), x)
                np.testing.assert_array_equal(got, library(x, **parameters))
        got = bx.through(udeepsc.radio_channel(snr_db=INFINITY), x)
        np.testing.assert_array_equal(got, x[:len(got)])
        # The interpolation keeps the stream's last samples.
        self.assertGreater(len(got), len(x) - 100)

    def test_noise_is_exact(self):
        n = 200000
        for snr_db in (-6.0, 20.0):
            y = bx.through(udeepsc.radio_channel(snr_db=snr_db), np.zeros(n))
            # |n|^2 is exponential, its mean over n has deviation N0 / sqrt(n): 5 of them.
            self.assertAlmostEqual(np.mean(np.abs(y)**2) * 10**(snr_db / 10), 1,
                                   delta=5 / len(y)**0.5)

    def test_setters_while_running(self):
        """Each seen in what comes out of a constant stream of ones."""
        block = udeepsc.radio_channel(snr_db=INFINITY)
        with Stream(block) as bench:
            np.testing.assert_allclose(bench.tail(), 1, atol=1e-4)
            block.set_gain_db(20.0)
            self.assertAlmostEqual(np.mean(np.abs(bench.tail())), 10, delta=0.01)
            block.set_gain_db(0.0)
            block.set_phase(np.pi / 2)
            self.assertAlmostEqual(np.mean(bench.tail()), 1j, delta=0.01)
            block.set_cfo(0.01)
            y = bench.tail()
            self.assertAlmostEqual(np.angle(np.mean(y[1:] * np.conj(y[:-1]))) / 2 / np.pi,
                                   0.01, delta=1e-4)
            block.set_cfo(0.0)
            block.set_snr_db(0.0)
            self.assertAlmostEqual(np.var(bench.tail()), 1, delta=0.05)
            bench.block.to_basic_block()._post(pmt.intern('snr'), pmt.from_double(10.0))
            self.assertTrue(fx.wait_until(lambda: block.snr_db() == 10.0))
            self.assertAlmostEqual(np.var(bench.tail()), 0.1, delta=0.005)
            block.set_snr_db(INFINITY)
            block.set_multipath('notch')  # equal paths in opposition: nothing at 0 Hz
            self.assertLess(np.max(np.abs(bench.tail())), 0.01)
            block.set_multipath('none')
            block.set_fading('rayleigh')
            gain = np.mean(bench.tail())
            block.restart()
            self.assertGreater(abs(np.mean(bench.tail()) - gain), 1e-3)
            block.set_doppler(1e-3)
            self.assertGreater(np.std(np.abs(bench.tail())), 0.1)
            block.set_fading('rician')
            block.set_rician_k_db(60.0)
            self.assertAlmostEqual(np.mean(np.abs(bench.tail())), 1, delta=0.05)
            block.set_fading('none')
            block.set_phase_noise(0.1)
            y = bench.tail()
            self.assertAlmostEqual(np.std(np.angle(y[1:] * np.conj(y[:-1]))), 0.1,
                                   delta=0.01)
            block.set_phase_noise(0.0)
            block.set_delay(0.5)
            block.set_clock_ppm(10000.0)
            before = block.nitems_read(0), block.nitems_written(0)
            bench.tail(200000)
            read = block.nitems_read(0) - before[0]
            written = block.nitems_written(0) - before[1]
            # One in a hundred more comes out: 4,400 and more. The two numbers are of two
            # moments, and a buffer's worth may lie between what they count.
            self.assertGreater(written, 1.002 * read)
        self.assertEqual((block.multipath(), block.fading(), block.delay()),
                         ('none', 'none', 0.5))

    def test_bad_parameters(self):
        block = udeepsc.radio_channel()
        for name, value in (('snr_db', float('nan')), ('gain_db', 1e9), ('phase', INFINITY),
                            ('cfo', 0.7), ('delay', -1.0), ('clock_ppm', 1e9),
                            ('phase_noise', -1.0), ('multipath', 'forest'),
                            ('fading', 'nakagami'), ('doppler', 2.0),
                            ('rician_k_db', float('nan'))):
            with self.subTest(name):
                field = 'esn0_db' if name == 'snr_db' else name
                before = getattr(block, name)()
                with self.assertRaisesRegex(ValueError, field):
                    getattr(block, 'set_' + name)(value)
                with self.assertRaisesRegex(ValueError, field):
                    udeepsc.radio_channel(**{name: value})
                self.assertEqual(getattr(block, name)(), before)
        with self.assertRaisesRegex(ValueError, 'samples_per_symbol'):
            udeepsc.radio_channel(samples_per_symbol=0)

    def test_bad_snr_messages(self):
        block = udeepsc.radio_channel(snr_db=5.0)
        with Stream(block) as bench:
            for message in (pmt.from_double(float('nan')), pmt.intern('x'), pmt.PMT_NIL,
                            pmt.from_double(1e6)):
                bench.block.to_basic_block()._post(pmt.intern('snr'), message)
            self.assertTrue(fx.wait_until(lambda: block.dropped('bad snr') == 4))
        self.assertEqual(block.snr_db(), 5.0)

    def test_channel_by_message(self):
        block = udeepsc.radio_channel()
        bad = (pmt.intern('notch'), pmt.from_double(1.0), pmt.PMT_NIL, pmt.intern('none'))
        with Stream(block) as bench:
            def post(message):
                bench.block.to_basic_block()._post(pmt.intern('channel'), message)

            for name, fading in (('rayleigh', 'rayleigh'), ('rician', 'rician'), ('awgn', 'none')):
                post(pmt.intern(name))
                self.assertTrue(fx.wait_until(lambda: block.fading() == fading), name)
            for message in bad:
                post(message)
            self.assertTrue(fx.wait_until(lambda: block.dropped('bad channel') == len(bad)))
        self.assertEqual(block.fading(), 'none')

    def test_samples_that_are_not_finite_pass(self):
        """And leave no trace: what comes well after them is as it would have been."""
        x = np.exp(2j * np.pi * 0.03 * np.arange(50000)).astype(np.complex64)
        bad = x.copy()
        bad[20000:20010] = np.nan
        parameters = dict(HARD, snr_db=INFINITY)
        clean = bx.through(udeepsc.radio_channel(**parameters), x)
        got = bx.through(udeepsc.radio_channel(**parameters), bad)
        self.assertFalse(np.isfinite(got).all())
        np.testing.assert_array_equal(got[20200:], clean[20200:])

    def test_grc_knows_every_multipath_profile(self):
        path = pathlib.Path(fx.SOURCE_DIR) / 'grc' / 'udeepsc_radio_channel.block.yml'
        parameters = yaml.safe_load(path.read_text())['parameters']
        options = [p for p in parameters if p['id'] == 'multipath'][0]['options']
        self.assertEqual([o.strip("'") for o in options], bx.phy.multipath_profiles())


if __name__ == '__main__':
    unittest.main()
