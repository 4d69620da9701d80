#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole demonstration with a small untrained network: everything but the quality."""

import json
import os
import subprocess
import sys
import unittest

import numpy as np
from gnuradio import udeepsc
from PIL import Image

import fixture as fx


def tiny_model():
    path = fx.FOLDER / 'tiny.safetensors'
    if not path.exists():
        udeepsc.write_random_model(str(fx.ROOT / 'configs' / 'tiny.json'), 1, str(path))
    return path


def picture(name, height, width):
    path = fx.FOLDER / name
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def hearing_model():
    """tiny, with a task that takes sounds in place of the one that takes vectors."""
    config = json.loads((fx.ROOT / 'configs' / 'tiny.json').read_text())
    model = config['model']
    model['encoders']['speech'] = {
        'kind': 'speech', 'dim': 16, 'heads': 2, 'semantic_layers': 1, 'ffn': 32}
    model['tasks'][-1] = {
        'name': 'speech_classification', 'output': 'label', 'classes': ['seven', 'three'],
        'inputs': {'speech': {'min_vectors': 1, 'max_vectors': 3, 'send_task_token': True}}}
    written = fx.FOLDER / 'hearing.json'
    written.write_text(json.dumps(config))
    path = fx.FOLDER / 'hearing.safetensors'
    udeepsc.write_random_model(str(written), 1, str(path))
    return path


