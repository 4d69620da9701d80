# SPDX-License-Identifier: GPL-3.0-or-later
"""Quality against Es/N0, as the live window remembers it."""

import math
from collections import deque

MOST_POINTS = 300  # of a task, the latest
LOWEST_DB, HIGHEST_DB = -30, 50  # what lies outside is not remembered


class History:
    """Scores of one task. For each dB the mean of the last `last` of them: a curve that stays
    when the channel moves on."""

    def __init__(self, last):
        self._last = last
        self.points = deque(maxlen=MOST_POINTS)  # (Es/N0 in dB, score)
        self._bins = {}  # dB, rounded -> scores

    def add(self, snr_db, score):
        if math.isfinite(snr_db) and math.isfinite(score) and LOWEST_DB <= snr_db <= HIGHEST_DB:
            self.points.append((snr_db, score))
            self._bins.setdefault(round(snr_db), deque(maxlen=self._last)).append(score)

    def means(self):
        """[(dB, mean score)] by rising dB."""
        return [(db, sum(scores) / len(scores)) for db, scores in sorted(self._bins.items())]
