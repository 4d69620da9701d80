#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 8: holds answers.json against theory and both links themselves: check.py [answers.json]"""

import functools
import math
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / 'common'))
import measure  # noqa: E402
from answers import Number, absolute, check, counted  # noqa: E402

OTHER_SEEDS = (1001, 1002, 1003, 1004)
PAYLOADS, TIMES, MEAN_DB = 2000, 5, 12.0
THRESHOLD_16QAM_HALF_DB = 6.0  # as the handout says
GRIDS = {'qpsk-1/2': np.arange(-0.5, 2.3, 0.25), '16qam-1/2': np.arange(5.0, 7.3, 0.25)}


def shannon_db(bits_a_symbol):
    return 10 * math.log10(2**bits_a_symbol - 1)


def outage():
    """Of a Rayleigh fade, whose power is exponentially distributed."""
    return 1 - math.exp(-10 ** ((THRESHOLD_16QAM_HALF_DB - MEAN_DB) / 10))


@functools.lru_cache(maxsize=None)
def lost_shares(mcs):
    """On the grid; half a payload where none was lost."""
    lost = [measure.lost_payloads(mcs, snr_db, PAYLOADS, OTHER_SEEDS[0]) for snr_db in GRIDS[mcs]]
    return np.maximum(lost, 0.5) / PAYLOADS


def where_lost(mcs, share):
    """Es/N0 at which this share is lost, along the logarithm of the share."""
    return float(np.interp(-math.log(share), -np.log(lost_shares(mcs)), GRIDS[mcs]))


@functools.lru_cache(maxsize=None)
def links(shrink=1):
    return measure.Links(measure.photographs(shrink, measure.MOST_TILES))


@functools.lru_cache(maxsize=None)
def psnr(link, snr_db, believed_db=None, shrink=1):
    """Mean over the same tiles as the student's, other noise."""
    return float(np.mean([links(shrink).psnrs(link, snr_db, seed, believed_db)
                          for seed in OTHER_SEEDS]))


def fall(link):
    return psnr(link, 3.0) - psnr(link, 0.0)


def lite_passes_qpsk_half():
    """Es/N0 from which lite is better than the fixed rate where both can be decoded."""
    snrs = [3.0, 6.0, 9.0, 12.0]
    return float(np.interp(psnr('qpsk-1/2', 9.0), [psnr('lite', s) for s in snrs], snrs))


def adaptive_over_lite(shrink):
    return psnr('adaptive', 3.0, None, shrink) - psnr('lite', 3.0, None, shrink)


@functools.lru_cache(maxsize=None)
def faded(margin_db):
    """(mean PSNR, share lost) under fading, of all seeds."""
    each = [links().faded_jpeg(MEAN_DB, margin_db, TIMES, seed) for seed in OTHER_SEEDS]
    psnrs = np.concatenate([p for p, _ in each])
    return float(psnrs.mean()), sum(lost for _, lost in each) / len(psnrs)


def lite_over_margin_10():
    """Under fading, mean PSNR of lite less that of JPEG with 10 dB in hand; same fades."""
    lite = np.mean([links().faded_lite(MEAN_DB, TIMES, seed) for seed in OTHER_SEEDS])
    return float(lite - faded(10.0)[0])


@functools.lru_cache(maxsize=None)
def whole():
    return measure.Whole()


def jpeg_gains_from_whole():
    return whole().whole('jpeg-ldpc', 6.0, 1001) - whole().tiled('adaptive', 6.0, 1001)


def jpeg2000_over_lite():
    return whole().whole('jpeg2000-ldpc', 6.0, 1001) - whole().tiled('lite', 6.0, 1001)


# Seeds move a mean of lite by 0.1 dB (standard deviation), a mean of JPEG, where a lost tile
# costs 20 dB, by 0.15: four of them, of a difference. Paired differences move less, see each.
LITE, JPEG = absolute(0.5), absolute(0.9)
# 20 of 2000 payloads lost: 22 % (standard deviation), and the curve falls by that in 0.04 dB.
ONE_PERCENT = absolute(0.25)
# 540 tiles of the student, 2160 here.
FADES = counted(430)

