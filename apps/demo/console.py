# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demonstration prints: a progress bar and a table."""

import sys
import time


def snr_text(snr_db):
    return f'{snr_db:g}'.replace('-', '\u2212') + ' dB'


class Progress:
    """A bar on the terminal; nothing where the output is no terminal."""

    WIDTH = 30

    def __init__(self, total):
        self.total, self.done, self.what = total, 0, ''
        self.start = time.monotonic()
        self.shown = 0.0
        self.live = sys.stderr.isatty()

    def doing(self, what):
        self.what = what
        self.show(force=True)

    def add(self, count):
        self.done += count
        self.show(force=self.done >= self.total)

    def show(self, force=False):
        now = time.monotonic()
        if not self.live or (now - self.shown < 0.1 and not force):
            return
        self.shown = now
        share = self.done / self.total
        bar = '\u2588' * round(share * self.WIDTH)
        left = (now - self.start) / share * (1 - share) if share > 0.02 else None
        rest = f'{left:4.0f} s left' if left is not None else ''
        sys.stderr.write(f'\r\033[K{bar:\u2591<{self.WIDTH}} {share:4.0%}  {self.what}  {rest}')
        sys.stderr.flush()

    def clear(self):
        if self.live:
            sys.stderr.write('\r\033[K')
            sys.stderr.flush()


def shorten(text, width):
    return text if len(text) <= width else text[:width - 1] + '\u2026'


class Table:
    COLUMNS = [('task', 20), ('SNR', 7), ('symbols sent', 26), ('result', 44), ('score', 14)]

    def __init__(self, stream=None):
        self.stream = stream or sys.stdout
        self.last_task = None

    def line(self, cells):
        text = '  '.join(f'{shorten(cell, width):<{width}}'
                         for cell, (_, width) in zip(cells, self.COLUMNS))
        print(text.rstrip(), file=self.stream, flush=True)

    def head(self):
        self.line([name for name, _ in self.COLUMNS])
        self.line(['\u2500' * width for _, width in self.COLUMNS])

    def row(self, summary):
        task = summary['task']
        if self.last_task not in (None, task):
            print(file=self.stream)
        self.line(['' if task == self.last_task else task,
                   snr_text(summary['snr_db']).rjust(7),
                   f"{summary['symbols']:>8,}".replace(',', ' ') + f"  {summary['unit']}",
                   summary['result'],
                   summary['score_text']])
        self.last_task = task
