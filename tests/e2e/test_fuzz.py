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
SANITIZED = bool(os.environ.get('UDEEPSC_SANITIZER'))
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
    """tests/fuzz/replay.cc."""

    def replay(self, *arguments, target='wordpiece'):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([BUILD / f'tests/fuzz/replay_{target}', *arguments], cwd=folder,
                                  capture_output=True, text=True, timeout=300)
            kept = Path(folder) / 'fault.input'
            return done, kept.read_bytes() if kept.exists() else None

    def test_the_same_seed_gives_the_same_inputs(self):
        seeds = BUILD / 'tests/fuzz/seeds/wordpiece'
        done, kept = self.replay('100', '7', seeds)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('103 executions, 3 files', done.stdout)
        self.assertIsNone(kept)

    @unittest.skipIf(SANITIZED, 'sanitizers have larger limits')
    def test_every_fault_is_seen_and_its_input_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'input'
            for fault, word in ((b'a', 'this input is sound'), (b'e', 'of no door'), (b's', ''),
                                (b't', 'expected at most 1.0'), (b'm', 'expected at most 512.0'),
                                (b'-', None)):
                path.write_bytes(fault)
                done, kept = self.replay('0', '1', path, target='control')
                with self.subTest(fault=fault):
                    self.assertEqual(done.returncode == 0, word is None, done)
                    self.assertIn(word or '', done.stderr)
                    self.assertEqual(kept, None if word is None else fault)

    def test_no_corpus_is_a_mistake(self):
        done, _ = self.replay('100', '7', '/nowhere')
        self.assertEqual(done.returncode, 2)
        self.assertIn('expected a corpus', done.stderr)


if __name__ == '__main__':
    unittest.main()
