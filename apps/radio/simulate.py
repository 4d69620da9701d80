# SPDX-License-Identifier: GPL-3.0-or-later
"""gr-udeepsc sim"""

import json
import threading
import time
from dataclasses import dataclass, field

import numpy as np
from console import Progress, snr_text
from ending import given_up, print_faults, print_stats
from gather import gather
from gnuradio import udeepsc
from gnuradio.udeepsc.quality import psnr_db
from gnuradio.udeepsc.result_files import ResultFiles
from payloads import FRAME_NUMBERS, Numbering
from program import FAILED, naming
from results import value_text
from running import running
from window import make_window

CHANNELS = {'none': 'awgn', 'rayleigh': 'rayleigh', 'rician': 'rician'}  # by --fading
MOST_WORDS = 20  # printed at the end
PATIENCE_S = 10.0  # without a result, when everything is on the air


@dataclass
class Tally:
    """Payloads sent, and what became of them."""
    sent: dict = field(default_factory=dict)  # (task, number on the air) -> (payload, time)
    pairs: list = field(default_factory=list)  # (payload, result)
    latency_ms: list = field(default_factory=list)
    snr_db: list = field(default_factory=list)
    lock: object = field(default_factory=threading.Lock)

    def posted(self, payload):
        with self.lock:
            self.sent[payload.task, payload.frame_id % FRAME_NUMBERS] = (payload, time.monotonic())

    def arrived(self, result):
        with self.lock:
            payload, when = self.sent.pop((result.task, result.frame_id % FRAME_NUMBERS),
                                          (None, 0.0))
        if payload is None:
            return
        self.pairs.append((payload, result))
        self.latency_ms.append(1e3 * (result.when - when))
        self.snr_db.append(result.snr_db)

    def giving(self, output):
        return [(p, r) for p, r in self.pairs if r.output == output]


def simulate(options):
    info = udeepsc.transceiver(options.model).info()
    pictures, make = gather(options, info)
    numbering = Numbering(options.grid, start=0)
    payloads = [payload for _ in range(options.repeat) for payload in make(numbering)]
    files = ResultFiles(options.out, (options.grid.columns, options.grid.rows))
    from flowgraphs import Simulation
    simulation = Simulation(options.model, options)
    print_head(options, info, simulation)
    tally = Tally()
    window = make_window(options, 'gr-udeepsc sim', snr_db=options.snr,
                         grid=(options.grid.columns, options.grid.rows),
                         channel=CHANNELS[options.fading])
    watch(window, simulation)
    figures = run(simulation, payloads, tally, options.ahead, window)
    figures.update(scores(tally, len(payloads)))
    print_words(write_results(files, tally))
    print_figures(figures, simulation, files, options.copies)
    with naming(files.folder / 'figures.json'):
        (files.folder / 'figures.json').write_text(json.dumps(figures, indent=1) + '\n')
    window.stay()
    return FAILED if files.failed or figures['radio faults'].get('disk') \
        or given_up(simulation.transmitter.block.stats()) else 0


def watch(window, simulation):
    """Both ends in the window; its slider and menu move the simulated channel."""
    sender, receiver = simulation.transmitter.block, simulation.receiver.block
    connections = [('in', (receiver, 'out')), ('received_symbols', (receiver, 'frames')),
                   ('sent_symbols', (sender, 'symbols'))]
    if simulation.channel:
        connections += [('snr', (simulation.channel, 'snr')), ('snr', (sender, 'snr')),
                        ('channel', (simulation.channel, 'channel'))]
    window.watch(simulation.top, connections)


def print_head(options, info, simulation):
    rate = simulation.settings.rate
    print(f'{info.name} model, profile {options.profile}, {rate / 1e6:g} Msps')
    if simulation.channel:
        parts = [snr_text(options.snr)]
        parts += [f'{name} {value:g}' for name, value in (
            ('cfo', options.cfo), ('delay', options.delay), ('clock ppm', options.clock_ppm),
            ('phase noise', options.phase_noise))
            if value]
        parts += [f'{name} {value}' for name, value in (
            ('multipath', options.multipath), ('fading', options.fading)) if value != 'none']
        parts += [f'{name} {value:g}' for name, value in options.fault]
        print(f'channel: {", ".join(parts)}')
    else:
        print(f'radio: {simulation.transmitter.block.radio.description()}')


