# SPDX-License-Identifier: GPL-3.0-or-later
"""What qt_memory_view shows, made of the messages that come; no Qt."""

import math
from collections import OrderedDict, namedtuple

import pmt

from .pdus import text_of, value_of

MOST_QUESTIONS = 50
COLUMNS = {'frame_id': 'frame', 'age': 'age', 'age_s': 'age_s', 'value': 'value', 'score': 'score',
           'noise_var': 'noise_var', 'vectors': 'vectors', 'moment': 'moment', 'task': 'task',
           'modality': 'modality', 'words': 'words'}

#: One entry of the memory; words are what was sent, where a simulation says so.
Entry = namedtuple('Entry', COLUMNS.values())


class Question:
    """words, answer expected: None where they are not known; answers: by port."""

    def __init__(self):
        self.words = self.expected = self.remembered = None
        self.answers = {}


def column(about, name, count):
    """A key that holds one value an entry, as a list."""
    values = pmt.dict_ref(about, pmt.intern(name), pmt.PMT_NIL)
    if name == 'words':
        values = [text_of(pmt.vector_ref(values, i)) for i in range(pmt.length(values))]
    elif pmt.is_vector(values):
        values = [pmt.symbol_to_string(pmt.vector_ref(values, i))
                  for i in range(pmt.length(values))]
    elif pmt.is_u64vector(values):  # which pmt.to_python does not know
        values = list(pmt.u64vector_elements(values))
    else:
        values = list(pmt.to_python(values))
    if count is not None and len(values) != count:
        raise ValueError(f'{len(values)} values of {name} for {count} entries')
    return values


def entries_of(source):
    frames = column(source, 'frame_id', None)
    columns = [column(source, name, len(frames)) for name in COLUMNS]
    return [Entry(*values) for values in zip(*columns)]


def snr_db(noise_var):
    """Es/N0 in dB of the noise that an entry came with."""
    return math.inf if noise_var <= 0 else -10 * math.log10(noise_var)


class MemoryViewState:
    """entries: by source, oldest first, as the last contents said; questions: by frame number,
    the newest last."""

    def __init__(self):
        self.entries, self.questions = {}, OrderedDict()
        self.capacity, self.rule, self.memory, self.counts = 0, '', True, {}
        self.bad = self.changes = 0

    def take_contents(self, message):
        """From semantic_memory's port contents."""
        try:
            sources = pmt.dict_ref(message, pmt.intern('sources'), pmt.PMT_NIL)
            found = {}
            for i in range(pmt.length(sources)):
                source = pmt.vector_ref(sources, i)
                found[int(value_of(source, 'source'))] = entries_of(source)
            capacity, rule = int(value_of(message, 'capacity')), str(value_of(message, 'rule'))
            memory, counts = bool(value_of(message, 'memory')), dict(value_of(message, 'stats'))
        except Exception:  # whatever a stranger sends
            self.bad += 1
            return
        self.entries, self.capacity, self.rule = found, capacity, rule
        self.memory, self.counts = memory, counts
        self.changes += 1

    def take_sent(self, message):
        """What a source sends: the words of a question."""
        self._take_pdu(message, self._note_words)

    def take_answer(self, message, port):
        """A result of unified_decoder."""
        self._take_pdu(message, lambda *parts: self._note_answer(port, *parts))

    def _take_pdu(self, message, note):
        try:
            note(pmt.car(message), pmt.cdr(message))
        except Exception:
            self.bad += 1
            return
        self.changes += 1

    def _question(self, about):
        number = int(value_of(about, 'frame_id'))
        if number not in self.questions:
            self.questions[number] = Question()
        while len(self.questions) > MOST_QUESTIONS:
            self.questions.popitem(last=False)
        return self.questions.get(number, Question())

    def _note_words(self, about, payload):
        if value_of(about, 'modality') != 'question':
            return
        words = text_of(payload)
        self._question(about).words = words

    def _note_answer(self, port, about, _):
        answer = value_of(about, 'class_name')
        if answer is None:
            raise ValueError('a result without a class')
        question = self._question(about)
        question.answers[port] = str(answer)
        expected = pmt.dict_ref(about, pmt.intern('reference'), pmt.PMT_NIL)
        if pmt.is_symbol(expected):
            question.expected = pmt.symbol_to_string(expected)
        remembered = value_of(about, 'remembered')
        if remembered is not None:  # of both receivers, whose results come in any order, the most
            question.remembered = max(int(remembered), question.remembered or 0)

    def right(self, port):
        """(right, asked) of the questions shown whose answer is known."""
        known = [q for q in self.questions.values() if q.expected and port in q.answers]
        return sum(q.answers[port] == q.expected for q in known), len(known)
