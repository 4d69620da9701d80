#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the table and the report say about results."""

import io
import unittest

import numpy as np

import fixture as fx  # noqa: F401, finds the demonstration's modules
import console
import report
import summary


class Summary(unittest.TestCase):

    def test_psnr(self):
        black = np.zeros((4, 4, 3), np.uint8)
        self.assertEqual(summary.psnr_db(black, black), 100.0)
        self.assertAlmostEqual(summary.psnr_db(black, black + 255), 0.0)
        self.assertAlmostEqual(summary.psnr_db(black, black + 16), 24.0484, 3)

    def test_readable(self):
        self.assertEqual(summary.readable("it 's not bad , ( really ) fine ."),
                         "it's not bad, (really) fine.")
        self.assertEqual(summary.readable("does n't  say\nmuch !"), "doesn't say much!")

    def test_words_that_differ(self):
        self.assertEqual(report.compared('a good film.', 'a bad film'),
                         [('a', True), ('bad', False), ('film', True)])
        self.assertEqual(report.compared('a film', ''), [])

    def test_kept_patches(self):
        pixels = np.full((32, 32, 3), (200, 0, 0), np.uint8)
        shown = report.keep_patches(pixels, [0, 9, 64], 65)  # 64: the task's own vector
        self.assertTrue((shown[:4, :4] == (200, 0, 0)).all())
        self.assertTrue((shown[4:8, 4:8] == (200, 0, 0)).all())
        self.assertEqual(int((shown == (200, 0, 0)).all(axis=2).sum()), 2 * 16)

    def test_table(self):
        out = io.StringIO()
        table = console.Table(out)
        table.head()
        table.row({'task': 't', 'snr_db': -6.0, 'symbols': 12345, 'unit': '8 a tile',
                   'result': 'x' * 100, 'score_text': '20.0 dB'})
        line = out.getvalue().splitlines()[-1]
        self.assertIn('\u22126 dB', line)
        self.assertIn('12 345  8 a tile', line)
        self.assertTrue(line.endswith('\u2026  20.0 dB'))


if __name__ == '__main__':
    unittest.main()
