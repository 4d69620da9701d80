#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 9: holds answers.json against theory and the model itself: check.py [answers.json]"""

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
TIMES = 3  # layer 1 in the second question by hand


@functools.lru_cache(maxsize=None)
def tiles():
    return measure.Tiles()


def sizes():
    return tiles().sizes


@functools.lru_cache(maxsize=None)
def psnr(snr_db, count):
    """Mean over the same tiles as the student's, other noise."""
    return float(np.mean(tiles().psnrs(snr_db, OTHER_SEED, tiles().first(count))))


def certainty(snr_db):
    return float(np.mean(tiles().certainty(snr_db, OTHER_SEED, (1,))))


def lite_over_layers():
    lite = measure.lite_psnrs(tiles(), 10.0, OTHER_SEED)
    return float(np.mean(lite)) - psnr(10.0, measure.ONE_RATE_LAYERS)


def last_first():
    return 'picture' if 1 in tiles().whole_layers(60, 'last') else 'nothing'


def used_without_2():
    there = tuple(layer for layer in tiles().first(len(sizes())) if layer != 2)
    return tiles().decoded(10.0, OTHER_SEED, there)[0]['layers']


# Other noise over the same tiles moves a mean by 0.05 dB (standard deviation), layer 1's by 0.1.
MEASURED = absolute(0.4)

QUESTIONS = [
    Number('share_layer_1_percent', lambda: 100 * sizes()[0] / sum(sizes()), relative(0.02),
           'symbols of layer 1 over all'),
    Number('layers_left_at_60_percent', lambda: len(tiles().whole_layers(60)), absolute(0.1),
           'how many symbols are left, and which sums of layers fit?'),
    Number('most_lost_for_class_percent', lambda: 100 * (1 - sizes()[0] / sum(sizes())),
           absolute(0.2), 'all but layer 1'),
    Number('cost_of_three_times_percent', lambda: 100 * (TIMES - 1) * sizes()[0] / sum(sizes()),
           relative(0.03), 'symbols that are added over those there were'),
    Number('gain_of_three_times_db', lambda: 10 * math.log10(TIMES), absolute(0.1),
           'three times the energy, in dB'),
    Number('psnr_layer_1_10db', lambda: psnr(10.0, 1), MEASURED, 'measure.py prefixes'),
    Number('psnr_all_10db', lambda: psnr(10.0, len(sizes())), MEASURED, 'measure.py prefixes'),
    Number('layer_2_adds_10db', lambda: psnr(10.0, 2) - psnr(10.0, 1), MEASURED,
           'layers 1 to 2 less layer 1'),
    Number('layer_4_adds_minus_3db', lambda: psnr(-3.0, 4) - psnr(-3.0, 3), MEASURED,
           'layers 1 to 4 less layers 1 to 3, at -3 dB'),
    Number('certainty_lost_minus_3db', lambda: certainty(10.0) - certainty(-3.0), absolute(0.06),
           'measure.py prefixes, layer 1 at 10 dB less that at -3 dB'),
    Number('psnr_60_percent_lost_10db', lambda: psnr(10.0, len(tiles().whole_layers(60))),
           MEASURED, 'measure.py cut'),
    Choice('last_first_60_percent_lost', ['nothing', 'picture'], last_first,
           'measure.py cut, last layer first'),
    Number('used_without_layer_2', used_without_2, absolute(0.1), 'measure.py gap'),
    Number('lite_over_layers_10db', lite_over_layers, MEASURED, 'measure.py cost'),
]


if __name__ == '__main__':
    sys.exit(check(QUESTIONS, sys.argv[1:], FOLDER))
