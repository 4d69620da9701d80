# SPDX-License-Identifier: GPL-3.0-or-later
"""Results in a folder: pictures as picture-N.png, and a line of JSON for each result in
results.jsonl. Nothing that is there is written over."""

import errno
import io
import json
import math
import os
import re
import statistics
import time
import weakref
from datetime import datetime, timezone
from pathlib import Path

from .picture_board import PictureAssembler

LINES = 'results.jsonl'

# Of pictures that less than half has come of: a stranger's frames make many of them, one tile each.
MOST_FRAGMENTS = 8  # written at once
FRAGMENTS_PER_S = 0.5  # written in the long run


def _json_number(value, digits=3):
    return round(float(value), digits) if math.isfinite(value) else None


def _clock(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec='milliseconds')


def _mean(values):
    known = [value for value in values if math.isfinite(value)]
    return statistics.fmean(known) if known else math.nan


class ResultFiles:
    """take() and idle() return what was written: the lines' dictionaries.

    A line holds time, task, output, frame_id, value (a sentence, a class's name, a score) or
    file, snr_db, symbols, and where they are known reference (what was sent), about (a question, a
    sound's name), probability, missing (modalities); of a picture
    tiles ([those that came, all]), name and psnr_db. null: not known.

    Raises OSError, with the path, if the folder cannot be made or written. What goes wrong later
    is counted (failed) and told once to `warn`; it never raises. Pictures that less than half has
    come of are written at a bounded rate, the others counted (fragments). Not thread-safe.
    """

    def __init__(self, folder, grid=(8, 8), warn=print):
        from PIL import Image  # now, and not while results wait for the first picture
        Image.preinit()
        self._image = Image
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.failed = 0  # results that could not be written
        self.fragments = 0  # pictures not written, because there were too many of their kind
        self._allowed, self._allowed_at = float(MOST_FRAGMENTS), time.monotonic()
        self._warn = warn
        self._assembler = PictureAssembler(grid)
        self._lines = open(self.folder / LINES, 'ab', buffering=0)
        # Closed when nobody holds this any more, too.
        self.close = weakref.finalize(self, self._lines.close)
        self._torn = self._ends_torn()
        self._number = self._last_number() + 1
        self._takers = {'picture': self._take_picture}

    def take(self, result):
        """Raises ValueError for a tile that fits no picture."""
        return self._takers.get(result.output, self._take_value)(result)

    def idle(self):
        """For the time when nothing comes: pictures that are given up."""
        return self._write_pictures(self._assembler.idle(time.monotonic()))

    def finish(self):
        """Pictures that are not whole."""
        return self._write_pictures(self._assembler.finish())

    def _take_picture(self, result):
        return self._write_pictures(self._assembler.add(result))

    def _take_value(self, result):
        value = result.value if isinstance(result.value, str) else _json_number(result.value, 6)
        line = {'time': _clock(result.time), 'task': result.task, 'output': result.output,
                'frame_id': result.frame_id, 'value': value,
                'snr_db': _json_number(result.snr_db), 'symbols': result.symbols}
        if math.isfinite(result.probability):
            line['probability'] = _json_number(result.probability, 6)
        line.update({name: known for name, known in (
            ('reference', result.reference), ('about', result.about),
            ('missing', result.missing)) if known or known == 0})
        self._guarded(self._write_line, line)
        return [line]

    def _write_pictures(self, pictures):
        return [self._write_picture(picture) for picture in pictures if self._worth_it(picture)]

    def _worth_it(self, picture):
        if 2 * picture.come.sum() >= picture.come.size:
            return True
        now = time.monotonic()
        self._allowed = min(float(MOST_FRAGMENTS), self._allowed
                            + FRAGMENTS_PER_S * (now - self._allowed_at))
        self._allowed_at = now
        if self._allowed >= 1:
            self._allowed -= 1
            return True
        self.fragments += 1
        if self.fragments == 1:
            self._warn(f'{self.folder}: many pictures of which less than half has come; more than '
                       f'{MOST_FRAGMENTS} at once are only counted')
        return False

    def _write_picture(self, picture):
        line = {'time': _clock(picture.time), 'task': picture.task, 'output': 'picture',
                'frame_id': picture.frame_id,
                'file': self._guarded(self._write_file, picture.received),
                'snr_db': _json_number(_mean(picture.snr_db)), 'symbols': picture.symbols,
                'name': picture.name, 'tiles': [int(picture.come.sum()), picture.come.size],
                'psnr_db': _json_number(picture.psnr_db())}
        self._guarded(self._write_line, line)
        return line

    def _guarded(self, write, what):
        try:
            return write(what)
        except OSError as error:
            self.failed += 1
            if self.failed == 1:
                self._warn(f'{error.filename or self.folder}: {error.strerror}; more of this kind '
                           'are only counted')
            return None

    def _write_line(self, line):
        text = json.dumps(line, ensure_ascii=False) + '\n'
        data = (b'\n' if self._torn else b'') + text.encode(errors='replace')
        self._torn = True
        try:
            written = self._lines.write(data)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.folder / LINES)) from None
        if written != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder / LINES))
        self._torn = False

    def _write_file(self, pixels):
        """Name of the file."""
        png = io.BytesIO()
        self._image.fromarray(pixels).save(png, 'PNG')
        while True:
            name = f'picture-{self._number}.png'
            self._number += 1
            try:
                file = open(self.folder / name, 'xb', buffering=0)
            except FileExistsError:
                continue
            break
        try:
            with file:
                if file.write(png.getbuffer()) != png.getbuffer().nbytes:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            (self.folder / name).unlink(missing_ok=True)
            raise OSError(error.errno, error.strerror, str(self.folder / name)) from None
        return name

    def _last_number(self):
        numbers = [int(found.group(1)) for path in self.folder.glob('picture-*.png')
                   if (found := re.fullmatch(r'picture-(\d+)\.png', path.name))]
        return max(numbers, default=0)

    def _ends_torn(self):
        """Whether the last line that is there was not written to its end."""
        path = self.folder / LINES
        if not path.is_file() or path.stat().st_size == 0:
            return False
        with open(path, 'rb') as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b'\n'
