#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 7: which codeword sits on which constellation point, and why it matters.

    measure.py usage                                    how often each codeword is sent
    measure.py neighbours                               codewords of points side by side
    measure.py plot [--out plot_codebook.png]           both planes, the same colour for an index
    measure.py pictures --snr 0 6 12 18 24 30 --share 0 1    PSNR with codewords moved
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'common'))
import runs  # noqa: E402
from picture import MODALITY, TASK, Picture  # noqa: E402

SHUFFLE_SEED = 5  # as in the flowgraph
CLEAN_DB = 30.0


def permutation(share, seed=SHUFFLE_SEED):
    """Point of each of 256 codewords: a share of them, drawn at random, in a circle."""
    moved = np.random.default_rng(seed).permutation(256)[:int(round(256 * share))]
    points = np.arange(256)
    points[moved] = np.roll(moved, 1)
    return points


def shares_sent(picture):
    """How often each index is sent, [256]."""
    return np.bincount(np.concatenate(picture.indices(CLEAN_DB)), minlength=256) / (
        512 * len(picture.tiles))


def entropy(shares):
    """Bits an index."""
    used = shares[shares > 0]
    return float(-np.sum(used * np.log2(used)))


def quantisation_error(picture):
    """Squared error of the codewords against the features, over the features' square."""
    error = power = 0.0
    for features, indices in zip(picture.features, picture.indices(CLEAN_DB)):
        meant = picture.model.select(TASK, MODALITY, features, CLEAN_DB)[0]
        said = picture.codewords()[indices].reshape(meant.shape)
        error += np.sum((meant - said)**2)
        power += np.sum(meant**2)
    return float(error / power)


def squared_distances(picture, points_of):
    """Mean squared distance of two codewords: on neighbouring points, and of any two."""
    points = picture.points()[points_of]
    apart = np.abs(points[:, None] - points[None])
    least = apart[apart > 1e-6].min()
    between = np.sum((picture.codewords()[:, None] - picture.codewords()[None])**2, -1)
    return (float(between[(apart > 1e-6) & (apart < 1.01 * least)].mean()),
            float(between[apart > 1e-6].mean()))


def psnrs(picture, snr_db, share, seed):
    """PSNR of each tile, hard look-up."""
    points, moved = picture.points(), permutation(share)
    back = np.argsort(moved)
    random, n0 = np.random.default_rng(seed), 10 ** (-snr_db / 10)
    values = []
    for number, indices in enumerate(picture.indices(snr_db)):
        y = points[moved[indices]] + runs.noise(random, len(indices), n0)
        nearest = np.argmin(np.abs(y[:, None] - points[None]), 1)
        features = picture.looked_up(points[back[nearest]], 1e-9, 'hard')
        values.append(picture.psnr(number, features, n0))
    return values


def usage(o):
    picture = Picture(o.tiles)
    shares = shares_sent(picture)
    outer = np.maximum(np.abs(picture.points().real), np.abs(picture.points().imag))
    edge = outer > 0.99 * outer.max()
    print(f'{np.count_nonzero(shares)} of 256 codewords sent; entropy of an index '
          f'{entropy(shares):.3f} bits')
    print(f'commonest {100 * shares.max():.2f} %; on the constellation\'s edge: {np.sum(edge)} '
          f'points, sent {100 * np.sum(shares[edge]):.1f} % of the time')
    energy = np.mean(np.abs(np.concatenate(picture.sent(CLEAN_DB)))**2)
    print(f'mean energy of the points {np.mean(np.abs(picture.points())**2):.3f}, of what is sent '
          f'{energy:.3f}')
    print(f'quantisation: squared error over features\' square {quantisation_error(picture):.5f}')


def neighbours(o):
    picture = Picture(1)
    for name, share in (('as trained', 0.0), ('all moved', 1.0)):
        near, any_two = squared_distances(picture, permutation(share))
        print(f'{name}: mean squared distance of codewords on neighbouring points {near:.3f}, '
              f'of any two {any_two:.3f}')


def plot(o):
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    picture = Picture(1)
    points, words = picture.points(), picture.codewords()
    colours = np.stack([points.real, points.imag, -points.real], 1)
    colours = (colours - colours.min(0)) / np.ptp(colours, 0)
    _, (left, right) = plt.subplots(1, 2, figsize=(11, 5.5))
    left.scatter(points.real, points.imag, c=colours)
    left.set_title('constellation')
    right.scatter(words[:, 0], words[:, 1], c=colours)
    right.set_title('codewords of the same colour')
    for axes in (left, right):
        axes.set_aspect('equal')
        axes.grid(True, alpha=0.3)
    plt.tight_layout()
    plt.savefig(o.out)
    print(o.out)


def pictures(o):
    picture = Picture(o.tiles)
    for snr_db in o.snr:
        for share in o.share:
            values = psnrs(picture, snr_db, share, o.seed)
            print(f'{snr_db:5g} dB, {100 * share:3.0f} % of the codewords moved: PSNR '
                  f'{runs.mean_text(values)} dB')
    print(f'{o.tiles} tiles, seed {o.seed}; +-: 95 %')


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = {f.__name__: f for f in (usage, neighbours, plot, pictures)}
    parser.add_argument('what', choices=what)
    parser.add_argument('--snr', type=float, nargs='+', default=[0.0, 6.0, 12.0, 18.0, 24.0, 30.0])
    parser.add_argument('--share', type=float, nargs='+', default=[0.0, 1.0])
    parser.add_argument('--tiles', type=int, default=64)
    parser.add_argument('--out', default='plot_codebook.png')
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    what[options.what](options)


if __name__ == '__main__':
    main()
