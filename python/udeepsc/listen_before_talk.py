# SPDX-License-Identifier: GPL-3.0-or-later
"""Sharing a frequency: who sends listens first, and waits a random time when others send."""

import random
import threading
import time
from collections import Counter, deque

import numpy as np
import pmt
from gnuradio import blocks, gr

LOOK = 256  # samples whose mean power is one measurement
BUSY_OVER_FLOOR = 4.0  # 6 dB: a signal of 0 dB makes noise 3 dB stronger, one of 5 dB 6 dB
FLOOR_RISE = 1.0002  # a measurement: the floor follows a gain that was raised in some seconds
MOST_DOUBLINGS = 4
SILENCE = 1e-12  # of power: below it nothing is received at all


class _Power(gr.sync_block):
    """In 0: vectors of LOOK samples."""

    def __init__(self):
        gr.sync_block.__init__(self, 'channel_power', [(np.complex64, LOOK)], None)
        self._floor = None
        self.busy_until = 0.0  # by time.monotonic()
        self.hold_s = 0.0

    def work(self, input_items, output_items):
        parts = input_items[0].view(np.float32)
        for power in np.mean(parts * parts, axis=1) * 2:
            if not np.isfinite(power):
                continue
            if self._floor is None or power < self._floor:
                self._floor = max(power, SILENCE)
            self._floor *= FLOOR_RISE
            if power > BUSY_OVER_FLOOR * self._floor:
                self.busy_until = time.monotonic() + self.hold_s
        return len(input_items[0])


class channel_sense(gr.hier_block2):
    """In 0: a receiver's samples. busy() tells whether somebody sends.

    Power 6 dB over the lowest that was heard, and hold_s after it. A signal weaker than noise by
    as much as the detector can still find is not noticed by its power.
    """

    def __init__(self, hold_s=0.005):
        gr.hier_block2.__init__(self, 'channel_sense',
                                gr.io_signature(1, 1, gr.sizeof_gr_complex),
                                gr.io_signature(0, 0, 0))
        self._power = _Power()  # a block in Python lives as long as its object
        self._power.hold_s = hold_s
        self._vectors = blocks.stream_to_vector(gr.sizeof_gr_complex, LOOK)
        self.connect(self, self._vectors, self._power)

    def busy(self):
        return time.monotonic() < self._power.busy_until


class burst_gate(gr.basic_block):
    """Bursts wait here until nobody else sends.

    Carrier sense multiple access: a burst goes when the channel has been free for a random number
    of slots, counted on while it is free and standing still while it is busy. When others keep
    it busy for most_s, the burst goes all the same. What has collided waits longer: see
    set_tries().

    Ports
      in "in"    bursts of burst_framer, c32vector
      out "out"  the same, for burst_source

    Parameters
      rate       samples per second, from which follows how long a burst takes
      busy       called without arguments: whether somebody sends
      slot_s     seconds of one slot
      slots      the random number is below this
      most_s     longest wait of one burst
      seed       of the random numbers
    """

    def __init__(self, rate, busy, slot_s=0.01, slots=8, most_s=10.0, seed=None):
        gr.basic_block.__init__(self, 'burst_gate', None, None)
        self._rate, self._busy = rate, busy
        self._slot_s, self._slots, self._most_s = slot_s, slots, most_s
        self._doublings = 0
        self._random = random.Random(seed)
        self._waiting, self._news = deque(), threading.Condition()
        self._closed = False
        self._sending_until = 0.0
        self.counts = Counter()  # sent; deferred: had to wait; forced: went all the same
        self._out = pmt.intern('out')
        self.message_port_register_in(pmt.intern('in'))
        self.message_port_register_out(self._out)
        self.set_msg_handler(pmt.intern('in'), self._take)
        self._thread = threading.Thread(target=self._run, name='burst_gate', daemon=True)
        self._thread.start()

    def _take(self, message):
        with self._news:
            self._waiting.append(message)
            self._news.notify()

    def depth(self):
        return len(self._waiting)

    def set_tries(self, tries):
        """The bursts that wait are sent for the tries-th time: the random number is below twice as
        many slots each time, 16 times as many at most (binary exponential backoff)."""
        self._doublings = min(max(tries - 1, 0), MOST_DOUBLINGS)

    def sending(self):
        """Whether a burst of this one is on the air."""
        return time.monotonic() < self._sending_until

    def close(self):
        """Ends the thread; what waits is dropped."""
        with self._news:
            self._closed = True
            self._news.notify()
        self._thread.join()

    def _run(self):
        while True:
            with self._news:
                while not self._waiting and not self._closed:
                    self._news.wait()
                if self._closed:
                    return
                message = self._waiting[0]
            self._wait_for_the_channel()
            if self._closed:
                return
            seconds = pmt.length(pmt.cdr(message)) / self._rate
            self._sending_until = time.monotonic() + seconds
            self.message_port_pub(self._out, message)
            with self._news:
                self._waiting.popleft()
            self.counts['sent'] += 1
            time.sleep(seconds)

    def _wait_for_the_channel(self):
        end = time.monotonic() + self._most_s
        left = 1 + self._random.randrange(self._slots << self._doublings)
        deferred = False
        while left > 0 and not self._closed:
            if time.monotonic() > end:
                self.counts['forced'] += 1
                return
            time.sleep(self._slot_s)
            if self._busy():
                deferred = True
            else:
                left -= 1
        self.counts['deferred'] += deferred
