#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings whose carrier is far off, and what rx says about its settings."""

import math
import shutil
import sys
import unittest
from types import SimpleNamespace

import numpy as np

from radio_fixture import APP, FOLDER, ROOT, TIMEOUT_S, run, set_up, start_rx, tx

sys.path += [str(APP), str(ROOT / 'python' / 'udeepsc')]
from hints import ReceptionHints  # noqa: E402

RATE = 500e3
SYMBOL_RATE = RATE / 2
HINT = 'carrier offset: '


def setUpModule():
    set_up()
    for profile in ('standard', 'ofdm'):
        status, said = tx(f'sigmf:{FOLDER}/{profile},rate={RATE:g}', '--text', 'a fine film',
                          '--profile', profile)
        if status:
            raise AssertionError(said)


def recording(profile, cfo):
    """The transmitter's, `cfo` cycles a symbol off and with noise 15 dB below the symbols."""
    samples = np.fromfile(FOLDER / f'{profile}.sigmf-data', np.complex64)
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((len(samples), 2)) @ [1, 1j] * math.sqrt(10**-1.5 / 2)
    turn = np.exp(2j * np.pi * cfo / 2 * np.arange(len(samples)))
    name = f'{profile}-{cfo:g}'
    (samples * turn + noise).astype(np.complex64).tofile(FOLDER / f'{name}.sigmf-data')
    shutil.copy(FOLDER / f'{profile}.sigmf-meta', FOLDER / f'{name}.sigmf-meta')
    return name


def receive(name, *more):
    receiver = start_rx(f'sigmf:{FOLDER}/{name},pace=fast', f'of-{name}-{len(more)}', *more)
    try:
        said, _ = receiver.communicate(timeout=TIMEOUT_S)
    finally:
        receiver.kill()
    if receiver.returncode:
        raise AssertionError(said)
    return said


class FarOff(unittest.TestCase):

    def test_a_wide_search_decodes_down_to_the_payload(self):
        for profile, cfo in (('standard', 0.19), ('standard', -0.19), ('ofdm', 0.19),
                             ('ofdm', -0.19)):
            with self.subTest(profile=profile, cfo=cfo):
                said = receive(recording(profile, cfo), '--max-cfo', '0.2', '--profile', profile)
                self.assertIn('4 of 4 tiles', said)
                self.assertIn('1 pictures, 1 sentences', said)
                self.assertIn(f'carrier offset {cfo * SYMBOL_RATE:+.0f} Hz, the median', said)
                # Said once, and nothing is advised that cannot be had.
                self.assertEqual(said.count(HINT), 1, said)
                self.assertIn('of the +-50000 Hz', said)
                self.assertNotIn('--max-cfo', said)

    def test_the_usual_search_hears_nothing(self):
        for profile in ('standard', 'ofdm'):
            said = receive(recording(profile, 0.19), '--profile', profile)
            self.assertIn('0 pictures, 0 sentences', said)

    def test_near_the_edge_of_the_usual_search(self):
        said = receive(recording('standard', 0.0185))
        self.assertIn('1 pictures, 1 sentences', said)
        self.assertEqual(said.count(HINT), 1, said)
        self.assertIn('--max-cfo 0.04', said)
        said = receive(recording('standard', 0.01))
        self.assertIn('1 pictures, 1 sentences', said)
        self.assertNotIn(HINT, said)

    def test_out_of_range(self):
        for value in ('0.21', '-0.1', 'wide'):
            status, said = run('rx', '--radio', f'sigmf:{FOLDER}/standard', '--max-cfo', value)
            self.assertEqual(status, 2, said)
            self.assertIn(f"--max-cfo: got '{value}', expected a number from 0 to 0.2", said)


class Hints(unittest.TestCase):

    def said(self, kind, *results):
        words = []
        hints = ReceptionHints(kind, 1e6, 0.02, words.append)
        for cfo, power in results:
            hints.take(SimpleNamespace(cfo=cfo, power=power))
        return words

    def test_each_is_said_once(self):
        strong, faint, good, unknown = 0.5, 1e-6, 0.01, math.nan
        self.assertEqual(self.said('uhd', (0.0, good), (0.0179, good), (math.nan, unknown)), [])
        words = self.said('uhd', *[(-0.019, strong)] * 3, *[(0.0, faint)] * 3)
        self.assertEqual(len(words), 3)
        self.assertTrue(words[0].startswith('carrier offset: -9500 Hz of the +-10000 Hz'))
        self.assertTrue(words[1].startswith('strong signal: bursts come with -3 dB'))
        self.assertTrue(words[2].startswith('faint signal: bursts come with -60 dB'))

    def test_what_has_no_full_scale(self):
        for kind in ('zmq', 'sigmf', 'sim'):
            self.assertEqual(self.said(kind, (0.0, 0.5), (0.0, 1e-9), (0.0, 0.0)), [])


if __name__ == '__main__':
    unittest.main()
