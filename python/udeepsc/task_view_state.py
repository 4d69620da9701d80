# SPDX-License-Identifier: GPL-3.0-or-later
"""What the live window shows, without the window: results -> pictures, sentences, classes and
figures of the last ones."""

import difflib
import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field

import numpy as np
import pmt

from . import picture_board
from .pdus import value_of
from .results import result_of
from .task_view_history import History
from .task_view_inputs import Inputs, Kept, shown_text
from .task_view_losses import Losses

MOST_PICTURES = 8  # kept at a time
MOST_SENTENCES = 2
MOST_TASKS = 32
REPEATING = ('picture', 'sentence')  # outputs that are what was sent
MOST_NAME = 40  # characters of a class
MEASURED = 16  # results whose Es/N0 the one shown is the mean of


def squared_error(sent, received):
    """Sum over two uint8 pictures, in whole numbers."""
    error = np.subtract(sent, received, dtype=np.int32).ravel()
    return int(np.dot(error, error))


def psnr_db(square, values):
    """Of a sum of squared errors of so many 8-bit values; 100 dB stands for none. As
    quality.psnr_db has it of whole pictures."""
    return 10 * math.log10(255**2 * values / square) if square else 100.0


def received_snr_db(about):
    """Es/N0 at the receiver, dB: of block_fading_channel what its gain left of it, otherwise
    what burst_demodulator measured."""
    if value_of(about, 'channel') is not None:
        noise_var = float(value_of(about, 'noise_var'))
        return -10 * math.log10(noise_var) if noise_var > 0 else math.inf
    return float(value_of(about, 'snr_db', math.nan))


def name_of(about):
    """The task; throws ValueError where it is none."""
    task = value_of(about, 'task')
    if not isinstance(task, str):
        raise ValueError('a PDU without a task')
    return task


def compared(sent, received):
    """[(word, whether it was sent so)] of the received words."""
    a, b = sent.split(), received.split()
    same = set()
    for block in difflib.SequenceMatcher(a=a, b=b, autojunk=False).get_matching_blocks():
        same.update(range(block.b, block.b + block.size))
    return [(word, i in same) for i, word in enumerate(b)]


class Picture(picture_board.Picture):
    """Knows what of it has changed since it was drawn, and its PSNR at any time."""

    def __init__(self, name, task, size, tiles):
        super().__init__(name, task, size, tiles)
        # Of each tile, so that the picture's PSNR is a sum over tiles.
        self._square, self._values = np.zeros(tiles), np.zeros(tiles)
        self._fresh = set()  # (x, y, width, height) laid since drawn()
        self.last_psnr_db = None  # of the last tile, what of it lies in the picture; None: unknown

    def lay(self, row, column, result):
        rows, columns = place = self.put(row, column, result)
        height, width = self.received[place].shape[:2]
        self._fresh.add((columns.start, rows.start, width, height))
        self.last_psnr_db = None
        if result.reference is not None:
            square = squared_error(self.sent[place], self.received[place])
            self._square[row, column], self._values[row, column] = square, 3 * height * width
            self.last_psnr_db = psnr_db(square, 3 * height * width)

    def drawn(self):
        """Places that have changed since the last call."""
        fresh, self._fresh = self._fresh, set()
        return fresh

    def psnr_db(self):
        """Of what has come, put together."""
        values = float(self._values.sum())
        return psnr_db(float(self._square.sum()), values) if values else math.nan


@dataclass
class Sentence:
    received: str
    sent: str = None


@dataclass
class Answer:
    name: str
    probabilities: np.ndarray  # of each class, 0..1
    truth: str = None  # None: unknown
    kept: int = 0
    candidates: int = 0
    inputs: dict = field(default_factory=dict)  # as task_view_inputs.input_of() has them

    @property
    def right(self):
        """None: unknown."""
        return None if self.truth is None else self.name == self.truth


@dataclass
class Recent:
    """Of the last results of a task."""
    output: str  # kind of the results
    scores: deque
    symbols: deque
    come: int = 0

    def mean(self):
        return float(np.mean(self.scores)) if self.scores else math.nan


