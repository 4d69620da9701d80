#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fuzz command, and what runs its targets without libFuzzer."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
BUILD = Path(os.environ['UDEEPSC_BUILD_DIR'])
TARGETS = sorted(path.stem.removeprefix('fuzz_') for path in (ROOT / 'tests/fuzz').glob('fuzz_*.cc'))


def fuzz(*arguments, **environment):
    return subprocess.run([ROOT / 'gr-udeepsc', 'fuzz', *arguments], capture_output=True, text=True,
                          env={**os.environ, **environment}, timeout=600)


def has_libfuzzer():
    if not shutil.which('clang++'):
        return False
    source = 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }'
    return not subprocess.run(['clang++', '-x', 'c++', '-', '-fsanitize=fuzzer,address', '-o',
                               '/dev/null'], input=source, text=True, capture_output=True).returncode


class Command(unittest.TestCase):

    def test_every_target_is_listed_and_is_a_test(self):
        listed = [line.split()[0] for line in fuzz('--list').stdout.splitlines()]
        self.assertEqual(sorted(listed), sorted([*TARGETS, 'radio', 'sigmf', 'command']))
        tests = subprocess.run(['ctest', '--test-dir', BUILD, '-N', '-L', '^fuzz$'],
                               capture_output=True, text=True, check=True).stdout
        self.assertEqual(set(re.findall(r'fuzz\.(\w+)', tests)), set(listed))

    def test_bad_arguments_are_refused(self):
        for arguments, word in (((), 'fuzz --list'), (('nothing',), "no target 'nothing'"),
                                (('text', '--seconds', 'x'), "got 'x' seconds"),
                                (('text', '--quick'), "got '--quick'")):
            done = fuzz(*arguments)
            self.assertEqual(done.returncode, 1, arguments)
            self.assertIn(word, done.stderr)

    def test_a_door_in_python(self):
        done = fuzz('radio', '--seconds', '1')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r'^radio: \d+ executions')

    @unittest.skipUnless(has_libfuzzer(), 'no Clang with libFuzzer here')
    def test_a_door_by_libfuzzer(self):
        with tempfile.TemporaryDirectory() as folder:
            done = fuzz('feedback', '--seconds', '1', UDEEPSC_FUZZ_BUILD=folder)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertRegex(done.stdout, r'feedback: [1-9]\d* executions, [1-9]\d* inputs kept')


class Replay(unittest.TestCase):
    """tests/fuzz/replay.cc, with the vocabulary's door."""

    def replay(self, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([BUILD / 'tests/fuzz/replay_wordpiece', *arguments], cwd=folder,
                                  capture_output=True, text=True, timeout=300)
            return done, {path.name for path in Path(folder).iterdir()}

    def test_the_same_seed_gives_the_same_inputs(self):
        seeds = BUILD / 'tests/fuzz/seeds/wordpiece'
        done, left = self.replay('100', '7', seeds)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('103 executions, 3 files', done.stdout)
        self.assertEqual(left, set())

    def test_no_corpus_is_a_mistake(self):
        done, _ = self.replay('100', '7', '/nowhere')
        self.assertEqual(done.returncode, 2)
        self.assertIn('expected a corpus', done.stderr)


if __name__ == '__main__':
    unittest.main()
