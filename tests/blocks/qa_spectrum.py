#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./gr-udeepsc reproduce spectrum`: measures what theory says of signals that are known."""

import contextlib
import csv
import importlib.util
import io
import math
import os
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from gnuradio import udeepsc

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
MISSING = [name for name in ('matplotlib', 'scipy') if importlib.util.find_spec(name) is None]
if not MISSING:
    sys.path.insert(0, str(ROOT / 'scripts' / 'reproduce'))
    import spectrum


@unittest.skipIf(MISSING, f'without {MISSING}')
class Measures(unittest.TestCase):

    def test_a_sine_has_no_peaks_and_no_width(self):
        samples = np.exp(2j * np.pi * 0.01 * np.arange(100000))
        exceeded, highest = spectrum.peaks_db(samples)
        self.assertAlmostEqual(exceeded, 0, places=6)
        self.assertAlmostEqual(highest, 0, places=6)
        self.assertLess(spectrum.occupied_bandwidth(*spectrum.density(samples)), 0.05)

    def test_noise(self):
        """Exponential power: one sample in 10,000 exceeds ln(10000) = 9.64 dB; all the band is
        occupied alike, and the channel beside is as strong."""
        random = np.random.default_rng(1)
        samples = random.normal(size=500000) + 1j * random.normal(size=500000)
        exceeded, _ = spectrum.peaks_db(samples)
        self.assertAlmostEqual(exceeded, 10 * math.log10(math.log(1e4)), delta=0.3)
        frequency, power = spectrum.density(samples)
        self.assertAlmostEqual(spectrum.occupied_bandwidth(frequency, power),
                               0.99 * 2 * spectrum.OVERSAMPLING, delta=0.05)
        for side in (-1, 1):
            self.assertAlmostEqual(spectrum.leakage_db(frequency, power, 1.35, side), 0, delta=0.2)

    def test_an_amplifier_that_saturates(self):
        samples = np.array([0.1, 1.0, 10.0, 1000.0], complex)
        got = spectrum.amplified(samples, 0.0)
        saturation = math.sqrt(np.mean(np.abs(samples)**2))
        self.assertAlmostEqual(got[0].real, 0.1, places=6)
        self.assertLess(got[3].real, saturation)
        np.testing.assert_array_equal(spectrum.amplified(samples, math.inf), samples)

    def test_root_raised_cosine(self):
        """Half the power density at half the symbol rate, nothing beyond (1 + roll-off) / 2."""
        phy = udeepsc.phy
        _, spectra = spectrum.study(phy, 'standard', 4, 1)
        frequency, power = spectra[math.inf]
        level = 10 * np.log10(power / np.mean(power[np.abs(frequency) < 0.3]))
        self.assertAlmostEqual(np.interp(0.5, frequency, level), -3, delta=0.7)
        self.assertLess(np.max(level[np.abs(frequency) > 0.75]), -40)


@unittest.skipIf(MISSING, f'without {MISSING}')
class Command(unittest.TestCase):

    def test_table_and_picture(self):
        with tempfile.TemporaryDirectory() as folder:
            with contextlib.redirect_stdout(io.StringIO()) as said:
                self.assertEqual(spectrum.main(['--quick', '--out', folder]), 0)
            with open(Path(folder) / 'spectrum.csv', newline='', encoding='utf-8') as file:
                rows = list(csv.DictReader(file))
            self.assertGreater((Path(folder) / 'spectrum.png').stat().st_size, 10000)
        value = {(row['profile'], float(row['back_off_db']), row['quantity']): float(row['value'])
                 for row in rows}
        for name in udeepsc.phy.frame_profile.names():
            self.assertIn(name, said.getvalue())
            # The harder an amplifier is driven, the more is beside, and the lower are the peaks.
            for side in ('aclr_lower_db', 'aclr_upper_db'):
                leaks = [value[name, back_off, side] for back_off in spectrum.BACK_OFFS_DB]
                self.assertEqual(leaks, sorted(leaks))
                self.assertLess(leaks[0], -40)
            peaks = [value[name, back_off, 'papr_db'] for back_off in spectrum.BACK_OFFS_DB]
            self.assertEqual(peaks, sorted(peaks, reverse=True))


if __name__ == '__main__':
    unittest.main()
