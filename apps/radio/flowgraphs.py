# SPDX-License-Identifier: GPL-3.0-or-later
"""The flowgraphs behind tx, rx, sim and channel."""

import math
import threading
import time
from collections import deque

import pmt
from gnuradio import blocks, gr, udeepsc

from faults import hardware_faults
from radio_settings import DEVICES
from results import Inbox

# Payloads on their way through the transmitter: one frame of a picture's tiles is on the
# air, while another one fills.
AHEAD = 96
# What follows the last burst: blocks and sockets hold some.
TAIL_SAMPLES = 150_000
# A device that takes no samples for so long is gone; other links may wait for ever.
STUCK_S = 10.0


class SymbolCount(gr.basic_block):
    """Counts what burst_framer sends."""

    def __init__(self):
        gr.basic_block.__init__(self, 'symbol_count', None, None)
        self.bursts = self.payloads = self.symbols = self.overhead = self.samples = 0
        self._payloads = deque()  # of each burst that is not on the air yet
        self._aired = self._aired_payloads = 0
        self.message_port_register_in(pmt.intern('in'))
        self.set_msg_handler(pmt.intern('in'), self._take)

    def _take(self, message):
        about = pmt.car(message)

        def value(key):
            return pmt.to_python(pmt.dict_ref(about, pmt.intern(key), pmt.from_long(0)))

        # Payloads are sent with the last copy of their burst.
        payloads = value('samples') if value('copy') + 1 >= value('copies') else 0
        self._payloads.append(payloads)
        self.payloads += payloads
        self.bursts += 1
        self.symbols += value('symbols')
        self.overhead += value('overhead')
        self.samples += pmt.length(pmt.cdr(message))


    def payloads_in(self, bursts):
        """Payloads in the first so many bursts; the number never falls."""
        while self._aired < bursts and self._payloads:
            self._aired_payloads += self._payloads.popleft()
            self._aired += 1
        return self._aired_payloads


class Transmitter:
    """udeepsc_tx in a flowgraph (its own, or the one given), fed without flooding it."""

    def __init__(self, model, radio, options, top=None):
        self.top = top or gr.top_block('udeepsc tx')
        self.block = udeepsc.udeepsc_tx(
            model, radio, options.profile, options.snr + 10 * math.log10(options.copies),
            record=options.record_tx, copies=options.copies,
            feedback=getattr(options, 'feedback_from', ''), key=getattr(options, 'key', ''),
            dtype=options.dtype, address=options.address, destination=options.to,
            layers=options.layers, protection=getattr(options, 'protection', ''),
            first_frame=0)  # payloads.Numbering has seen to it
        self.count, self.lock = SymbolCount(), threading.Lock()
        self.block.msg_connect(self.block.framer, 'out', self.count, 'in')
        self.posted = 0

    def done(self):
        with self.lock:
            return self.count.payloads_in(self.block.bursts_sent()) + self.block.dropped()

    def post(self, payload):
        self.posted += 1
        for pdu in payload.pdus:
            self.block.post(pdu)

    def feed(self, payloads, stop, ahead=AHEAD, on_post=lambda payload: None):
        """Posts them all, at most `ahead` of them under way; False if stop came first."""
        for payload in payloads:
            if not self.wait(stop, lambda: self.posted - self.done() < ahead, 0.002):
                return False
            on_post(payload)
            self.post(payload)
        return not stop.is_set()

    def drain(self, stop):
        """Until everything is on the air, and what the receiver needs after it."""
        if not self.wait(stop, lambda: self.done() >= self.posted):
            return False
        kind, radio = self.block.settings.kind, self.block.radio
        if kind == 'zmq':
            end = radio.sent() + TAIL_SAMPLES
            return self.wait(stop, lambda: radio.sent() >= end)
        if kind == 'sigmf':
            end = self.block.source.nitems_written(0)
            return self.wait(stop, lambda: radio.samples() >= end or radio.faults())
        # What blocks and device still hold; all but a USRP have zeros behind it.
        stop.wait(0.5 + (0 if kind == 'uhd' else TAIL_SAMPLES / self.block.settings.rate))
        return True

    def wait(self, stop, condition, step_s=0.02):
        """Until the condition holds; False if stop comes first."""
        before, since = self.done(), time.monotonic()
        while not condition():
            if stop.wait(step_s):
                return False
            if self.block.ended():
                raise RuntimeError(f'{self.block.settings}: the radio has stopped; '
                                   'the log above says why')
            if self.done() != before:
                before, since = self.done(), time.monotonic()
            elif self.block.settings.kind in DEVICES and time.monotonic() - since > STUCK_S:
                raise RuntimeError(f'{self.block.settings} takes no more samples: unplugged, or '
                                   'without power?')
        return True


class Receiver:
    """udeepsc_rx in a flowgraph, with an inbox for its results."""

    def __init__(self, model, radio, options, top=None):
        self.top = top or gr.top_block('udeepsc rx')
        self.block = udeepsc.udeepsc_rx(
            model, radio, options.profile, record=options.record_rx,
            feedback=getattr(options, 'feedback_to', ''), key=getattr(options, 'key', ''),
            dtype=options.dtype, address=options.address, layers=options.layers,
            max_cfo=options.max_cfo, copies=options.copies)
        self.inbox = Inbox()
        self.top.msg_connect((self.block, 'out'), (self.inbox, 'in'))


def make_channel(options, snr_db):
    return udeepsc.radio_channel(
        snr_db=snr_db, cfo=options.cfo, delay=options.delay, clock_ppm=options.clock_ppm,
        multipath=options.multipath, fading=options.fading, doppler=options.doppler,
        rician_k_db=options.rician_k, phase_noise=options.phase_noise, seed=options.seed,
        faults=hardware_faults(options))


class Simulation:
    """Both ends in one process: over a simulated channel, or over one device's antennas."""

    def __init__(self, model, options):
        from gnuradio.udeepsc import parse_radio
        self.top = gr.top_block('udeepsc sim')
        self.transmitter = Transmitter(model, options.radio, options, self.top)
        self.receiver = Receiver(model, options.radio, options, self.top)
        self.settings = parse_radio(options.radio)
        self.channel = None
        if self.settings.kind == 'sim':
            self.channel = make_channel(options, options.snr)
            self.probe = blocks.null_sink(gr.sizeof_gr_complex)
            self.top.connect(self.transmitter.block, self.channel, self.receiver.block)
        else:
            self.top.connect(self.transmitter.block)

    def samples(self):
        """(given by the transmitter, taken by the receiver) so far."""
        given = self.transmitter.block.source.nitems_written(0)
        return given, self.receiver.block.detector.nitems_read(0)


def channel_process(options):
    """One radio in, radio_channel, another radio out."""
    from gnuradio.udeepsc import radios
    top = gr.top_block('udeepsc channel')
    source, sink = radios.make_receiver(options.input), radios.make_transmitter(options.output)
    channel = make_channel(options, options.snr)
    top.connect(source, channel, sink)
    return top, source, sink, channel
