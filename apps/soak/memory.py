# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of this process, and whether it grows with what was done."""

import ctypes
import gc
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PAGE = os.sysconf('SC_PAGE_SIZE')
KIB, MIB = 1024, 1024**2
LIBC = ctypes.CDLL(None)
M_ARENA_MAX = -8  # of mallopt
FEWEST_SAMPLES, MOST_SAMPLES = 20, 20_000
WARM_UP = 0.2  # of all work: not looked at


class Mallinfo2(ctypes.Structure):
    """glibc's, of all its heaps."""
    _fields_ = [(name, ctypes.c_size_t) for name in (
        'arena', 'ordblks', 'smblks', 'hblks', 'hblkhd', 'usmblks', 'fsmblks', 'uordblks',
        'fordblks', 'keepcost')]


LIBC.mallinfo2.restype = Mallinfo2


def use_one_heap():
    """Before any thread begins. glibc gives each a heap of its own, and of those malloc_trim()
    does not give back what is free at the end: resident memory would show the peaks of the past."""
    LIBC.mallopt(M_ARENA_MAX, 1)


def resident_bytes():
    """Of this process, without what is free and could go back to the system."""
    LIBC.malloc_trim(0)
    return int(Path('/proc/self/statm').read_text().split()[1]) * PAGE


def heap_bytes():
    """What was allocated and not freed."""
    info = LIBC.mallinfo2()
    return info.uordblks + info.hblkhd


# Kind of memory: how it is measured, and by how much it varies where nothing grows. Resident memory
# has the stacks of threads that ended, and pieces of heaps between others that are in use.
KINDS = {'resident': (resident_bytes, 16 * MIB), 'heap': (heap_bytes, MIB)}


@dataclass
class Slope:
    """KiB per 1000 units of work, with the half width of its interval of 95 %; work: how much of
    it was looked at."""
    kib: float
    interval: float
    work: float

    def bytes_at_least(self):
        """What came to over all the work, by the lower end of the interval."""
        return (self.kib - self.interval) * self.work / 1000 * KIB

    def __str__(self):
        return f'{self.kib:+.3f} \u00b1 {self.interval:.3f}'


class Memory:
    """Memory of each kind beside how much was done."""

    def __init__(self):
        self._begin = 0
        # Made once, so that it takes no part in what it measures: work done, bytes of each kind.
        self._samples = np.full((MOST_SAMPLES, 1 + len(KINDS)), np.nan)
        self._count = 0

    def sample(self, done):
        gc.collect()
        self.add(done, [measure() for measure, _ in KINDS.values()])

    def add(self, done, held):
        """held: bytes of each kind."""
        if self._count == MOST_SAMPLES:
            self._count //= 2
            self._samples[:self._count] = self._samples[::2].copy()
        self._samples[self._count] = done, *held
        self._count += 1

    def warm(self):
        """Everything that is loaded or made once is there now; what was before does not count."""
        self._begin = self._samples[self._count - 1, 0]

    def now_mib(self, kind):
        if not self._count:
            return 0.0
        return self._samples[self._count - 1, 1 + list(KINDS).index(kind)] / MIB

    def slopes(self):
        """{kind: Slope}; empty as long as there is too little to say."""
        samples = self._samples[:self._count]
        late = samples[samples[:, 0] > max(self._begin, WARM_UP * samples[-1:, 0].sum())]
        if len(late) < FEWEST_SAMPLES:
            return {}
        return {kind: fit(late[:, 0], late[:, i + 1]) for i, kind in enumerate(KINDS)}

    def growing(self):
        """Kinds of memory that grew by more than they vary."""
        return [kind for kind, slope in self.slopes().items()
                if slope.bytes_at_least() > KINDS[kind][1]]


def fit(done, held):
    """Slope of bytes held against work done, by least squares. The interval takes into account
    that a sample is much like the one before it (residuals of an AR(1) process)."""
    x, y = done / 1000, held / KIB
    x, y = x - x.mean(), y - y.mean()
    spread = (x**2).sum()
    slope = (x * y).sum() / spread
    rest = y - slope * x
    power = (rest**2).sum()
    alike = min(max((rest[1:] * rest[:-1]).sum() / power, 0.0), 0.99) if power else 0.0
    independent = max(3.0, len(x) * (1 - alike) / (1 + alike))
    return Slope(slope, 1.96 * (power / spread / (independent - 2))**0.5, np.ptp(done))
