#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the hardware in radio_channel: by name, while it runs, and the tags of a loss."""

import math
import pathlib
import sys
import unittest

import numpy as np
import pmt
import yaml
from gnuradio import blocks, gr, udeepsc

import burst_fixture as bx
import fixture as fx
from qa_radio_channel import INFINITY, Stream, library

sys.path[:0] = [str(pathlib.Path(fx.SOURCE_DIR) / 'apps' / name) for name in ('radio', 'demo')]

from faults import FAULTS  # noqa: E402

SOME = dict(clip_db=6, pa_db=5, dc_dbc=-20, iq_gain_db=0.5, iq_phase_deg=3, agc_step_db=6,
            agc_period=700, pulse_sir_db=3, pulse_period=900, narrowband_sir_db=10,
            narrowband_width=0.01, drop_period=1100, drop_samples=123)


def fields():
    made = udeepsc.hardware_faults()
    return [name for name in dir(made) if isinstance(getattr(made, name), float)]


class Faults(unittest.TestCase):

    def test_by_name(self):
        faults = udeepsc.hardware_faults(dc_dbc=-20, drop_samples=5)
        self.assertEqual((faults.dc_dbc, faults.drop_samples, faults.clip_db),
                         (-20, 5, INFINITY))
        for bad, error, word in (({'dc_db': 1}, TypeError, "'dc_db'"),
                                 ({'validate': 1}, TypeError, "'validate'"),
                                 ({'dc_dbc': 'much'}, TypeError, ''),
                                 ({'dc_dbc': math.nan}, ValueError, 'dc_dbc: got nan'),
                                 ({'iq_phase_deg': 90}, ValueError, '-45 to 45')):
            with self.subTest(bad), self.assertRaisesRegex(error, word):
                udeepsc.hardware_faults(**bad)

    def test_the_same_names_everywhere(self):
        self.assertEqual(sorted(FAULTS), fields())
        path = pathlib.Path(fx.SOURCE_DIR) / 'grc' / 'udeepsc_radio_channel.block.yml'
        described = yaml.safe_load(path.read_text())
        plain = udeepsc.hardware_faults()
        for name in FAULTS:
            parameter = [p for p in described['parameters'] if p['id'] == name][0]
            # Companion's defaults are Python's.
            self.assertEqual(eval(parameter['default']), getattr(plain, name), name)
            for template in (described['templates']['make'],
                             *described['templates']['callbacks'][-1:]):
                self.assertIn(f'{name}=${{{name}}}', template)

    def test_equals_the_phy_library(self):
        x = np.exp(2j * np.pi * 0.03 * np.arange(50000)).astype(np.complex64)
        faults = udeepsc.hardware_faults(**SOME)
        got = bx.through(udeepsc.radio_channel(snr_db=10.0, faults=faults), x)
        np.testing.assert_array_equal(got, library(x, snr_db=10.0, faults=faults))
        self.assertLess(len(got), len(x) * (1 - 0.9 * 123 / 1100))

    def test_while_it_runs(self):
        block = udeepsc.radio_channel(snr_db=INFINITY)
        with Stream(block, value=0.1) as bench:
            self.assertAlmostEqual(np.mean(bench.tail()), 0.1, delta=1e-6)
            block.set_faults(udeepsc.hardware_faults(dc_dbc=-20))
            # The mean power of a burst is 0.5 in each sample.
            self.assertAlmostEqual(np.mean(bench.tail()), 0.1 + 0.5**0.5 / 10, delta=1e-6)
            bad = udeepsc.hardware_faults()
            bad.pulse_duty = 2
            with self.assertRaisesRegex(ValueError, 'pulse_duty'):
                block.set_faults(bad)
            block.set_faults(udeepsc.hardware_faults(clip_db=-20))
            self.assertAlmostEqual(np.mean(bench.tail()), 0.5**0.5 / 10, delta=1e-6)
            block.set_faults(udeepsc.hardware_faults())
            self.assertAlmostEqual(np.mean(bench.tail()), 0.1, delta=1e-6)
        self.assertEqual(block.faults().dc_dbc, -INFINITY)

    def tags(self, **more):
        """{offset: {key: value}} behind a channel that loses 400 of 5000 samples, the samples
        being their own numbers."""
        x = np.arange(60000).astype(np.complex64)
        channel = udeepsc.radio_channel(snr_db=INFINITY, faults=udeepsc.hardware_faults(
            drop_period=5000, drop_samples=400, **more))
        sink = blocks.vector_sink_c()
        top = gr.top_block()
        top.connect(blocks.vector_source_c(x.tolist()), channel, sink)
        top.run()
        found = {}
        for tag in sink.tags():
            found.setdefault(tag.offset, {})[pmt.symbol_to_string(tag.key)] = \
                pmt.to_python(tag.value)
        return np.real(np.array(sink.data())), found

    def test_tags_of_a_loss(self):
        """As of a USRP: time of the first sample after it, from which the loss follows."""
        rate = 50000.0
        y, found = self.tags(drop_tag_rate=rate)
        jumps = [0, *(np.flatnonzero(np.diff(y) > 1.5) + 1)]
        self.assertGreater(len(jumps), 10)
        self.assertEqual(sorted(found), jumps)
        for offset, tags in found.items():
            self.assertEqual(tags['rx_rate'], rate)
            whole, part = tags['rx_time']
            self.assertIsInstance(whole, int)
            self.assertAlmostEqual(whole + part, y[offset] / rate, places=9)
            self.assertTrue(0 <= part < 1)

    def test_a_loss_without_tags(self):
        y, found = self.tags()
        self.assertGreater(np.count_nonzero(np.diff(y) > 1.5), 9)
        self.assertEqual(found, {})


if __name__ == '__main__':
    unittest.main()
