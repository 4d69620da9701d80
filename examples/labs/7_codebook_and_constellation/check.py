#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 7: holds answers.json against theory and the model itself: check.py [answers.json]"""

import functools
import math
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / 'common'))
import measure  # noqa: E402
from answers import Choice, Number, absolute, check, relative  # noqa: E402

OTHER_SEED = 1001


@functools.lru_cache(maxsize=None)
def picture():
    return measure.Picture(64)


@functools.lru_cache(maxsize=None)
def psnr(snr_db, share):
    """Mean over the same tiles as the student's, other noise."""
    return float(np.mean(measure.psnrs(picture(), snr_db, share, OTHER_SEED)))


def bits_a_tile():
    info = picture().model.info()
    return len(picture().indices(measure.CLEAN_DB)[0]) * info.bits_per_index


def constellation_gain():
    return 10 * math.log10(float(np.mean(np.abs(picture().points())**2)))


def neighbours(share):
    return lambda: measure.squared_distances(picture(), measure.permutation(share))[0]


def moved_as_good_as_6db():
    """Es/N0 at which all moved gives what as trained gives at 6 dB."""
    snrs = [23.0, 24.0, 25.0, 26.0]
    return float(np.interp(psnr(6.0, 0.0), [psnr(s, 1.0) for s in snrs], snrs))


def moved_at_30db():
    return 'same' if psnr(30.0, 0.0) - psnr(30.0, 1.0) < 0.1 else 'worse'


# Other noise over the same tiles moves the mean by 0.06 dB as trained, by up to 0.22 dB with
# codewords moved (standard deviations): four of them, of a difference.
TRAINED, MOVED = absolute(0.4), absolute(1.2)
# The same tiles without noise: only rounding.
THE_SAME = relative(0.01)

QUESTIONS = [
    Number('bits_a_tile', bits_a_tile, absolute(0.5),
           'vectors times sub-vectors times bits of an index'),
    Number('times_smaller', lambda: 32 * 32 * 24 / bits_a_tile(), relative(0.01),
           '32 x 32 pixels of three bytes against your bits'),
    Number('symbols_a_pixel', lambda: len(picture().indices(measure.CLEAN_DB)[0]) / 32**2,
           relative(0.01), 'one symbol an index'),
    Number('entropy_bits', lambda: measure.entropy(measure.shares_sent(picture())), THE_SAME,
           'measure.py usage, bits an index'),
    Number('constellation_gain_db', constellation_gain, absolute(0.1),
           'mean energy of all points over that of what is sent, in dB of energy'),
    Number('quantisation_snr_db',
           lambda: -10 * math.log10(measure.quantisation_error(picture())), absolute(0.1),
           'measure.py usage, last line: features\' square over squared error, in dB'),
    Number('neighbours_trained', neighbours(0.0), relative(0.02), 'measure.py neighbours'),
    Number('neighbours_moved', neighbours(1.0), relative(0.02), 'measure.py neighbours'),
    Number('psnr_12db', lambda: psnr(12.0, 0.0), TRAINED, 'measure.py pictures, 12 dB, 0 % moved'),
    Number('psnr_12db_moved', lambda: psnr(12.0, 1.0), MOVED,
           'measure.py pictures, 12 dB, 100 % moved'),
    Number('psnr_12db_tenth_moved', lambda: psnr(12.0, 0.1), MOVED,
           'measure.py pictures --snr 12 --share 0.1'),
    Number('snr_moved_as_6db', moved_as_good_as_6db, absolute(0.6),
           'measure.py pictures --snr 23 24 25 26 --share 1: where does it reach the PSNR of 6 dB '
           'as trained?'),
    Choice('moved_at_30db', ['same', 'worse'], moved_at_30db,
           'measure.py pictures, the two lines of 30 dB'),
]


if __name__ == '__main__':
    sys.exit(check(QUESTIONS, sys.argv[1:], FOLDER))
