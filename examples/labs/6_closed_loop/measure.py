#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 6: a transmitter that is told how well it is heard.

    measure.py vectors                                    how many are sent at which Es/N0
    measure.py loop --time-constant 0.7 [--high 12 --low 0 --frames 20]
    measure.py wrong [--times 5]                          what a wrong belief costs and saves
    measure.py bursts                                     symbols of a whole burst
"""

import argparse
import functools
import sys
import time
from pathlib import Path

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc
from skimage import data

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'common'))
import runs  # noqa: E402

TASK, MODALITY = 'image_classification', 'image'
ASTRONAUT = '/usr/lib/python3/dist-packages/skimage/data/astronaut.png'
SNRS = [-6.0, 0.0, 6.0, 12.0]
RATE = 1e6  # samples a second in the loop


def tiles():
    """Squares of four photographs, 64 pixels wide, halved to 32."""
    for picture in (data.astronaut(), data.chelsea(), data.coffee(), data.rocket()):
        for row in range(0, picture.shape[0] - 63, 64):
            for column in range(0, picture.shape[1] - 63, 64):
                square = picture[row:row + 64, column:column + 64].reshape(32, 2, 32, 2, 3)
                yield square.mean((1, 3)).astype(np.uint8)


class Classifier:
    """What the receiver says of each tile, at any belief and any channel."""

    def __init__(self):
        self.model = udeepsc.transceiver('lite')
        self.features = [self.model.encode(TASK, MODALITY, tile) for tile in tiles()]

    @functools.lru_cache(maxsize=None)
    def sent(self, believed_db):
        """Symbols of each tile, for the Es/N0 that the transmitter believes in."""
        chosen = [self.model.select(TASK, MODALITY, f, believed_db)[0] for f in self.features]
        return [np.array(self.model.modulate(TASK, MODALITY, self.model.quantize(
            TASK, MODALITY, one))) for one in chosen]

    def vectors(self, snr_db):
        return len(self.sent(snr_db)[0])

    def labels(self, believed_db, channel_db, random):
        n0 = 10 ** (-channel_db / 10)
        received = [s + runs.noise(random, len(s), n0) for s in self.sent(believed_db)]
        return np.array([self.model.decode(TASK, [self.model.lookup(
            TASK, MODALITY, list(y), [n0], 'soft')], n0)['label'] for y in received])

    @functools.lru_cache(maxsize=None)
    def clean(self):
        """Without noise, everything sent."""
        return self.labels(-6.0, 60.0, np.random.default_rng(0))

    def agreeing(self, believed_db, channel_db, times, seed):
        """(classes as without noise, all)"""
        random = np.random.default_rng(seed)
        right = sum(int(np.sum(self.labels(believed_db, channel_db, random) == self.clean()))
                    for _ in range(times))
        return right, times * len(self.features)


class Loop:
    """The flowgraph of this lab, one frame at a time."""

    def __init__(self, time_constant, seed):
        self.top = gr.top_block()
        self.source = udeepsc.image_source([ASTRONAUT], TASK, start=udeepsc.source_start.on_trigger,
                                           whole=True)
        self.selector = udeepsc.feature_selector('lite', -6.0)
        self.framer = udeepsc.burst_framer('lite', max_frame_symbols=0)
        self.store = blocks.message_debug()
        self.channel = udeepsc.radio_channel(cfo=0.002, delay=0.37, clock_ppm=10.0, seed=seed)
        self.demodulator = udeepsc.burst_demodulator('lite')
        self.feedback = udeepsc.csi_feedback(time_constant=time_constant, timeout_s=0.0)
        transmitter = [self.source, udeepsc.semantic_encoder('lite'), self.selector,
                       udeepsc.vq_indexer('lite'), udeepsc.digital_modulator(), self.framer]
        stream = [udeepsc.burst_source(gap=500), blocks.throttle(gr.sizeof_gr_complex, RATE),
                  self.channel, udeepsc.burst_detector()]
        for sender, receiver in zip(transmitter, [*transmitter[1:], stream[0]]):
            self.top.msg_connect((sender, 'out'), (receiver, 'in'))
        self.top.connect(*stream)
        self.top.msg_connect((stream[-1], 'out'), (self.demodulator, 'in'))
        self.top.msg_connect((self.demodulator, 'snr'), (self.feedback, 'snr'))
        self.top.msg_connect((self.feedback, 'snr'), (self.selector, 'snr'))
        self.top.msg_connect((self.framer, 'out'), (self.store, 'store'))
        self.frames = 0

    def __enter__(self):
        self.top.start()
        return self

    def __exit__(self, *_):
        self.top.stop()
        self.top.wait()

    def frame(self, snr_db):
        """Sends one picture; (vectors sent, Es/N0 heard, report), the latter two afterwards."""
        self.channel.set_snr_db(snr_db)
        self.source.to_basic_block()._post(pmt.intern('trigger'), pmt.PMT_T)
        self.frames += 1
        wait_until(lambda: self.feedback.sent() == self.frames)
        wait_until(lambda: self.selector.snr_db() == self.feedback.snr_db())
        sent = self.store.get_message(self.frames - 1)
        shape = pmt.dict_ref(pmt.car(sent), pmt.intern('shape'), pmt.PMT_NIL)
        return pmt.to_python(shape)[0], self.demodulator.snr_db(), self.feedback.snr_db()


def wait_until(condition):
    end = time.monotonic() + runs.TIMEOUT_S
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError('nothing came through the loop')
        time.sleep(0.005)


def vectors(o):
    model = Classifier()
    for snr_db in np.arange(-6.0, 15.5, 1.0):
        print(f'{snr_db:5g} dB: {model.vectors(snr_db)} vectors')


def loop(o):
    with Loop(o.time_constant, o.seed) as link:
        for i in range(2 * o.frames):
            snr_db = o.high if i < o.frames else o.low
            count, heard, report = link.frame(snr_db)
            print(f'frame {i:3d}: channel {snr_db:5.1f} dB, {count} vectors sent; heard '
                  f'{heard:5.1f} dB, report {report:5.1f} dB', flush=True)


def wrong(o):
    model = Classifier()
    print('class as without noise, share of tiles; across: what the transmitter believes in')
    print('channel  ' + ''.join(f'{b:12g} dB ({model.vectors(b)})' for b in SNRS))
    for channel_db in SNRS:
        cells = []
        for believed_db in SNRS:
            right, n = model.agreeing(believed_db, channel_db, o.times, o.seed)
            low, high = runs.wilson(right, n)
            cells.append(f'{right / n:10.3f} +- {(high - low) / 2:.3f}')
        print(f'{channel_db:4g} dB  ' + ' '.join(cells))
    print(f'n = {n} each, seed {o.seed}; in brackets: vectors sent; +-: 95 %')


def bursts(o):
    framer = udeepsc.phy.framer(udeepsc.phy.frame_profile('standard'))
    for count in (5, 8, 512):
        print(f'{count:4d} payload symbols: {count + framer.overhead_symbols([count])} symbols of '
              'a burst')


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = {f.__name__: f for f in (vectors, loop, wrong, bursts)}
    parser.add_argument('what', choices=what)
    parser.add_argument('--time-constant', type=float, default=0.7)
    parser.add_argument('--high', type=float, default=12.0)
    parser.add_argument('--low', type=float, default=0.0)
    parser.add_argument('--frames', type=int, default=20)
    parser.add_argument('--times', type=int, default=5)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    what[options.what](options)


if __name__ == '__main__':
    main()
