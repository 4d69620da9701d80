#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 9: one transmission in layers, decoded as far as it came.

    measure.py prefixes [--snr -3 0 5 10]           PSNR and certainty after each layer
    measure.py cut      [--snr 10] [--lost 0 10 ... 90] [--order first last]    bursts cut short
    measure.py gap      [--snr 10]                  layers of which one in the middle is missing
    measure.py cost     [--snr 0 5 10]              beside a model for one rate
"""

import argparse
import functools
import sys
from pathlib import Path

import numpy as np
from gnuradio import udeepsc
from gnuradio.udeepsc.quality import psnr_db

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'common'))
import runs  # noqa: E402
from picture import Picture, photographs  # noqa: E402

TASK, MODALITY = 'cifar10_layers', 'image'
SHRINK, MOST_TILES = 4, 49  # photographs four times smaller, as small pictures are
SNRS = [-3.0, 0.0, 5.0, 10.0]
LOST = list(range(0, 100, 10))
ONE_RATE_LAYERS = 3  # as many symbols as a tile of lite


def n0_of(snr_db):
    return 10 ** (-snr_db / 10)


class Tiles:
    """Tiles, encoded once for each Es/N0."""

    def __init__(self, most=MOST_TILES):
        self.model = udeepsc.transceiver('layers')
        self.tiles = photographs(SHRINK, most)
        self.sizes = self.model.info().task(TASK).layers[MODALITY]
        self.features = [self.model.encode(TASK, MODALITY, tile) for tile in self.tiles]

    @functools.lru_cache(maxsize=None)
    def sent(self, snr_db):
        """Of each tile the symbols of each layer, sent for this Es/N0."""
        found = []
        for features in self.features:
            chosen = self.model.select(TASK, MODALITY, features, snr_db)[0]
            symbols = np.array(self.model.modulate(
                TASK, MODALITY, self.model.quantize(TASK, MODALITY, chosen)))
            found.append(np.split(symbols, np.cumsum(self.sizes)[:-1]))
        return found

    @functools.lru_cache(maxsize=None)
    def received(self, snr_db, seed):
        """Of each tile the features of each layer, as the look-up finds them."""
        random, n0 = np.random.default_rng(seed), n0_of(snr_db)
        return [[self.model.lookup(TASK, MODALITY, list(s + runs.noise(random, len(s), n0)), [n0],
                                   'soft', layer)
                 for layer, s in enumerate(layers)] for layers in self.sent(snr_db)]

    @functools.lru_cache(maxsize=None)
    def decoded(self, snr_db, seed, there):
        """Results of all tiles; there: numbers of the layers that came, the first is 1."""
        return [self.model.decode(TASK, [f if layer in there else None
                                         for layer, f in enumerate(features, 1)], n0_of(snr_db))
                for features in self.received(snr_db, seed)]

    def first(self, count):
        return tuple(range(1, count + 1))

    def psnrs(self, snr_db, seed, there):
        return [psnr_db(tile, result['picture'])
                for tile, result in zip(self.tiles, self.decoded(snr_db, seed, there))]

    def certainty(self, snr_db, seed, there):
        """Probability of the most probable class, of each tile."""
        return [max(result['probabilities']) for result in self.decoded(snr_db, seed, there)]

    def whole_layers(self, lost_percent, order='first'):
        """Numbers of the layers that are whole when this share is lost from the burst's end;
        order: which layer the burst begins with, the first or the last."""
        numbered = list(enumerate(self.sizes, 1))
        left, there = np.floor((100 - lost_percent) * sum(self.sizes) / 100 + 1e-9), []
        for number, size in numbered if order == 'first' else numbered[::-1]:
            left -= size
            if left < 0:
                break
            there.append(number)
        return tuple(sorted(there))


def prefixes(o):
    tiles = Tiles()
    for snr_db in o.snr or SNRS:
        for count in range(1, len(tiles.sizes) + 1):
            there = tiles.first(count)
            print(f'{snr_db:g} dB, layers 1 to {count}, {sum(tiles.sizes[:count])} symbols: PSNR '
                  f'{runs.mean_text(tiles.psnrs(snr_db, o.seed, there))}, certainty '
                  f'{runs.mean_text(tiles.certainty(snr_db, o.seed, there))}', flush=True)


def cut(o):
    tiles, snr_db = Tiles(), (o.snr or [10.0])[0]
    for order in o.order:
        for lost in o.lost or LOST:
            there = tiles.whole_layers(lost, order)
            # Without the first layer the others say nothing.
            result = (f'PSNR {runs.mean_text(tiles.psnrs(snr_db, o.seed, there))}' if 1 in there
                      else 'nothing')
            print(f'{order} layer first, {lost:g} % lost: whole layers {list(there)}: {result}',
                  flush=True)


def gap(o):
    tiles, snr_db = Tiles(), (o.snr or [10.0])[0]
    every = tiles.first(len(tiles.sizes))
    for missing in every[1:]:
        there = tuple(layer for layer in every if layer != missing)
        used = tiles.decoded(snr_db, o.seed, there)[0]['layers']
        print(f'{snr_db:g} dB, without layer {missing}: {used} used, PSNR '
              f'{runs.mean_text(tiles.psnrs(snr_db, o.seed, there))}', flush=True)


def lite_psnrs(tiles, snr_db, seed):
    """The same tiles by lite, 512 symbols each."""
    lite, random, n0 = Picture(tiles.tiles), np.random.default_rng(seed), n0_of(snr_db)
    return [lite.psnr(i, lite.looked_up(s + runs.noise(random, len(s), n0), n0, 'soft'), n0)
            for i, s in enumerate(lite.sent(snr_db))]


def cost(o):
    tiles = Tiles()
    for snr_db in o.snr or SNRS[1:]:
        layered = tiles.psnrs(snr_db, o.seed, tiles.first(ONE_RATE_LAYERS))
        alone = lite_psnrs(tiles, snr_db, o.seed)
        print(f'{snr_db:g} dB, 512 symbols: layers {runs.mean_text(layered)}, lite '
              f'{runs.mean_text(alone)}; lite - layers '
              f'{runs.mean_text(np.subtract(alone, layered))}', flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = {f.__name__: f for f in (prefixes, cut, gap, cost)}
    parser.add_argument('what', choices=what)
    parser.add_argument('--snr', type=float, nargs='+')
    parser.add_argument('--lost', type=float, nargs='+')
    parser.add_argument('--order', nargs='+', choices=['first', 'last'], default=['first', 'last'])
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    what[options.what](options)


if __name__ == '__main__':
    main()
