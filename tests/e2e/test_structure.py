#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may include what (docs/architecture.md), how long things may be, how they are laid
out, and the licence line of every source."""

import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
CODE = ('apps', 'include', 'lib', 'python', 'scripts', 'tests')
MAX_FILE_LINES, MAX_FUNCTION_LINES = 400, 60
# A file or a function that is longer says so, and why, just above or in its first lines.
REASON = 'Longer than'
SOURCES = {'.cc', '.h', '.cpp', '.hpp', '.py', '.sh', '.cmake'}


def sources(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob('*')):
            if path.is_file() and (path.suffix in SOURCES or path.name == 'CMakeLists.txt'):
                yield path


def includes(path):
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)', path.read_text(), re.M)


class Structure(unittest.TestCase):

    def assert_not_included(self, forbidden, *folders):
        seen = 0
        for path in sources(*folders):
            if path.suffix in ('.cc', '.h', '.cpp', '.hpp'):
                seen += 1
                bad = [i for i in includes(path) if i.startswith(forbidden)]
                self.assertEqual(bad, [], path)
        self.assertGreater(seen, 0, f'nothing was looked at in {folders}')

    def test_core_and_phy_do_not_know_gnuradio(self):
        self.assert_not_included(('gnuradio/', 'pmt/'), 'lib/core', 'lib/phy',
                                 'include/udeepsc_core', 'include/udeepsc_phy')

    def test_core_and_phy_do_not_know_each_other(self):
        self.assert_not_included('udeepsc_phy/', 'lib/core', 'include/udeepsc_core')
        self.assert_not_included('udeepsc_core/', 'lib/phy', 'include/udeepsc_phy')

    def test_public_headers_are_free_of_torch(self):
        self.assert_not_included(('torch/', 'ATen/', 'c10/'), 'include')

    def test_phy_is_free_of_torch(self):
        self.assert_not_included(('torch/', 'ATen/', 'c10/'), 'lib/phy')

    def test_a_forbidden_include_is_found(self):
        with self.assertRaises(AssertionError):
            self.assert_not_included('torch/', 'lib/core/nn')

    def test_every_source_has_its_licence_line(self):
        without = [str(path.relative_to(ROOT))
                   for path in [*sources('apps', 'cmake', 'include', 'lib', 'python', 'scripts',
                                         'tests', 'examples', 'grc'), ROOT / 'CMakeLists.txt',
                                ROOT / 'gr-udeepsc']
                   if 'SPDX-License-Identifier: GPL-3.0-or-later'
                   not in '\n'.join(path.read_text().splitlines()[:5])]
        self.assertEqual(without, [])


def code(*suffixes):
    return [path for path in sources(*CODE) if path.suffix in suffixes]


def functions(path):
    """(name, first line, last line) of each, as Universal Ctags sees them."""
    listed = subprocess.run(['ctags', '--fields=+ne-P', '--kinds-C++=f', '--kinds-Python=fm',
                             '-o', '-', path], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        start, end = re.search(r'\tline:(\d+)', line), re.search(r'\tend:(\d+)', line)
        if start and end:
            yield line.split('\t')[0], int(start[1]), int(end[1])


def compares_kinds(line):
    kinds = '|'.join(('image', 'text', 'vectors', 'speech', 'label', 'picture', 'sentence', 'score'))
    return re.search(rf"""[!=]=\s*['"]({kinds})['"]|['"]({kinds})['"]\s*[!=]=""", line)


class Shape(unittest.TestCase):

    def test_no_file_is_too_long(self):
        long = {}
        for path in code('.cc', '.h', '.py', '.sh'):
            lines = path.read_text().splitlines()
            if len(lines) > MAX_FILE_LINES and REASON not in '\n'.join(lines[:12]):
                long[str(path.relative_to(ROOT))] = len(lines)
        self.assertEqual(long, {})

    @unittest.skipUnless(shutil.which('ctags'), 'no ctags here')
    def test_no_function_is_too_long(self):
        long, seen = [], 0
        for path in code('.cc', '.h', '.py'):
            lines = path.read_text().splitlines()
            for name, start, end in functions(path):
                seen += 1
                above = '\n'.join(lines[max(0, start - 4):start + 1])
                if end - start + 1 > MAX_FUNCTION_LINES and REASON not in above:
                    long.append(f'{path.relative_to(ROOT)}: {name}, {end - start + 1} lines')
        self.assertEqual(long, [])
        self.assertGreater(seen, 1000)

    def test_no_kind_is_compared_by_name(self):
        """Kinds of modality and of output are told apart by their own files and the tables."""
        found = [f'{path.relative_to(ROOT)}: {line.strip()}'
                 for folder in ('lib', 'include', 'apps', 'python', 'scripts')
                 for path in sources(folder) if 'lib/core/kinds' not in str(path)
                 for line in path.read_text().splitlines() if compares_kinds(line)]
        self.assertEqual(found, [])
        self.assertTrue(compares_kinds('if (modality == "image") {'))
        self.assertTrue(compares_kinds("elif 'sentence' != output:"))
        self.assertFalse(compares_kinds('request.modality_of_kind("image")'))

    def test_the_layout_is_that_of_clang_format(self):
        program = shutil.which('clang-format-14') or shutil.which('clang-format')
        version = program and subprocess.run([program, '--version'], capture_output=True,
                                             text=True, check=True).stdout
        if not version or ' 14.' not in version:
            self.skipTest('clang-format 14 is not here; other versions lay out differently')
        done = subprocess.run([program, '--dry-run', *code('.cc', '.h')], capture_output=True,
                              text=True, check=True)
        bad = {line.split(':')[0] for line in done.stderr.splitlines() if 'warning' in line}
        self.assertEqual(bad, set())


if __name__ == '__main__':
    unittest.main()
