# SPDX-License-Identifier: GPL-3.0-or-later
"""Which samples that were sent have not arrived."""

import time
from collections import OrderedDict, deque

from .task_view_inputs import FRAME_NUMBERS

PATIENCE_S = 10.0  # what has not arrived by then is lost
MOST_UNDER_WAY = 4096
MOST_LOST = 1024  # of which is known which they were, so that one that comes late is not lost


class Losses:
    """Counts by task and number. The number that a result has is the source's, or over a radio
    one that is equal to it modulo 256."""

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._under_way = OrderedDict()  # (task, number) -> [time, modalities], oldest first
        self._lost = deque(maxlen=MOST_LOST)  # (task, number)
        self.sent = self._lost_count = 0

    def add_sent(self, task, number, modality):
        """Modalities of one sample share its number, and count once."""
        name = task, number
        known = self._under_way.get(name)
        if known and modality not in known[1]:
            known[1].add(modality)
            return
        if known:
            self._lose(name)
        self.sent += 1
        self._under_way[name] = [self._clock(), {modality}]
        self._expire()

    def add_arrived(self, task, number):
        found = self._find((task, number), self._under_way)
        if found:
            del self._under_way[found]
            return
        late = self._find((task, number), self._lost)
        if late:
            self._lost.remove(late)
            self._lost_count -= 1

    def lost(self):
        self._expire()
        return self._lost_count

    @staticmethod
    def _find(name, names):
        """The name itself, or the oldest that is the same on the air; None if neither."""
        if name in names:
            return name
        task, number = name
        return next((other for other in names if other[0] == task
                     and (other[1] - number) % FRAME_NUMBERS == 0), None)

    def _expire(self):
        now = self._clock()
        while self._under_way:
            name, (since, _) = next(iter(self._under_way.items()))
            if now - since < PATIENCE_S and len(self._under_way) <= MOST_UNDER_WAY:
                break
            self._lose(name)

    def _lose(self, name):
        del self._under_way[name]
        self._lost.append(name)
        self._lost_count += 1
