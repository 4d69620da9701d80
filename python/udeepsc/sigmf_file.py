# SPDX-License-Identifier: GPL-3.0-or-later
"""SigMF recordings (sigmf.org): FILE.sigmf-data with samples, FILE.sigmf-meta about them."""

import datetime
import errno
import hashlib
import json
import os
import stat
from pathlib import Path

import numpy as np

from .radio_settings import RATE, RadioError

VERSION = '1.0.0'
BYTES_PER_SAMPLE = 8  # cf32_le
LABEL_LENGTH = 20  # the most that the specification allows for
# Kept on the disk for the metadata from the beginning on: a full disk then still takes it.
RESERVED = 1 << 16
# Of a recording that is read.
MOST_META_BYTES = 1 << 26
MOST_FREQUENCY = 1e12  # Hz
MOST_SHOWN = 60  # characters of a wrong value

# datatype -> (numpy's name for each part, full scale)
READABLE = {'cf32_le': ('<f4', 1.0), 'cf32': ('<f4', 1.0), 'cf32_be': ('>f4', 1.0),
            'cf64_le': ('<f8', 1.0), 'ci16_le': ('<i2', 32768.0), 'ci16': ('<i2', 32768.0),
            'ci16_be': ('>i2', 32768.0), 'ci8': ('i1', 128.0)}


def paths(name):
    """(data, metadata) of a recording, named with or without one of the endings."""
    base = str(name)
    for ending in ('.sigmf-data', '.sigmf-meta', '.sigmf'):
        base = base.removesuffix(ending)
    return Path(base + '.sigmf-data'), Path(base + '.sigmf-meta')


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%S.%fZ')


def annotation(start, count, label='', comment='', edges=None):
    entry = {'core:sample_start': int(start), 'core:sample_count': int(count)}
    if edges:
        entry['core:freq_lower_edge'], entry['core:freq_upper_edge'] = map(float, edges)
    if label:
        entry['core:label'] = label[:LABEL_LENGTH]
    if comment:
        entry['core:comment'] = comment
    return entry


def open_new(path, buffering=-1):
    """For writing. A pipe would wait for somebody who reads it."""
    if path.is_fifo():
        raise OSError(errno.EINVAL, 'is a pipe, expected a file', str(path))
    return open(path, 'wb', buffering=buffering)


