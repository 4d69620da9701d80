#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the pages of the documentation site together for Sphinx:

    site_pages.py ROOT FOLDER

FOLDER is laid out as the repository: README.md and docs/index.md become index.md, the Markdown
files of docs and examples lie where they lie here, with the pictures and files that they link
to, and reference/ holds a page for each block. Sphinx then reads no more than FOLDER.
"""

import os
import re
import shutil
import sys
from pathlib import Path

from block_pages import block_pages
from headers import BadHeader

FENCE = re.compile(r'^ *(```+|~~~+)')
LINK = re.compile(r'(?P<text>!?\[(?:[^\]\[]|\[[^\]]*\])*\])\((?P<target>[^()\s]+)\)')


def pages_of(root):
    """Paths, from the root, of the Markdown files that the site shows."""
    patterns = ('README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'docs/**/*.md',
                'examples/**/README.md')
    found = {path.relative_to(root) for pattern in patterns for path in root.glob(pattern)}
    return sorted(found - {Path('docs/index.md')})


def links(text):
    """(text of the link, target) of each link of a Markdown text."""
    found = []
    rewritten(text, lambda shown, target: found.append((shown, target)) or '')
    return found


def rewritten(text, change):
    """The text with change(shown, target) in place of each link outside of code."""
    fence, lines = None, []
    for line in text.split('\n'):
        mark = FENCE.match(line)
        if fence:
            fence = None if mark and mark[1].startswith(fence) else fence
        elif mark:
            fence = mark[1]
        else:
            line = outside_code(line, change)
        lines.append(line)
    return '\n'.join(lines)


def outside_code(line, change):
    """Code within a link's brackets is part of it; a link within code is none."""
    def one(found):
        if found['code']:
            return found[0]
        return change(found['text'], found['target'])
    return re.sub(rf'{LINK.pattern}|(?P<code>`[^`]*`)', one, line)


def is_external(target):
    return re.match(r'^[a-z][a-z0-9+.-]*:', target) is not None


def on_site(page):
    """README.md is the front page."""
    return Path('index.md') if page == Path('README.md') else page


class Site:
    def __init__(self, root, folder):
        self.root, self.folder = root, folder
        self.pages = pages_of(root)

    def write(self, path, text):
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def target_of(self, page, target):
        """Path in the repository of what a link on a page leads to; of a folder its README."""
        path = Path(os.path.normpath(page.parent / target))
        return path / 'README.md' if (self.root / path / 'README.md').is_file() else path

    def staged(self, page, text):
        """A page's text with links as the site needs them; what they name is brought along. A
        link that leads nowhere stays, for Sphinx to find."""
        here = on_site(page)

        def change(shown, link):
            target, mark, anchor = link.partition('#')
            if is_external(link) or not target:
                return f'{shown}({link})'
            path = self.target_of(page, target)
            if (self.root / path).is_dir():  # there is nothing to show
                return shown[1:-1]
            if (self.root / path).is_file() and path.suffix != '.md':
                (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.root / path, self.folder / path)
            return f'{shown}({os.path.relpath(on_site(path), here.parent)}{mark}{anchor})'
        return rewritten(text, change)

    def contents(self):
        """docs/index.md with the pages that its patterns mean: those that it does not name."""
        lines, named = (self.root / 'docs' / 'index.md').read_text().splitlines(), set()
        named.update(line for line in lines if '*' not in line)
        for line in lines:
            if '*' not in line:
                yield line
                continue
            for page in self.pages:
                name = str(page.with_suffix(''))
                if page.match(line + '.md') and len(page.parts) == line.count('/') + 1 \
                        and name not in named:
                    named.add(name)
                    yield name

    def build(self):
        for path, text in block_pages(self.root).items():
            self.write(path, text)
        for page in self.pages:
            text = self.staged(page, (self.root / page).read_text())
            if page != Path('README.md'):
                self.write(page, text)
        front = self.staged(Path('README.md'), (self.root / 'README.md').read_text())
        self.write(Path('index.md'), '\n'.join([front, *self.contents(), '']))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    root, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    shutil.rmtree(folder, ignore_errors=True)
    try:
        Site(root, folder).build()
    except BadHeader as error:
        sys.exit(f'site_pages.py: {error}')


if __name__ == '__main__':
    main()
