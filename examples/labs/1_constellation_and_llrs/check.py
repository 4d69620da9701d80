#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 1: holds answers.json against theory and the phy library: check.py [answers.json]"""

import math
import sys
from pathlib import Path

import numpy as np
from gnuradio import udeepsc

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / 'common'))
from answers import Choice, Number, absolute, check, counted, relative  # noqa: E402

phy = udeepsc.phy


def distance(modulation):
    points = phy.constellation(modulation)
    apart = np.abs(points[:, None] - points[None])
    return float(np.min(apart[apart > 1e-6]))


def as_good_as_16qam():
    """Es/N0 at which 64-QAM has the symbol error rate of 16-QAM at 15 dB."""
    wanted = phy.symbol_error_rate_awgn('16qam', 15.0)
    low, high = 15.0, 30.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        if phy.symbol_error_rate_awgn('64qam', middle) > wanted:
            low = middle
        else:
            high = middle
    return low


def llr(modulation, y, n0, bit, max_log=False):
    return float(phy.llrs(modulation, np.array([y]), n0, max_log)[0][bit])


def weaker_bit():
    """Mean |LLR| of an axis of 16-QAM, over points that are equally likely, at 12 dB."""
    random = np.random.default_rng(1)
    points = phy.constellation('16qam')
    n0 = 10**-1.2
    y = random.choice(points, 20000) + math.sqrt(n0 / 2) * (
        random.standard_normal(20000) + 1j * random.standard_normal(20000))
    mean = np.mean(np.abs(phy.llrs('16qam', y, n0)), 0)
    return 'first' if mean[0] < mean[1] else 'second'


def wrong_at(llr_value):
    return 1 / (1 + math.exp(llr_value))


QUESTIONS = [
    Number('noise_variance_12db', lambda: 10**-1.2, relative(0.01),
           'Es is 1; turn dB into a ratio and think which way round it goes'),
    Number('sigma_per_axis_12db', lambda: math.sqrt(10**-1.2 / 2), relative(0.01),
           'N0 is the variance of the complex symbol: how is it shared by its two parts?'),
    Number('distance_16qam', lambda: distance('16qam'), relative(0.01),
           'levels -3, -1, 1, 3 on both axes: what factor makes the mean energy 1?'),
    Number('distance_64qam', lambda: distance('64qam'), relative(0.01),
           'as for 16-QAM with eight levels; the mean energy of -7 ... 7 on two axes is 42'),
    # 100,000 symbols of the flowgraph.
    Number('ser_16qam_15db', lambda: phy.symbol_error_rate_awgn('16qam', 15.0), counted(100000),
           'the last line of the flowgraph with --snr-db 15 --pdus 100; a rate, not per cent'),
    # Half a step of the search in tenths of a dB, and the spread of 200,000 symbols: 0.1 dB.
    Number('snr_64qam_as_16qam_15db', as_good_as_16qam, absolute(0.2),
           'half the distance wants a quarter of the noise; then correct for the number of '
           'neighbours by measuring'),
    Number('llr_qpsk_first', lambda: llr('qpsk', 0.3 - 0.5j, 0.2, 0), absolute(0.02),
           'two Gaussians of variance N0/2 at +-0.7071: take the logarithm of their ratio; '
           'bit 0 is the negative level'),
    Number('llr_qpsk_second', lambda: llr('qpsk', 0.3 - 0.5j, 0.2, 1), absolute(0.02),
           'as the first, with the imaginary part; mind the sign'),
    # Exact or max-log: they differ by 0.03 here.
    Number('llr_16qam_first', lambda: llr('16qam', 0.9 + 0.1j, 0.1, 0), absolute(0.1),
           'of the four levels two have this bit 0 and two have it 1; the nearest of each will do'),
    Choice('weaker_bit', ['first', 'second'], weaker_bit,
           'look at mean |LLR| and at the share decided wrong in the table of measure.py llrs'),
    # The table's row 2.0 to 2.5 begins at 0.12 and its mean is 0.096.
    Number('wrong_at_llr_2', lambda: wrong_at(2), absolute(0.01),
           'L = ln p/(1-p): solve for the smaller of the two probabilities at |L| = 2'),
    # 3 dB are a factor of 1.995; rows of 3.5 to 4.5 have 0.131 and 0.106.
    Number('wrong_at_llr_4_assumed', lambda: wrong_at(4 / 10**0.3), absolute(0.02),
           'the rows around 4 of measure.py llrs --modulation qpsk --snr 3 --assumed 6'),
]


if __name__ == '__main__':
    sys.exit(check(QUESTIONS, sys.argv[1:], FOLDER))
