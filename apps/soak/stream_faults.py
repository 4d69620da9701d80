# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong between two radios, on purpose and on record."""

import random
import threading

import numpy as np
import pmt
from gnuradio import gr

BURST = pmt.intern('burst')
# Around a burst: the tag may be a few samples off, and filters ring on. The gap between two bursts
# has to be longer.
MARGIN = 200


def _noise(samples, rng):
    power = 10.0**rng.randint(0, 4)
    noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(2 * len(samples))
    samples += (power / 2)**0.5 * noise.astype(np.float32).view(np.complex64)


def _not_finite(value):
    def damage(samples, rng):
        samples[::rng.choice((1, 2, 17))] = value
    return damage


def _zero(samples, _):
    samples[:] = 0


def _constant(samples, rng):  # an amplifier that is stuck
    samples[:] = rng.choice((1, -1j, 1e6, 1e30))


def _value(tag, name):
    return pmt.to_python(pmt.dict_ref(tag.value, pmt.intern(name), pmt.from_long(0)))


# Kind of damage: how it is done. 'dropped' takes samples away and is no damage in place.
DAMAGE = {'zeroed': _zero, 'nan': _not_finite(np.nan), 'infinite': _not_finite(np.inf),
          'noise': _noise, 'constant': _constant}
KINDS = (*DAMAGE, 'dropped')


class stream_faults(gr.basic_block):
    """Samples in, samples out; some bursts are hit.

    Sees where bursts are by burst_source's tag.

    share: of the bursts that are hit, 0..1; seed: of what is done; swallow: the first burst is
    zeroed and NOT recorded, a control of the accounting.
    """

    def __init__(self, share=0.0, seed=1, swallow=False):
        gr.basic_block.__init__(self, 'stream_faults', [np.complex64], [np.complex64])
        self.set_tag_propagation_policy(gr.TPP_DONT)
        self._share, self._random, self._swallow = share, random.Random(seed), swallow
        self._lock = threading.Lock()
        self._forget()

    def _forget(self):
        self._hits = []  # (serial number, kind)
        self._faults = []  # (begin, end, kind) in samples of the input
        self._zones = []  # (begin, end) of what was damaged, in samples of the output
        self._places = {}  # serial number: (begin, end) of its burst, in samples of the output

    def start(self):
        with self._lock:
            self._forget()  # samples are counted anew
        return True

    def take_hits(self):
        """[(serial number, kind)] of the bursts hit since this was called last."""
        with self._lock:
            hits, self._hits = self._hits, []
        return hits

    def damaged(self, begin, end):
        """Whether something was done to these samples, numbers of the output."""
        with self._lock:
            return any(first < end and begin < last for first, last in self._zones)

    def places(self):
        """{serial number: (begin, end)} since the last start, margin included."""
        with self._lock:
            return dict(self._places)

    def forecast(self, _, inputs):
        return [1] * inputs

    def general_work(self, inputs, outputs):
        count = min(len(inputs[0]), len(outputs[0]))
        begin = self.nitems_read(0)
        samples = np.array(inputs[0][:count])
        keep = np.ones(count, bool)
        tags = [(tag, _value(tag, 'serial'), MARGIN + 2 * (_value(tag, 'symbols')
                                                           + _value(tag, 'overhead')))
                for tag in self.get_tags_in_window(0, 0, count, BURST)]
        with self._lock:
            for tag, serial, length in sorted(tags, key=lambda entry: entry[0].offset):
                self._plan(serial, tag.offset, tag.offset + length)
            parts = [self._apply(fault, begin, samples, keep) for fault in self._faults]
            self._faults = [fault for fault in self._faults if fault[1] > begin + count]
            # Where a sample of this piece goes in the output.
            to = self.nitems_written(0) + np.concatenate([[0], np.cumsum(keep)])
            self._zones += [(to[first] - MARGIN, to[last] + MARGIN) for first, last in parts
                            if first < last]
            for tag, serial, length in tags:
                place = int(to[tag.offset - begin])
                self.add_item_tag(0, place, BURST, tag.value)
                self._places[serial] = (place, place + length)
        given = samples[keep]
        outputs[0][:len(given)] = given
        self.consume(0, count)
        return len(given)

    def _plan(self, serial, begin, end):
        """Whether and how this burst is hit; a fault before it may reach into it."""
        for _, until, kind in self._faults:
            if until > begin - MARGIN:
                self._hits.append((serial, kind))
        if self._swallow:
            self._swallow = False
            self._faults.append((begin, end, 'zeroed'))
        elif self._random.random() < self._share:
            kind = self._random.choice(KINDS)
            start = self._random.randrange(begin, end)
            self._faults.append((start, start + int(10**self._random.uniform(0, 4)), kind))
            self._hits.append((serial, kind))

    def _apply(self, fault, offset, samples, keep):
        """(first, last + 1) of what was damaged in this piece, which begins at `offset`."""
        begin, end, kind = fault
        first = min(max(0, begin - offset), len(samples))
        last = min(max(0, end - offset), len(samples))
        if kind == 'dropped':
            keep[first:last] = False
        elif first < last:
            DAMAGE[kind](samples[first:last], self._random)
        return first, last
