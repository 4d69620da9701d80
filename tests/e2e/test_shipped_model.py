# SPDX-License-Identifier: GPL-3.0-or-later
"""The model in models/ on photographs and sentences that it has never seen.

The bounds lie well below what docs/results.md reports: they are for finding that something
broke, and every one has a control that must fail it.
"""

import json
import os
import tempfile
import unittest
from pathlib import Path

import numpy as np
from skimage import data as photographs
from skimage.transform import resize

import small_data as sd
from safetensors_file import SafetensorsFile

SHIPPED = Path(os.environ['UDEEPSC_SOURCE_DIR']) / 'models' / 'udeepsc-lite.safetensors'

GOOD = ['a warm and funny film , beautifully acted .',
        'one of the best comedies of the year .',
        'the story is moving and the cast is wonderful .',
        'an intelligent , charming and delightful picture .',
        'a great performance in a powerful drama .',
        'funny , touching and full of life .',
        'a fascinating and enjoyable film .',
        'it is a smart and gorgeous movie .']
BAD = ['a dull and lifeless film with no ideas .',
       'one of the worst comedies of the year .',
       'the story is a mess and the cast looks bored .',
       'too long , too loud and too stupid .',
       'a bad script and terrible acting .',
       'boring , predictable and flat .',
       'an awful and tedious waste of time .',
       'it is a pointless and painfully unfunny movie .']


def tiles(picture):
    """A photograph at a quarter of its size, cut into 32x32 tiles: detail as in CIFAR-10."""
    height, width = picture.shape[0] // 4, picture.shape[1] // 4
    small = np.rint(255 * resize(picture[..., :3], (height, width), anti_aliasing=True))
    return [small[y:y + 32, x:x + 32].astype(np.uint8)
            for y in range(0, height - 31, 32) for x in range(0, width - 31, 32)]


def write_data(folder):
    records = [np.concatenate([[0], tile.transpose(2, 0, 1).reshape(-1)])
               for picture in (photographs.astronaut(), photographs.cat(), photographs.coffee())
               for tile in tiles(picture)]
    cifar = folder / 'cifar-10-batches-bin'
    cifar.mkdir()
    np.array(records, np.uint8).tofile(cifar / 'test_batch.bin')
    (cifar / 'batches.meta.txt').write_text('\n'.join(sd.CLASSES) + '\n')
    (folder / 'SST-2').mkdir()
    lines = [f'{text}\t{label}' for label, texts in enumerate((BAD, GOOD)) for text in texts]
    (folder / 'SST-2' / 'dev.tsv').write_text('sentence\tlabel\n' + '\n'.join(lines) + '\n')


def misreading(source, target):
    """The control: the right network, but its receiver takes each feature for another."""
    model = SafetensorsFile(source)
    for name, (dtype, shape, content) in list(model.tensors.items()):
        if 'from_channel' in name and name.endswith('weight'):
            kind = {'F16': np.float16, 'F32': np.float32}[dtype]
            weight = np.frombuffer(content, kind).reshape(shape)
            weight = np.roll(weight, 1, axis=1)
            model.tensors[name] = (dtype, shape, weight.tobytes())
    return model.rehash().write(target)


class ShippedModel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix='udeepsc-e2e-')
        cls.data = Path(cls.folder.name)
        write_data(cls.data)
        cls.control = misreading(SHIPPED, cls.data / 'control.safetensors')

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def scores(self, task, *options, model=SHIPPED, snr=(-6, 0, 12)):
        done = sd.run('eval', '--model', model, '--data', self.data, '--task', task, '--snr',
                      ','.join(map(str, snr)), '--json', *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([line['snr_db'] for line in lines], list(snr))
        for line in lines:
            # Es/N0 means what it says. Few symbols, few samples: a wide bound.
            self.assertAlmostEqual(line['energy_mean'], 1, delta=0.15)
        return lines

    def test_photographs(self):
        low, middle, high = self.scores('image_reconstruction')
        self.assertGreater(low['value'], 14)
        self.assertGreater(middle['value'], low['value'] + 1)
        self.assertGreater(high['value'], middle['value'] + 1)
        self.assertGreater(high['value'], 21)
        self.assertEqual(high['symbols_mean'], 512)

    def test_photographs_control(self):
        high, = self.scores('image_reconstruction', model=self.control, snr=[12])
        self.assertLess(high['value'], 16)

    def test_sentences(self):
        low, middle, high = self.scores('text_reconstruction')
        self.assertLess(low['value'], middle['value'])
        self.assertLess(middle['value'], high['value'])
        self.assertGreater(high['value'], 0.6)
        self.assertLessEqual(high['symbols_per_word'], 12)

    def test_sentences_control(self):
        high, = self.scores('text_reconstruction', model=self.control, snr=[12])
        self.assertLess(high['value'], 0.1)

    def test_sentiment(self):
        low, middle, high = self.scores('text_classification')
        self.assertGreaterEqual(middle['value'], 0.7)
        self.assertGreaterEqual(high['value'], 0.75)
        self.assertLessEqual(high['symbols_mean'], 4)
        self.assertLess(high['vectors_mean'], low['vectors_mean'])

    def test_soft_is_better_than_hard(self):
        soft, = self.scores('image_reconstruction', snr=[0])
        hard, = self.scores('image_reconstruction', '--decode', 'hard', snr=[0])
        self.assertGreater(soft['value'], hard['value'] + 0.5)


if __name__ == '__main__':
    unittest.main()
