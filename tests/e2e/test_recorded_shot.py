#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""tests/data/recorded-shot, a recording with faults of the hardware, received with the shipped
model: every burst is accounted for, and what was sent comes out.

tests/data/make_recorded_shot.py makes the recording. One burst has lost 700 samples in its header.
"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc
from PIL import Image

from radio_fixture import APP, ROOT

SHOT = ROOT / 'tests' / 'data' / 'recorded-shot'
TIMEOUT_S = 400
# By frame number; number 1 is the burst with the gap.
SENTENCES = {0: 'a warm , funny and beautifully acted film that stays with you .',
             2: 'one of the best movies of the year .',
             3: 'it feels twice as long as it is .'}
# Of the picture as it came when the recording was made. Rounding elsewhere moves it by hundredths.
PSNR_DB, TOLERANCE_DB = 26.56, 0.3


def receive(out, *more):
    """(what rx prints, lines of results.jsonl)"""
    done = subprocess.run(
        [sys.executable, '-B', str(APP), 'rx', '--radio', f'sigmf:{SHOT},pace=fast', '--grid', '4x4',
         '--out', str(out), *more],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_S, check=True)
    results = out / 'results.jsonl'
    lines = results.read_text().splitlines() if results.exists() else []
    return done.stdout, [json.loads(line) for line in lines]


def psnr_db(first, second):
    first, second = (np.asarray(Image.open(path), float) for path in (first, second))
    return -10 * np.log10(np.mean((first - second)**2) / 255**2)


def demodulate(profile='standard'):
    """(payloads, demodulator) of the recording, without the network."""
    detector = udeepsc.burst_detector(profile)
    demodulator = udeepsc.burst_demodulator('lite', profile)
    top, got = gr.top_block(), blocks.message_debug()
    radio = udeepsc.radios.make_receiver(f'sigmf:{SHOT},pace=fast')
    top.connect(radio, detector)
    top.msg_connect((detector, 'out'), (demodulator, 'in'))
    top.msg_connect((demodulator, 'out'), (got, 'store'))
    top.run()
    return [pmt.to_python(pmt.car(got.get_message(i))) for i in range(got.num_messages())], demodulator


class RecordedShot(unittest.TestCase):

    def test_it_is_small(self):
        self.assertLess(SHOT.with_suffix('.sigmf-data').stat().st_size, 1 << 20)

    def test_every_burst_is_accounted_for(self):
        payloads, demodulator = demodulate()
        self.assertEqual(demodulator.received(), 5)
        self.assertEqual(demodulator.dropped('no header'), 1)
        self.assertEqual(demodulator.dropped(), 1)
        self.assertEqual([(p['task'], p['frame_id']) for p in payloads],
                         [('image_reconstruction', number) for number in range(16)]
                         + [('text_reconstruction', number) for number in SENTENCES])
        for payload in payloads:
            # 0.004 cycles a sample are 0.008 a symbol; the fit's error is 1e-4 and less.
            self.assertAlmostEqual(payload['cfo'], 0.008, delta=2e-4)
            self.assertGreater(payload['snr_db'], 9.0)
            self.assertLess(payload['snr_db'], 15.0)

    def test_another_profile_finds_nothing(self):
        payloads, _ = demodulate('multipath')
        self.assertEqual(payloads, [])

    def test_what_it_means(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            said, lines = receive(out)
            self.assertIn('5 bursts: 1 pictures, 3 sentences', said)
            pictures = [line for line in lines if line['output'] == 'picture']
            self.assertEqual([picture['tiles'] for picture in pictures], [[16, 16]])
            self.assertAlmostEqual(psnr_db(out / pictures[0]['file'], SHOT.with_suffix('.png')),
                                   PSNR_DB, delta=TOLERANCE_DB)
            self.assertEqual({line['frame_id']: line['value'] for line in lines
                              if line['output'] == 'sentence'}, SENTENCES)

    def test_other_weights_say_something_else(self):
        """The control: a model of random weights is another one, and says so."""
        with tempfile.TemporaryDirectory() as folder:
            model = str(Path(folder) / 'model')
            udeepsc.write_random_model(str(ROOT / 'configs' / 'tiny.json'), 1, model)
            said, lines = receive(Path(folder) / 'out', '--model', model)
            self.assertEqual(lines, [])
            self.assertIn('dropped, other model', said)


if __name__ == '__main__':
    unittest.main()
