#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What help() says of the blocks: every parameter, with its true default; every call."""

import inspect
import os
import re
import unittest
from pathlib import Path

from gnuradio import udeepsc

GRC = Path(os.environ['UDEEPSC_SOURCE_DIR']) / 'grc'


def block_classes():
    """Every class behind a block of GNU Radio Companion."""
    for path in sorted(GRC.glob('*.block.yml')):
        yield getattr(udeepsc, re.search(r'^ +udeepsc\.(\w+)\(', path.read_text(), re.M)[1])


def is_bound(cls):
    return not inspect.isfunction(cls.__init__)


def signature(cls):
    """[(name, default as text or None)] of the constructor; of a binding from the line that
    pybind11 writes."""
    if not is_bound(cls):
        return [(p.name, None if p.default is p.empty else repr(p.default))
                for p in list(inspect.signature(cls.__init__).parameters.values())[1:]]
    line = re.sub(r'<(\w+\.\w+): -?\d+>', r'\1', cls.__init__.__doc__.splitlines()[0])
    arguments = re.match(r'^__init__\(self: [\w.]+(?:, (.*))?\) -> None$', line)[1] or ''
    found = re.findall(r'(\w+): [\w.]+(?:\[\w+\])?(?: = ([^,]+))?', arguments)
    return [(name, default or None) for name, default in found]


def documented(cls):
    """[(name, default as text or None)] of the section Parameters."""
    section = re.search(r'^ *Parameters\n(.*?)(?:\n\s*\n|\Z)', inspect.getdoc(cls), re.M | re.S)
    row = r'''^  (\w+(?:, \w+)*)(?:  +|\n +)(?:(\w[\w ]*)(?: = ('[^']*'|[^:]+))?: )?(\S.*)$'''
    rows = re.findall(row, section[1], re.M) if section else []
    return [(name, default or None) for names, _, default, _ in rows for name in names.split(', ')]


def same(default, said):
    try:
        return float(default) == float(said)
    except (TypeError, ValueError):
        return default == said


class Docstrings(unittest.TestCase):

    def test_there_are_blocks(self):
        self.assertGreaterEqual(len(list(block_classes())), 21)

    def test_every_parameter_is_explained(self):
        for cls in block_classes():
            with self.subTest(block=cls.__name__):
                self.assertTrue(signature(cls))
                self.assertEqual([name for name, _ in documented(cls)],
                                 [name for name, _ in signature(cls)])

    def test_defaults_are_the_true_ones(self):
        """The header's default is not what Python's argument takes: two places."""
        compared = 0
        for cls in filter(is_bound, block_classes()):
            for (name, true), (_, said) in zip(signature(cls), documented(cls)):
                with self.subTest(block=cls.__name__, parameter=name):
                    compared += 1
                    self.assertTrue(same(true, said), f'{true} is said to be {said}')
        self.assertGreater(compared, 80)

    def test_every_block_names_its_ports(self):
        for cls in block_classes():
            with self.subTest(block=cls.__name__):
                self.assertRegex(inspect.getdoc(cls), r'(?m)^Ports\n  (in|out) ')

    def test_every_call_is_explained(self):
        for cls in filter(is_bound, block_classes()):
            for name, call in vars(cls).items():
                if not name.startswith('_'):
                    with self.subTest(block=cls.__name__, call=name):
                        said = call.__doc__.split('\n\n', 1)
                        self.assertEqual(len(said), 2, call.__doc__)
                        self.assertGreater(len(said[1].strip()), 2)

    def test_every_enumeration_is_explained(self):
        seen = 0
        for name, cls in vars(udeepsc).items():
            if isinstance(cls, type) and hasattr(cls, '__members__'):
                seen += 1
                with self.subTest(enumeration=name):
                    self.assertTrue(cls.__doc__.strip())
                    self.assertFalse(cls.__doc__.startswith('Members'))
        self.assertGreaterEqual(seen, 10)


if __name__ == '__main__':
    unittest.main()
