# SPDX-License-Identifier: GPL-3.0-or-later
"""The block reference in Markdown: a page for each block, one for what all blocks count, one for
the keys of a PDU, and their table of contents."""

import re
import textwrap
from pathlib import Path

import yaml

from blocks import all_blocks, block_names, calls, capitalised, python_type, python_words
from headers import BadHeader, read_headers

FOLDER = Path('reference')
# The path of a block's page from the folder.
PAGES = 'blocks'
NO_BREAK = '\u00a0'


def escaped(text):
    """Plain text as Markdown shows it; what stands between backticks stays."""
    parts = re.split(r'(`[^`]*`)', text)
    return ''.join(part if part.startswith('`') else
                   re.sub(r'[\\*\[\]<|$~]|\b_|_\b', r'\\\g<0>', part) for part in parts)


class Writer:
    """Text with the names of blocks as links."""

    def __init__(self, names):
        self._names = re.compile(r'\b(' + '|'.join(names) + r')\b')

    def text(self, text, page=None, to=''):
        """Markdown of a plain text on the page of a block, or of another page in a folder from
        which `to` leads to the blocks'."""
        def link(found):
            name = found[1]
            return name if name == page else f'[`{name}`]({to}{name}.md)'
        return self._names.sub(link, escaped(text))

    def paragraph(self, text, page):
        return (f'```text\n{textwrap.dedent(text)}\n```' if text.startswith('    ')
                else self.text(text, page))


def table(head, rows):
    lines = [f'| {" | ".join(head)} |', '|' + ' --- |' * len(head)]
    lines += [f'| {" | ".join(row)} |' for row in rows]
    return '\n'.join(lines)


def code(text):
    return f'`{text}`' if text else ''


# --------------------------------------------------------------------------- page of a block

def parameter_rows(block, grc, writer):
    """Those of make() in its order, then those that Companion alone has."""
    labels = {p['id']: p for p in grc['parameters']}
    for parameter in block.parameters:
        known = labels.pop(parameter.name, {})
        yield (code(parameter.name), escaped(known.get('label', '')), escaped(parameter.type),
               writer.text(parameter.text, block.name))
    fields = {member.name for enum in block.enums if enum.kind == 'struct'
              for member in enum.members}
    for name, known in labels.items():
        if name in fields:  # Python has them in one argument
            yield code(name), escaped(known['label']), '', 'see below'
            continue
        default = f'; default {code(known["default"])}' if known.get('default') else ''
        yield (code(name), escaped(known.get('label', '')), '',
               f'in Companion alone, see below{default}')


def enum_sections(block, writer):
    for enum in block.enums:
        name = python_type(enum.name)
        before = f'udeepsc.{name}.' if enum.kind == 'enum' else ''
        rows = [(code(f'{before}{member.name}'), writer.text(member.text, block.name))
                for member in enum.members]
        yield f'### {escaped(name)}\n\n{writer.text(enum.brief, block.name)}\n\n' + table(
            ('value', 'meaning'), rows)


def constructor(block):
    arguments = [p.name if p.default is None else f'{p.name}={shown_default(p.default)}'
                 for p in block.parameters]
    call = f'udeepsc.{block.name}('
    return textwrap.fill(f'{call}{", ".join(arguments)})', 88,
                         subsequent_indent=' ' * len(call), break_long_words=False)


def shown_default(default):
    ours = re.match(r'^[a-z]\w*(\.\w+|\(\))$', default)
    return f'udeepsc.{default}' if ours else default


def companion_section(grc):
    lines = ['## In GNU Radio Companion', '```text\n' + grc['documentation'].rstrip() + '\n```']
    changing = re.findall(r'\$\{\s*(\w+)', ' '.join(map(str, grc['templates'].get('callbacks', []))))
    if changing:
        lines.append('May change while the flowgraph runs: '
                     + ', '.join(map(code, dict.fromkeys(changing))) + '.')
    checks = [re.sub(r'^\$\{\s*|\s*\}$', '', check) for check in grc.get('asserts', [])]
    if checks:
        lines.append('Companion checks:\n\n' + '\n'.join(f'- {code(check)}' for check in checks))
    return '\n\n'.join(lines)


