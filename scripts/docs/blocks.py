# SPDX-License-Identifier: GPL-3.0-or-later
"""The blocks as Python sees them: options one by one instead of in a struct, Python's types.

all_blocks(root) gives every block that GNU Radio Companion has, from its public header, or,
where it is written in Python, from the docstring of its class.
"""

import ast
import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from headers import BadHeader, read_headers

# Fields of a struct that Python's arguments call otherwise.
RENAMED = {('RadioChannelConfig', 'esn0_db'): 'snr_db'}

TYPES = {'std::string': 'str', 'double': 'float', 'float': 'float', 'int': 'int',
         'unsigned': 'int', 'std::uint64_t': 'int', 'bool': 'bool', 'void': 'None',
         'HardwareFaults': 'hardware_faults'}


@dataclass
class Parameter:
    name: str
    type: str
    default: str  # as Python writes it; None where it has to be given
    text: str


@dataclass
class Call:
    """A call of a running block."""
    name: str
    arguments: str
    text: str


@dataclass
class Block:
    name: str
    brief: str
    description: list  # paragraphs
    ports: list  # (which, text): ('in "in"', 'u8vector ...')
    parameters: list
    calls: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    source: str = ''
    file: str = ''  # where all this is written
    cpp: str = ''  # make() as C++ has it; '' for a block written in Python
    enums: list = field(default_factory=list)  # headers.Type of parameters; structs too


def python_words(text):
    """C++'s names as Python has them."""
    for cpp, python in (('std::invalid_argument', 'ValueError'),
                        ('udeepsc_core::Error', 'ModelError'), ('make()', 'The constructor'),
                        ('::', '.')):
        text = text.replace(cpp, python)
    return text


def python_type(cpp):
    vector = re.match(r'std::vector<(.*)>$', cpp)
    return f'list of {python_type(vector[1])}' if vector else TYPES.get(cpp, cpp.split('::')[-1])


def python_default(cpp):
    if cpp is None:
        return None
    return {'{}': '[]', 'true': 'True', 'false': 'False'}.get(
        cpp, cpp.replace('"', "'").replace('::', '.'))


def capitalised(text):
    return text[:1].upper() + text[1:]


def lower_case(sentence):
    """A sentence as what stands behind a name."""
    return sentence[:1].lower() + sentence[1:].rstrip('.')


# ----------------------------------------------------------------------------- from headers

def listed(parts):
    """{name: text} of a list's items "- name, name: text"."""
    found = {}
    for part in parts:
        names, _, text = part[2:].partition(': ')
        for name in names.split(', '):
            found[name] = text
    return found


def header_block(types, name):
    head = types[name]
    described = listed(head.section('Parameters'))
    parameters, enums = [], []
    for argument in head.method('make').arguments:
        struct = types.get(argument.type.split('::')[-1])
        if struct is not None and struct.kind == 'struct':
            members = [(RENAMED.get((struct.name, m.name), m.name), m) for m in struct.members]
        else:
            members = [(argument.name, argument)]
        for python_name, member in members:
            enum = types.get(member.type)
            if enum is not None:
                enums.append(enum)
            if enum is not None and enum.kind == 'struct':
                member.default = f'{python_type(member.type)}()'
            text = (member.text or described.get(python_name)
                    or (lower_case(enum.brief) if enum else ''))
            if not text:
                raise BadHeader(f'{head.header}: {name}: parameter {python_name} is not described')
            parameters.append(Parameter(python_name, python_type(member.type),
                                        python_default(member.default), python_words(text)))
    return Block(
        name, python_words(head.brief),
        [python_words(p) for s in head.sections if not s.title for p in s.parts
         if p != head.brief],
        [split_port(part) for part in head.section('Ports')], parameters,
        list(calls(head, {p.name: p.text for p in parameters})),
        [python_words(part) for part in head.section('Errors')],
        ' '.join(head.section('Source')), head.header, head.method('make').declaration, enums)


def split_port(part):
    which, _, text = part.removeprefix('- ').partition(': ')
    return which, text


