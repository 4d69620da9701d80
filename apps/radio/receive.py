# SPDX-License-Identifier: GPL-3.0-or-later
"""gr-udeepsc rx"""

import math
import statistics
import time
from collections import Counter

from ending import print_faults, print_stats
from gnuradio import udeepsc
from gnuradio.udeepsc.result_files import ResultFiles
from hints import SAMPLES_PER_SYMBOL, ReceptionHints
from running import running
from window import make_window
from results import picture_text, value_text

STEP_S = 0.1


class Shelf:
    """Where results go: pictures and lines of JSON to files, all of it to the terminal."""

    def __init__(self, folder, grid, hints=None):
        self.files = ResultFiles(folder, (grid.columns, grid.rows),
                                 warn=lambda text: print(f'disk: {text}'))
        self.counts = Counter()  # of lines, by output
        self.cfo = []  # cycles per symbol, of each result
        self.hints = hints

    def take(self, result):
        if self.hints:
            self.hints.take(result)
        if math.isfinite(result.cfo):
            self.cfo.append(result.cfo)
        try:
            self.print(self.files.take(result))
        except ValueError as error:  # a tile without a place
            print(f'{result.task}: {error}')

    def idle(self):
        self.print(self.files.idle())

    def finish(self):
        self.print(self.files.finish())

    def print(self, lines):
        for line in lines:
            self.counts[line['output']] += 1
            print(value_text(line) if 'value' in line else picture_text(line, self.files.folder))

    def said(self):
        return ', '.join(f'{self.counts[output]} {name}' for output, name in (
            ('picture', 'pictures'), ('sentence', 'sentences'), ('label', 'classes'),
            ('score', 'scores')) if self.counts[output] or name != 'scores')


def receive(options):
    info = udeepsc.transceiver(options.model).info()
    from flowgraphs import Receiver
    receiver = Receiver(options.model, options.radio, options)
    rate = receiver.block.sample_rate()
    shelf = Shelf(options.out, options.grid,
                  ReceptionHints(receiver.block.settings.kind, rate, options.max_cfo))
    window = make_window(options, 'gr-udeepsc rx',
                         grid=(options.grid.columns, options.grid.rows))
    window.watch(receiver.top, [('in', (receiver.block, 'out')),
                                ('received_symbols', (receiver.block, 'frames'))])
    print(receiver.block.radio.description())
    print(f'{info.name} model, profile {options.profile}; Ctrl-C ends')
    try:
        with running(receiver.top):
            listen(options, receiver, shelf, window)
    except KeyboardInterrupt:
        print()
    finally:
        shelf.finish()
    print(f'{receiver.block.bursts()} bursts: {shelf.said()}; in {shelf.files.folder}')
    if shelf.cfo:
        offset = statistics.median(shelf.cfo) * rate / SAMPLES_PER_SYMBOL
        print(f'carrier offset {offset:+.0f} Hz, the median of {len(shelf.cfo)} results')
    if shelf.files.failed:
        print(f'disk: {shelf.files.failed} could not be written')
    if shelf.files.fragments:
        print(f'{shelf.files.fragments} more pictures of which less than half has come')
    print_faults(receiver.block.faults())
    print_stats(receiver.block.stats() + receiver.block.feedback_stats(), shelf.counts.total())
    faults, ended = receiver.block.faults(), receiver.block.ended()
    # A transmitter served somebody else all the time.
    refused = 'refused' in faults and not receiver.block.bursts()
    receiver.block.close()
    window.stay()
    return 1 if shelf.files.failed or 'disk' in faults or ended or refused else 0


def listen(options, receiver, shelf, window):
    """Until the time is over, the recording has ended, or nothing comes any more."""
    start = last = time.monotonic()
    something = False
    while True:
        result = receiver.inbox.get(STEP_S, window)
        now = time.monotonic()
        if result:
            shelf.take(result)
            something, last = True, now
            continue
        shelf.idle()
        if window.view and not window.view.widget.isVisible():
            return
        if receiver.block.ended():
            return
        if options.seconds is not None and now - start > options.seconds:
            return
        if options.idle is not None and something and now - last > options.idle:
            return
        if receiver.block.finished() and ended(receiver.block) and now - last > STEP_S:
            return


def ended(block):
    """Whether nothing is under way any more behind a radio that has ended."""
    return all(part.queue_depth() == 0 for part in block.chain)
