#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 3: holds answers.json against theory and the modem itself: check.py [answers.json]"""

import math
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / 'common'))
import measure  # noqa: E402
from answers import Choice, Number, absolute, check, counted, relative  # noqa: E402

PREAMBLE = measure.PROFILE.preamble_symbols
OTHER_SEED = 1001


def cramer_rao(snr_db, symbols):
    """Least rms error of a frequency, cycles a symbol, from known symbols in a row."""
    variance = 6 / (10 ** (snr_db / 10) * symbols * (symbols**2 - 1))
    return math.sqrt(variance) / (2 * math.pi)


def demodulator_rms():
    errors = measure.estimates(0.0, 200, 2000, OTHER_SEED)
    return measure.rms(errors[:, 1])


def clock_error_percent():
    return 100 * float(measure.along_the_burst(OTHER_SEED, 4000, clock_ppm=100.0,
                                               snr_db=20.0)[1][-1])


def what_a_clock_does():
    """To a single carrier: is the phase at the burst's end or the error larger?"""
    phases, error = measure.along_the_burst(OTHER_SEED, 4000, clock_ppm=100.0, snr_db=20.0)
    return 'blurs' if error[-1] > abs(phases[-1]) else 'rotates'


def longest_frame():
    """Symbols of a frame with the largest payloads, from docs/frame-format.md's layout."""
    body = 224 * measure.PROFILE.header_repetition + measure.PROFILE.max_payload_symbols
    groups = math.ceil(body / measure.PROFILE.data_symbols)
    return PREAMBLE + body + groups * measure.PROFILE.pilot_symbols


QUESTIONS = [
    Number('offset_915mhz', lambda: 2 * 2.5e-6 * 915e6 / 500e3, relative(0.01),
           'two crystals, each off by 2.5 ppm, in opposite directions: Hz first, then divide by '
           'the symbol rate'),
    Number('symbols_to_45_degrees', lambda: 1 / 8 / 1e-4, relative(0.02),
           '45 degrees are an eighth of a cycle'),
    Number('mystery_offset', measure.mystery_offset, relative(0.01),
           'degrees over symbols, from the first block to the last; 360 degrees are a cycle'),
    Number('cramer_rao_0db', lambda: cramer_rao(0.0, PREAMBLE), relative(0.02),
           'var(omega) = 6 / (Es/N0 L (L^2 - 1)) for L symbols; omega is radians a symbol'),
    # Each rms is known to 10 % from 200 bursts: four standard deviations of the two together
    # are 28 %.
    Number('detector_rms', lambda: measure.rms(
        measure.estimates(0.0, 200, 2000, OTHER_SEED)[:, 0]), relative(0.28),
           'measure.py estimate --snr 0, first figure'),
    Number('demodulator_rms', demodulator_rms, relative(0.28),
           'measure.py estimate --snr 0, second figure'),
    Number('most_that_pilots_tell',
           lambda: 0.5 / (measure.PROFILE.data_symbols + measure.PROFILE.pilot_symbols),
           relative(0.02),
           'pilots 64 symbols apart: from which offset on does half a turn lie between two '
           'groups, so that it could be the other way round?'),
    Number('drift_20ppm', lambda: 20e-6 * longest_frame(), relative(0.02),
           'docs/frame-format.md, Limits, says how long the longest frame is'),
    Choice('clock_on_single_carrier', ['rotates', 'blurs'], what_a_clock_does,
           'measure.py phase --clock 100 --payload 4000: which of the two columns changes?'),
    # The last block's error scatters by 2 % between bursts.
    Number('error_at_end_100ppm', clock_error_percent, absolute(8),
           'the last line of measure.py phase --clock 100 --payload 4000, in per cent'),
    Number('ofdm_edge_degrees', lambda: 360 * 64 / 128 * 0.27, relative(0.03),
           'carrier k is exp(2 pi j k t / 128) with t in symbols; the outermost is k = 64'),
    Number('walk_after_2000_symbols', lambda: 0.005 * math.sqrt(4000), relative(0.02),
           'variances of independent steps add; two samples a symbol'),
    # 400,000 symbols; following costs 0.02 dB, which is 1.5 % of the rate.
    Number('followed_errors', lambda: measure.phy.symbol_error_rate_awgn('qpsk', 6.0),
           counted(400000, 0.03), 'measure.py followed --offset 0.01 --clock 20 --snr 6; a rate'),
]


if __name__ == '__main__':
    sys.exit(check(QUESTIONS, sys.argv[1:], FOLDER))
