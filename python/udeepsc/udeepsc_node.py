# SPDX-License-Identifier: GPL-3.0-or-later
"""Transmitter and receiver of one station: it talks with others over one frequency."""

import math
import threading
import time
from collections import Counter, OrderedDict, deque

import pmt
from gnuradio import gr

from .listen_before_talk import burst_gate, channel_sense
from .node_message import Message, control, frame_of
from .pdus import value_of
from .radio_settings import parse_radio
from .udeepsc_rx import udeepsc_rx
from .udeepsc_tx import udeepsc_tx

BROADCAST = 255
REPORT_PERIOD_S = 1.0  # between two reports of the Es/N0 to one station
REPORT_LASTS_S = 30.0  # afterwards nothing is known of how a station hears this one
REMEMBERED = 256  # frames of each station, by which a repeat is known
FRAMED_S = 20.0  # for the network and the framer to make frames of a message
POLL_S = 0.01
PICTURE_DIMENSIONS = 3  # height, width, colours


class udeepsc_node(gr.hier_block2):
    """A station: sends, receives, listens before it talks, reports how well it hears others and
    acknowledges what was for it.

    Ports
      in 0, out 0   with the radio "sim" only: complex samples
      in "in"       payloads of tasks with one modality, as udeepsc_tx takes them, for the station
                    that their key destination or the parameter names
      out "out"     results of others, as unified_decoder gives them, each once
      out "control" short messages of others, as burst_demodulator gives them

    Parameters
      model        path or name of a model, of all stations
      radio        as of udeepsc_tx; a device is used for both ways
      receive      radio to receive with where it is another (zmq: the others' address)
      profile      "standard", "multipath", "short" or "ofdm", of all stations
      address      this station's, 0..254; its own frames come back to nobody
      snr_db       Es/N0 to send for while nobody has reported one, dB
      acknowledge  whether others are told that a payload for this station has come
      retries      times that a message is sent again when nobody acknowledges it
      patience_s   seconds to wait for that
      key          file with the key that signs frames, of all stations; "": none
      dtype        "fp32", or "bf16" where the processor has it
      seed         of the random waits
      destination  station that payloads of the port "in" are for, 0..255; 255: all
      ask          whether they are to be acknowledged, and sent again otherwise
      max_cfo      carrier offset of others that is searched, +-cycles a symbol, 0..0.2

    send() gives a Message; counts() what happened. close() at the end.
    """

    def __init__(self, model, radio='sim', receive='', profile='standard', address=0, snr_db=12.0,
                 acknowledge=True, retries=4, patience_s=1.0, key='', dtype='fp32', seed=None, destination=BROADCAST,
                 ask=True, max_cfo=0.02):
        settings = parse_radio(radio)
        simulated = settings.kind == 'sim'
        ends = gr.io_signature(1, 1, gr.sizeof_gr_complex) if simulated \
            else gr.io_signature(0, 0, 0)
        gr.hier_block2.__init__(self, 'udeepsc_node', ends, ends)
        if not 0 <= address < BROADCAST:
            raise ValueError(f'address: got {address}, expected 0 to {BROADCAST - 1}')
        self.settings, self.address, self._snr_db = settings, address, snr_db
        self._ask = ask
        self.set_destination(destination)
        self._acknowledge, self._retries, self._patience_s = acknowledge, retries, patience_s
        self.sense = channel_sense()
        self.gate = burst_gate(settings.rate, self.busy, seed=seed)
        self.tx = udeepsc_tx(model, radio, profile, snr_db, dtype=dtype, address=address, key=key,
                             gate=self.gate, first_frame=0)
        # Repeats are known here, where they can be acknowledged once more.
        self.rx = udeepsc_rx(model, receive or radio, profile, dtype=dtype, address=address,
                             key=key, window=0, max_cfo=max_cfo)
        self._ears = _Ears(self)
        self._lock = threading.Lock()
        self._counts = Counter()
        self._heard = {}  # source -> frames that have come, the last ones
        self._reports = {}  # station -> (Es/N0 with which it hears this one, when)
        self._reported = {}  # station -> when it was told how this one hears it
        self._outbox, self._news = deque(), threading.Condition()
        self._current, self._closed = None, False
        self._connect(simulated)
        self._thread = threading.Thread(target=self._run, name='udeepsc_node', daemon=True)
        self._thread.start()

    def _connect(self, simulated):
        if simulated:
            self.connect(self, self.rx)
            self.connect(self, self.sense)
            self.connect(self.tx, self)
        else:
            self.connect(self.tx)
            self.connect(self.rx)
            self.rx.connect(self.rx.radio, self.sense)
        self.message_port_register_hier_in('in')
        self.msg_connect(self, 'in', self._ears, 'payloads')
        self.msg_connect(self.rx, 'out', self._ears, 'results')
        self.msg_connect(self.rx, 'control', self._ears, 'control')
        for port in ('out', 'control'):
            self.message_port_register_hier_out(port)
            self.msg_connect(self._ears, port, self, port)

    def busy(self):
        """Whether another station sends."""
        return self.sense.busy() and not self.gate.sending()

    # -------------------------------------------------------------------------- sending

    def set_destination(self, destination):
        """Of the payloads that come on the port "in" from now on, 0..255."""
        if not 0 <= destination <= BROADCAST:
            raise ValueError(f'destination: got {destination}, expected 0 to {BROADCAST}')
        self._destination = destination

    def _take_payload(self, message):
        destination = value_of(pmt.car(message), 'destination', self._destination)
        self.send([message], destination, self._ask)

    def send(self, pdus, destination=BROADCAST, acknowledge=False):
        """Payloads, as udeepsc_tx takes them, for the station `destination`. acknowledge: ask for
        it, and send again those that nobody acknowledges; of all stations nobody can be asked."""
        if not 0 <= destination <= BROADCAST:
            raise ValueError(f'destination: got {destination}, expected 0 to {BROADCAST}')
        message = Message(pdus, destination, acknowledge and destination != BROADCAST)
        with self._news:
            self._outbox.append(message)
            self._news.notify()
        return message

    def send_text(self, text, destination=BROADCAST):
        """A text that arrives letter by letter or not at all, at most 253 bytes of UTF-8."""
        message = Message([], destination, False)
        message.control = control('text', text.encode())
        with self._news:
            self._outbox.append(message)
            self._news.notify()
        return message

    def _run(self):
        while True:
            with self._news:
                while not self._outbox and not self._closed:
                    self._news.wait()
                if self._closed:
                    return
                self._current = message = self._outbox.popleft()
            self._send_now(message)

    def _send_now(self, message):
        self._counts['messages'] += 1
        asked = bool(message.open)
        while not self._closed:
            message.tries += 1
            self.gate.set_tries(message.tries)
            self.tx.set_destination(message.destination)
            self.tx.set_snr_db(self.snr_of(message.destination))
            self._put_on_the_air(message)
            if not asked:
                message.finish('sent')
                return
            if self._wait(lambda: not message.open, self._patience_s * message.tries):
                self._counts['acknowledged'] += 1
                message.finish('acknowledged')
                return
            if message.tries > self._retries:
                self._counts['lost'] += 1
                message.finish('lost')
                return
            self._counts['retries'] += 1

    def _put_on_the_air(self, message):
        framer = self.tx.framer
        framed, sent = framer.samples_sent() + self.tx.dropped(), framer.sent()
        if message.control:
            self._post_control(message.control)
            self._wait(lambda: framer.sent() > sent, FRAMED_S)
        pdus = [pdu for pdu in message.pdus
                if not message.open or frame_of(pdu) in message.open]
        parts = {frame_of(pdu) for pdu in pdus}
        for pdu in pdus:
            self.tx.post(pdu)
        self._wait(lambda: framer.samples_sent() + self.tx.dropped() >= framed + len(parts),
                   FRAMED_S)
        self._wait(lambda: self.gate.depth() == 0 and not self.gate.sending(), FRAMED_S)

    def _wait(self, condition, seconds):
        end = time.monotonic() + seconds
        while not condition():
            if self._closed or time.monotonic() > end:
                return condition()
            time.sleep(POLL_S)
        return True

    def _post_control(self, pdu):
        self.tx.framer.to_basic_block()._post(pmt.intern('control'), pdu)

    def snr_of(self, station):
        """Es/N0 in dB with which a station hears this one, as it last said; of all stations, or
        of one that has not said anything for 30 s: the least that is known, or the default."""
        now = time.monotonic()
        with self._lock:
            known = {name: snr_db for name, (snr_db, when) in self._reports.items()
                     if now - when < REPORT_LASTS_S}
        return known.get(station, min(known.values(), default=self._snr_db))

    # ------------------------------------------------------------------------ receiving

    def _take_result(self, message):
        about = pmt.car(message)
        source = value_of(about, 'source', BROADCAST)
        if source == self.address:
            return
        frame = (value_of(about, 'task', ''), value_of(about, 'frame_id', 0) % 256)
        self._report(source, value_of(about, 'snr_db', None), frame[1])
        # Tiles come by dozens, and a picture shows which are missing: nobody asks for them.
        picture = len(value_of(about, 'shape', ())) == PICTURE_DIMENSIONS
        if self._acknowledge and not picture \
                and value_of(about, 'destination', BROADCAST) == self.address:
            self._answer(source, 'acknowledgement', frame_id=frame[1], task=frame[0])
        if picture or self._is_new(source, frame):
            self._counts['received'] += 1
            self._ears.publish('out', message)
        else:
            self._counts['repeats'] += 1

    def _is_new(self, source, frame):
        frames, now = self._heard.setdefault(source, OrderedDict()), time.monotonic()
        before = frames.get(frame, -math.inf)
        frames[frame] = now
        frames.move_to_end(frame)
        while len(frames) > REMEMBERED:
            frames.popitem(last=False)
        # Numbers come around; a repeat comes within all the tries of a message.
        lasts = self._patience_s * (self._retries + 1) * (self._retries + 2) / 2 + 1
        return now - before > lasts

    def _take_control(self, message):
        about = pmt.car(message)
        source, kind = value_of(about, 'source', BROADCAST), value_of(about, 'control', '')
        if source == self.address:
            return
        if kind == 'csi':
            with self._lock:
                self._reports[source] = (value_of(about, 'snr_db', self._snr_db),
                                         time.monotonic())
            self._counts['reports'] += 1
        elif kind == 'acknowledgement':
            current = self._current
            if current and source == current.destination:
                current.open.discard((value_of(about, 'task', ''),
                                      value_of(about, 'frame_id', 0) % 256))
        self._ears.publish('control', message)

    def _report(self, source, snr_db, number):
        now = time.monotonic()
        if snr_db is None or now - self._reported.get(source, -1e9) < REPORT_PERIOD_S:
            return
        self._reported[source] = now
        self._answer(source, 'csi', frame_id=number, snr_db=float(snr_db))

    def _answer(self, station, kind, **keys):
        """Goes at once, between the frames of a message that may be on its way."""
        self._post_control(control(kind, destination=station, **keys))

    # ------------------------------------------------------------------------- the rest

    def counts(self):
        """What happened so far: messages, acknowledged, retries, lost; received, repeats,
        reports; of bursts sent, deferred (others sent) and forced (they would not end)."""
        return {**self._counts, **self.gate.counts}

    def close(self):
        """Ends the threads and lets go of the radio; the flowgraph has ended."""
        with self._news:
            self._closed = True
            self._news.notify()
        self._thread.join()
        self.gate.close()
        self.tx.close()
        self.rx.close()
        self._ears.node = None


class _Ears(gr.basic_block):
    """What a node hears, in a block of its own: a hierarchical block has no handlers."""

    def __init__(self, node):
        gr.basic_block.__init__(self, 'node_ears', None, None)
        self.node = node
        for name, take in (('payloads', self._payloads), ('results', self._results),
                           ('control', self._control)):
            self.message_port_register_in(pmt.intern(name))
            self.set_msg_handler(pmt.intern(name), take)
        for name in ('out', 'control'):
            self.message_port_register_out(pmt.intern(name))

    def publish(self, port, message):
        self.message_port_pub(pmt.intern(port), message)

    def _payloads(self, message):
        self._safely(lambda node: node._take_payload(message))

    def _results(self, message):
        self._safely(lambda node: node._take_result(message))

    def _control(self, message):
        self._safely(lambda node: node._take_control(message))

    def _safely(self, take):
        try:
            if self.node:
                take(self.node)
        except Exception as error:  # a handler must not throw
            gr.log.warn(f'udeepsc_node: {error}')
