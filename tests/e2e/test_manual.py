#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manual pages and bash completion name every option that the programs' --help names."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
UDEEPSC = os.environ['UDEEPSC']
PYTHON = '/usr/bin/python3'
sys.path.insert(0, str(ROOT / 'scripts' / 'docs'))

from help_texts import parse_help  # noqa: E402
from manual_pages import manual_page  # noqa: E402

APPS = ROOT / 'apps'
# Every help text of every installed program: (program, command in it, how to ask).
HELPS = [('udeepsc', command, [UDEEPSC, *command.split()]) for command in
         ('', 'info', 'prepare', 'train', 'configuration', 'eval', 'baseline', 'bench', 'bench phy',
          'bench faults', 'bench codes')] + \
    [(f'udeepsc-{name}', '', [PYTHON, '-B', APPS / 'radio', name])
     for name in ('tx', 'rx', 'sim', 'node', 'chat', 'channel')] + \
    [('udeepsc-demo', '', [PYTHON, '-B', APPS / 'demo']),
     ('udeepsc-run', '', [PYTHON, '-B', APPS / 'flowgraph.py'])]

COMPLETE = '''
source "$1"
name=$2
shift 2
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_${name//-/_}
echo "${COMPREPLY[@]}"
'''


def help_text(command):
    return subprocess.run([*command, '--help'], capture_output=True, text=True, check=True,
                          timeout=120).stdout


def options_in(text):
    return set(re.findall(r'(?<![\w-])--[a-z][a-z-]*\w', text))


