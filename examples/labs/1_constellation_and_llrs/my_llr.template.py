# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy this to my_llr.py and write llr(). Then: measure.py compare my_llr.py"""

# Levels of one axis by their two bits; times 1/sqrt(10) for mean symbol energy 1.
LEVELS = {(0, 0): -3, (0, 1): -1, (1, 1): 1, (1, 0): 3}


def llr(y, n0):
    """The four LLRs ln P(b=0)/P(b=1) of a received 16-QAM symbol: the first two belong to the
    real part, the last two to the imaginary part. y: complex; n0: noise variance of the
    complex symbol, n0 / 2 of each part."""
    return [0.0, 0.0, 0.0, 0.0]
