# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes on the air: pictures as tiles, sentences, sounds, questions on pictures; and how a
receiver that knows nothing but a frame's number finds a tile's place again."""

import time
from dataclasses import dataclass

import numpy as np
import pmt

FRAME_NUMBERS = 256  # a frame's number has 8 bits on the air
SEGMENT_WORDS = 24  # of a text, in one frame
GRIDS = 'columns x rows, each a power of two, at most 256 tiles'


@dataclass(frozen=True)
class Grid:
    """Tiles of every picture, the same at both ends. Their number divides 256: so tile i of
    any picture has a frame number that is i modulo the number of tiles, and a receiver that
    comes late or misses frames still knows where a tile belongs."""
    columns: int = 8
    rows: int = 8

    @property
    def tiles(self):
        return self.columns * self.rows

    @staticmethod
    def parse(text):
        columns, _, rows = text.lower().partition('x')
        if columns.isdecimal() and rows.isdecimal():
            grid = Grid(int(columns), int(rows))
            if grid.tiles and FRAME_NUMBERS % grid.tiles == 0:
                return grid
        raise ValueError(f"got '{text}', expected {GRIDS}, like 8x8")

    def __str__(self):
        return f'{self.columns}x{self.rows}'


@dataclass
class Payload:
    task: str
    frame_id: int
    pdus: list  # one for each modality
    truth: object  # pixels of the tile, the text, or the sound's name


def dictionary(**keys):
    entries = pmt.make_dict()
    for name, value in keys.items():
        if isinstance(value, str):
            value = pmt.intern(value)
        elif isinstance(value, tuple):
            value = pmt.init_s32vector(len(value), list(value))
        elif isinstance(value, float):
            value = pmt.from_double(value)
        else:
            value = pmt.from_uint64(value)
        entries = pmt.dict_add(entries, pmt.intern(name), value)
    return entries


def image_pdu(task, pixels, frame_id):
    pixels = np.ascontiguousarray(pixels, np.uint8)
    return pmt.cons(dictionary(task=task, modality='image', shape=pixels.shape, frame_id=frame_id),
                    pmt.init_u8vector(pixels.size, pixels.ravel().tolist()))


def text_pdu(task, text, frame_id):
    data = text.encode()
    return pmt.cons(dictionary(task=task, modality='text', frame_id=frame_id),
                    pmt.init_u8vector(len(data), list(data)))


def image_payload(task, pixels, frame_id):
    return Payload(task, frame_id, [image_pdu(task, pixels, frame_id)], pixels)


def text_payload(task, text, frame_id):
    return Payload(task, frame_id, [text_pdu(task, text, frame_id)], text)


def sound_payload(task, sound, frame_id):
    frames, channels = sound.samples.shape
    about = dictionary(task=task, modality='speech', shape=(frames, channels),
                       sample_rate=float(sound.rate), frame_id=frame_id)
    values = pmt.init_f32vector(frames * channels, sound.samples.ravel().tolist())
    return Payload(task, frame_id, [pmt.cons(about, values)], sound.name)


def question_payload(task, question, picture, frame_id):
    return Payload(task, frame_id, [image_pdu(task, picture.thumbnail, frame_id),
                                    text_pdu(task, question, frame_id)],
                   f'{question} ({picture.name})')


class Numbering:
    """Frame numbers of each task. They begin elsewhere at every start: a receiver that has
    just heard numbers 0 and 1 would take the next transmitter's for repetitions."""

    def __init__(self, grid, start=None):
        slots = FRAME_NUMBERS // grid.tiles
        now = int(time.time()) if start is None else start
        self._grid = grid
        self._picture = now % slots if slots > 1 else 0
        self._next = {}
        self._start = now * 16 % FRAME_NUMBERS

    def next(self, task):
        number = self._next.get(task, self._start)
        self._next[task] = number + 1
        return number

    def next_picture(self):
        """Number of its first tile."""
        first = self._picture * self._grid.tiles
        self._picture += 1
        return first


def picture_payloads(task, pixels, grid, edge, numbering):
    """Tiles of a picture that has the grid's shape, row by row."""
    first = numbering.next_picture()
    return [image_payload(task, pixels[row * edge:(row + 1) * edge,
                                       column * edge:(column + 1) * edge],
                          first + row * grid.columns + column)
            for row in range(grid.rows) for column in range(grid.columns)]


def make_payloads(wanted, material, grid, edge, numbering):
    """All payloads for the tasks wanted; the material's pictures are of the grid's shape."""
    def tiles(task):
        return [payload for picture in material.pictures
                for payload in picture_payloads(task, picture.pixels, grid, edge, numbering)]

    def thumbnails(task):
        return [image_payload(task, p.thumbnail, numbering.next(task)) for p in material.pictures]

    def texts(task):
        return [text_payload(task, s.text, numbering.next(task)) for s in material.sentences]

    def sounds(task):
        return [sound_payload(task, s, numbering.next(task)) for s in material.sounds]

    def questions(task):
        return [question_payload(task, q, p, numbering.next(task))
                for p in material.pictures for q in material.questions]

    make = {'tiles': tiles, 'thumbnails': thumbnails, 'texts': texts, 'sounds': sounds,
            'questions': questions}
    return [payload for task in wanted for payload in make[task.sent_as](task.name)]
