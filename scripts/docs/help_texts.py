# SPDX-License-Identifier: GPL-3.0-or-later
"""What the installed programs say with --help: argparse's and CLI11's texts, read."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

# Programs of apps, as cmake/Install.cmake names them: what runs them.
PYTHON_PROGRAMS = {
    'udeepsc-tx': ('radio', 'tx'), 'udeepsc-rx': ('radio', 'rx'), 'udeepsc-sim': ('radio', 'sim'),
    'udeepsc-node': ('radio', 'node'), 'udeepsc-chat': ('radio', 'chat'),
    'udeepsc-channel': ('radio', 'channel'), 'udeepsc-demo': ('demo',),
    'udeepsc-run': ('flowgraph.py',)}

HEADING = re.compile(r'^(\w[\w ]*):$')
USAGE = re.compile(r'^[Uu]sage: ')


@dataclass
class Help:
    """usage: without the word; sections: (title, entries), an entry being (term, text)."""
    usage: list = field(default_factory=list)  # lines
    paragraphs: list = field(default_factory=list)
    sections: list = field(default_factory=list)

    def entries(self, *titles):
        return [entry for title, entries in self.sections if title.lower() in titles
                for entry in entries]

    def options(self):
        """(names, rest of the term, text): (['-h', '--help'], '', 'show this ...')."""
        for term, text in self.entries('options'):
            names = re.findall(r'(?:^|[ ,])(--?[A-Za-z][\w-]*)', term)
            rest = re.sub(r'^(?:,? ?--?[A-Za-z][\w-]*(?: [^-\s][^,]*(?=, -))?)+ ?', '', term)
            yield names, rest, text

    def commands(self):
        return [term.split()[0] for term, _ in self.entries('subcommands')]


def parse_help(text):
    found, lines = Help(), text.rstrip().splitlines()
    while lines:
        line = lines.pop(0)
        if USAGE.match(line):
            found.usage.append(USAGE.sub('', line).strip())
            while lines and lines[0].startswith('  '):
                found.usage.append(lines.pop(0).strip())
        elif HEADING.match(line):
            body = []
            while lines and (lines[0].startswith(' ') or not lines[0] and body == []):
                body.append(lines.pop(0))
            found.sections.append((HEADING.match(line)[1], list(entries_of(body))))
        elif line.strip():
            paragraph = [line.strip()]
            while lines and lines[0].strip() and not USAGE.match(lines[0]) \
                    and not HEADING.match(lines[0]):
                paragraph.append(lines.pop(0).strip())
            found.paragraphs.append(' '.join(paragraph))
    return found


def entries_of(lines):
    """(term, text) of two columns: terms stand two spaces in, what goes on further."""
    term = text = None
    for line in lines:
        if re.match(r'^  \S', line):
            if term is not None:
                yield term, text
            term, text = columns(line.strip())
        elif line.strip():
            text = f'{text} {line.strip()}'.strip()
    if term is not None:
        yield term, text


def columns(line):
    """A term that is too wide has its text behind one space (CLI11), or below."""
    term, _, text = line.partition('  ')
    if not text:
        term, text = (re.match(r'(-.* (?:REQUIRED|\.\.\.)) (?!REQUIRED)(\S.*)$', line) or
                      re.match(r'(.*)()$', line)).groups()
    return term, text.strip()


def help_of(command):
    # A terminal's width would change where lines break.
    environment = {**os.environ, 'COLUMNS': '80', 'LC_ALL': 'C.UTF-8'}
    return subprocess.run([*command, '--help'], capture_output=True, text=True, check=True,
                          stdin=subprocess.DEVNULL, env=environment).stdout


def named(text, program, arguments):
    """A Python program's help, with the name under which it is installed."""
    inside = f'gr-udeepsc {arguments[-1]}' if len(arguments) > 1 else \
        'gr-udeepsc ' + arguments[0].removesuffix('.py').replace('flowgraph', 'run')
    return text.replace(f'./{inside}', program).replace(inside, program)


def python_helps(root, python):
    """{program: {'': Help}} of the programs written in Python. One that lacks a module here (a
    library's build needs none of theirs) is left out, with a warning."""
    found = {}
    for program, (app, *arguments) in PYTHON_PROGRAMS.items():
        try:
            text = help_of([python, '-B', Path(root, 'apps', app), *arguments])
        except subprocess.CalledProcessError as error:
            reason = (error.stderr.strip().splitlines() or ['no reason given'])[-1]
            print(f'warning: no manual page of {program}: {reason}', file=sys.stderr)
            continue
        found[program] = {'': parse_help(named(text, program, (app, *arguments)))}
    return found


def udeepsc_helps(udeepsc):
    """{command: Help} of the program udeepsc; 'bench phy' is a command of a command."""
    found, waiting = {}, ['']
    while waiting:
        command = waiting.pop(0)
        found[command] = parse_help(help_of([udeepsc, *command.split()]))
        waiting += [f'{command} {name}'.strip() for name in found[command].commands()]
    return found
