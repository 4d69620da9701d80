#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/tutorials, run to the letter in a fresh home and an empty folder.

What becomes of a fenced block follows from what stands behind its three ticks:

    bash              run; has to end with exit status 0
    console           lines after "$ " are run, whatever their exit status; each line shown
                      below has to be in what they print, "..." standing for anything
    python, json      written to the file that the paragraph above names: `name.py`
    ... gnuradio      as above, but only where the blocks are built (build/test_modules)
    text              left alone

./gr-udeepsc is a script that calls the programs it would call, without installing or building.
"""

import json
import os
import re
import stat
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

UDEEPSC = Path(os.environ['UDEEPSC'])
ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
MODULES = UDEEPSC.parent.parent / 'test_modules'
PYTHON = '/usr/bin/python3'  # as in the tutorials
HAS_BLOCKS = any(MODULES.glob('gnuradio/udeepsc/*.so'))
LONGEST_S = 300  # what own-data.md promises, on two cores

FRONT_DOOR = f'''#!/bin/bash
export PYTHONPATH={MODULES} PYTHONDONTWRITEBYTECODE=1
command=$1
shift
case $command in
demo) exec {PYTHON} {ROOT}/apps/demo "$@" ;;
tx | rx | sim | channel) exec {PYTHON} {ROOT}/apps/radio "$command" "$@" ;;
*) exec {UDEEPSC} "$command" "$@" ;;
esac
'''

FENCE = re.compile(r'^```(\w+)( gnuradio)?$')
FILE_NAME = re.compile(r'`([\w-]+\.(?:py|json))`')
EVAL_ROW = re.compile(
    r'^(\w+) +awgn +(-?[\d.]+) dB +(\w+) +(-?[\d.]+) \+- [\d.]+ +([\d.]+) symbols +n (\d+)', re.M)


class Block:
    def __init__(self, kind, needs_blocks, text, line, name):
        self.kind, self.needs_blocks, self.text = kind, needs_blocks, text
        self.line, self.name = line, name


def blocks_of(path):
    """The fenced blocks of a Markdown file, in order."""
    lines = path.read_text().splitlines()
    blocks, at, paragraph = [], 0, ''
    while at < len(lines):
        if not lines[at].startswith('```'):
            if lines[at]:
                paragraph = lines[at] if at == 0 or not lines[at - 1] else \
                    f'{paragraph} {lines[at]}'
            at += 1
            continue
        fence = FENCE.match(lines[at])
        if not fence:
            raise ValueError(f'{path}, line {at + 1}: {lines[at]}: no kind of block')
        end = lines.index('```', at + 1)
        names = FILE_NAME.findall(paragraph)
        blocks.append(Block(fence[1], bool(fence[2]), '\n'.join(lines[at + 1:end]) + '\n',
                            at + 1, names[-1] if names else ''))
        at, paragraph = end + 1, ''
    return blocks


class Reader:
    """Somebody who copies a tutorial's blocks one by one."""

    def __init__(self, tutorial):
        self.path = ROOT / 'docs' / 'tutorials' / tutorial
        self._folder = tempfile.TemporaryDirectory(prefix='udeepsc-tutorial-')
        self.home = Path(self._folder.name) / 'home'
        self.checkout = Path(self._folder.name) / 'checkout'
        self.home.mkdir()
        (self.checkout / 'build').mkdir(parents=True)
        (self.checkout / 'build' / 'test_modules').symlink_to(MODULES)
        door = self.checkout / 'gr-udeepsc'
        door.write_text(FRONT_DOOR)
        door.chmod(door.stat().st_mode | stat.S_IXUSR)
        self.printed = ''  # by all blocks, stdout and stderr
        self.seconds = 0.0
        self.commands = 0

    def close(self):
        self._folder.cleanup()

    def run(self, command):
        """(exit status, what was printed)"""
        environment = {**os.environ, 'HOME': str(self.home)}
        environment.pop('PYTHONPATH', None)
        done = subprocess.run(['bash', '-euo', 'pipefail', '-c', command], cwd=self.checkout,
                              env=environment, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              errors='replace', timeout=500)
        self.printed += done.stdout
        self.commands += 1
        return done.returncode, done.stdout

    def read(self):
        start = time.monotonic()
        for block in blocks_of(self.path):
            if block.needs_blocks and not HAS_BLOCKS:
                continue
            getattr(self, block.kind)(block)
        self.seconds = time.monotonic() - start
        return self

    def fail(self, block, what):
        raise AssertionError(f'{self.path}, block at line {block.line}: {what}')

    def text(self, block):
        pass

    def python(self, block):
        if not block.name:
            self.fail(block, 'the paragraph above names no file')
        (self.checkout / block.name).write_text(block.text)

    json = python

    def bash(self, block):
        status, printed = self.run(block.text)
        if status != 0:
            self.fail(block, f'exit status {status}:\n{block.text}\n{printed}')

    def console(self, block):
        printed = ''
        for line in block.text.splitlines():
            if line.startswith('$ '):
                printed = self.run(line[2:])[1]
                continue
            shown = '.*'.join(re.escape(part) for part in re.split(r' ?\.\.\. ?', line))
            if not re.search(f'^{shown}$', printed, re.M):
                self.fail(block, f'not printed: {line}\nbut:\n{printed}')

    def scores(self, printed=None):
        """{(task, dB): value} of all rows that eval printed."""
        rows = EVAL_ROW.findall(self.printed if printed is None else printed)
        return {(task, float(snr)): float(value) for task, snr, _, value, _, _ in rows}

    def untrained_scores(self, config, tasks, data):
        """Those of the same network after one step: what chance gives."""
        training = json.loads((self.checkout / config).read_text())
        training['training']['phases'] = [{'steps': 1}]
        (self.checkout / 'untrained.json').write_text(json.dumps(training))
        status, printed = self.run(
            f'./gr-udeepsc train untrained.json --data {data} --out untrained --quiet && '
            f'./gr-udeepsc eval --model untrained/model.safetensors --data {data} --snr 12 '
            f'--task {",".join(tasks)}')
        if status != 0:
            raise AssertionError(printed)
        return self.scores(printed)


