#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may include what (docs/architecture.md), and the licence line of every source."""

import os
import re
import unittest
from pathlib import Path

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
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


if __name__ == '__main__':
    unittest.main()
