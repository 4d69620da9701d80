# SPDX-License-Identifier: GPL-3.0-or-later
"""What the public headers say of the blocks: include/gnuradio/udeepsc/*.h, read as they are laid
out in this tree (clang-format 14, comments of Doxygen).

read_headers(root) gives every class, struct and enumeration by name. Texts are plain, without
Doxygen's commands, one paragraph or list item a string.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

# What Python has of the phy and of the core; one of their structs is an argument of make().
ALSO = ('include/udeepsc_core/transceiver.h',
        *(f'include/udeepsc_phy/{name}.h' for name in (
            'burst_demodulator', 'burst_detector', 'frame', 'framer', 'hardware_faults', 'radio_channel')))


class BadHeader(Exception):
    pass


@dataclass
class Section:
    """<b>Title</b> and what follows: paragraphs, and list items (marked by "- ")."""
    title: str  # '' for what comes before the first title
    parts: list


@dataclass
class Member:
    """A function's argument, a struct's field or a value of an enumeration."""
    name: str
    type: str = ''
    default: str = None  # None: has to be given
    text: str = ''


@dataclass
class Method:
    name: str
    returns: str
    arguments: list
    text: str
    declaration: str = ''  # as C++ has it


@dataclass
class Type:
    """A class, struct or enumeration."""
    kind: str  # 'class', 'struct' or 'enum'
    name: str
    brief: str
    sections: list
    methods: list = field(default_factory=list)  # of a class; make() among them
    members: list = field(default_factory=list)  # fields, or values
    header: str = ''

    def section(self, title):
        """The parts of a section; [] where there is none."""
        return next((s.parts for s in self.sections if s.title == title), [])

    def method(self, name):
        return next((m for m in self.methods if m.name == name), None)


def read_headers(root):
    """{name: Type} of all public headers of the blocks."""
    folder = Path(root) / 'include' / 'gnuradio' / 'udeepsc'
    types = {}
    for path in [*sorted(folder.glob('*.h')), *(Path(root) / other for other in ALSO)]:
        for found in read_header(path.read_text()):
            found.header = str(path.relative_to(root))
            types[found.name] = found
    return types


# ---------------------------------------------------------------------------- declarations

OPENING = re.compile(r'^(enum class|class|struct) (?:UDEEPSC_\w*API )?(\w+)[^;]*\{$')
CLOSING = '};'
NO_MEMBERS = ('typedef', 'using', 'enum', 'struct', 'class', 'friend', '~')


def read_header(text):
    """The types of one header, in order."""
    types, comment, lines = [], [], iter(text.splitlines())
    for line in lines:
        opening = OPENING.match(line)
        if is_comment(line):
            comment += comment_lines(line, lines)
        elif opening:
            kind, name = opening[1].split()[0], opening[2]
            types.append(make_type(kind, name, comment, list(body(lines))))
            comment = []
        else:
            comment = []
    return types


def is_comment(line):
    return line.lstrip().startswith(('//!', '/*!')) and not line.lstrip().startswith('//!<')


def comment_lines(line, lines):
    """The text of a comment that begins in `line`, without its marks."""
    stripped = line.strip()
    if stripped.startswith('//!'):
        return [stripped[3:].strip()]
    found = [stripped[3:]]
    while not found[-1].rstrip().endswith('*/'):
        found.append(re.sub(r'^\s*\*(?!/) ?', '', next(lines)))
    found[-1] = found[-1].rstrip()[:-2].rstrip(' *')
    return found


def body(lines):
    """(comment, statement, comment behind it) of each statement up to the closing brace."""
    comment, statement, behind, waiting, private = [], '', [], None, False
    for line in lines:
        if line == CLOSING:
            break
        stripped = line.strip()
        private = private or stripped == 'private:'
        if private:
            continue
        if stripped.startswith('//!<'):  # goes on
            behind.append(stripped[4:].strip())
            continue
        if waiting is not None:
            yield (*waiting, ' '.join(behind))
            waiting, behind = None, []
        if is_comment(line):
            comment += comment_lines(line, lines)
            continue
        code, _, after = stripped.partition('//!<')
        statement += f' {code.strip()}'
        behind += [after.strip()] if after else []
        if balanced(statement) and (code.rstrip().endswith((';', ',')) or after):
            waiting, comment, statement = (comment, statement.strip()), [], ''
        elif stripped == 'public:' or not stripped:
            comment, statement = [], ''
    if waiting is None and statement.strip():
        waiting = (comment, statement.strip())
    if waiting is not None:
        yield (*waiting, ' '.join(behind))


def balanced(code):
    return code.count('(') == code.count(')') and code.count('{') == code.count('}')


def make_type(kind, name, comment, statements):
    brief, sections, _ = parse_comment(comment)
    made = Type(kind, name, brief, sections)
    for above, statement, behind in statements:
        text = ' '.join(filter(None, [*(line.strip() for line in above), behind]))
        if kind == 'enum':
            for value in filter(None, statement.split(',')):
                made.members.append(Member(value.split('=')[0].strip(), text=text))
        elif statement.startswith(NO_MEMBERS) or 'operator' in statement:
            continue
        elif '(' in statement.split('=')[0]:
            made.methods += filter(None, [make_method(above, statement, behind)])
        else:
            made.members += make_fields(statement, text)
    return made


FIELD = re.compile(r'^(?P<type>[\w:<>, ]+?) (?P<name>\w+)(?: = (?P<default>[^;]+))?;$')
FIELDS = re.compile(r'^(?P<type>[\w:]+(?:<.*>)?) '
                    r'(?P<names>\w+(?: = [^,;]+)?(?:, \w+(?: = [^,;]+)?)+);$')


def make_fields(statement, text):
    several, single = FIELDS.match(statement), FIELD.match(statement)
    if several:
        for one in several['names'].split(', '):
            name, _, default = one.partition(' = ')
            yield Member(name, several['type'], default or None, text)
    elif single:
        yield Member(single['name'], single['type'], single['default'], text)
    else:
        raise BadHeader(f'no field: {statement}')


METHOD = re.compile(r'^(?:static |virtual )?(?P<returns>[\w:<>&\s]+?)\s+(?P<name>\w+)'
                    r'\((?P<arguments>.*)\)(?: const)?\s*(?:= 0)?;$')


def make_method(above, statement, behind):
    """None for what is no call of a user's: constructors."""
    found = METHOD.match(statement)
    if not found:
        return None
    _, sections, parameters = parse_comment(above)
    text = ' '.join(filter(None, [*(part for s in sections for part in s.parts), behind]))
    arguments = [make_argument(one, parameters) for one in split_arguments(found['arguments'])]
    return Method(found['name'], found['returns'], arguments, text, statement)


