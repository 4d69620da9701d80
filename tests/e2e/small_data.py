# SPDX-License-Identifier: GPL-3.0-or-later
"""Data, configurations and commands for the tests of the command line.

Small enough to be made in a moment and to be learnt in a few hundred steps, in the layouts
that the real data sets have. The same seed gives the same files.
"""

import copy
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

UDEEPSC = os.environ['UDEEPSC']
CONFIGS = Path(os.environ['UDEEPSC_CONFIGS'])

CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer',
           'dog', 'frog', 'horse', 'ship', 'truck']
COLOURS = np.array([[220, 40, 40], [40, 200, 40], [50, 60, 230], [230, 220, 50], [220, 60, 220],
                    [40, 210, 220], [240, 240, 240], [20, 20, 20], [240, 140, 40], [120, 120, 120]])
PICTURES_A_FILE = 60

GOOD = ['charming', 'funny', 'moving', 'lovely', 'smart']
BAD = ['dull', 'stupid', 'lifeless', 'messy', 'boring']
NOUNS = ['film', 'story', 'comedy', 'drama', 'cast', 'plot']
FILLERS = ['the', 'a', 'is', 'and', 'very', 'this', 'it', ',', '.', 'so']
WORDS = GOOD + BAD + NOUNS + FILLERS


def pictures(random, count):
    """CIFAR-10 records: the colour of the class, a lighter or darker disc somewhere."""
    y, x = np.mgrid[:32, :32]
    records = np.empty((count, 3073), np.uint8)
    for i in range(count):
        label = i % len(CLASSES)
        row, column = random.integers(8, 24, 2)
        disc = (y - row) ** 2 + (x - column) ** 2 < random.integers(16, 80)
        pixels = COLOURS[label] + random.integers(-8, 9, (32, 32, 3))
        pixels[disc] += random.choice([-60, 60])
        records[i, 0] = label
        records[i, 1:] = np.clip(pixels, 0, 255).transpose(2, 0, 1).reshape(-1)
    return records


def sentence(random):
    label = int(random.integers(2))
    words = ['this' if random.integers(2) else 'the', NOUNS[random.integers(len(NOUNS))], 'is',
             *(['so'] if random.integers(2) else []),
             (GOOD if label else BAD)[random.integers(5)]]
    if random.integers(2):
        words += ['and', (GOOD if label else BAD)[random.integers(5)]]
    return ' '.join(words + ['.']), label


def write_tsv(path, random, count):
    lines = ['{}\t{}'.format(*sentence(random)) for _ in range(count)]
    path.write_text('\n'.join(['sentence\tlabel'] + lines) + '\n')


def write_data(folder, seed=7):
    """Both data sets under `folder`, every split different from the others."""
    random = np.random.default_rng(seed)
    cifar = Path(folder) / 'cifar-10-batches-bin'
    cifar.mkdir(parents=True)
    for name in [f'data_batch_{i}.bin' for i in range(1, 6)] + ['test_batch.bin']:
        pictures(random, PICTURES_A_FILE).tofile(cifar / name)
    (cifar / 'batches.meta.txt').write_text('\n'.join(CLASSES) + '\n')
    sst = Path(folder) / 'SST-2'
    sst.mkdir()
    write_tsv(sst / 'train.tsv', random, 200)
    write_tsv(sst / 'val.tsv', random, 50)
    write_tsv(sst / 'dev.tsv', random, 70)
    return Path(folder)


def write_vocabulary(path):
    """A BERT-like vocab.txt: special tokens, letters as word starts and inside, words."""
    letters = [chr(c) for c in range(ord('a'), ord('z') + 1)]
    tokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', *letters,
              *('##' + c for c in letters), *(w for w in WORDS if len(w) > 1 or not w.isalpha())]
    Path(path).write_text('\n'.join(tokens) + '\n')
    return Path(path)


