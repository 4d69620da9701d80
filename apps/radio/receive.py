# SPDX-License-Identifier: GPL-3.0-or-later
"""gr-udeepsc rx"""

import math
import statistics
import time
from pathlib import Path

from ending import print_faults, print_stats
from gnuradio import udeepsc
from PIL import Image
from window import make_window
from results import Assembler, next_number

STEP_S = 0.1


def decibel(value):
    return f'{value:.1f} dB'.replace('-', '\u2212') if math.isfinite(value) else '? dB'


class Shelf:
    """Where results go: pictures to files, words to the terminal."""

    def __init__(self, folder, grid, edge):
        self.folder, self.grid = Path(folder), grid
        self.folder.mkdir(parents=True, exist_ok=True)
        self.assembler = Assembler(grid, edge)
        self.pictures = self.sentences = self.labels = 0

    def take(self, result):
        takers = {'picture': self.take_picture, 'sentence': self.take_sentence}
        takers.get(result.output, self.take_label)(result)

    def take_picture(self, result):
        self.write(self.assembler.add(result))

    def take_sentence(self, result):
        self.sentences += 1
        print(f'sentence  {decibel(result.snr_db):>8}  {result.value}')

    def take_label(self, result):
        self.labels += 1
        print(f'class     {decibel(result.snr_db):>8}  {result.value} ({result.task})')

    def idle(self):
        self.write(self.assembler.idle(time.monotonic()))

    def finish(self):
        self.write(self.assembler.finish())

    def write(self, pictures):
        for picture in pictures:
            path = self.folder / f'picture-{next_number(self.folder)}.png'
            Image.fromarray(picture.pixels).save(path)
            self.pictures += 1
            print(f'picture   {decibel(statistics.fmean(picture.snr_db)):>8}  '
                  f'{len(picture.places)} of {self.grid.tiles} tiles \u2192 {path}')


def receive(options):
    info = udeepsc.transceiver(options.model).info()
    from flowgraphs import Receiver
    receiver = Receiver(options.model, options.radio, options)
    shelf = Shelf(options.out, options.grid, info.size_of('image'))
    window = make_window(options, 'gr-udeepsc rx',
                         grid=(options.grid.columns, options.grid.rows))
    if window.view:
        receiver.top.msg_connect((receiver.block, 'out'), (window.view, 'in'))
    print(receiver.block.radio.description())
    print(f'{info.name} model, profile {options.profile}; Ctrl-C ends')
    receiver.top.start()
    try:
        listen(options, receiver, shelf, window)
    except KeyboardInterrupt:
        print()
    finally:
        receiver.top.stop()
        receiver.top.wait()
        shelf.finish()
    print(f'{receiver.block.bursts()} bursts: {shelf.pictures} pictures, {shelf.sentences} '
          f'sentences, {shelf.labels} classes')
    print_faults(receiver.block.faults())
    print_stats(receiver.block.stats(), shelf.pictures + shelf.sentences + shelf.labels)
    faults = receiver.block.faults()
    receiver.block.close()
    window.stay()
    return 1 if 'disk' in faults or 'vanished' in faults else 0


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
        if 'vanished' in receiver.block.faults():
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
