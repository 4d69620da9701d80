# SPDX-License-Identifier: GPL-3.0-or-later
"""What the live window shows, without the window: results -> pictures, sentences, classes and
figures of the last ones."""

import difflib
import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field

import numpy as np
import pmt

from .quality import psnr_db

MISSING = 128  # grey where no tile has come
MOST_PICTURES = 8  # kept at a time
MOST_SENTENCES = 4
MOST_PIXELS = 1 << 24  # of a picture


def key(about, name, otherwise=None):
    value = pmt.dict_ref(about, pmt.intern(name), pmt.PMT_NIL)
    return otherwise if pmt.is_null(value) else pmt.to_python(value)


def bytes_of(vector):
    return np.array(pmt.u8vector_elements(vector), np.uint8)


def compared(sent, received):
    """[(word, whether it was sent so)] of the received words."""
    a, b = sent.split(), received.split()
    same = set()
    for block in difflib.SequenceMatcher(a=a, b=b, autojunk=False).get_matching_blocks():
        same.update(range(block.b, block.b + block.size))
    return [(word, i in same) for i, word in enumerate(b)]


@dataclass
class Picture:
    sent: np.ndarray  # uint8 [height, width, 3], grey where nothing has come
    received: np.ndarray
    come: np.ndarray  # bool [rows, columns]
    known: bool = False  # whether what was sent is known

    def lay(self, row, column, tile, reference):
        side = tile.shape[0]
        place = np.s_[row * side:(row + 1) * side, column * side:(column + 1) * side]
        height, width = self.received[place].shape[:2]
        self.received[place] = tile[:height, :width]
        self.come[row, column] = True
        if reference is not None:
            self.sent[place] = reference[:height, :width]
            self.known = True

    def psnr_db(self):
        """Of what has come, put together."""
        side = -(-self.received.shape[0] // self.come.shape[0])
        mask = np.kron(self.come, np.ones((side, side), bool))
        mask = mask[:self.received.shape[0], :self.received.shape[1]]
        if not self.known or not mask.any():
            return math.nan
        return psnr_db(self.sent[mask], self.received[mask])


@dataclass
class Sentence:
    received: str
    sent: str = None


@dataclass
class Answer:
    name: str
    probabilities: list
    right: bool = None  # None: unknown
    kept: int = 0
    candidates: int = 0


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
        self.last, self.grid = last, grid
        self.pictures = OrderedDict()  # name -> Picture, oldest first
        self.sentences = deque(maxlen=MOST_SENTENCES)
        self.answers = OrderedDict()  # task -> Answer
        self.recent = {}  # task -> Recent
        self.snr_db = math.nan  # as measured, or as the channel has it
        self.bad = 0  # results that could not be shown
        self._takers = {'picture': self._take_picture, 'sentence': self._take_sentence,
                        'label': self._take_label, 'score': self._take_score}

    def picture(self):
        """The one that a tile came for last, or None."""
        return next(reversed(self.pictures.values()), None)

    def take(self, message):
        """A result of unified_decoder. One that is none is counted in `bad`."""
        try:
            about, data = pmt.car(message), pmt.cdr(message)
            task = key(about, 'task', '')
            output = key(about, 'output')
            score = self._takers[output](about, data)
            self.snr_db = key(about, 'snr_db', self.snr_db)
        except (KeyError, ValueError, RuntimeError, TypeError, IndexError, AttributeError):
            self.bad += 1
            return
        recent = self.recent.setdefault(
            task, Recent(output, deque(maxlen=self.last), deque(maxlen=self.last)))
        recent.come += 1
        recent.symbols.append(key(about, 'symbols', 0))
        if score is not None:
            recent.scores.append(score)

    def _take_picture(self, about, data):
        shape = key(about, 'shape')
        tile = bytes_of(data).reshape(shape)
        reference = pmt.dict_ref(about, pmt.intern('reference'), pmt.PMT_NIL)
        reference = bytes_of(reference).reshape(shape) if pmt.is_u8vector(reference) else None
        name, row, column = self._place(about)
        size = key(about, 'picture_size', (self.grid[1] * shape[0], self.grid[0] * shape[1]))
        self._canvas(name, size, key(about, 'tiles', self.grid[::-1])).lay(
            row, column, tile, reference)
        return None if reference is None else psnr_db(reference, tile)

    def _place(self, about):
        """Picture, row and column of a tile."""
        if key(about, 'picture') is not None:
            return (key(about, 'picture'), *key(about, 'tile'))
        number, place = divmod(key(about, 'frame_id'), self.grid[0] * self.grid[1])
        return (f'picture {number}', *divmod(place, self.grid[0]))

    def _canvas(self, name, size, tiles):
        height, width = size
        if not 0 < height * width <= MOST_PIXELS:
            raise ValueError(f'picture of {height}x{width}')
        picture = self.pictures.get(name)
        if picture is None or picture.received.shape[:2] != (height, width):
            blank = np.full((height, width, 3), MISSING, np.uint8)
            self.pictures[name] = Picture(blank, blank.copy(), np.zeros(tiles, bool))
        self.pictures.move_to_end(name)
        while len(self.pictures) > MOST_PICTURES:
            self.pictures.popitem(last=False)
        return self.pictures[name]

    def _take_sentence(self, about, data):
        received = bytes(pmt.u8vector_elements(data)).decode(errors='replace')
        reference = pmt.dict_ref(about, pmt.intern('reference'), pmt.PMT_NIL)
        sent = None
        if pmt.is_u8vector(reference):
            sent = bytes(pmt.u8vector_elements(reference)).decode(errors='replace')
        self.sentences.append(Sentence(received, sent))
        if not sent or not sent.split():
            return None
        return sum(same for _, same in compared(sent, received)) / len(sent.split())

    def _take_label(self, about, data):
        name, truth = key(about, 'class_name', ''), key(about, 'reference')
        right = name == truth if isinstance(truth, str) else None
        kept = key(about, 'kept', ())
        task = key(about, 'task', '')
        self.answers[task] = Answer(name, list(pmt.f32vector_elements(data)), right, len(kept),
                                    key(about, 'candidates', 0))
        self.answers.move_to_end(task)
        return None if right is None else float(right)

    def _take_score(self, about, data):
        value = pmt.f32vector_elements(data)[0]
        self.answers[key(about, 'task', '')] = Answer(f'{value:.2f}', [])
        return None
