# SPDX-License-Identifier: GPL-3.0-or-later
"""What came out of the air: results from the flowgraph, put together to pictures."""

import queue
import re
import time
from dataclasses import dataclass, field

import numpy as np
import pmt
from gnuradio import gr

MISSING = 128  # grey where a tile did not arrive
STEP_S = 0.02  # between two looks at the window
PATIENCE_S = 2.0  # after its last tile a picture that is not whole is given up


@dataclass
class Result:
    task: str
    output: str  # picture, sentence or label
    frame_id: int
    snr_db: float
    cfo: float  # cycles per symbol
    value: object  # pixels, text or class name
    when: float  # seconds of the monotonic clock


def number(about, name, otherwise=float('nan')):
    value = pmt.dict_ref(about, pmt.intern(name), pmt.PMT_NIL)
    return otherwise if pmt.is_null(value) else pmt.to_python(value)


def picture_of(about, data):
    return np.array(pmt.u8vector_elements(data), np.uint8).reshape(number(about, 'shape'))


def sentence_of(about, data):
    return bytes(pmt.u8vector_elements(data)).decode(errors='replace')


def class_of(about, data):
    return number(about, 'class_name', '')


def score_of(about, data):
    return pmt.f32vector_elements(data)[0]


# What the payload of a result is, by its key output.
READERS = {'picture': picture_of, 'sentence': sentence_of, 'label': class_of, 'score': score_of}


def result_of(message):
    about, data = pmt.car(message), pmt.cdr(message)
    output = number(about, 'output', '')
    value = READERS.get(output, class_of)(about, data)
    return Result(number(about, 'task', ''), output, number(about, 'frame_id', 0),
                  number(about, 'snr_db'), number(about, 'cfo'), value, time.monotonic())


class Inbox(gr.basic_block):
    """Takes results from the flowgraph for the main program: get()."""

    def __init__(self, most=100000):
        gr.basic_block.__init__(self, 'inbox', None, None)
        self._results = queue.Queue(most)
        self.lost = 0
        self.message_port_register_in(pmt.intern('in'))
        self.set_msg_handler(pmt.intern('in'), self._take)

    def _take(self, message):
        try:
            self._results.put_nowait(result_of(message))
        except (queue.Full, ValueError, RuntimeError, TypeError):
            self.lost += 1

    def get(self, timeout_s, window):
        """The next result; None if none comes in time. The window is drawn meanwhile."""
        end = time.monotonic() + timeout_s
        while True:
            window.pump()
            left = end - time.monotonic()
            try:
                return self._results.get(timeout=max(0.0, min(left, STEP_S)))
            except queue.Empty:
                if left <= 0:
                    return None


@dataclass
class Picture:
    pixels: np.ndarray
    places: set = field(default_factory=set)
    number: int = 0
    last: float = 0.0
    snr_db: list = field(default_factory=list)


class Assembler:
    """Tiles -> pictures. add() and idle() return the pictures that are finished."""

    def __init__(self, grid, edge):
        self._grid, self._edge = grid, edge
        self._open = None

    def add(self, result):
        number, place = divmod(result.frame_id, self._grid.tiles)
        finished = []
        if self._open is None or self._open.number != number:
            finished = self.finish()
            shape = (self._grid.rows * self._edge, self._grid.columns * self._edge, 3)
            self._open = Picture(np.full(shape, MISSING, np.uint8), number=number)
        row, column = divmod(place, self._grid.columns)
        self._open.pixels[row * self._edge:(row + 1) * self._edge,
                          column * self._edge:(column + 1) * self._edge] = result.value
        self._open.places.add(place)
        self._open.snr_db.append(result.snr_db)
        self._open.last = result.when
        if len(self._open.places) == self._grid.tiles:
            finished += self.finish()
        return finished

    def idle(self, now):
        """For the time when nothing comes: a picture that nothing is added to any more."""
        if self._open and now - self._open.last > PATIENCE_S:
            return self.finish()
        return []

    def finish(self):
        finished, self._open = ([self._open] if self._open else []), None
        return finished


def next_number(folder):
    """Of the pictures in a folder: nothing that is there is written over."""
    numbers = [int(found.group(1)) for path in folder.glob('picture-*.png')
               if (found := re.fullmatch(r'picture-(\d+)\.png', path.name))]
    return max(numbers, default=0) + 1