class TaskViewState:
    """Not thread-safe. grid: columns and rows of a picture whose results do not say where
    their tile belongs, as over a radio."""

    def __init__(self, last=100, grid=(8, 8)):
        self.last = last
        self.board = picture_board.PictureBoard(grid, Picture)
        self.sentences = deque(maxlen=MOST_SENTENCES)
        self.sentences_come = 0
        self.answers = OrderedDict()  # task -> Answer
        self.recent = {}  # task -> Recent
        self.history = {}  # task -> History
        self.inputs = Inputs()
        self.kept = Kept()
        self.losses = Losses()
        self.bad = 0  # messages that could not be used
        self._snr_db = deque(maxlen=MEASURED)
        self._takers = {'picture': self._take_picture, 'sentence': self._take_sentence,
                        'label': self._take_label, 'score': self._take_score}

    def picture(self):
        """The one that a tile came for last, or None."""
        return self.board.last()

    def snr_db(self):
        """At the receiver, mean of the last results; NaN before the first."""
        return float(np.mean(self._snr_db)) if self._snr_db else math.nan

    def remember(self, message):
        """What a source has sent. What is none is counted in `bad`."""
        try:
            self._remember(pmt.car(message), pmt.cdr(message), message)
        except Exception:  # of many kinds: anything may come in at a port
            self.bad += 1

    def _remember(self, about, data, message):
        if not pmt.is_uniform_vector(data):
            raise ValueError('the payload is no vector')
        task, number, modality = name_of(about), value_of(about, 'frame_id'), value_of(about, 'modality')
        self.losses.add_sent(task, int(number), modality)
        # Where the result brings it along, it need not be remembered.
        reference = pmt.dict_ref(about, pmt.intern('reference'), pmt.PMT_NIL)
        if not (task in self.recent and self.recent[task].output in REPEATING
                and pmt.is_u8vector(reference)):
            self.inputs.add(task, int(number), modality, message)

    def take_kept(self, message):
        """From a PDU of symbols, what the selector kept of its vectors."""
        try:
            self.kept.take(pmt.car(message))
        except Exception:  # of many kinds: anything may come in at a port
            self.bad += 1

    def take(self, message):
        """A result of unified_decoder. One that is none is counted in `bad`."""
        try:
            self._take(pmt.car(message), pmt.cdr(message))
        except Exception:  # of many kinds: anything may come in at a port
            self.bad += 1

    def _take(self, about, data):
        task, output, number = name_of(about), value_of(about, 'output'), value_of(about, 'frame_id')
        if task not in self.recent and len(self.recent) >= MOST_TASKS:
            raise ValueError(f'more than {MOST_TASKS} tasks')
        snr_db, symbols = received_snr_db(about), int(value_of(about, 'symbols', 0))
        score = self._takers[output](about, data)
        recent = self.recent.setdefault(
            task, Recent(output, deque(maxlen=self.last), deque(maxlen=self.last)))
        recent.come += 1
        if number is not None:
            self.losses.add_arrived(task, int(number))
        recent.symbols.append(symbols)
        if math.isfinite(snr_db):
            self._snr_db.append(snr_db)
        if score is not None:
            recent.scores.append(score)
            self.history.setdefault(task, History(self.last)).add(snr_db, score)

    def _take_picture(self, about, data):
        result = result_of(pmt.cons(about, data))
        if result.reference is None:
            sent = self._remembered(about, 'picture')
            if sent is not None and sent.shape == result.value.shape:
                result.reference = sent
        if result.layers:
            shares = pmt.dict_ref(about, pmt.intern('probabilities'), pmt.PMT_NIL)
            self._answer(about, f'{result.class_name}, of {result.layers} '
                         f'layer{"s"[:result.layers > 1]}', np.array(pmt.f32vector_elements(shares)))
        picture = self.board.lay(result)
        while len(self.board.pictures) > MOST_PICTURES:
            self.board.pictures.popitem(last=False)
        return picture.last_psnr_db

    def _remembered(self, about, what):
        """From port "sent"; None where it is not there."""
        return self.inputs.of(value_of(about, 'task'), value_of(about, 'frame_id')).get(what)

    def _take_sentence(self, about, data):
        reference = pmt.dict_ref(about, pmt.intern('reference'), pmt.PMT_NIL)
        received = shown_text(data)
        sent = shown_text(reference) if pmt.is_u8vector(reference) \
            else self._remembered(about, 'text')
        self.sentences.append(Sentence(received, sent))
        self.sentences_come += 1
        self.kept.take(about)
        if not sent or not sent.split():
            return None
        return sum(same for _, same in compared(sent, received)) / len(sent.split())

    def _take_label(self, about, data):
        truth = value_of(about, 'reference')
        answer = self._answer(about, str(value_of(about, 'class_name', '')),
                              np.array(pmt.f32vector_elements(data)))
        answer.truth = truth if isinstance(truth, str) else None
        return None if answer.right is None else float(answer.right)

    def _take_score(self, about, data):
        self._answer(about, f'{pmt.f32vector_elements(data)[0]:.2f}', np.zeros(0))
        return None

    def _answer(self, about, name, probabilities):
        task = str(value_of(about, 'task', ''))
        answer = Answer(name[:MOST_NAME], np.clip(np.nan_to_num(probabilities), 0, 1),
                        inputs=self.inputs.of(task, value_of(about, 'frame_id')))
        # A burst's tag has these of one modality only.
        if value_of(about, 'sample') is None:
            answer.kept = len(value_of(about, 'kept', ()))
            answer.candidates = int(value_of(about, 'candidates', 0))
        self.answers[task] = answer
        self.answers.move_to_end(task)
        self.kept.take(about)
        return answer
