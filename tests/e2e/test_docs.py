#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation: a site that Sphinx builds without a warning, a page for each block with
all of its parameters, links that lead somewhere."""

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
sys.path.insert(0, str(ROOT / 'scripts' / 'docs'))

import site_pages  # noqa: E402
from headers import BadHeader, parse_comment, read_header  # noqa: E402

MISSING = [name for name in ('sphinx', 'myst_parser', 'furo', 'yaml')
           if importlib.util.find_spec(name) is None]
NO_SPHINX = f'no {", ".join(MISSING)} here: ./gr-udeepsc setup --docs'


def build(source, out, conf=ROOT / 'docs'):
    return subprocess.run(
        [sys.executable, '-B', '-m', 'sphinx', '-q', '-n', '-W', '--keep-going', '-b', 'html',
         '-d', f'{out}.trees', '-c', conf, source, out],
        capture_output=True, text=True, timeout=500)


def grc_blocks():
    """(id, GRC description as text, name of the class) of each block."""
    for path in sorted((ROOT / 'grc').glob('*.block.yml')):
        text = path.read_text()
        yield (path.name.removesuffix('.block.yml'), text,
               re.search(r'^ +udeepsc\.(\w+)\(', text, re.M)[1])


def parameters_of_make(name):
    """From the declaration alone: the C++ header's text, or Python's constructor."""
    header = ROOT / 'include' / 'gnuradio' / 'udeepsc' / f'{name}.h'
    if not header.exists():
        tree = ast.parse((ROOT / 'python' / 'udeepsc' / f'{name}.py').read_text())
        init = next(node for node in ast.walk(tree)
                    if isinstance(node, ast.FunctionDef) and node.name == '__init__')
        return [argument.arg for argument in init.args.args[1:]]
    make = re.search(r'static sptr\s+make\((.*?)\);', header.read_text(), re.S)[1]
    names = re.findall(r'(\w+)(?: = (?:\{\}|"[^"]*"|[\w:.+-]+))?(?:,|$)', ' '.join(make.split()))
    return [name for name in names if name not in ('options', 'config')]


@unittest.skipIf(MISSING, NO_SPHINX)
class Pages(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix='udeepsc-docs-')
        cls.addClassCleanup(cls._folder.cleanup)
        cls.source, cls.out = (Path(cls._folder.name) / name for name in ('source', 'html'))
        site_pages.Site(ROOT, cls.source).build()
        cls.done = build(cls.source, cls.out)

    def test_built_without_warnings(self):
        self.assertEqual((self.done.returncode, self.done.stderr), (0, ''))
        self.assertTrue((self.out / 'index.html').is_file())

    def test_every_page_is_built(self):
        for page in site_pages.pages_of(ROOT):
            name = 'index' if page == Path('README.md') else page.with_suffix('')
            self.assertTrue((self.out / f'{name}.html').is_file(), page)

    def test_every_page_is_in_the_table_of_contents(self):
        contents = (self.source / 'index.md').read_text()
        for page in site_pages.pages_of(ROOT):
            if page != Path('README.md'):
                self.assertRegex(contents, rf'(?m)^{page.with_suffix("")}$')

    def test_every_block_has_a_page_with_all_its_parameters(self):
        seen = 0
        for block_id, grc, name in grc_blocks():
            with self.subTest(block=name):
                page = (self.source / 'reference' / 'blocks' / f'{name}.md').read_text()
                self.assertIn(f'`{block_id}`', page)
                rows = re.findall(r'^\| `(\w+)` \|.*\| (.*) \|$', page, re.M)
                meanings = dict(rows)
                parameters = re.findall(r'^-   id: (\w+)$', grc.split('\nasserts:')[0]
                                        .split('\ninputs:')[0], re.M)
                self.assertTrue(parameters)
                for parameter in [*parameters, *parameters_of_make(name)]:
                    seen += 1
                    self.assertTrue(meanings.get(parameter), parameter)
                documentation = re.search(r'^documentation: \|-\n +(.*)$', grc, re.M)[1]
                self.assertIn(documentation, page)
                self.assertTrue((self.out / 'reference' / 'blocks' / f'{name}.html').is_file())
        self.assertGreater(seen, 200)

    def test_every_key_is_on_the_page_of_keys(self):
        header = (ROOT / 'include' / 'gnuradio' / 'udeepsc' / 'pdu_keys.h').read_text()
        names = re.findall(r'pmt_t& (\w+)\(\)', header)
        page = (self.source / 'reference' / 'keys.md').read_text()
        self.assertGreater(len(names), 30)
        for name in names:
            self.assertRegex(page, rf'(?m)^\| `{name}` \| \w.* \| \S.* \|$')

    def test_a_broken_link_fails(self):
        source = Path(self._folder.name) / 'broken'
        shutil.copytree(self.source, source)
        page = source / 'docs' / 'training.md'
        page.write_text(page.read_text() + '\n[nowhere](nowhere.md#here)\n')
        done = build(source, Path(self._folder.name) / 'broken-html')
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('nowhere', done.stderr)


@unittest.skipIf('yaml' in MISSING, NO_SPHINX)
class Links(unittest.TestCase):
    """As somebody follows them who reads the files themselves."""

    def test_every_relative_link_leads_somewhere(self):
        seen = 0
        for page in site_pages.pages_of(ROOT):
            for _, target in site_pages.links((ROOT / page).read_text()):
                if site_pages.is_external(target):
                    continue
                seen += 1
                path, _, anchor = target.partition('#')
                there = (ROOT / page.parent / path) if path else ROOT / page
                with self.subTest(page=str(page), link=target):
                    self.assertTrue(there.exists(), 'there is no such file')
                    if anchor:
                        self.assertIn(anchor, headings(there))
        self.assertGreater(seen, 70)


def headings(path):
    """Anchors as GitHub makes them of a file's headings."""
    anchors, code = [], False
    for line in path.read_text().splitlines():
        code = code != line.startswith('```')
        title = None if code else re.match(r'#+ (.*)', line)
        if title:
            words = re.sub(r'[^\w\- ]', '', title[1].replace('`', '')).strip().lower()
            anchor = words.replace(' ', '-')
            again = sum(a == anchor or re.fullmatch(rf'{re.escape(anchor)}-\d+', a) is not None
                        for a in anchors)
            anchors.append(f'{anchor}-{again}' if again else anchor)
    return anchors


