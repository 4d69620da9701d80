#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the live window costs: tiles a second of one chain with and without it, in turns, and the
ratio of the two with its 95 % confidence interval; and the processor time that a tile takes, all
threads of the process, which other work on the machine hardly changes.

Without a display: xvfb-run -a scripts/bench_task_view.py; the X server then works on the same
cores. PYTHONPATH as for any flowgraph from the build tree (docs/blocks.md)."""

import argparse
import math
import os
import sys
import tempfile
import time

import numpy as np
from gnuradio import gr, udeepsc

MODEL, TASK = 'lite', 'image_reconstruction'
TILES = 16  # columns and rows of the picture that is sent again and again
WARM_UP = 100  # tiles
STALLED_S = 60
# Two-sided 95 % of Student's t by degrees of freedom; beyond these 2 is near enough.
STUDENT = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26,
           10: 2.23, 12: 2.18, 15: 2.13, 19: 2.09}


def student(freedom):
    return STUDENT[max(n for n in STUDENT if n <= freedom)]


def mean_and_interval(values):
    """(mean, half of its 95 % confidence interval)."""
    values = np.asarray(values)
    return float(values.mean()), \
        student(values.size - 1) * float(values.std(ddof=1)) / math.sqrt(values.size)


def write_picture(path, tile=32):
    """Smooth noise in colours, as a PPM."""
    side = TILES * tile
    coarse = np.random.default_rng(1).integers(0, 256, (side // 8, side // 8, 3), dtype=np.uint8)
    pixels = coarse.repeat(8, axis=0).repeat(8, axis=1)
    with open(path, 'wb') as file:
        file.write(b'P6 %d %d 255\n' % (side, side) + pixels.tobytes())


class Chain:
    """Source to sink as fast as it goes; view: None, or a qt_task_view that gets everything."""

    def __init__(self, picture, view, pace):
        self.top, self.view = gr.top_block(), view
        self.source = udeepsc.image_source([picture], TASK, repeat=0, pace=pace)
        blocks = [self.source, udeepsc.semantic_encoder(MODEL),
                  udeepsc.feature_selector(MODEL, 6.0), udeepsc.vq_indexer(MODEL),
                  udeepsc.digital_modulator(),
                  udeepsc.block_fading_channel(udeepsc.channel_type.awgn, 6.0),
                  udeepsc.vq_lookup(MODEL), udeepsc.unified_decoder(MODEL),
                  udeepsc.task_sink(keep=1000)]
        for sender, receiver in zip(blocks, blocks[1:]):
            self.top.msg_connect((sender, 'out'), (receiver, 'in'))
        self.sink = blocks[-1]
        if view:
            for block, port in ((blocks[0], 'sent'), (blocks[4], 'sent_symbols'),
                                (blocks[5], 'received_symbols'), (blocks[7], 'in')):
                self.top.msg_connect((block, 'out'), (view, port))

    def rate(self, seconds, spend):
        """(tiles a second, ms of processor time a tile); spend(seconds) waits."""
        self.sink.reset()
        self.top.start()
        try:
            end = time.monotonic() + STALLED_S
            while self.sink.count() < WARM_UP:
                spend(0.1)
                if time.monotonic() > end:
                    raise RuntimeError(f'{self.sink.count()} tiles in {STALLED_S} s')
            before, start, cpu = self.sink.count(), time.monotonic(), time.process_time()
            spend(seconds)
            tiles = self.sink.count() - before
            return tiles / (time.monotonic() - start), \
                1e3 * (time.process_time() - cpu) / max(tiles, 1)
        finally:
            self.top.stop()
            self.top.wait()


def run_window(seconds):
    """Qt's own loop for so long, as any program with a window has it."""
    from PyQt5 import QtCore
    loop = QtCore.QEventLoop()
    QtCore.QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec_()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--pairs', type=int, default=20, help='of turns (default: 20)')
    parser.add_argument('--seconds', type=float, default=3, help='of each turn (default: 3)')
    parser.add_argument('--pace', type=float, default=0,
                        help='tiles a second of the source; 0: as fast as it goes (default)')
    options = parser.parse_args()
    if options.pairs < 2 or not options.seconds > 0 or not options.pace >= 0:
        parser.error('expected at least 2 pairs, seconds above 0, a pace of 0 or more')
    return options


def main():
    options = parse_arguments()
    if not (os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')):
        sys.exit('bench_task_view: there is no display here: xvfb-run -a ' + sys.argv[0])
    from PyQt5 import QtWidgets
    app = QtWidgets.QApplication(sys.argv[:1])
    view = udeepsc.qt_task_view(MODEL, snr_db=6.0)
    view.widget.resize(1280, 860)
    with tempfile.TemporaryDirectory() as folder:
        picture = os.path.join(folder, 'picture.ppm')
        write_picture(picture)
        without = Chain(picture, None, options.pace)
        with_window = Chain(picture, view, options.pace)
        rates = measure(options, without, with_window, app)
    report(options, np.array(rates), view)


def measure(options, without, with_window, app):
    """[((rate, ms) without, (rate, ms) with)]; who begins changes from pair to pair."""
    widget, rates = with_window.view.widget, []

    def bare():
        widget.hide()
        app.processEvents()
        widget.timer.stop()
        return without.rate(options.seconds, time.sleep)

    def shown():
        widget.show()
        widget.timer.start()
        return with_window.rate(options.seconds, run_window)

    for pair in range(options.pairs):
        if pair % 2:
            second, first = shown(), bare()
        else:
            first, second = bare(), shown()
        rates.append((first, second))
        print(f'{pair + 1:2}: {first[0]:6.1f} without, {second[0]:6.1f} with; '
              f'{first[1]:.2f} and {second[1]:.2f} ms a tile', flush=True)
    return rates


def ratio_text(without, with_window):
    """Of the logarithm, so that a pair and its reverse weigh the same."""
    mean, interval = mean_and_interval(np.log(with_window / without))
    return (f'{math.exp(mean):.3f} ({math.exp(mean - interval):.3f} to '
            f'{math.exp(mean + interval):.3f}, 95 %)')


def report(options, measured, view):
    """measured: [pairs, without or with, rate or ms]."""
    for i, name in enumerate(('without the window', 'with the window')):
        rate, ms = (mean_and_interval(measured[:, i, j]) for j in (0, 1))
        print(f'{name}: {rate[0]:.1f} +- {rate[1]:.1f} tiles/s, {ms[0]:.2f} +- {ms[1]:.2f} ms of '
              'processor time a tile')
    print(f'rate with to without: {ratio_text(measured[:, 0, 0], measured[:, 1, 0])}')
    print(f'processor time without to with: {ratio_text(measured[:, 1, 1], measured[:, 0, 1])}')
    print(f'{options.pairs} pairs of {options.seconds:g} s, {os.cpu_count()} cores; '
          f'{view.widget.pace.dropped} frames not drawn, {view.skipped()} messages not shown')


if __name__ == '__main__':
    main()
