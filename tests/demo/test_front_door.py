#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The front door and the scripts behind it: what can be checked without installing."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
SCRIPTS = [ROOT / 'gr-udeepsc', ROOT / '.ci' / 'run', *sorted((ROOT / 'scripts').glob('*.sh'))]


def listed_packages():
    lines = (ROOT / 'cmake' / 'debian-packages.txt').read_text().splitlines()
    return [line.split('#')[0].strip() for line in lines if line.split('#')[0].strip()]


class FrontDoor(unittest.TestCase):

    def run_front_door(self, *arguments):
        return subprocess.run([ROOT / 'gr-udeepsc', *arguments], capture_output=True,
                              text=True, timeout=60)

    def test_scripts_are_sound(self):
        for script in SCRIPTS:
            with self.subTest(script=script.name):
                subprocess.run(['bash', '-n', script], check=True)
                self.assertEqual(os.access(script, os.X_OK), script.name != 'common.sh')

    def test_every_delegate_exists(self):
        text = (ROOT / 'gr-udeepsc').read_text()
        names = re.search(r'^(setup \|.*)\)$', text, re.M).group(1).split(' | ')
        for name in names:
            self.assertTrue((ROOT / 'scripts' / f'{name}.sh').exists(), name)

    def test_help_names_every_command(self):
        done = self.run_front_door('help')
        self.assertEqual(done.returncode, 0)
        for name in ('demo', 'test', 'doctor', 'setup', 'build', 'info', 'train', 'bench',
                     'sim', 'tx', 'rx', 'channel', 'docs', 'fuzz'):
            self.assertIn(f'./gr-udeepsc {name} ', done.stdout)

    def test_unknown_command(self):
        done = self.run_front_door('fly')
        self.assertEqual(done.returncode, 2)
        self.assertIn("no command 'fly'", done.stderr)

    def test_a_signal_reaches_the_program(self):
        """Whoever is started takes the shell's place, and so its number."""
        with tempfile.TemporaryDirectory() as folder:
            door = Path(folder) / 'gr-udeepsc'
            shutil.copy(ROOT / 'gr-udeepsc', door)
            (Path(folder) / 'scripts').mkdir()
            for command, script in (('rx', 'radio'), ('demo', 'demo'), ('run', 'run')):
                stub = Path(folder) / 'scripts' / f'{script}.sh'
                stub.write_text('#!/bin/bash\necho $$\n')
                stub.chmod(0o755)
                with subprocess.Popen([door, command], stdout=subprocess.PIPE, text=True) as process:
                    self.assertEqual(int(process.communicate(timeout=60)[0]), process.pid)
        for script in ('radio', 'demo', 'soak'):
            last = (ROOT / 'scripts' / f'{script}.sh').read_text().splitlines()[-1]
            self.assertRegex(last, '^exec ')

    def test_works_from_any_folder_and_through_a_link(self):
        done = subprocess.run(['bash', '-c', 'd=$(mktemp -d); ln -s "$0" "$d/x"; cd "$d"; ./x help; '
                               'rm -r "$d"', ROOT / 'gr-udeepsc'], capture_output=True, text=True)
        self.assertIn('./gr-udeepsc demo', done.stdout)


class Packages(unittest.TestCase):

    def test_each_package_is_explained(self):
        text = (ROOT / 'docs' / 'dependencies.md').read_text()
        explained = {name for row in re.findall(r'^\| (`[^|]*) \|', text, re.M)
                     for name in re.findall(r'`([^`]+)`', row)}
        self.assertEqual(explained, set(listed_packages()))

    def test_no_package_twice(self):
        self.assertEqual(len(listed_packages()), len(set(listed_packages())))


if __name__ == '__main__':
    unittest.main()
