#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 2: holds answers.json against theory and the detector itself: check.py [answers.json]"""

import math
import sys
from pathlib import Path

from gnuradio import udeepsc
from scipy import optimize, stats

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / 'common'))
from answers import Choice, Number, absolute, check, counted, relative  # noqa: E402
from measure import Bursts, detected  # noqa: E402

phy = udeepsc.phy
OTHER_SEED, OTHER_BURSTS = 1001, 1000
# Of the difference between 500 bursts of the student's and 1000 of ours.
BETWEEN_RUNS = counted(333)


def symbols(profile):
    return phy.frame_profile(profile).preamble_symbols


def threshold(profile, rate):
    return phy.burst_detector(phy.frame_profile(profile), rate).threshold()


def single_threshold():
    return 1 - 1e-6 ** (1 / (symbols('standard') - 1))


def tests_per_sample():
    alone = (1 - threshold('standard', 1e-6)) ** (symbols('standard') - 1)
    return 1e-6 / alone


def snr_of_half(profile, rate):
    """Es/N0 at which half of the bursts are found, offset and timing known: |Y|^2 against the
    rest of the energy is F distributed, not central with 2 L Es/N0."""
    n, t = symbols(profile), threshold(profile, rate)
    limit = t / (1 - t) * (n - 1)
    return optimize.brentq(
        lambda snr: stats.ncf.sf(limit, 2, 2 * (n - 1), 2 * n * 10 ** (snr / 10)) - 0.5, -25, 0)


def loss_db(turns):
    """Of a coherent sum over a preamble whose phase turns so often meanwhile."""
    return -20 * math.log10(abs(math.sin(math.pi * turns) / (math.pi * turns)))


def rho_with_gain():
    one, two = (Bursts('standard', 1e-6, 1).detection(0.0, 0.0, gain).rho for gain in (0.0, 6.0))
    return {0: 'same', 1: 'doubles', 2: 'quadruples'}[round(math.log2(two / one))]


QUESTIONS = [
    Number('single_threshold', single_threshold, relative(0.01),
           'P(rho > t) = (1 - t)^(L - 1) with L = 256: solve for t at 1e-6'),
    # Thresholds are printed with five digits; (1 - t)^255 makes 0.2 % of that.
    Number('tests_per_sample', tests_per_sample, relative(0.1),
           'what would (1 - t)^(L - 1) be at the detector\'s own threshold? How many such chances '
           'make 1e-6 together?'),
    Number('alarms_a_minute', lambda: 1e-6 * 1e6 * 60, relative(0.01),
           'a rate a sample, times the samples of a minute'),
    # The formula for many dependent tests is an approximation: 15 % at rates of 1e-4 and below.
    Number('false_alarm_rate', lambda: 1e-4, counted(3000000, 0.15),
           'measure.py noise --rate 1e-4; what did you set the detector to?'),
    Number('detected_low_threshold',
           lambda: detected('standard', 1e-3, -13.0, OTHER_BURSTS, OTHER_SEED) / OTHER_BURSTS,
           BETWEEN_RUNS, 'measure.py bursts --rate 1e-3, the line of -13 dB; a share, not per cent'),
    Number('detected_high_threshold',
           lambda: detected('standard', 1e-7, -13.0, OTHER_BURSTS, OTHER_SEED) / OTHER_BURSTS,
           BETWEEN_RUNS, 'measure.py bursts --rate 1e-7, the line of -13 dB; a share, not per cent'),
    # Read off between points 1 dB apart that are uncertain by 0.2 dB; and the detector takes the
    # best of many offsets and times, which theory for a known one leaves out.
    Number('price_of_1e4_db',
           lambda: snr_of_half('standard', 1e-7) - snr_of_half('standard', 1e-3), absolute(0.7),
           'draw both curves and read at 0.5 how far apart they are'),
    Number('gain_of_512_db',
           lambda: snr_of_half('standard', 1e-7) - snr_of_half('multipath', 1e-7), absolute(0.7),
           'standard has 256 symbols, multipath 512; read both curves at 0.5'),
    Number('first_null', lambda: 1 / symbols('standard'), relative(0.02),
           'the sum of exp(2 pi j f k) over L symbols: at which f does it close a circle?'),
    Number('worst_loss_db', lambda: loss_db(0.5), absolute(0.1),
           'half way between two offsets that lie 1/L apart the phase turns by half a cycle over '
           'the preamble'),
    Choice('rho_with_twice_the_gain', ['same', 'doubles', 'quadruples'], rho_with_gain,
           'measure.py gain; and look at what stands below the fraction of rho'),
    Number('crc_passes_a_day', lambda: 1e-6 * 1e6 * 86400 / 2**16, relative(0.02),
           'alarms a day, and the chance that 16 random bits are the right ones'),
]


if __name__ == '__main__':
    sys.exit(check(QUESTIONS, sys.argv[1:], FOLDER))