def run(simulation, payloads, tally, ahead, window):
    """Sends everything, waits for the results; what was measured on the way."""
    transmitter, receiver = simulation.transmitter, simulation.receiver

    def posted(payload):
        tally.posted(payload)
        window.sent(payload.pdus)

    stop = threading.Event()
    progress = Progress(len(payloads))
    with running(simulation.top):
        first, started, cpu = simulation.samples(), time.monotonic(), time.process_time()
        feeder = threading.Thread(target=transmitter.feed, daemon=True, kwargs={
            'payloads': payloads, 'stop': stop, 'ahead': ahead, 'on_post': posted})
        feeder.start()
        try:
            collect(simulation, feeder, tally, len(payloads), window, progress)
            seconds = time.monotonic() - started
            given, taken = simulation.samples()
        finally:
            stop.set()
            progress.clear()
    samples = taken - first[1]
    return {'seconds': round(seconds, 3), 'samples': samples,
            'pace': round(samples / seconds / simulation.settings.rate, 4),
            'samples under way at the end': given - taken,
            'processor seconds': round(time.process_time() - cpu, 2),
            'radio faults': {**transmitter.block.faults(), **receiver.block.faults()}}


def collect(simulation, feeder, tally, count, window, progress):
    """Results, until all are there or nothing comes any more."""
    transmitter = simulation.transmitter
    last = time.monotonic()
    while len(tally.pairs) < count:
        result = simulation.receiver.inbox.get(0.1, window)
        if result:
            tally.arrived(result)
            progress.add(1)
        if result or feeder.is_alive() or transmitter.done() < transmitter.posted:
            last = time.monotonic()
        elif time.monotonic() - last > PATIENCE_S or receiver_idle(simulation, last):
            break


def receiver_idle(simulation, since):
    """A burst that was not heard is not worth the whole patience."""
    return time.monotonic() - since > 2.0 and \
        all(part.queue_depth() == 0 for part in simulation.receiver.block.chain)


def scores(tally, posted):
    tiles = [(p.truth, r.value) for p, r in tally.giving('picture')]
    texts = [(p.truth, r.value) for p, r in tally.giving('sentence')]
    words = [(a == b) for sent, got in texts
             for a, b in zip(sent.split(), got.split() + [''] * len(sent.split()))]
    latency = [round(float(p), 2) for p in np.percentile(tally.latency_ms, [50, 99])] \
        if tally.latency_ms else [None, None]
    return {'payloads': posted, 'payloads lost': posted - len(tally.pairs),
            'latency p50 ms': latency[0],
            'latency p99 ms': latency[1],
            'measured Es/N0 dB': round(float(np.median(tally.snr_db)), 2) if tally.snr_db
            else None,
            'tiles': len(tiles),
            'PSNR dB': round(float(np.mean([psnr_db(a, b) for a, b in tiles])), 2) if tiles
            else None,
            'sentences': len(texts),
            'words right': round(float(np.mean(words)), 4) if words else None}


def write_results(files, tally):
    """What the terminal says of those that are no pictures."""
    words = []
    known = {id(result) for output in ('picture', 'sentence')
             for _, result in tally.giving(output)}
    for payload, result in tally.pairs:
        result.frame_id = payload.frame_id  # its whole number is known here
        if id(result) in known:
            result.reference = payload.truth
        elif isinstance(payload.truth, str):
            result.about = payload.truth
        about = f': {result.about}' if result.about else ''
        words += [value_text(line, about) for line in files.take(result) if 'value' in line]
    files.finish()
    return words


def print_words(words):
    """Sentences, classes and scores as they came."""
    if words:
        print(*words[:MOST_WORDS], sep='\n')
    if len(words) > MOST_WORDS:
        print(f'... and {len(words) - MOST_WORDS} more')


def print_figures(figures, simulation, files, copies):
    arrived = figures['payloads'] - figures['payloads lost']
    print(f"{arrived} of {figures['payloads']} payloads arrived"
          + (f"; Es/N0 as received {figures['measured Es/N0 dB']} dB" if arrived else '')
          + (f', the sum of {copies} copies' if arrived and copies > 1 else ''))
    if figures['tiles']:
        print(f"{figures['tiles']} tiles, {figures['PSNR dB']} dB PSNR, mean of the tiles")
    if figures['sentences']:
        print(f"{figures['sentences']} sentences, {figures['words right']:.1%} of the words right")
    if arrived:
        print(f"payload to result: {figures['latency p50 ms']:g} ms (p50), "
              f"{figures['latency p99 ms']:g} ms (p99)")
    print(f"{figures['samples']} samples in {figures['seconds']:.1f} s: "
          f"{figures['pace']:.1%} of the pace of a radio, "
          f"{figures['processor seconds'] / figures['seconds']:.2f} cores")
    overflows = figures['radio faults'].get('overflow', 0)
    print(f"samples lost: {'some, see below' if overflows else 0}")
    if figures['pace'] < 0.95:
        print('this computer does not keep the pace: a radio would overflow. '
              'Try a lower rate: --radio sim,rate=1e6')
    print_faults(figures['radio faults'])
    print_stats(simulation.transmitter.block.stats())
    print_stats(simulation.receiver.block.stats(), arrived)
    print(f'pictures, results.jsonl and figures.json: {files.folder}')