def block_page(block, grc, writer):
    where = grc['category'].replace('[', '').replace(']', '').replace('/', ' > ')
    parts = [f'# {grc["label"]}', writer.text(block.brief, block.name),
             f'`udeepsc.{block.name}` in Python, `{grc["id"]}` in flowgraphs of Companion '
             f'({escaped(where)}); written in `{block.file}`.',
             *(writer.paragraph(text, block.name) for text in block.description)]
    if block.ports:
        parts += ['## Ports', table(('port', 'carries'), [
            (code(which).replace(' ', NO_BREAK), writer.text(text, block.name))
            for which, text in block.ports])]
    parts += ['## Parameters', f'```python\n{constructor(block)}\n```', table(
        ('parameter', 'in Companion', 'type', 'meaning'),
        parameter_rows(block, grc, writer)), *enum_sections(block, writer)]
    if block.calls:
        parts += ['## While it runs', table(('call', 'meaning'), [
            (code(f'{call.name}({call.arguments})'), writer.text(call.text, block.name))
            for call in block.calls])]
    errors = [writer.text(text, block.name) for text in block.errors]
    if block.cpp:
        errors.append('A PDU that the block cannot use is dropped, counted and logged: '
                     '[counters](../counters.md).')
    if errors:
        parts += ['## Errors', *errors]
    parts.append(companion_section(grc))
    if block.cpp:
        parts += ['## In C++', '```cpp\n#include <gnuradio/udeepsc/'
                  f'{block.name}.h>\n\n{block.cpp}\n```']
    if block.source:
        parts += ['## Source', writer.text(block.source, block.name)]
    return '\n\n'.join(parts) + '\n'


# ------------------------------------------------------------------------------ other pages

def counters_page(types, writer):
    found = types['pdu_block']
    to = f'{PAGES}/'
    parts = ['# Counters and errors', writer.text(found.brief, to=to)]
    for section in found.sections:
        parts += [f'## {section.title}'] * bool(section.title)
        parts += [writer.text(capitalised(python_words(text)), to=to) for text in section.parts]
    parts += ['## Calls', table(('call', 'meaning'), [
        (code(f'{call.name}({call.arguments})'), writer.text(call.text, to=to))
        for call in calls(found, {})])]
    return '\n\n'.join(parts) + '\n'


def keys_of(text):
    """(name, type, meaning) of each key in pdu_keys.h."""
    for comment, name in re.findall(
            r'((?:^//!.*\n)+)UDEEPSC_API const pmt::pmt_t& (\w+)\(\);', text, re.M):
        words = ' '.join(line[3:].strip() for line in comment.splitlines())
        kind, _, meaning = words.partition(': ')
        if not meaning:
            raise BadHeader(f'pdu_keys.h: {name} is not "type: meaning" but "{words}"')
        yield name, kind, meaning


def keys_page(root, writer):
    text = Path(root, 'include/gnuradio/udeepsc/pdu_keys.h').read_text()
    rows = [(code(name), writer.text(kind), writer.text(meaning, to=f'{PAGES}/'))
            for name, kind, meaning in keys_of(text)]
    return '\n\n'.join([
        '# Keys of a PDU', "Of the dictionary in front of a PDU's vector. A block adds its own "
        'keys and passes every other key through. Python has their names in `udeepsc.keys`, '
        'C++ in `gnuradio/udeepsc/pdu_keys.h`.', table(('key', 'type', 'meaning'), rows)]) + '\n'


def index_page(described, writer):
    """described: (Block, GRC description) of each block."""
    categories = {}
    for block, grc in described:
        categories.setdefault(grc['category'].split('/')[-1].strip('[]'), []).append((block, grc))
    order = ['Sources', 'Transmitter', 'Channel', 'Control', 'Receiver', 'Conventional', 'Sinks']
    parts = ['# Blocks', 'Generated from the public headers and from the block descriptions of '
             'GNU Radio Companion. How they work together: [the blocks](../docs/blocks.md).']
    for name in sorted(categories, key=lambda n: (order.index(n) if n in order else 99, n)):
        rows = [(f'[{grc["label"]}]({PAGES}/{block.name}.md)', code(block.name),
                 writer.text(block.brief, block.name, f'{PAGES}/'))
                for block, grc in categories[name]]
        parts += [f'## {name}', table(('block', 'in Python', 'does'), rows)]
    pages = [f'{PAGES}/{block.name}' for block, _ in described]
    parts.append('```{toctree}\n:hidden:\n\n' + '\n'.join([*pages, 'counters', 'keys']) + '\n```')
    return '\n\n'.join(parts) + '\n'


def block_pages(root):
    """{path: text} of the whole reference."""
    blocks = all_blocks(root)
    writer = Writer(blocks)
    described = []
    for block_id, name in block_names(root).items():
        grc = yaml.safe_load(Path(root, 'grc', f'{block_id}.block.yml').read_text())
        described.append((blocks[name], grc))
    described.sort(key=lambda pair: pair[1]['label'])
    pages = {FOLDER / PAGES / f'{block.name}.md': block_page(block, grc, writer)
             for block, grc in described}
    return {**pages,
            FOLDER / 'index.md': index_page(described, writer),
            FOLDER / 'counters.md': counters_page(read_headers(root), writer),
            FOLDER / 'keys.md': keys_page(root, writer)}