class Sounds(unittest.TestCase):

    def run_speech(self, name, *more, **options):
        """The rows of the task that takes sounds."""
        out = fx.FOLDER / name
        done = fx.run_demo('--model', hearing_model(), '--out', out, '--snr', 0,
                           '--image', picture('heard.png', 32, 32), '--text', 'a', *more, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = json.loads((out / 'results.json').read_text())['results']
        return [r for r in rows if r['task'] == 'speech_classification'], done.stdout, out

    def test_the_users(self):
        from scipy.io import wavfile
        path = fx.FOLDER / 'hum.wav'
        wavfile.write(path, 8000, (9000 * np.sin(np.arange(4000) / 5)).astype(np.int16))
        (row,), _, out = self.run_speech('hum', '--sound', path, path)
        self.assertEqual((row['samples'], row['dropped']), (2, 0))
        self.assertEqual(sorted(p.name for p in (out / 'sounds').iterdir()),
                         ['hum-2.wav', 'hum.wav'])
        with Image.open(out / 'report.png') as image:
            self.assertGreater(image.width, 500)

    @classmethod
    def setUpClass(cls):
        """A program of that name that says nothing but a hum between two silences."""
        voice = fx.FOLDER / 'voice' / 'espeak-ng'
        voice.parent.mkdir()
        voice.write_text('''#!/usr/bin/python3
import sys
import numpy as np
from scipy.io import wavfile
hum = np.concatenate([np.zeros(3000), 9000 * np.sin(np.arange(2000) / 4), np.zeros(3000)])
wavfile.write(sys.argv[sys.argv.index('-w') + 1], 16000, hum.astype(np.int16))
''')
        voice.chmod(0o755)

    def test_digits_where_there_is_a_voice(self):
        path = f'{fx.FOLDER / "voice"}:{os.environ["PATH"]}'
        (row,), _, out = self.run_speech('digits', env={**os.environ, 'PATH': path})
        self.assertEqual((row['samples'], row['dropped']), (10, 0), row)
        from scipy.io import wavfile
        _, seven = wavfile.read(out / 'sounds' / 'seven.wav')
        self.assertLess(abs(seven.shape[0] - 2000), 20)  # without the silence

    def test_voices_for_a_data_set(self):
        """As the unseen speaker of the Free Spoken Digit Dataset."""
        path = f'{fx.FOLDER / "voice"}:{os.environ["PATH"]}'
        data = fx.FOLDER / 'spoken'
        done = subprocess.run([sys.executable, '-B', fx.ROOT / 'scripts' / 'speak_digits.py', data],
                              env={**os.environ, 'PATH': path}, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        names = [p.name for p in (data / 'fsdd' / 'recordings_unseen_speaker').iterdir()]
        self.assertEqual(len(names), 100)
        self.assertIn('7_voice3_0.wav', names)

    def test_left_out_where_there_is_none(self):
        (fx.FOLDER / 'mute').mkdir()
        rows, said, _ = self.run_speech('mute-out',
                                        env={**os.environ, 'PATH': str(fx.FOLDER / 'mute')})
        self.assertFalse(rows)
        self.assertIn('not shown here: speech_classification (no sound: give one with', said)

    def test_bad_ones(self):
        for name in ('none.wav', fx.FOLDER):
            done = fx.run_demo('--model', hearing_model(), '--sound', name, '--out', fx.FOLDER / 'x')
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(str(name), done.stderr)


class Demo(unittest.TestCase):

    def test_runs_to_the_report(self):
        out = fx.FOLDER / 'out'
        done = fx.run_demo('--model', tiny_model(), '--out', out, '--snr', 12, -6,
                           '--image', picture('odd.png', 50, 70), '--channel', 'rayleigh',
                           '--text', 'it costs $5 , or $6 .', 'b ' * 30,
                           '--question', 'is it odd?', 'what is it?')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('tiles a second', done.stdout)
        results = json.loads((out / 'results.json').read_text())['results']
        self.assertEqual([r['snr_db'] for r in results if r['task'] == 'image_reconstruction'],
                         [-6, 12])
        for r in results:
            self.assertEqual(r['dropped'], 0, r)
            self.assertEqual(r['samples'], {'image_reconstruction': 2 * 3,
                                            'image_classification': 1,
                                            'visual_question_answering': 2}.get(r['task'], 3))
            self.assertGreater(r['symbols'], 0)
        self.assertFalse(json.loads((out / 'results.json').read_text())['conventional'])
        with Image.open(out / 'received' / 'odd_-6dB.png') as image:
            self.assertEqual(image.size, (70, 50))
        with Image.open(out / 'report.png') as image:
            self.assertGreater(image.width, 500)

    def test_fades_are_the_same_at_each_snr(self):
        """A picture of one tile: whatever its SNR, one gain and one noise."""
        out = fx.FOLDER / 'fades'
        done = fx.run_demo('--model', tiny_model(), '--out', out, '--snr', 0, 0.001,
                           '--image', picture('one.png', 32, 32), '--channel', 'rayleigh')
        self.assertEqual(done.returncode, 0, done.stderr)
        results = json.loads((out / 'results.json').read_text())['results']
        scores = [r['score'] for r in results if r['task'] == 'image_reconstruction']
        self.assertAlmostEqual(scores[0], scores[1], 2)

    def test_cliff_of_the_conventional_chain(self):
        """As many symbols as ours; whole above its threshold, nothing below."""
        out = fx.FOLDER / 'cliff'
        path = fx.FOLDER / 'smooth.png'
        rows, columns = np.mgrid[0:64, 0:96]
        Image.fromarray(np.stack([2 * columns, 3 * rows, 255 - rows], 2).astype(np.uint8)).save(path)
        done = fx.run_demo('--model', tiny_model(), '--out', out, '--snr', -2, 8, '--image', path)
        self.assertEqual(done.returncode, 0, done.stderr)
        record = json.loads((out / 'results.json').read_text())
        ours = [r['symbols'] for r in record['results'] if r['task'] == 'image_reconstruction']
        below, above = record['conventional']
        self.assertEqual([below['symbols'], above['symbols']], ours)
        self.assertEqual([below['damaged'], above['damaged']], [True, False])
        self.assertLess(below['psnr_db'], 20)
        self.assertGreater(above['psnr_db'], 25)

    def test_an_empty_question(self):
        done = fx.run_demo('--model', tiny_model(), '--question', ' ')
        self.assertEqual(done.returncode, 2)
        self.assertIn('--question', done.stderr)

    def test_a_lost_sample_leaves_the_others_in_place(self):
        out = fx.FOLDER / 'lost'
        done = fx.run_demo('--model', tiny_model(), '--out', out, '--snr', 12,
                           '--image', picture('small.png', 8, 8),
                           '--text', ' '.join(24 * ['incomprehensibilities']), 'a good film')
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn('were dropped', done.stdout)
        results = json.loads((out / 'results.json').read_text())['results']
        texts = [r for r in results if r['task'].startswith('text')]
        self.assertEqual([r['dropped'] for r in texts], [1, 1])
        for r in texts:
            first, second = r.get('sentences') or [a['answer'] for a in r['answers']]
            self.assertFalse(first)
            self.assertTrue(second)

    def test_model_that_is_none(self):
        path = fx.FOLDER / 'none.safetensors'
        path.write_bytes(b'\x00' * 100)
        done = fx.run_demo('--model', path, '--out', fx.FOLDER / 'none')
        self.assertEqual(done.returncode, 2)
        self.assertIn(str(path), done.stderr)
        self.assertNotIn('Traceback', done.stderr)

    def test_folder_that_cannot_be_written(self):
        done = fx.run_demo('--model', tiny_model(), '--out', '/proc/demo_out')
        self.assertEqual(done.returncode, 1)
        self.assertIn('/proc/demo_out', done.stderr)
        self.assertNotIn('Traceback', done.stderr)


if __name__ == '__main__':
    unittest.main()
