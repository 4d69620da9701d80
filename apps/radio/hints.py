# SPDX-License-Identifier: GPL-3.0-or-later
"""What results tell of a receiver's settings: said once, while there is still time."""

import math

from radio_settings import DEVICES

SAMPLES_PER_SYMBOL = 2
EDGE = 0.9  # of the offsets searched
# Mean power of a burst, full scale being 1: its peaks are 5 dB higher, and a converter of 12 bits
# has its own noise 74 dB below.
STRONG_DB, FAINT_DB = -4.0, -50.0


class ReceptionHints:
    """Of one receiver. kind: of its radio; rate: samples a second; max_cfo: offset searched,
    cycles a symbol."""

    def __init__(self, kind, rate, max_cfo, say=print):
        self._symbol_rate = rate / SAMPLES_PER_SYMBOL
        self._device = kind in DEVICES  # others have no full scale
        self._max_cfo, self._say = max_cfo, say
        self._said = set()

    def take(self, result):
        """One result; what it tells is said unless it has been."""
        if math.isfinite(result.cfo) and abs(result.cfo) >= EDGE * self._max_cfo:
            self._once('offset', self._of_offset(result.cfo))
        if self._device and result.power > 0:
            level_db = 10 * math.log10(result.power)
            if level_db > STRONG_DB:
                self._once('strong', f'strong signal: bursts come with {level_db:.0f} dB of full '
                           'scale and are cut: lower rx_gain=, or put attenuation before it')
            elif level_db < FAINT_DB:
                self._once('faint', f'faint signal: bursts come with {level_db:.0f} dB of full '
                           'scale, near the last bits of the converter: raise rx_gain=')

    def _of_offset(self, cfo):
        text = (f'carrier offset: {cfo * self._symbol_rate:+.0f} Hz of the '
                f'+-{self._max_cfo * self._symbol_rate:.0f} Hz that are searched, and beyond these '
                'nothing is heard')
        more = min(2 * self._max_cfo, 0.2) if self._max_cfo else 0.02
        return f'{text}: --max-cfo {more:g}, or correct freq=' if more > self._max_cfo \
            else f'{text}: correct freq=, or raise rate= at both ends'

    def _once(self, kind, text):
        if kind not in self._said:
            self._said.add(kind)
            self._say(text)
