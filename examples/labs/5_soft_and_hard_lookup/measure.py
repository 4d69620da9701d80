#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 5: noisy symbols back into features, by the nearest codeword (hard) or by the mean of all
codewords, weighted by their probability (soft).

    measure.py pictures --snr -6 0 6 12 [--tiles 64]     PSNR of both, and the indices in error
    measure.py features --snr -20 -6 0 6 12              squared error of the codewords
    measure.py believed --snr 0 --believed -6 0 6 12     soft, with a wrong noise variance
    measure.py point    --y 0.3+0.2j --snr 0             the likeliest codewords of one symbol
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'common'))
import runs  # noqa: E402
from picture import Picture  # noqa: E402

SNRS = [-6.0, 0.0, 6.0, 12.0]
BOTH = ('hard', 'soft')


def noisy(picture, snr_db, seed):
    """Received symbols of each tile."""
    random = np.random.default_rng(seed)
    return [s + runs.noise(random, len(s), 10 ** (-snr_db / 10)) for s in picture.sent(snr_db)]


def psnrs(picture, snr_db, mode, seed, believed_db=None):
    """PSNR of each tile."""
    n0 = 10 ** (-(snr_db if believed_db is None else believed_db) / 10)
    return [picture.psnr(i, picture.looked_up(y, n0, mode), n0)
            for i, y in enumerate(noisy(picture, snr_db, seed))]


def index_errors(picture, snr_db, seed):
    """(wrong, all) indices by the nearest point."""
    points = picture.points()
    wrong = total = 0
    for sent, y in zip(picture.indices(snr_db), noisy(picture, snr_db, seed)):
        nearest = np.argmin(np.abs(y[:, None] - points[None]), 1)
        wrong += int(np.count_nonzero(nearest != sent))
        total += len(sent)
    return wrong, total


def feature_error(picture, snr_db, mode, seed):
    """Mean squared error of a codeword's two numbers, over their variance in the picture."""
    n0 = 10 ** (-snr_db / 10)
    clean = [picture.looked_up(s, 1e-9, 'hard') for s in picture.sent(snr_db)]
    error = [picture.looked_up(y, n0, mode) - c
             for y, c in zip(noisy(picture, snr_db, seed), clean)]
    return np.mean(np.square(error)) / np.var(clean)


def pictures(o):
    picture = Picture(o.tiles)
    for snr_db in o.snr or SNRS:
        wrong, total = index_errors(picture, snr_db, o.seed)
        hard, soft = (psnrs(picture, snr_db, mode, o.seed) for mode in BOTH)
        print(f'{snr_db:5g} dB: PSNR hard {runs.mean_text(hard)}, soft {runs.mean_text(soft)}, '
              f'gain {runs.mean_text(np.subtract(soft, hard))} dB; '
              f'indices wrong {runs.rate_text(wrong, total)}')
    print(f'{o.tiles} tiles, seed {o.seed}; +-: 95 %')


def features(o):
    picture = Picture(o.tiles)
    for snr_db in o.snr or [-20.0, *SNRS]:
        hard, soft = (feature_error(picture, snr_db, mode, o.seed) for mode in BOTH)
        print(f'{snr_db:5g} dB: squared error over variance: hard {hard:.4f}, soft {soft:.4f}, '
              f'ratio {hard / soft:.2f}')


def believed(o):
    picture = Picture(o.tiles)
    snr_db = (o.snr or [0.0])[0]
    print(f'{snr_db:g} dB, hard: PSNR {runs.mean_text(psnrs(picture, snr_db, "hard", o.seed))}')
    for other in o.believed:
        values = psnrs(picture, snr_db, 'soft', o.seed, other)
        print(f'{snr_db:g} dB, soft, believing in {other:g} dB: PSNR {runs.mean_text(values)}')


def point(o):
    picture = Picture(1)
    n0 = 10 ** (-(o.snr or [0.0])[0] / 10)
    points = picture.points()
    weight = -np.abs(o.y - points)**2 / n0
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    filled = np.full(512, o.y, np.complex64)
    words = picture.codewords()
    print(f'y = {o.y:g}, N0 = {n0:.3g}; the likeliest of 256 codewords:')
    for j in np.argsort(-weight)[:5]:
        print(f'  index {j:3d}  P {weight[j]:.4f}  codeword {words[j][0]:7.3f} {words[j][1]:7.3f}')
    for mode in BOTH:
        one = picture.looked_up(filled, n0, mode).reshape(-1, 2)[0]
        print(f'{mode}: {one[0]:7.3f} {one[1]:7.3f}')


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = {f.__name__: f for f in (pictures, features, believed, point)}
    parser.add_argument('what', choices=what)
    parser.add_argument('--snr', type=float, nargs='+')
    parser.add_argument('--believed', type=float, nargs='+', default=SNRS)
    parser.add_argument('--y', type=complex, default=0.3 + 0.2j)
    parser.add_argument('--tiles', type=int, default=64)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    what[options.what](options)


if __name__ == '__main__':
    main()
