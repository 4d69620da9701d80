#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 8: JPEG, an LDPC code and QAM beside a semantic link, with the same number of symbols.

    measure.py threshold --mcs qpsk-1/2 --snr 0 0.5 1 1.5 2    payloads that cannot be decoded
    measure.py curve   [--shrink 4] [--snr -6 0 6 12]           PSNR of both links
    measure.py belief  [--snr 3] [--believed 0 3 6 9]           transmitters that are mistaken
    measure.py fading  [--mean 12] [--margin 0 3 6 10 15]       one fade a tile, the mean known
    measure.py whole   [--snr 0 6 12]                           a codec that sees all tiles at once
"""

import argparse
import functools
import sys
from pathlib import Path

import numpy as np
import pmt
from gnuradio import udeepsc
from gnuradio.udeepsc import pdus
from gnuradio.udeepsc.quality import psnr_db
from skimage import data

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'common'))
import runs  # noqa: E402
from picture import Picture, astronaut, photographs  # noqa: E402

SYMBOLS = 512  # of a tile, for both links
MOST_TILES = 108
ASTRONAUT_TILES = 256
SNRS = [-6.0, -3.0, 0.0, 1.0, 2.0, 3.0, 6.0, 9.0, 12.0]
FIXED = ('qpsk-1/2', '16qam-1/2')
RATES = (*FIXED, 'adaptive')


def n0_of(snr_db):
    return 10 ** (-snr_db / 10)


def noisy(symbols, n0, random):
    """Each payload with noise of its own variance."""
    return [s + runs.noise(random, len(s), n) for s, n in zip(symbols, n0)]


class Conventional:
    """Picture codec, LDPC code and QAM, as blocks; noise is added between them."""

    def __init__(self, pictures, symbols=SYMBOLS, scheme='jpeg-ldpc'):
        self.pictures, self.symbols, self.scheme = pictures, symbols, scheme

    @functools.lru_cache(maxsize=None)
    def sent(self, mcs, snr_db):
        """(symbols, modulation and rate) of each picture; adaptive: chosen for snr_db."""
        encoder = udeepsc.conventional_encoder(self.symbols, snr_db=snr_db, scheme=self.scheme,
                                               mcs=mcs)
        payloads = runs.through([encoder], [
            pmt.cons(pdus.dictionary(shape=p.shape, modality='image'), pdus.bytes_vector(p))
            for p in self.pictures])
        return [(runs.payload(one), pdus.value_of(pmt.car(one), 'mcs')) for one in payloads]

    def received(self, sent, n0, random):
        """(pictures, payloads that could not be decoded); n0: of each payload."""
        height, width, _ = self.pictures[0].shape
        decoder = udeepsc.conventional_decoder(height, width, scheme=self.scheme)
        symbols = noisy([s for s, _ in sent], n0, random)
        results = runs.through([decoder], [
            runs.pdu(y.astype(np.complex64), noise_var=float(n), mcs=mcs)
            for y, n, (_, mcs) in zip(symbols, n0, sent)])
        shape = (height, width, 3)
        return [pdus.bytes_of(pmt.cdr(r)).reshape(shape) for r in results], decoder.damaged()

    def psnrs(self, mcs, believed_db, n0, random):
        """(PSNR of each picture, undecodable); n0: of each picture."""
        pictures, lost = self.received(self.sent(mcs, believed_db), n0, random)
        return [psnr_db(a, b) for a, b in zip(self.pictures, pictures)], lost


class Links:
    """The same tiles over both links."""

    def __init__(self, tiles):
        self.lite = Picture(tiles)
        self.jpeg = Conventional(self.lite.tiles)
        self.count = len(self.lite.tiles)

    def psnrs(self, link, snr_db, seed, believed_db=None):
        """PSNR of each tile over AWGN; link: 'lite' or a modulation and rate."""
        believed_db = snr_db if believed_db is None else believed_db
        n0, random = np.full(self.count, n0_of(snr_db)), np.random.default_rng(seed)
        if link == 'lite':
            return self.lite_psnrs(believed_db, n0, random)
        return self.jpeg.psnrs(link, believed_db, n0, random)[0]

    def lite_psnrs(self, believed_db, n0, random):
        received = noisy(self.lite.sent(believed_db), n0, random)
        return [self.lite.psnr(i, self.lite.looked_up(y, n, 'soft'), n)
                for i, (y, n) in enumerate(zip(received, n0))]

    def fades(self, mean_db, times, seed):
        """N0 over power gain of each tile: [times][tiles]; Rayleigh, mean gain 1."""
        gains = np.random.default_rng(seed).exponential(size=(times, self.count))
        return n0_of(mean_db) / gains

    def faded_lite(self, mean_db, times, seed):
        """PSNR of all tiles at all times."""
        random = np.random.default_rng(seed + 1)
        return np.concatenate([self.lite_psnrs(mean_db, n0, random)
                               for n0 in self.fades(mean_db, times, seed)])

    def faded_jpeg(self, mean_db, margin_db, times, seed):
        """(PSNR of all tiles at all times, undecodable); made for the mean less a margin."""
        random = np.random.default_rng(seed + 1)
        each = [self.jpeg.psnrs('adaptive', mean_db - margin_db, n0, random)
                for n0 in self.fades(mean_db, times, seed)]
        return np.concatenate([psnrs for psnrs, _ in each]), sum(lost for _, lost in each)


@functools.lru_cache(maxsize=None)
def payloads(mcs, count):
    """So many, of one rate; those of the tiles again and again."""
    sent = Conventional(photographs(1, MOST_TILES)).sent(mcs, 0.0)
    return [sent[i % len(sent)] for i in range(count)]


def lost_payloads(mcs, snr_db, count, seed):
    """Of `count`, how many could not be decoded."""
    decoder = Conventional(photographs(1, 1))
    return decoder.received(payloads(mcs, count), np.full(count, n0_of(snr_db)),
                            np.random.default_rng(seed))[1]


class Whole:
    """The astronaut in one piece, with as many symbols as its tiles have, and in tiles."""

    def __init__(self):
        self.tiles = Links(astronaut(ASTRONAUT_TILES))
        self.symbols = SYMBOLS * ASTRONAUT_TILES

    def whole(self, scheme, snr_db, seed):
        """PSNR of the picture; modulation and rate chosen for snr_db."""
        link = Conventional([data.astronaut()], self.symbols, scheme)
        psnrs, _ = link.psnrs('adaptive', snr_db, [n0_of(snr_db)], np.random.default_rng(seed))
        return psnrs[0]

    def tiled(self, link, snr_db, seed):
        """PSNR of the picture, from the mean squared error of all tiles."""
        psnrs = np.array(self.tiles.psnrs(link, snr_db, seed))
        return -10 * np.log10(np.mean(10 ** (-psnrs / 10)))


def threshold(o):
    for snr_db in o.snr or np.arange(-0.5, 2.6, 0.5):
        lost = lost_payloads(o.mcs, snr_db, o.payloads, o.seed)
        print(f'{o.mcs} {snr_db:5.2f} dB: lost {runs.rate_text(lost, o.payloads)}', flush=True)


def curve(o):
    links = Links(photographs(o.shrink, MOST_TILES))
    for snr_db in o.snr or SNRS:
        lite = links.psnrs('lite', snr_db, o.seed)
        rest = {mcs: links.psnrs(mcs, snr_db, o.seed) for mcs in RATES}
        print(f'{snr_db:5g} dB: PSNR lite {runs.mean_text(lite)}, '
              + ', '.join(f'{mcs} {runs.mean_text(psnrs)}' for mcs, psnrs in rest.items())
              + f'; adaptive - lite {runs.mean_text(np.subtract(rest["adaptive"], lite))}',
              flush=True)
    print(f'{links.count} tiles, seed {o.seed}; +-: 95 %')


def belief(o):
    links, snr_db = Links(photographs(1, MOST_TILES)), (o.snr or [3.0])[0]
    for believed_db in o.believed:
        both = [runs.mean_text(links.psnrs(link, snr_db, o.seed, believed_db))
                for link in ('lite', 'adaptive')]
        print(f'{snr_db:g} dB, believing in {believed_db:g} dB: PSNR lite {both[0]}, '
              f'adaptive {both[1]}', flush=True)


def faded_text(psnrs):
    """Mean, and what one tile in twenty falls short of."""
    return f'PSNR {runs.mean_text(psnrs)}, worst twentieth below {np.quantile(psnrs, 0.05):.1f} dB'


def fading(o):
    links = Links(photographs(1, MOST_TILES))
    print(f'mean {o.mean:g} dB, lite: {faded_text(links.faded_lite(o.mean, o.times, o.seed))}')
    for margin_db in o.margin:
        psnrs, lost = links.faded_jpeg(o.mean, margin_db, o.times, o.seed)
        print(f'margin {margin_db:4g} dB: lost {runs.rate_text(lost, len(psnrs))}; '
              f'{faded_text(psnrs)}', flush=True)


def whole(o):
    picture = Whole()
    for snr_db in o.snr or [0.0, 6.0, 12.0]:
        print(f'{snr_db:5g} dB: in tiles: lite {picture.tiled("lite", snr_db, o.seed):.2f} dB, '
              f'JPEG {picture.tiled("adaptive", snr_db, o.seed):.2f} dB; whole: '
              f'JPEG {picture.whole("jpeg-ldpc", snr_db, o.seed):.2f} dB, '
              f'JPEG 2000 {picture.whole("jpeg2000-ldpc", snr_db, o.seed):.2f} dB', flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = {f.__name__: f for f in (threshold, curve, belief, fading, whole)}
    parser.add_argument('what', choices=what)
    parser.add_argument('--snr', type=float, nargs='+')
    parser.add_argument('--mcs', default='qpsk-1/2')
    parser.add_argument('--payloads', type=int, default=2000)
    parser.add_argument('--shrink', type=int, default=1)
    parser.add_argument('--believed', type=float, nargs='+', default=[0.0, 3.0, 6.0, 9.0])
    parser.add_argument('--mean', type=float, default=12.0)
    parser.add_argument('--margin', type=float, nargs='+', default=[0.0, 3.0, 6.0, 10.0, 15.0])
    parser.add_argument('--times', type=int, default=5)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    what[options.what](options)


if __name__ == '__main__':
    main()