IMAGE_TASKS = ('image_classification', 'image_reconstruction')
TEXT_TASKS = ('text_classification', 'text_reconstruction')
TASKS = IMAGE_TASKS + TEXT_TASKS

MODEL = {
    'name': 'small',
    'encoders': {
        'image': {'dim': 32, 'heads': 2, 'semantic_layers': 1, 'ffn': 64,
                  'image_size': 32, 'patch': 8},
        'text': {'dim': 32, 'heads': 2, 'semantic_layers': 1, 'ffn': 64,
                 'tokenizer': 'wordpiece', 'vocabulary': 96, 'max_tokens': 16},
    },
    'decoder': {'dim': 32, 'heads': 2, 'layers': 1, 'ffn': 64},
    'codebook': {'entries': 16, 'subvector_dim': 2},
    'modulation': '16qam',
    'mapping': 'symbol',
    'tasks': [
        {'name': 'image_classification', 'output': 'label', 'data': ['cifar10'],
         'classes': CLASSES,
         'inputs': {'image': {'min_vectors': 3, 'max_vectors': 6, 'send_task_token': True}}},
        {'name': 'image_reconstruction', 'output': 'picture', 'data': ['cifar10'],
         'queries': 16, 'aligned': True,
         'inputs': {'image': {'subvectors': 6}}},
        {'name': 'text_classification', 'output': 'label', 'data': ['sst2'],
         'classes': ['negative', 'positive'],
         'inputs': {'text': {'min_vectors': 2, 'max_vectors': 4, 'send_task_token': True}}},
        {'name': 'text_reconstruction', 'output': 'sentence', 'data': ['sst2'],
         'queries': 16, 'aligned': True,
         'inputs': {'text': {'subvectors': 3}}},
    ],
}


def config(steps, tasks=TASKS, model=MODEL, **training):
    """A training configuration; `steps` in the digital phase, keywords replace the rest."""
    settings = {
        'tasks': {task: {'weight': 1, 'batch': 16} for task in tasks},
        'phases': [{'steps': steps, 'digital': True, 'snr_db': [-2, 14]}],
        'learning_rate': 4e-3, 'final_learning_rate': 1e-5, 'warmup_steps': 20,
        'weight_decay': 1e-3, 'gradient_clip': 1.0, 'word_dropout': 0.0, 'rayleigh': 0.1,
        'seed': 3, 'split': 'train', 'checkpoint_every': 1000,
    }
    settings.update(training)
    return {'model': copy.deepcopy(model), 'training': settings}


def write_json(path, value):
    Path(path).write_text(json.dumps(value))
    return Path(path)


def run(*arguments, timeout=280, **options):
    """The command line with these arguments; its texts and its exit status."""
    return subprocess.run([UDEEPSC, *map(str, arguments)], capture_output=True, text=True,
                          errors='replace', timeout=timeout, **options)


def log_of(out):
    """The lines of a training's log; a line that is no JSON raises."""
    return [json.loads(line) for line in (Path(out) / 'log.jsonl').read_text().splitlines()]


class Workshop:
    """A temporary folder with data and vocabulary, and training runs in it."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix='udeepsc-e2e-')
        self.folder = Path(self._folder.name)
        self.data = write_data(self.folder / 'data')
        self.vocabulary = write_vocabulary(self.folder / 'vocab.txt')

    def close(self):
        self._folder.cleanup()

    def train_command(self, name, training, *more, out=None):
        return ['train', write_json(self.folder / f'{name}.json', training), '--data', self.data,
                '--out', out or self.folder / name, '--tokenizer', self.vocabulary, '--quiet',
                '--precision', 'fp32', *more]

    def train(self, name, training, *more, **options):
        """Runs a training to its end and gives the folder it wrote to."""
        done = run(*self.train_command(name, training, *more, **options))
        if done.returncode:
            sys.exit(f'training {name} failed: {done.stderr}')
        return Path(options.get('out') or self.folder / name)