def has_numpy_and_pillow():
    return subprocess.run([PYTHON, '-c', 'import numpy, PIL'], capture_output=True).returncode == 0


@unittest.skipUnless(has_numpy_and_pillow(), f'{PYTHON} has no numpy or no Pillow')
class OwnData(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.reader = Reader('own-data.md')
        cls.addClassCleanup(cls.reader.close)
        cls.reader.read()

    def test_was_run(self):
        self.assertGreaterEqual(self.reader.commands, 12)

    def test_in_time(self):
        print(f'own-data.md: {self.reader.seconds:.0f} s', flush=True)
        self.assertLess(self.reader.seconds, LONGEST_S)

    def test_better_than_chance(self):
        # 20 pictures: by chance 16 or more are right in 0.6 % of all cases.
        scores = self.reader.scores()
        untrained = self.reader.untrained_scores(
            'my.json', ['image_classification', 'image_reconstruction'], '~/my')
        for snr in (0.0, 12.0):
            self.assertGreaterEqual(scores['image_classification', snr], 0.8)
        self.assertLess(untrained['image_classification', 12.0], 0.8)
        # A tile of its mean colour alone gives 18.7 dB.
        self.assertGreater(scores['image_reconstruction', 0.0], 20)
        self.assertGreater(scores['image_reconstruction', 12.0],
                           scores['image_reconstruction', 0.0] + 0.5)
        self.assertLess(untrained['image_reconstruction', 12.0], 20)

    @unittest.skipUnless(HAS_BLOCKS, 'the blocks are not built')
    def test_through_flowgraphs(self):
        accuracy = re.search(r'^accuracy ([\d.]+) of 20$', self.reader.printed, re.M)
        self.assertGreaterEqual(float(accuracy[1]), 0.8)
        for answer in ('cross', 'disc'):
            self.assertIn(f'{answer} (image_classification)', self.reader.printed)
        out = self.reader.checkout / 'runs' / 'my'
        self.assertTrue((out / 'demo' / 'report.png').is_file())
        self.assertTrue((out / 'sim' / 'figures.json').is_file())
        self.assertEqual(len(list((out / 'received').glob('picture-*.png'))), 2)


@unittest.skipUnless(has_numpy_and_pillow(), f'{PYTHON} has no numpy or no Pillow')
class OwnTask(unittest.TestCase):

    # Accuracies have to reach these; chance gives 1/3, 1/3 and 1/4 (60, 24 and 32 samples).
    LEAST = {'topic': 0.8, 'sound': 0.7, 'order': 0.8}
    # Always the middle of 0.5 to 1.5 kHz is 0.25 kHz wrong in the mean.
    MOST_ERROR_KHZ = 0.15

    @classmethod
    def setUpClass(cls):
        cls.reader = Reader('own-task.md')
        cls.addClassCleanup(cls.reader.close)
        cls.reader.read()

    def test_better_than_chance(self):
        print(f'own-task.md: {self.reader.seconds:.0f} s', flush=True)
        scores = self.reader.scores()
        untrained = self.reader.untrained_scores('own.json', [*self.LEAST, 'pitch'], '~/own')
        for task, least in self.LEAST.items():
            with self.subTest(task=task):
                self.assertGreaterEqual(scores[task, 0.0], least)
                self.assertGreaterEqual(scores[task, 12.0], least)
                self.assertLess(untrained[task, 12.0], least)
        self.assertLess(scores['pitch', 12.0], self.MOST_ERROR_KHZ)
        self.assertGreater(untrained['pitch', 12.0], self.MOST_ERROR_KHZ)

    def test_number_as_json(self):
        line = next(line for line in self.reader.printed.splitlines() if line.startswith('{"task"'))
        result = json.loads(line)
        self.assertEqual((result['task'], result['metric']), ('pitch', 'mae'))
        self.assertGreater(result['pearson'], 0.5)
        self.assertGreater(result['accuracy'], 0.6)


if __name__ == '__main__':
    unittest.main()
