# SPDX-License-Identifier: GPL-3.0-or-later
"""The flowgraph of the demonstration, and one run of it after another."""

import threading
import time
from dataclasses import dataclass, field

import numpy as np
import pmt
from gnuradio import gr, udeepsc

STALLED_S = 60  # without any result


class Stalled(RuntimeError):
    """Nothing came out of the flowgraph any more."""


class SymbolTap(gr.basic_block):
    """Keeps the first symbols that pass by."""

    def __init__(self, limit):
        gr.basic_block.__init__(self, 'symbol_tap', None, None)
        self.limit = limit
        self.lock = threading.Lock()
        self.reset()
        self.message_port_register_in(pmt.intern('in'))
        self.set_msg_handler(pmt.intern('in'), self.take)

    def reset(self):
        with self.lock:
            self.parts, self.count = [], 0

    def take(self, message):
        with self.lock:
            if self.count < self.limit:
                self.parts.append(np.array(pmt.c32vector_elements(pmt.cdr(message))))
                self.count += self.parts[-1].size

    def symbols(self):
        with self.lock:
            return np.concatenate(self.parts)[:self.limit] if self.parts else np.zeros(0, complex)


@dataclass
class Job:
    """All samples of one task: who sends them, and how many there are."""
    task: object  # tasks.Task
    source: object
    count: int
    start: object = None  # called to send them; None: a message to the source's trigger

    def send(self):
        if self.start:
            self.start()
        else:
            self.source.to_basic_block()._post(pmt.intern('trigger'), pmt.PMT_T)


@dataclass
class Outcome:
    """What came out of one job at one SNR."""
    task: object  # tasks.Task
    snr_db: float
    results: list  # received_result, a place for each sample sent, None where it was dropped
    score: float  # as task_sink has it
    seconds: float
    dropped: int
    sent: np.ndarray = field(default=None)  # first symbols, before the channel
    received: np.ndarray = field(default=None)  # and after it
    pictures: dict = field(default_factory=dict)  # file -> uint8 [height, width, 3]


class Chain:
    """Sources to sink over a simulated channel; jobs run one at a time."""

    def __init__(self, model, jobs, channel, seed, window, keep_symbols=4096):
        self.jobs, self.window = jobs, window
        self.top = gr.top_block('udeepsc demo')
        self.encoder = udeepsc.semantic_encoder(model, batch=16)
        self.selector = udeepsc.feature_selector(model, 0.0, batch=16)
        self.indexer = udeepsc.vq_indexer(model, batch=16)
        self.modulator = udeepsc.digital_modulator()
        self.channel = udeepsc.block_fading_channel(
            getattr(udeepsc.channel_type, channel), 0.0, seed=seed)
        self.lookup = udeepsc.vq_lookup(model, batch=16)
        self.decoder = udeepsc.unified_decoder(model, batch=16)
        self.sink = udeepsc.task_sink(keep=max(job.count for job in jobs))
        self.before, self.after = SymbolTap(keep_symbols), SymbolTap(keep_symbols)

        self.chain = [self.encoder, self.selector, self.indexer, self.modulator,
                      self.channel, self.lookup, self.decoder, self.sink]
        for job in jobs:
            self.connect(job.source, self.encoder)
        for sender, receiver in zip(self.chain, self.chain[1:]):
            self.connect(sender, receiver)
        self.connect(self.modulator, self.before)
        self.connect(self.channel, self.after)
        window.watch(self.top, [('in', (self.decoder, 'out')),
                                ('sent_symbols', (self.modulator, 'out')),
                                ('received_symbols', (self.channel, 'out')),
                                *(('sent', (job.source, 'out')) for job in jobs)])

    def connect(self, sender, receiver):
        self.top.msg_connect((sender, 'out'), (receiver, 'in'))

    def dropped(self):
        return sum(block.dropped() for block in self.chain + [job.source for job in self.jobs])

    def run(self, job, snr_db, progress):
        """Sends all of a job at one SNR, through the same fades and noise at each; calls
        progress(samples newly arrived)."""
        self.selector.set_snr_db(snr_db)
        self.channel.set_snr_db(snr_db)
        self.channel.restart()
        if self.window.view:
            self.window.view.set_snr_db(snr_db)
        for part in (self.sink, self.before, self.after):
            part.reset()
        dropped_before = self.dropped()
        start = time.monotonic()
        job.send()
        self.wait(job, dropped_before, progress)
        return Outcome(task=job.task, snr_db=snr_db,
                       results=self.in_places(job),
                       score=self.sink.mean_score(job.task.name),
                       seconds=time.monotonic() - start,
                       dropped=self.dropped() - dropped_before,
                       sent=self.before.symbols(), received=self.after.symbols(),
                       pictures={name: self.sink.picture(name)
                                 for name in self.sink.pictures()})

    def in_places(self, job):
        """The results by the sample's number: sources count on from run to run."""
        places = [None] * job.count
        for result in self.sink.results():
            places[result.frame_id % job.count] = result
        return places

    def wait(self, job, dropped_before, progress):
        seen, last = 0, time.monotonic()
        while seen < job.count:
            self.sink.wait_for(seen + 1, 0.02 if self.window.view else 0.2)
            self.window.pump()
            now = self.sink.count() + self.dropped() - dropped_before
            if now > seen:
                progress(now - seen)
                seen, last = now, time.monotonic()
            elif time.monotonic() - last > STALLED_S:
                raise Stalled(f'{job.task.name}: {seen} of {job.count} came, then nothing for '
                              f'{STALLED_S} s: {[pmt.to_python(b.stats()) for b in self.chain]}')
        if self.dropped() > dropped_before:
            self.wait_for_the_rest()

    def wait_for_the_rest(self):
        """Of a sample one part may be dropped, and the decoder wait for it in vain: what it then
        makes of the others must not come in the midst of the next job."""
        known = -1
        while known < self.sink.count():
            known = self.sink.count()
            self.sink.wait_for(known + 1, 2e-3 * self.decoder.gather_ms())
