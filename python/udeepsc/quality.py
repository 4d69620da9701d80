# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures that the window and the programs share."""

import math

import numpy as np


def psnr_db(sent, received):
    """PSNR of 8-bit pictures; 100 dB stands for equal ones."""
    error = np.mean((np.asarray(sent, float) - np.asarray(received, float))**2)
    return 10 * math.log10(255**2 / error) if error else 100.0