class Headers(unittest.TestCase):
    """What the pages are made of is read right."""

    def test_a_class(self):
        found, = read_header('''/*!
 * \\brief Does a thing.
 *
 * More of it.
 *
 * <b>Ports</b>
 * - in "in": one,
 *   two.
 */
class UDEEPSC_API thing : virtual public pdu_block {
public:
    //! \\param a first, 1..2
    //! \\param b second
    static sptr make(const std::vector<std::string>& a,
                     double b = 1.5);

    //! Sets it.
    virtual void set_a(int a) = 0;
};
''')
        self.assertEqual((found.kind, found.name, found.brief), ('class', 'thing', 'Does a thing.'))
        self.assertEqual(found.section(''), ['More of it.'])
        self.assertEqual(found.section('Ports'), ['- in "in": one, two.'])
        make = found.method('make').arguments
        self.assertEqual([(m.name, m.type, m.default, m.text) for m in make],
                         [('a', 'std::vector<std::string>', None, 'first, 1..2'),
                          ('b', 'double', '1.5', 'second')])
        self.assertEqual(found.method('set_a').text, 'Sets it.')

    def test_fields_and_values(self):
        struct, enum = read_header('''/*! Options. */
struct options {
    int batch = 8; //!< most at once,
                   //!< 1..9
    //! Name.
    std::string name;
};
//! Colours.
enum class colour {
    red, //!< like blood
    blue
};
''')
        self.assertEqual([(m.name, m.default, m.text) for m in struct.members],
                         [('batch', '8', 'most at once, 1..9'), ('name', None, 'Name.')])
        self.assertEqual([(m.name, m.text) for m in enum.members],
                         [('red', 'like blood'), ('blue', '')])

    def test_a_parameter_without_a_word_is_refused(self):
        from blocks import header_block
        types = {t.name: t for t in read_header(
            'class thing {\npublic:\n    static sptr make(int a);\n};\n')}
        with self.assertRaisesRegex(BadHeader, 'parameter a is not described'):
            header_block(types, 'thing')

    def test_code_in_a_comment_keeps_its_lines(self):
        _, sections, _ = parse_comment(['\\brief It.', '', '    y = a x,', '    t = 1'])
        self.assertEqual(sections[0].parts, ['    y = a x,\n    t = 1'])


if __name__ == '__main__':
    unittest.main()