def split_arguments(text):
    depth, one = 0, ''
    for character in text:
        depth += {'<': 1, '(': 1, '{': 1, '>': -1, ')': -1, '}': -1}.get(character, 0)
        if character == ',' and depth == 0:
            yield one.strip()
            one = ''
        else:
            one += character
    if one.strip():
        yield one.strip()


ARGUMENT = re.compile(r'^(?:const )?(?P<type>[\w:<>]+(?: [\w:<>]+)*?)\s?[&*]?\s?(?P<name>\w+)'
                      r'(?: = (?P<default>.+))?$')


def make_argument(text, parameters):
    found = ARGUMENT.match(text)
    if not found:
        raise BadHeader(f'no argument: {text}')
    return Member(found['name'], found['type'], found['default'],
                  parameters.get(found['name'], ''))


# -------------------------------------------------------------------------------- comments

def parse_comment(lines):
    """(brief, sections, {parameter: text}) of a comment's lines."""
    text = '\n'.join(lines).strip()
    text, *described = re.split(r'\\(?:param|throws) ', text.replace('\\p ', ''))
    parameters = {}
    for one in described:
        name, _, rest = one.partition(' ')
        parameters[name] = ' '.join(rest.split())
    text = text.replace('\\ingroup udeepsc', '')
    brief = ''
    if '\\brief' in text:
        before, _, after = text.partition('\\brief')
        brief, _, rest = after.strip().partition('\n\n')
        brief, text = ' '.join(brief.split()), f'{before}\n\n{rest}'
    sections = [s for title, part in titled(text)
                for s in end_of_list(Section(title, list(split_parts(part)))) if s.parts]
    if not brief and sections and not sections[0].title:
        brief = sections[0].parts[0]
    return brief, sections, parameters


def titled(text):
    """(title, text) of each part of a comment."""
    first, *others = re.split(r'<b>(\w+)</b>:?', text)
    yield '', first
    yield from zip(others[::2], others[1::2])


def end_of_list(section):
    """What follows a section's list does not belong to it."""
    items = [part.startswith('- ') for part in section.parts]
    after = len(items) - items[::-1].index(True) if True in items else len(items)
    yield Section(section.title, section.parts[:after])
    yield Section('', section.parts[after:])


def split_parts(text):
    """Paragraphs and list items; what is laid out by hand (four spaces) stays as it is."""
    for paragraph in re.split(r'\n\s*\n', text):
        if not paragraph.strip():
            continue
        if all(line.startswith('    ') for line in paragraph.splitlines()):
            yield paragraph
            continue
        items = re.split(r'(?:^|\n)\s*- ', paragraph)
        if items[0].strip():
            yield ' '.join(items[0].split())
        for item in items[1:]:
            yield '- ' + ' '.join(item.split())
