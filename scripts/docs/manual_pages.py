# SPDX-License-Identifier: GPL-3.0-or-later
"""Manual pages of the installed programs, from what they say with --help."""

import re
import textwrap

ENVIRONMENT = [('UDEEPSC_MODELS', 'Folders in which a model is looked for by its name, with '
                'colons between them; before those of the models that are installed.')]


def escaped(text):
    text = text.replace('\\', '\\e').replace('-', '\\-')
    return re.sub(r"^([.'])", r'\\&\1', text)


def paragraph(text):
    """Filled by us too, for those who read the source."""
    return [escaped(line) for line in textwrap.wrap(text, 90, break_on_hyphens=False,
                                                    break_long_words=False)]


def bold_options(term):
    """"--snr DB" with the option in bold."""
    parts = re.split(r'((?:^|(?<=[ ,]))--?[A-Za-z][\w-]*)', term)
    return ''.join(f'\\fB{escaped(part)}\\fP' if part.startswith('-') else escaped(part)
                   for part in parts)


def entries(rows):
    for term, text in rows:
        yield '.TP'
        yield bold_options(term) if term.startswith('-') else f'\\fB{escaped(term)}\\fP'
        yield from paragraph(text)


def synopsis(usage):
    return ['.nf', *(escaped(line) for line in usage), '.fi']


def lower_case(sentence):
    return sentence[:1].lower() + sentence[1:].rstrip('.')


def brief_of(help_text):
    return lower_case(re.split(r'(?<=[.;]) ', help_text.paragraphs[0])[0].rstrip(';'))


def sections(help_text, heading):
    """Options and the other lists of a help text; heading: '.SH' or '.SS'."""
    for title, rows in help_text.sections:
        if rows and title.lower() != 'subcommands':
            yield f'{heading} {escaped(title.upper() if heading == ".SH" else title)}'
            yield from entries(rows)


def command_part(program, command, help_text):
    yield f'.SH {escaped(program)} {escaped(command)}'
    yield from paragraph(help_text.paragraphs[0])
    yield '.PP'
    yield from synopsis(help_text.usage)
    yield from sections(help_text, '.SS')


def manual_page(program, helps, version, others):
    """helps: {command: Help}, '' being the program's own; others: names for SEE ALSO."""
    own = helps['']
    lines = [f'.TH {escaped(program.upper())} 1 "" "gr\\-udeepsc {version}" "User Commands"', '.ad l',
             '.SH NAME', f'{escaped(program)} \\- {escaped(brief_of(own))}', '.SH SYNOPSIS',
             *synopsis(own.usage), '.SH DESCRIPTION']
    examples = [text for text in own.paragraphs if text.startswith('example: ')]
    for text in own.paragraphs:
        lines += [*paragraph(text), '.PP'] if text not in examples else []
    lines.pop()
    lines += sections(own, '.SH')
    for text in examples:
        lines += ['.SH EXAMPLE', *synopsis([text.removeprefix('example: ')])]
    if own.commands():
        lines += ['.SH COMMANDS', *entries(own.entries('subcommands'))]
    for command, help_text in helps.items():
        if command:
            lines += command_part(program, command, help_text)
    lines += ['.SH ENVIRONMENT', *entries(ENVIRONMENT), '.SH SEE ALSO',
              ', '.join(f'\\fB{escaped(other)}\\fP(1)' for other in others if other != program)]
    return '\n'.join(lines) + '\n'