class Writer:
    """A recording that is valid whenever the program ends, and where the disk is full.

    Every method may throw OSError; after one only close() is of use.
    """

    def __init__(self, name, rate, frequency=None, description=''):
        self.data_path, self.meta_path = paths(name)
        self.samples = 0
        self._hash = hashlib.sha512()
        self._annotations = []
        self._global = {'core:datatype': 'cf32_le', 'core:sample_rate': float(rate),
                        'core:version': VERSION, 'core:recorder': 'gr-udeepsc',
                        'core:description': description}
        capture = {'core:sample_start': 0, 'core:datetime': now()}
        if frequency:
            capture['core:frequency'] = float(frequency)
        self._captures = [capture]
        self._meta = open_new(self.meta_path)
        try:
            self._write_meta(self._text(whole=False).ljust(RESERVED))
            # Without a buffer: what write() takes is in the file, whatever comes then.
            self._data = open_new(self.data_path, buffering=0)
        except OSError:
            self._meta.close()
            raise

    def _text(self, whole, annotations=None):
        parts = dict(self._global)
        if whole:
            parts['core:sha512'] = self._hash.hexdigest()
        entries = self._annotations if annotations is None else annotations
        return json.dumps({'global': parts, 'captures': self._captures,
                           'annotations': sorted(entries, key=lambda a: a['core:sample_start'])},
                          indent=1) + '\n'

    def _write_meta(self, text):
        self._meta.seek(0)
        self._meta.write(text.encode())
        self._meta.flush()

    def write(self, samples):
        view = memoryview(np.ascontiguousarray(samples, '<c8')).cast('B')
        done = 0
        try:
            while done < len(view):
                done += self._data.write(view[done:])
        finally:
            whole = done // BYTES_PER_SAMPLE
            self._hash.update(view[:whole * BYTES_PER_SAMPLE])
            self.samples += whole

    def annotate(self, *arguments, **keys):
        """As annotation(); of samples that are there by close()."""
        self._annotations.append(annotation(*arguments, **keys))

    def close(self):
        if self._meta.closed:
            return
        self._annotations = [a for a in self._annotations if
                             a['core:sample_start'] + a['core:sample_count'] <= self.samples]
        try:
            if os.fstat(self._data.fileno()).st_size > self.samples * BYTES_PER_SAMPLE:
                self._data.truncate(self.samples * BYTES_PER_SAMPLE)  # half a sample
            self._close_meta()
        finally:
            self._data.close()
            self._meta.close()

    def _close_meta(self):
        text = self._text(whole=True)
        try:
            self._write_meta(text)
        except OSError:  # the disk is full: as many annotations as fit what was reserved
            kept = list(self._annotations)
            while kept and len(text.encode()) > RESERVED:
                kept = kept[:len(kept) // 2]
                text = self._text(whole=True, annotations=kept)
            self._write_meta(text)
        self._meta.truncate(len(text.encode()))


def shown(value):
    """A value of the metadata for a message, however long it is."""
    try:
        text = json.dumps(value)
    except (RecursionError, ValueError):  # nested deeply, or a number of thousands of digits
        text = f'a {type(value).__name__}'
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + '...'


def read_text(path):
    """Of a file that is one: a pipe would be waited for, a device may never end."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 'rb') as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise RadioError(f'{path}: is no SigMF metadata: not a file')
            if about.st_size > MOST_META_BYTES:
                raise RadioError(f'{path}: is no SigMF metadata: {about.st_size} bytes, expected '
                                 f'at most {MOST_META_BYTES}')
            return file.read(MOST_META_BYTES).decode()
    except FileNotFoundError:
        raise RadioError(f'{path}: there is no such file') from None
    except (OSError, UnicodeDecodeError) as error:
        raise RadioError(f'{path}: is no SigMF metadata: {error}') from None


def load_meta(path):
    def not_json(name):
        raise ValueError(f'{name} is no number of JSON')
    try:
        meta = json.loads(read_text(path), parse_constant=not_json)
    except RecursionError:
        raise RadioError(f'{path}: is no SigMF metadata: nested too deeply') from None
    except RadioError:
        raise
    except ValueError as error:
        raise RadioError(f'{path}: is no SigMF metadata: {error}') from None
    if not isinstance(meta, dict) or not isinstance(meta.get('global'), dict):
        raise RadioError(f"{path}: is no SigMF metadata: no object 'global'")
    return meta


def number_of(path, parts, key, low, high):
    """parts[key] of the metadata, None if it is not there."""
    value = parts.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise RadioError(f'{path}: {key}: got {shown(value)}, expected a number from {low:g} to '
                         f'{high:g}')
    return float(value)


def first_frequency(path, meta):
    """Of the first capture, Hz; None if it is not known."""
    captures = meta.get('captures', [])
    if not isinstance(captures, list) or not all(isinstance(c, dict) for c in captures):
        raise RadioError(f'{path}: captures: got {shown(captures)}, expected a list of objects')
    return number_of(path, captures[0], 'core:frequency', -MOST_FREQUENCY, MOST_FREQUENCY) \
        if captures else None


def open_data(path):
    try:
        file = open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 'rb')
    except OSError as error:
        raise RadioError(f'{path}: {error.strerror}') from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise RadioError(f'{path}: not a file')
    return file


class Reader:
    """A recording for reading. RadioError says what is wrong with it."""

    def __init__(self, name):
        self.data_path, self.meta_path = paths(name)
        self.meta = load_meta(self.meta_path)
        about = self.meta['global']
        datatype = about.get('core:datatype')
        if not isinstance(datatype, str) or datatype not in READABLE:
            raise RadioError(f'{self.meta_path}: core:datatype: got {shown(datatype)}, expected '
                             f"one of {', '.join(READABLE)}")
        if about.get('core:num_channels', 1) != 1:
            raise RadioError(f'{self.meta_path}: core:num_channels: got '
                             f"{shown(about['core:num_channels'])}, expected 1")
        self._part, self._scale = READABLE[datatype]
        self._item = 2 * np.dtype(self._part).itemsize
        self.rate = number_of(self.meta_path, about, 'core:sample_rate', RATE.least, RATE.most)
        self.frequency = first_frequency(self.meta_path, self.meta)
        self._file = open_data(self.data_path)
        # Half a sample at the end is what a recording that was torn off has.
        self.samples = os.fstat(self._file.fileno()).st_size // self._item

    def read(self, count):
        """The next `count` samples, complex64; fewer at the end."""
        data = self._file.read(count * self._item)
        data = data[:len(data) // self._item * self._item]
        parts = np.frombuffer(data, self._part).astype(np.float32)
        if self._scale != 1.0:
            parts /= self._scale
        return parts.view(np.complex64)

    def close(self):
        self._file.close()