class Manual(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix='udeepsc-manual-')
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        subprocess.run([PYTHON, '-B', ROOT / 'scripts' / 'docs' / 'manual.py', ROOT, UDEEPSC, '1.2',
                        cls.folder, '--python'], check=True, timeout=300)
        cls.texts = {(program, command): help_text(ask) for program, command, ask in HELPS}

    def page(self, program):
        return (self.folder / 'man1' / f'{program}.1').read_text()

    def complete(self, program, *words):
        done = subprocess.run(
            ['bash', '-c', COMPLETE, 'complete', self.folder / 'completions' / program, program,
             *words], capture_output=True, text=True, check=True, timeout=60)
        self.assertEqual(done.stderr, '')
        return done.stdout.split()

    def test_a_page_for_each_program(self):
        self.assertEqual({path.stem for path in (self.folder / 'man1').iterdir()},
                         {program for program, _, _ in HELPS})

    def test_pages_name_every_option(self):
        for (program, command), text in self.texts.items():
            with self.subTest(program=program, command=command):
                page = self.page(program)
                part = page.split(f'.SH {program} {command}'.replace('-', '\\-'))[1] \
                    if command else page
                bold = set(re.findall(r'\\fB(--[\w-]+)\\fP', part.replace('\\-', '-')))
                self.assertTrue(options_in(text))
                self.assertLessEqual(options_in(text), bold)

    def test_every_option_says_what_it_is(self):
        for (program, command), text in self.texts.items():
            for names, _, meaning in parse_help(text).options():
                with self.subTest(program=program, command=command, option=names[-1]):
                    self.assertTrue(meaning)

    def test_pages_are_sound(self):
        man = shutil.which('man')
        if not man or not shutil.which('groff'):
            self.skipTest('no man or no groff here')
        for path in sorted((self.folder / 'man1').iterdir()):
            with self.subTest(page=path.name):
                done = subprocess.run([man, '--warnings', '-E', 'UTF-8', '-l', path],
                                      capture_output=True, text=True, timeout=60,
                                      env={**os.environ, 'MANPAGER': 'cat', 'MANWIDTH': '80'})
                self.assertEqual((done.returncode, done.stderr), (0, ''))
                for part in ('NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'SEE ALSO'):
                    self.assertRegex(done.stdout, rf'(?m)^{part}$')

    def test_page_of_a_program_has_the_name_it_is_installed_under(self):
        for program, _, _ in HELPS:
            self.assertNotIn('./gr', self.page(program).replace('\\-', '-'))

    def test_completion_knows_every_option(self):
        for (program, command), text in self.texts.items():
            with self.subTest(program=program, command=command):
                self.assertEqual(set(self.complete(program, program, *command.split(), '--')),
                                 options_in('\n'.join(
                                     line for line in text.splitlines()
                                     if re.match(r'^  (?:-\w, ?)?--', line))))

    def test_completion_knows_commands_and_choices(self):
        self.assertEqual(set(self.complete('udeepsc', 'udeepsc', 'b')), {'baseline', 'bench'})
        self.assertEqual(self.complete('udeepsc', 'udeepsc', 'train', '--device', 'cu'), ['cuda'])
        self.assertEqual(self.complete('udeepsc-rx', 'udeepsc-rx', '--profile', 'o'), ['ofdm'])
        # A file's name: bash's own completion.
        self.assertEqual(self.complete('udeepsc', 'udeepsc', 'eval', '--model', ''), [])

    def test_completion_of_the_front_door(self):
        text = subprocess.run([ROOT / 'gr-udeepsc', 'help'], capture_output=True, text=True,
                              check=True).stdout
        names = set(re.findall(r'^  \./gr-udeepsc (\w+)', text, re.M))
        self.assertGreater(len(names), 15)
        self.assertEqual(set(self.complete('gr-udeepsc', './gr-udeepsc', '')), names)
        self.assertEqual(set(self.complete('gr-udeepsc', './gr-udeepsc', 'tx', '--')),
                         set(self.complete('udeepsc-tx', 'udeepsc-tx', '--')))
        self.assertEqual(self.complete('gr-udeepsc', './gr-udeepsc', 'demo', '--fresh', 't'),
                         ['trixie'])
        self.assertIn('--faults', self.complete('gr-udeepsc', './gr-udeepsc', 'soak', '--'))
        self.assertIn('--curves', self.complete('gr-udeepsc', './gr-udeepsc', 'bench', 'phy', '--'))


class WithoutModules(unittest.TestCase):

    def test_a_program_that_cannot_run_has_no_page(self):
        with tempfile.TemporaryDirectory() as folder:
            # Without site-packages there is no NumPy.
            done = subprocess.run(
                [PYTHON, '-S', '-B', '-c', 'import sys; sys.path.insert(0, sys.argv[1]); '
                 'from help_texts import python_helps; '
                 'print(*python_helps(sys.argv[2], sys.argv[3]))',
                 ROOT / 'scripts' / 'docs', ROOT, Path(folder) / 'python'],
                capture_output=True, text=True, timeout=60, env=self.bare_python(folder))
        self.assertEqual(done.stdout.split(), ['udeepsc-run'])
        self.assertRegex(done.stderr, r"warning: no manual page of udeepsc-demo: .*'numpy'")

    @staticmethod
    def bare_python(folder):
        python = Path(folder) / 'python'
        python.write_text(f'#!/bin/sh\nexec {PYTHON} -S "$@"\n')
        python.chmod(0o755)
        return {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}


class HelpTexts(unittest.TestCase):
    """Both layouts of --help are read right."""

    def test_argparse(self):
        found = parse_help('usage: x [-h]\n         [--in FILE]\n\nDoes it.\n\noptions:\n'
                           '  -h, --help            show\n  --in FILE [FILE ...]\n'
                           '                        what goes in,\n                        twice\n')
        self.assertEqual(found.usage, ['x [-h]', '[--in FILE]'])
        self.assertEqual(found.paragraphs, ['Does it.'])
        self.assertEqual(list(found.options()),
                         [(['-h', '--help'], '', 'show'),
                          (['--in'], 'FILE [FILE ...]', 'what goes in, twice')])

    def test_cli11(self):
        found = parse_help('Does it\nUsage: x [OPTIONS] SUBCOMMAND\n\nOptions:\n'
                           '  -h,--help                   Print\n'
                           '  --task TEXT=[] ... REQUIRED a task\n\n'
                           'Subcommands:\n  run                         runs\n')
        self.assertEqual(list(found.options()), [(['-h', '--help'], '', 'Print'),
                                                 (['--task'], 'TEXT=[] ... REQUIRED', 'a task')])
        self.assertEqual(found.commands(), ['run'])

    def test_a_line_that_begins_with_a_dot_is_text(self):
        page = manual_page('x', {'': parse_help('usage: x\n\n.hidden files\n')}, '1', [])
        self.assertIn('\n\\&.hidden files\n', page)


if __name__ == '__main__':
    unittest.main()
