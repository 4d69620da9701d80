# SPDX-License-Identifier: GPL-3.0-or-later
"""Part files: what has been measured, a line of JSON a row, one file for each process.

All figures of an output folder share them, so that a row that two figures need is measured
once. A file only grows, and a process that is killed loses no more than the line it was in.
"""

import json
import sys

from measurement import COLUMNS, KEY_FIELDS, LATER_FIELDS, BadInput, key_of

NEEDED = set(COLUMNS) | set(KEY_FIELDS) - {'classifier'}  # which older files do not have


class PartFiles:
    """rows: {key: row} of everything that lies in the folder's part files."""

    def __init__(self, out, figure, shard):
        self.folder = out / 'parts'
        index, count = shard
        self.path = self.folder / (f'{figure}.jsonl' if count == 1
                                   else f'{figure}-{index}-of-{count}.jsonl')
        self.rows = {}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(self.folder.glob('*.jsonl')):
                self.read(path)
            self.file = open(self.path, 'a+b')
            self.end_the_last_line()
        except OSError as error:
            raise BadInput(f'{error.filename or self.folder}: cannot be written or read: '
                           f'{error.strerror}') from None

    def read(self, path):
        bad = []
        for number, line in enumerate(path.read_bytes().split(b'\n'), 1):
            if not line.strip():
                continue
            row = row_of(line)
            if row is None:
                bad.append(number)
            else:
                self.rows[key_of(row, row['scheme'], row['snr_db'])] = row
        if bad:
            more = f' and {len(bad) - 1} more' if len(bad) > 1 else ''
            print(f'warning: {path}: line {bad[0]}{more}: expected a measurement in JSON; what '
                  'they held is measured again', file=sys.stderr)

    def end_the_last_line(self):
        """One that was cut off must not swallow the next."""
        if self.file.seek(0, 2):
            self.file.seek(-1, 2)
            if self.file.read(1) != b'\n':
                self.file.write(b'\n')

    def close(self):
        self.file.close()

    def add(self, rows):
        for row in rows:
            self.rows[key_of(row, row['scheme'], row['snr_db'])] = row
        try:
            self.file.write(''.join(json.dumps(row) + '\n' for row in rows).encode())
            self.file.flush()
        except OSError as error:
            raise BadInput(f'{self.path}: cannot be written: {error.strerror}') from None

    def has(self, job):
        return all(key in self.rows for key in job.keys())

    def of(self, job):
        """A job's rows that have been measured."""
        return [self.rows[key] for key in job.keys() if key in self.rows]


def row_of(line):
    """None for a line that is no measurement."""
    try:
        row = json.loads(line)
        if not isinstance(row, dict):
            return None
        row = {**LATER_FIELDS, **row}
        if NEEDED - set(row):
            return None
        numbers = row['value'], row['ci95'], row['symbols_mean'], row['n']
        if not all(isinstance(number, (int, float)) for number in numbers):
            return None
        hash(key_of(row, row['scheme'], row['snr_db']))
        return row
    except (ValueError, TypeError):
        return None
