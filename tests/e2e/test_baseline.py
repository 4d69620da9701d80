#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`udeepsc baseline` beside `udeepsc eval`, and `udeepsc bench codes`."""

import json
import unittest

import small_data as sd

SHOP = None
MODEL = None


def setUpModule():
    global SHOP, MODEL
    SHOP = sd.Workshop()
    # What it has learnt does not matter here: its channel uses and data sets are asked for.
    MODEL = SHOP.train('model', sd.config(2)) / 'model.safetensors'


def tearDownModule():
    SHOP.close()


def baseline(*arguments):
    return sd.run('baseline', '--model', MODEL, '--data', SHOP.data, *arguments)


def lines(done):
    if done.returncode:
        raise AssertionError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def results(*arguments):
    return lines(baseline('--json', *arguments))


class Baseline(unittest.TestCase):

    def test_pictures(self):
        """Better with the SNR, below an ideal code, as many symbols and samples as eval."""
        got = results('--task', 'image_reconstruction', '--limit', 20, '--snr', '0,12',
                      '--scheme', 'jpeg-ldpc,jpeg-capacity', '--symbols', 512)
        self.assertEqual([(r['scheme'], r['snr_db']) for r in got],
                         [(s, snr) for s in ('jpeg-ldpc', 'jpeg-capacity') for snr in (0, 12)])
        coded, ideal = got[:2], got[2:]
        for r in got:
            self.assertEqual((r['metric'], r['n'], r['symbols_mean'], r['channel']),
                             ('psnr_db', 20, 512, 'awgn'))
        self.assertGreater(coded[1]['value'], coded[0]['value'] + 1)
        for worse, better in zip(coded, ideal):
            self.assertGreater(better['value'], worse['value'])
        self.assertEqual(sum(coded[0]['formats'].values()), 20)

    def test_equal_channel_uses(self):
        for task, scheme in (('image_reconstruction', 'jpeg-ldpc'),
                             ('text_reconstruction', 'huffman-ldpc')):
            common = ('--task', task, '--limit', 10, '--snr', 12)
            model = lines(sd.run('eval', '--model', MODEL, '--data', SHOP.data, '--json',
                                 *common))[0]
            conventional = results('--scheme', scheme, *common)[0]
            for key in ('symbols_mean', 'n', 'skipped', 'dataset', 'metric', 'split'):
                self.assertEqual(model[key], conventional[key], key)

    def test_sentences(self):
        got = results('--task', 'text_reconstruction', '--limit', 20, '--snr', '-20,10',
                      '--scheme', 'arithmetic-ldpc,utf8-turbo', '--symbols', 300)
        self.assertEqual([r['value'] for r in got if r['snr_db'] == 10], [1, 1])
        self.assertTrue(all(r['value'] < 0.1 for r in got if r['snr_db'] == -20))
        arithmetic, utf8 = (r['bits_mean'] for r in got if r['snr_db'] == 10)
        self.assertLess(arithmetic, 0.5 * utf8)

    def test_fixed_rate_falls_off_a_cliff(self):
        low, high = results('--task', 'image_reconstruction', '--limit', 10, '--snr', '3,10',
                            '--mcs', '16qam-1/2', '--symbols', 512)
        self.assertEqual((low['lost'], high['lost']), (10, 0))
        self.assertEqual(low['formats'], {'16qam-1/2': 10})

    def test_fading(self):
        """The same seed gives the same gains; knowing them helps."""
        common = ('--task', 'image_reconstruction', '--snr', 9, '--channel', 'rayleigh',
                  '--symbols', 512)
        mean, = results(*common)
        known, = results(*common, '--csi-at-transmitter')
        self.assertGreater(known['value'], mean['value'])
        self.assertLess(known['lost'], mean['lost'])
        self.assertEqual(results(*common)[0], mean)
        sight, = results(*common[:5], 'rician', *common[6:], '--k-factor', 15)
        self.assertLess(sight['lost'], mean['lost'])

    def test_whole_pictures(self):
        from PIL import Image
        path = SHOP.folder / 'shades.png'
        picture = Image.linear_gradient('L').resize((96, 64)).convert('RGB')
        picture.save(path)
        common = ('--task', 'image_reconstruction', '--pictures', path, '--snr', 6,
                  '--symbols', 100)
        whole, = results(*common)
        tiles, = results(*common, '--tiles')
        self.assertEqual(tiles['symbols_mean'], 100)
        self.assertEqual(whole['symbols_mean'], 100 * tiles['n'])

    def test_bad_input_is_named(self):
        task = ('--task', 'image_reconstruction')
        for arguments, said in ((task + ('--scheme', 'gif-ldpc'), 'jpeg2000-turbo'),
                                (task + ('--scheme', 'utf8-ldpc'), 'sends texts, not'),
                                (task + ('--mcs', '8psk-1/2'), 'qpsk-1/8'),
                                (task + ('--channel', 'nakagami'), 'awgn, rayleigh or rician'),
                                (task + ('--tiles',), '--pictures'),
                                (('--task', 'text_classification'), 'sends pictures, not')):
            done = baseline(*arguments)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(said, done.stderr)


class Codes(unittest.TestCase):

    def test_threshold(self):
        point, = lines(sd.run('bench', 'codes', '--code', 'ldpc', '--mcs', 'qpsk-1/2', '--symbols',
                              128, '--json'))
        self.assertEqual((point['information_bits'], point['payload_error_rate']), (128, 0.01))
        # Not below what 128 symbols can do at all (1.3 dB), nor far from it.
        self.assertGreater(point['esn0_db'], 1.3)
        self.assertLess(point['esn0_db'], 3.3)


if __name__ == '__main__':
    unittest.main()
