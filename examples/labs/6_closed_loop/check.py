#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 6: holds answers.json against theory and the model itself: check.py [answers.json]"""

import functools
import math
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / 'common'))
import measure  # noqa: E402
from answers import Number, absolute, check, counted, relative  # noqa: E402

OTHER_SEED, OTHER_TIMES = 1001, 5
HIGH, LOW = 12.0, 0.0


@functools.lru_cache(maxsize=None)
def model():
    return measure.Classifier()


def vectors(snr_db):
    return lambda: model().vectors(snr_db)


def share_of_old(time_constant):
    """Of what was reported before, in a report after a new one."""
    return math.exp(-1 / time_constant)


def reports_to_half_db(time_constant):
    return math.ceil(math.log((HIGH - LOW) / 0.5) / -math.log(share_of_old(time_constant)))


def frames_with_too_few(time_constant):
    """After the step: sent for a report that is still too high."""
    frames, report = 0, HIGH
    while model().vectors(round(report, 3)) < model().vectors(LOW):
        frames += 1
        report = LOW + (report - LOW) * share_of_old(time_constant)
    return frames


def rms_after_smoothing(time_constant):
    """Of independent errors, exponentially smoothed, relative to before."""
    a = share_of_old(time_constant)
    return math.sqrt((1 - a) / (1 + a))


def agreement(believed_db, channel_db):
    right, n = model().agreeing(believed_db, channel_db, OTHER_TIMES, OTHER_SEED)
    return right / n


def saved(whole):
    """Share saved at 12 dB by sending no more than needed; whole: of the burst."""
    framer = measure.udeepsc.phy.framer(measure.udeepsc.phy.frame_profile('standard'))
    few, many = (model().vectors(s) for s in (12.0, -6.0))
    if whole:
        few, many = (n + framer.overhead_symbols([n]) for n in (few, many))
    return 1 - few / many


# Both from 1030 tiles with other noise: the difference has the deviation of 515.
SAME_TILES = counted(515)

QUESTIONS = [
    Number('vectors_at_12db', vectors(12.0), absolute(0.5), 'measure.py vectors'),
    Number('vectors_at_6db', vectors(6.0), absolute(0.5), 'measure.py vectors'),
    Number('vectors_at_0db', vectors(0.0), absolute(0.5), 'measure.py vectors'),
    Number('share_after_two_reports', lambda: 1 - share_of_old(0.7)**2, absolute(0.005),
           'each report leaves exp(-1/T) of the old error; a share, not per cent'),
    Number('reports_to_half_db_0_7', lambda: reports_to_half_db(0.7), absolute(0.5),
           '12 exp(-n/T) <= 0.5: the first whole n'),
    Number('reports_to_half_db_5', lambda: reports_to_half_db(5.0), absolute(0.5),
           '12 exp(-n/T) <= 0.5: the first whole n'),
    Number('frames_with_too_few_0_7', lambda: frames_with_too_few(0.7), absolute(0.5),
           'measure.py loop: frames at 0 dB that have fewer vectors than the last ones; the first '
           'of them counts'),
    # Reports move by 0.1 dB and fall by 0.2 dB a frame where it is decided.
    Number('frames_with_too_few_5', lambda: frames_with_too_few(5.0), absolute(1.5),
           'measure.py loop --time-constant 5, counted in the same way'),
    Number('rms_left_0_7', lambda: rms_after_smoothing(0.7), absolute(0.02),
           'r = a r_old + (1 - a) new: equate the variances of r and r_old'),
    Number('rms_left_5', lambda: rms_after_smoothing(5.0), absolute(0.02),
           'as for 0.7, with a = exp(-1/5)'),
    Number('agreement_known_0db', lambda: agreement(0.0, 0.0), SAME_TILES,
           'measure.py wrong: line 0 dB, column 0 dB; a share'),
    Number('agreement_believed_12_at_0db', lambda: agreement(12.0, 0.0), SAME_TILES,
           'measure.py wrong: line 0 dB, column 12 dB; a share'),
    Number('saved_of_payload', lambda: saved(False), relative(0.03),
           '1 - vectors at 12 dB / vectors at -6 dB; one symbol a vector'),
    Number('saved_of_burst', lambda: saved(True), relative(0.05),
           'measure.py bursts: the same with whole bursts; a share, not per cent'),
    Number('vectors_when_silent', vectors(-6.0), absolute(0.5),
           'docs/blocks.md, csi_feedback: what holds when nothing is heard for timeout_s?'),
]


if __name__ == '__main__':
    sys.exit(check(QUESTIONS, sys.argv[1:], FOLDER))
