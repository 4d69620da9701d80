#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes manual pages and bash completion of the installed programs from their --help:

    manual.py ROOT UDEEPSC VERSION FOLDER [--python]

UDEEPSC: the program udeepsc. With --python also the programs written in Python, and completion
of ./gr-udeepsc, into FOLDER/man1 and FOLDER/completions.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from completion import completion
from help_texts import Help, help_of, parse_help, python_helps, udeepsc_helps
from manual_pages import manual_page

FRESH = '--fresh'


def front_door(root, helps):
    """{command: Help} of ./gr-udeepsc; what it hands on to programs takes their options."""
    text = help_of([Path(root, 'gr-udeepsc').resolve()])
    own = parse_help(text)
    names = list(dict.fromkeys(re.findall(r'^  \./gr-udeepsc (\w+)', text, re.M)))
    own.sections = [('subcommands', [(name, '') for name in names])]
    found = {'': own}
    for name in names:
        program = helps.get(f'udeepsc-{name}')
        found[name] = program[''] if program else helps['udeepsc'].get(name, Help())
    for name in ('bench phy', 'bench faults', 'bench codes'):
        found[name] = helps['udeepsc'][name]
    fresh = re.search(rf'{FRESH} .*? in front of their arguments ((?:\w+,? (?:and )?)+)run',
                      text, re.S)[1]
    for name in re.findall(r'\w+', fresh.replace(' and ', ' ')):
        extra = [(f'{FRESH} {{bookworm,trixie}}', 'in a fresh Debian')]
        found[name] = Help(sections=[*found[name].sections, ('options', extra)])
    found['soak'] = parse_help(help_of([sys.executable, '-B', Path(root, 'apps', 'soak')]))
    found['docs'].sections.append(('options', [('--out FOLDER', '')]))
    found['setup'].sections.append(('options', [('--docs', ''), ('--download', '')]))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('root', type=Path)
    parser.add_argument('udeepsc', type=Path)
    parser.add_argument('version')
    parser.add_argument('folder', type=Path)
    parser.add_argument('--python', action='store_true')
    options = parser.parse_args()
    try:
        helps = {'udeepsc': udeepsc_helps(options.udeepsc)}
    except subprocess.CalledProcessError as error:
        sys.exit(f'manual.py: {error}\n{error.stderr}')
    if options.python:
        helps.update(python_helps(options.root, sys.executable))
    pages, completions = options.folder / 'man1', options.folder / 'completions'
    for folder in (pages, completions):
        folder.mkdir(parents=True, exist_ok=True)
    for program, own in helps.items():
        (pages / f'{program}.1').write_text(manual_page(program, own, options.version, helps))
        (completions / program).write_text(completion(program, own))
    if options.python:
        (completions / 'gr-udeepsc').write_text(
            completion('gr-udeepsc', front_door(options.root, helps)))


if __name__ == '__main__':
    main()
