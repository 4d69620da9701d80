# SPDX-License-Identifier: GPL-3.0-or-later
"""A link for bytes in one flowgraph, fed and emptied by the program.

    burst_framer > burst_source > radio_channel > stream_faults > burst_detector >
    burst_demodulator > message_inbox
"""

import time
from dataclasses import dataclass, field

import pmt
from gnuradio import gr, udeepsc
from gnuradio.udeepsc.udeepsc_python import _message_inbox

from payloads import data_of, number_of, pdu
from stream_faults import stream_faults

IN = pmt.intern('in')
AHEAD = 64  # payloads that wait for burst_framer
MOST_WAITING = 100_000  # in the inbox
# What is between the source and the end of the detector's longest frame, whatever the profile.
TAIL_SAMPLES = 200_000
PATIENCE_S = 60.0  # without any progress a round has failed
STEP_S = 0.001


@dataclass
class Settings:
    """What a round draws."""
    profile: str = 'short'
    modulation: str = 'qpsk'
    snr_db: float = 30.0
    longest: int = 24  # bytes of filling
    gap: int = 600  # samples
    channel: dict = field(default_factory=dict)  # of radio_channel
    source: dict = field(default_factory=dict)  # of burst_source
    demodulator: dict = field(default_factory=dict)
    detector: dict = field(default_factory=dict)
    faults: dict = field(default_factory=dict)  # of stream_faults
    has_faults: bool = False


class Stuck(Exception):
    """Nothing has moved for PATIENCE_S."""


class Ends:
    """A transmitter that is fed with numbered bursts, and what comes out of a receiver.

    A subclass has `framer`, progress() and arrivals(): [(bytes of a payload, its PDU or None)].
    """

    def __init__(self, settings, serials, payloads, ledger):
        """serials: an iterator, the same for all rounds; payloads: Payloads."""
        self.settings, self.ledger = settings, ledger
        self._serials, self._payloads = serials, payloads
        # A burst for each payload, so that either is accounted for by itself.
        self.framer = udeepsc.burst_framer('', settings.profile, max_frame_symbols=0)
        self.posted = 0  # at the framer, bad ones included
        self._door = self.framer.to_basic_block()

    def post(self):
        serial = next(self._serials)
        # Of every length up to the longest, in turn.
        data = self._payloads.data(serial, serial % (self.settings.longest + 1))
        self.ledger.send(serial)
        self.post_message(pdu(serial, data, self.settings.modulation))

    def post_message(self, message):
        self._door._post(IN, message)
        self.posted += 1

    def feed(self, bursts, ahead=AHEAD, between=None):
        """Posts so many, at most `ahead` of them waiting. between(): called now and then."""
        left = bursts
        while left:
            self.wait(lambda: self.posted - self.framer.received() < ahead)
            room = ahead - (self.posted - self.framer.received())
            for _ in range(min(left, room)):
                self.post()
                left -= 1
            self.collect()
            if between:
                between()

    def collect(self):
        """Takes what has arrived."""
        for data, message in self.arrivals():
            serial = self._payloads.serial_of(data)
            if serial is not None:
                self.ledger.arrive(serial)
            elif not self.was_damaged(message):
                self.ledger.arrive_wrong()

    def was_damaged(self, message):
        """Whether these are the remains of a burst that something was done to."""
        return message is not None and self.ledger.excused(number_of(message, 'serial'))

    def wait(self, condition):
        """Until it holds; takes what arrives meanwhile. Throws Stuck."""
        before, since = self.progress(), time.monotonic()
        while not condition():
            time.sleep(STEP_S)
            self.collect()
            now = self.progress()
            if now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since > PATIENCE_S:
                raise Stuck(f'(received, sent, dropped): {now} for {PATIENCE_S:g} s')


class Link(Ends):
    """Both ends in one flowgraph."""

    def __init__(self, settings, serials, payloads, ledger):
        Ends.__init__(self, settings, serials, payloads, ledger)
        self.source = udeepsc.burst_source(gap=settings.gap, **settings.source)
        self.channel = udeepsc.radio_channel(snr_db=settings.snr_db, **settings.channel)
        self.faults = stream_faults(**settings.faults) if settings.has_faults else None
        self.detector = udeepsc.burst_detector(settings.profile, **settings.detector)
        self.demodulator = udeepsc.burst_demodulator('', settings.profile, **settings.demodulator)
        self.inbox = _message_inbox(['in'], MOST_WAITING)
        self.top = gr.top_block('soak')
        self.top.msg_connect((self.framer, 'out'), (self.source, 'in'))
        self.samples = [self.source, self.channel, *([self.faults] if self.faults else []),
                        self.detector]
        self.top.connect(*self.samples)
        self.top.msg_connect((self.detector, 'out'), (self.demodulator, 'in'))
        self.top.msg_connect((self.demodulator, 'out'), (self.inbox, 'in'))

    def blocks(self):
        return (self.framer, self.source, self.channel, self.detector, self.demodulator)

    def __enter__(self):
        self.top.start()
        return self

    def __exit__(self, *_):
        self.top.stop()
        self.top.wait()

    def progress(self):
        # The samples that pass say nothing: there is silence without end.
        return [(block.received(), block.sent(), block.dropped()) for block in self.blocks()]

    def arrivals(self):
        messages = self.inbox.take('in', MOST_WAITING)
        # What came was hit before it came.
        for serial, kind in self.faults.take_hits() if self.faults else ():
            self.ledger.excuse([serial], f'hit: {kind}')
        return [(data_of(message), message) for message in messages]

    def was_damaged(self, message):
        return Ends.was_damaged(self, message) or bool(self.faults) \
            and self.faults.damaged(number_of(message, 'sample'), number_of(message, 'end_sample'))

    def drain(self):
        """Until nothing is under way: at the framer, on the air, in the receiver."""
        self.wait(lambda: self.framer.received() >= self.posted
                  and self.framer.received() == self.framer.sent() + self.framer.dropped()
                  and self.framer.sent() <= self.source.received()
                  and not self.source.queue_depth())
        end = self.detector.nitems_read(0) + TAIL_SAMPLES
        self.wait(lambda: not self.ledger.owed() or self.detector.nitems_read(0) >= end)
        self.wait(lambda: self.demodulator.received() >= self.detector.sent()
                  and not self.contradictions()
                  and self.inbox.come('in') >= self.demodulator.sent())
        self.collect()

    def contradictions(self):
        """Counters of blocks into which more came than went out again or was dropped."""
        return [pmt.to_python(block.stats()) for block in (self.framer, self.source,
                                                           self.demodulator)
                if block.received() != block.sent() + block.dropped()]

    def exchange_channel(self):
        """In the running flowgraph, for one that does the same."""
        channel = udeepsc.radio_channel(snr_db=self.settings.snr_db, **self.settings.channel)
        at = self.samples.index(self.channel)
        before, after = self.samples[at - 1], self.samples[at + 1]
        self.top.lock()
        self.top.disconnect(before, self.channel, after)
        self.top.connect(before, channel, after)
        self.top.unlock()
        self.samples[at] = self.channel = channel

    def set_profile(self, profile):
        for block in (self.framer, self.detector, self.demodulator):
            block.set_profile(profile)