QUESTIONS = [
    Number('times_smaller_qpsk_half', lambda: 32 * 32 * 3 / (512 * 2 / 2 / 8), absolute(0.5),
           '512 symbols of two coded bits, half of them information; three bytes a pixel'),
    Number('shannon_16qam_half_db', lambda: shannon_db(2.0), absolute(0.05),
           'log2(1 + Es/N0) = information bits a symbol; in dB'),
    Number('outage_16qam_half_12db', outage, absolute(0.01),
           'P(|h|^2 Es/N0 < threshold), |h|^2 exponential with mean 1; convert both from dB; a rate'),
    Number('margin_for_two_percent_db', lambda: -10 * math.log10(-math.log(0.98)), absolute(0.1),
           '1 - exp(-threshold/mean) = 0.02; how many dB lie between threshold and mean?'),
    Number('one_percent_qpsk_half_db', lambda: where_lost('qpsk-1/2', 0.01), ONE_PERCENT,
           'measure.py threshold: where does the share lost pass 0.01?'),
    Number('width_qpsk_half_db',
           lambda: where_lost('qpsk-1/2', 0.01) - where_lost('qpsk-1/2', 0.9), absolute(0.3),
           'measure.py threshold: from where 0.9 is lost to where 0.01 is'),
    Number('gap_16qam_half_db',
           lambda: where_lost('16qam-1/2', 0.01) - shannon_db(2.0), ONE_PERCENT,
           'measure.py threshold --mcs 16qam-1/2: 1 % lost, less your shannon_16qam_half_db'),
    # Standard deviation over noise: 0.03 dB, that of QPSK 1/2 0.15.
    Number('lite_falls_3_to_0db', lambda: fall('lite'), absolute(0.2),
           'measure.py curve: lite at 3 dB less lite at 0 dB'),
    Number('qpsk_half_falls_3_to_0db', lambda: fall('qpsk-1/2'), JPEG,
           'measure.py curve: qpsk-1/2 at 3 dB less qpsk-1/2 at 0 dB'),
    # 0.3 dB, since lite's curve is flat there.
    Number('lite_passes_qpsk_half_db', lite_passes_qpsk_half, absolute(1.4),
           'above the cliff qpsk-1/2 is a horizontal line: where does lite cross it?'),
    Number('adaptive_over_lite_3db', lambda: adaptive_over_lite(1), JPEG,
           'measure.py curve, line 3 dB, adaptive - lite'),
    # 0.07 dB
    Number('adaptive_over_lite_shrunk', lambda: adaptive_over_lite(4), absolute(0.4),
           'measure.py curve --shrink 4, line 3 dB, adaptive - lite'),
    Number('lite_believing_6_at_3db', lambda: psnr('lite', 3.0, 6.0), LITE,
           'measure.py belief, line 6 dB'),
    Number('adaptive_believing_6_at_3db', lambda: psnr('adaptive', 3.0, 6.0), JPEG,
           'measure.py belief, line 6 dB'),
    Number('lost_margin_0', lambda: faded(0.0)[1], FADES,
           'measure.py fading, margin 0: a share'),
    Number('lost_margin_10', lambda: faded(10.0)[1], FADES,
           'measure.py fading, margin 10: a share'),
    # 0.2 dB
    Number('lite_over_margin_10_db', lite_over_margin_10, absolute(0.8),
           'measure.py fading: PSNR of lite less PSNR of margin 10'),
    # No payload is lost at 6 dB.
    Number('jpeg_gains_from_whole_6db', jpeg_gains_from_whole, absolute(0.2),
           'measure.py whole, line 6 dB: JPEG whole less JPEG in tiles'),
    # 0.03 dB
    Number('jpeg2000_over_lite_6db', jpeg2000_over_lite, absolute(0.2),
           'measure.py whole, line 6 dB: JPEG 2000 whole less lite'),
]


if __name__ == '__main__':
    sys.exit(check(QUESTIONS, sys.argv[1:], FOLDER))