def calls(head, parameters, lenient=False):
    """Every call but make(). A getter and a setter without words of their own have the
    parameter's, a getter of what is no parameter the setter's."""
    for method in head.methods:
        if method.name == 'make' or method.returns == 'explicit':
            continue
        what = method.name.removeprefix('set_')
        setter = head.method(f'set_{what}')
        text = method.text or parameters.get(what) or (setter.text if setter else '')
        if not text and not lenient:
            raise BadHeader(f'{head.header}: {head.name}.{method.name}() is not described')
        yield Call(method.name, ', '.join(a.name for a in method.arguments),
                   capitalised(python_words(text)))


# ------------------------------------------------------------------------------ from Python

def python_block(path):
    """The block of a Python file that has its name: its docstring and its constructor."""
    tree = ast.parse(path.read_text())
    owner = next(node for node in tree.body
                 if isinstance(node, ast.ClassDef) and node.name == path.stem)
    functions = {node.name: node for node in owner.body if isinstance(node, ast.FunctionDef)}
    brief, *rest = re.split(r'\n\s*\n', ast.get_docstring(owner))
    block = Block(owner.name, ' '.join(brief.split()), [], [], [])
    texts = {}
    for part in rest:
        title, _, body = part.partition('\n')
        if title == 'Ports':
            block.ports = list(columns(body))
        elif title == 'Parameters':
            texts = dict(columns(body))
        elif part.startswith('Throws'):
            block.errors.append(' '.join(part.split()))
        else:
            block.description.append(' '.join(part.split()))
    block.parameters = list(constructor(owner.name, functions['__init__'], texts))
    shown = {p.name: p.text for p in block.parameters}
    for name, function in functions.items():
        text = ast.get_docstring(function) or shown.get(name.removeprefix('set_'), '')
        if not name.startswith('_') and text:
            block.calls.append(Call(name, ', '.join(a.arg for a in function.args.args[1:]),
                                    capitalised(' '.join(text.split()))))
    return block


def columns(body):
    """(name, text) of lines "  name   text" and the deeper ones that go on; "a, b   text" is
    that of both."""
    rows = []
    for line in textwrap.dedent(body).splitlines():
        if line.startswith(' '):
            rows[-1][1].append(line.strip())
        else:
            names, _, text = line.partition('  ')
            rows.append((names, [text.strip()]))
    for names, texts in rows:
        for name in names.split(', '):
            yield name, ' '.join(texts).strip()


def constructor(owner, function, texts):
    arguments = function.args.args[1:]
    defaults = [None] * (len(arguments) - len(function.args.defaults)) + [
        ast.unparse(default) for default in function.args.defaults]
    for argument, default in zip(arguments, defaults):
        if argument.arg not in texts:
            raise BadHeader(f'{owner}: parameter {argument.arg} is not described')
        yield Parameter(argument.arg, type_of(default), default, texts[argument.arg])


def type_of(default):
    """The type of an argument that has this default, where that tells it."""
    try:
        return type(ast.literal_eval(default)).__name__
    except (TypeError, ValueError, SyntaxError):
        return 'float' if default == "float('nan')" else ''


# ----------------------------------------------------------------------------------- all

def block_names(root):
    """Names of the classes behind the block descriptions of GNU Radio Companion, by their id."""
    names = {}
    for path in sorted(Path(root, 'grc').glob('*.block.yml')):
        block_id = path.name.removesuffix('.block.yml')
        names[block_id] = re.search(r'^ +udeepsc\.(\w+)\(', path.read_text(), re.M)[1]
    return names


def all_blocks(root):
    """{name: Block} of every block of GNU Radio Companion."""
    root, types = Path(root), read_headers(root)
    blocks = {}
    for name in sorted(block_names(root).values()):
        if name in types:
            blocks[name] = header_block(types, name)
        else:
            path = root / 'python' / 'udeepsc' / f'{name}.py'
            blocks[name] = python_block(path)
            blocks[name].file = str(path.relative_to(root))
    return blocks
