# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of a story: sentences, and questions with their answers."""

import re
from collections import namedtuple

MOST_BYTES = 4096  # of a line that is sent

#: One thing to say; answer: None where it is not known; begins: a new story begins with it.
Line = namedtuple('Line', 'words question answer begins')

NUMBER = re.compile(r'^(\d+)\s+(?=\S)')


def line_of(text, begins=False):
    """A line: with a tab, or a question mark at its end, a question; behind the first tab its
    answer. None for one without words. Raises ValueError for one that is too long."""
    words, *rest = text.split('\t')
    words = ' '.join(words.split())
    if not words:
        return None
    if len(words.encode()) > MOST_BYTES:
        raise ValueError(f'a line of {len(words.encode())} bytes, expected at most {MOST_BYTES}')
    answer = rest[0].strip() if rest else ''
    return Line(words, bool(rest) or words.endswith('?'), answer or None, begins)


def lines_of(texts):
    """Lines as bAbI has them, each with its number (1 begins a story), or plain ones, where an
    empty line ends a story."""
    lines, begins = [], True
    for text in texts:
        number = NUMBER.match(text)
        if number:
            text = text[number.end():]
            begins = begins or number[1] == '1'
        line = line_of(text, begins)
        if line:
            lines.append(line)
        begins = line is None
    return lines


def read_lines(path):
    """Of a text file in UTF-8. Raises ValueError."""
    try:
        with open(path, encoding='utf-8') as file:
            return lines_of(file.read().splitlines())
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ValueError(f'file {path!r}: {error}') from None
