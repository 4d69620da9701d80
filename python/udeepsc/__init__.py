# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks that send meaning instead of bits: U-DeepSC in a GNU Radio flowgraph."""

from .udeepsc_python import *
from .radio_settings import RadioError, parse_radio
from .udeepsc_rx import udeepsc_rx
from .udeepsc_tx import udeepsc_tx
