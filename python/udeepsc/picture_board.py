# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiles put together to pictures again: for the window, the files and the programs."""

import math
from collections import OrderedDict

import numpy as np

from .quality import psnr_db

MISSING = 128  # grey where no tile has come
MAX_PIXELS = 1 << 24  # of a picture
MAX_TILES = 1 << 18
MOST_OPEN = 8  # pictures put together at a time
IN_A_ROW = 4  # tiles of a picture that end the one before it: fewer may be a stray frame's
PATIENCE_S = 2.0  # after its last tile a picture that is not whole is given up


class Picture:
    """received, sent: uint8 [height, width, 3], grey where nothing has come; sent is None where
    it is not known. come: bool [rows, columns]."""

    def __init__(self, name, task, size, tiles):
        self.name, self.task = name, task
        self.received = np.full((*size, 3), MISSING, np.uint8)
        self.sent = None
        self.come = np.zeros(tiles, bool)
        self.frame_id = None  # the lowest of its tiles
        self.snr_db, self.symbols = [], 0
        self.last = self.time = 0.0  # of its last tile, as a Result has them

    def put(self, row, column, result):
        """The tile's pixels, and what was sent, into their place, which is returned."""
        side = result.value.shape[0]
        place = np.s_[row * side:(row + 1) * side, column * side:(column + 1) * side]
        height, width = self.received[place].shape[:2]
        self.received[place] = result.value[:height, :width]
        if result.reference is not None:
            if self.sent is None:
                self.sent = np.full_like(self.received, MISSING)
            self.sent[place] = result.reference[:height, :width]
        self.come[row, column] = True
        return place

    def lay(self, row, column, result):
        self.put(row, column, result)
        self.frame_id = result.frame_id if self.frame_id is None \
            else min(self.frame_id, result.frame_id)
        self.snr_db.append(result.snr_db)
        self.symbols += result.symbols
        self.last, self.time = result.when, result.time

    def whole(self):
        return bool(self.come.all())

    def psnr_db(self):
        """Of what has come; NaN where what was sent is not known."""
        if self.sent is None or not self.come.any():
            return math.nan
        side = -(-self.received.shape[0] // self.come.shape[0])
        mask = np.kron(self.come, np.ones((side, side), bool))
        mask = mask[:self.received.shape[0], :self.received.shape[1]]
        return psnr_db(self.sent[mask], self.received[mask])


class PictureBoard:
    """Lays tiles in their place. A result says itself where it belongs (picture, tile, tiles,
    picture_size), or, over a radio, its number does: pictures have `grid` (columns, rows) tiles
    then. Holds every picture until its owner takes it out. make: the class of the pictures."""

    def __init__(self, grid=(8, 8), make=Picture):
        self.grid, self._make = tuple(grid), make
        self.pictures = OrderedDict()  # key -> Picture; the one that a tile came for last is last

    def place(self, result):
        """(key of the picture, its (height, width), its (rows, columns), row, column); raises
        ValueError where these do not fit each other."""
        height, width = result.value.shape[:2]
        if result.picture:
            name, tiles, tile, size = result.picture, result.tiles, result.tile, \
                result.picture_size
        else:
            columns, rows = self.grid
            number, place = divmod(result.frame_id, columns * rows)
            name, tiles, tile = f'picture {number}', (rows, columns), divmod(place, columns)
            size = (rows * height, columns * width)
        if len(tiles) != 2 or len(tile) != 2 or len(size) != 2 or \
                not all(0 <= at < n for at, n in zip(tile, tiles)) or \
                not all((n - 1) * side < pixels <= n * side
                        for n, side, pixels in zip(tiles, (height, width), size)):
            raise ValueError(f'tile {tile} of {tiles} tiles does not fit a picture of {size} '
                             f'pixels in tiles of {height}x{width}')
        if size[0] * size[1] > MAX_PIXELS or tiles[0] * tiles[1] > MAX_TILES:
            raise ValueError(f'picture of {size} pixels in {tiles} tiles, at most {MAX_PIXELS} and '
                             f'{MAX_TILES} are put together')
        return (result.task, name), size, tiles, *tile

    def lay(self, result):
        """The picture that the tile is part of now; raises ValueError as place() does."""
        key, size, tiles, row, column = self.place(result)
        picture = self.pictures.get(key)
        if picture is None or picture.received.shape[:2] != tuple(size) \
                or picture.come.shape != tuple(tiles):
            picture = self.pictures[key] = self._make(key[1], result.task, size, tiles)
        self.pictures.move_to_end(key)
        picture.lay(row, column, result)
        return picture

    def last(self):
        """The picture that a tile came for last, or None."""
        return next(reversed(self.pictures.values()), None)


class PictureAssembler:
    """Says when a picture is finished: whole, or no tile came for PATIENCE_S, or it comes again,
    or the next one has begun where pictures have no names: IN_A_ROW of its tiles came, or all that
    it has. Not thread-safe."""

    def __init__(self, grid=(8, 8)):
        self._board = PictureBoard(grid)
        self._last_key, self._in_a_row = None, 0  # of tiles without a name

    def add(self, result):
        """The pictures that are finished now; raises ValueError for a tile without a place."""
        key, _, _, row, column = self._board.place(result)
        pictures, finished = self._board.pictures, []
        again = key in pictures and pictures[key].come[row:row + 1, column:column + 1].any()
        if again:
            finished.append(pictures.pop(key))
        picture = self._board.lay(result)
        if not result.picture and self._has_begun(key, picture):
            finished += [pictures.pop(other) for other in list(pictures)
                         if other != key and other[0] == key[0]]
        if picture.whole():
            finished.append(pictures.pop(key))
        while len(pictures) > MOST_OPEN:
            finished.append(pictures.popitem(last=False)[1])
        return finished

    def _has_begun(self, key, picture):
        """Over a radio pictures come one after the other."""
        self._in_a_row = self._in_a_row + 1 if key == self._last_key else 1
        self._last_key = key
        return self._in_a_row >= min(IN_A_ROW, picture.come.size)

    def idle(self, now):
        """Pictures to which nothing is added any more. now: seconds of the monotonic clock."""
        overdue = [key for key, picture in self._board.pictures.items()
                   if now - picture.last > PATIENCE_S]
        return [self._board.pictures.pop(key) for key in overdue]

    def finish(self):
        """All that are left."""
        left = list(self._board.pictures.values())
        self._board.pictures.clear()
        return left
