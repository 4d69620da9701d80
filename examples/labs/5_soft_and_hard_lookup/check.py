#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 5: holds answers.json against theory and the model itself: check.py [answers.json]"""

import functools
import math
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / 'common'))
import measure  # noqa: E402
from answers import Choice, Number, absolute, check, counted  # noqa: E402

OTHER_SEED = 1001


@functools.lru_cache(maxsize=None)
def picture():
    return measure.Picture(64)


@functools.lru_cache(maxsize=None)
def psnr(snr_db, mode, believed_db=None):
    """Mean over the same tiles as the student's, other noise."""
    return float(np.mean(measure.psnrs(picture(), snr_db, mode, OTHER_SEED, believed_db)))


def index_errors(snr_db):
    wrong, total = measure.index_errors(picture(), snr_db, OTHER_SEED)
    return wrong / total


def hard_needs_more():
    """Es/N0 at which hard look-up is as good as soft at 0 dB, between points 1 dB apart."""
    snrs = [0.0, 1.0, 2.0, 3.0]
    return float(np.interp(psnr(0.0, 'soft'), [psnr(s, 'hard') for s in snrs], snrs))


def probability_of_plus():
    """y = 0.25, codewords +1 and -1 sent as +1 and -1, noise variance N0/2 with N0 = 1."""
    return 1 / (1 + math.exp(-4 * 0.25 / 1.0))


def soft_estimate():
    return 2 * probability_of_plus() - 1


def worse_than_hard():
    return 'yes' if psnr(0.0, 'soft', 12.0) < psnr(0.0, 'hard') else 'no'


# Other noise over the same tiles moves the mean by 0.08 dB (standard deviation), at -6 dB by 0.18:
# four of them, of a difference.
SAME_TILES, SAME_TILES_LOW = absolute(0.5), absolute(1.0)

QUESTIONS = [
    Number('soft_estimate', soft_estimate, absolute(0.01),
           'P(+1 | y) from the ratio of two Gaussians of variance N0/2; then the mean of +1 and -1'),
    Number('hard_squared_error', lambda: 4 * (1 - probability_of_plus()), absolute(0.02),
           'wrong with probability P(-1 | y); how large is the squared error then?'),
    Number('soft_squared_error', lambda: 1 - soft_estimate()**2, absolute(0.02),
           'the variance of a +-1 variable whose mean is the soft estimate'),
    # Neighbouring symbols of one tile share nothing but the picture.
    Number('index_errors_0db', lambda: index_errors(0.0), counted(16000),
           'measure.py pictures, indices wrong; a rate, not per cent'),
    Number('index_errors_12db', lambda: index_errors(12.0), counted(16000),
           'measure.py pictures, indices wrong; a rate, not per cent'),
    Number('psnr_hard_minus6db', lambda: psnr(-6.0, 'hard'), SAME_TILES_LOW,
           'measure.py pictures, line -6 dB'),
    Number('psnr_soft_minus6db', lambda: psnr(-6.0, 'soft'), SAME_TILES_LOW,
           'measure.py pictures, line -6 dB'),
    Number('psnr_hard_0db', lambda: psnr(0.0, 'hard'), SAME_TILES,
           'measure.py pictures, line 0 dB'),
    Number('psnr_soft_0db', lambda: psnr(0.0, 'soft'), SAME_TILES,
           'measure.py pictures, line 0 dB'),
    Number('db_that_hard_needs_more', hard_needs_more, absolute(0.5),
           'where does the curve of hard PSNR reach the value that soft has at 0 dB?'),
    Number('soft_error_minus20db',
           lambda: measure.feature_error(picture(), -20.0, 'soft', OTHER_SEED), absolute(0.03),
           'measure.py features, first line: squared error over variance'),
    Choice('believing_12_worse_than_hard', ['yes', 'no'], worse_than_hard,
           'measure.py believed --snr 0: compare the first line and the last'),
]


if __name__ == '__main__':
    sys.exit(check(QUESTIONS, sys.argv[1:], FOLDER))
