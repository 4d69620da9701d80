#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the docstrings of Python's blocks as a C++ header, from the public headers:

    docstrings.py ROOT OUTPUT

What ROOT/include says of the class burst_source is doc::burst_source::summary in OUTPUT, of its
call set_gap() doc::burst_source::set_gap, of a value of an enumeration doc::burst_idle::zeros.
"""

import sys
import textwrap
from pathlib import Path

from blocks import calls, capitalised, header_block, python_words
from headers import BadHeader, read_headers

WIDTH = 88
# Words of C++ that cannot name a constant.
RESERVED = {'and', 'bool', 'char', 'double', 'float', 'int', 'not', 'or', 'xor', 'default'}


def wrapped(text, first='', rest=''):
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=rest,
                         break_long_words=False, break_on_hyphens=False)


def table(rows):
    """Two columns, the second wrapped; what is too wide for the first stands above."""
    width = min(max(len(name) for name, _ in rows), 20) + 2
    lines = []
    for name, text in rows:
        margin = ' ' * (width + 2)
        if len(name) > width - 2:
            lines += [f'  {name}', wrapped(text, margin, margin)]
        else:
            lines.append(wrapped(text, f'  {name:{width}}', margin))
    return '\n'.join(lines)


def described(parameter):
    kind = parameter.type
    if parameter.default is not None:
        kind += f' = {parameter.default}'
    return f'{kind}: {parameter.text}'


def class_docstring(block):
    """Ports, parameters, errors: all that somebody asks help() for."""
    parts = [wrapped(block.brief), *map(paragraph, block.description)]
    if block.ports:
        parts.append('Ports\n' + table(block.ports))
    if block.parameters:
        parts.append('Parameters\n' + table([(p.name, described(p)) for p in block.parameters]))
    parts += [wrapped(text, 'Errors: ') for text in block.errors]
    if block.source:
        parts.append(wrapped(block.source, 'Source: '))
    return '\n\n'.join(parts)


def paragraph(text):
    return text if text.startswith('    ') else wrapped(text)


def constants(texts):
    for name, text in texts.items():
        if name in RESERVED:
            raise BadHeader(f'{name} cannot be a name of C++')
        if len(text) > 16000 or ')doc"' in text:
            raise BadHeader(f'{name}: cannot be written as a string of C++')
        yield f'inline constexpr const char* {name} = R"doc({text})doc";'


def texts_of_calls(found):
    """The second of two calls of one name is name_2."""
    texts = {}
    for call in found:
        name = f'{call.name}_2' if call.name in texts else call.name
        texts[name] = wrapped(call.text)
    return texts


def texts_of(types, name):
    """{constant: text} of a class, struct or enumeration."""
    found = types[name]
    if found.method('make'):
        block = header_block(types, name)
        # Python has getters for options that C++ has not: they are called as the parameter.
        return {'summary': class_docstring(block),
                **{p.name: wrapped(capitalised(p.text)) for p in block.parameters},
                **texts_of_calls(block.calls)}
    if found.kind == 'class':
        paragraphs = [python_words(p) for s in found.sections for p in
                      ([f'{s.title}: ' + ' '.join(s.parts)] if s.title else s.parts)]
        return {'summary': '\n\n'.join(map(wrapped, [found.brief, *paragraphs])),
                **texts_of_calls(calls(found, {}, lenient=not is_block_header(found)))}
    texts = {member.name: wrapped(python_words(member.text)) for member in found.members}
    if found.kind == 'enum':
        rows = [(m.name, python_words(m.text)) for m in found.members if m.text]
        return {'summary': '\n\n'.join([wrapped(found.brief), table(rows)]), **texts}
    return {'summary': wrapped(found.brief), **texts}


def is_block_header(found):
    return found.header.startswith('include/gnuradio')


def make_header(root):
    types = read_headers(root)
    lines = ['// SPDX-License-Identifier: GPL-3.0-or-later',
             '// Written by scripts/docs/docstrings.py from the public headers.',
             '#pragma once', '', 'namespace doc {']
    for name in types:
        lines += [f'namespace {name} {{', *constants(texts_of(types, name)), '}']
    return '\n'.join([*lines, '} // namespace doc', ''])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        text = make_header(sys.argv[1])
    except BadHeader as error:
        sys.exit(f'docstrings.py: {error}')
    output = Path(sys.argv[2])
    # Where nothing has changed nothing has to be compiled.
    if not output.exists() or output.read_text() != text:
        output.write_text(text)


if __name__ == '__main__':
    main()
