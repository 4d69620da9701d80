# SPDX-License-Identifier: GPL-3.0-or-later
"""gr-udeepsc tx"""

import itertools
import threading

from console import Progress, snr_text
from ending import given_up, print_faults, print_stats
from gather import gather
from gnuradio import udeepsc
from payloads import Numbering
from program import FAILED
from running import running


def transmit(options):
    info = udeepsc.transceiver(options.model).info()
    _, make = gather(options, info)
    from flowgraphs import Transmitter
    transmitter = Transmitter(options.model, options.radio, options)
    transmitter.top.connect(transmitter.block)
    print(f'{transmitter.block.radio.description()}')
    print(f'{info.name} model, profile {options.profile}, for {snr_text(options.snr)}; '
          f'pictures of {options.grid} tiles')
    stop = threading.Event()
    whole, interrupt = False, None
    try:
        with running(transmitter.top):
            whole = send_all(options, transmitter, make, stop)
    except KeyboardInterrupt as error:
        print()
        interrupt = error
    print_summary(transmitter)
    failed = transmitter.block.faults().get('disk') or given_up(transmitter.block.stats())
    transmitter.block.close()
    if interrupt and options.repeat:
        raise interrupt
    return FAILED if failed or not (whole or interrupt) else 0


def send_all(options, transmitter, make, stop):
    numbering = Numbering(options.grid)
    rounds = itertools.count() if options.repeat == 0 else range(options.repeat)
    Waiting(transmitter, stop).start()
    try:
        for _ in rounds:
            payloads = make(numbering)
            progress = Progress(len(payloads))
            transmitter.feed(payloads, stop, on_post=lambda p: (
                progress.doing(p.task.replace('_', ' ')), progress.add(1)))
            progress.clear()
        return transmitter.drain(stop)
    finally:
        stop.set()


class Waiting(threading.Thread):
    """Says so when a transmitter waits for its receiver."""

    def __init__(self, transmitter, stop):
        threading.Thread.__init__(self, daemon=True)
        self.radio, self.stop = transmitter.block.radio, stop

    def run(self):
        if not hasattr(self.radio, 'sent'):
            return
        before, waiting = -1, False
        while not self.stop.wait(1.5):
            sent = self.radio.sent()
            if sent == before and not waiting:
                target = self.radio.settings.target
                print(f'waiting: the receiver at {target} takes no samples'
                      if self.radio.serving() else f'waiting for a receiver at {target}')
            elif sent != before and waiting:
                print('the receiver is there')
            waiting, before = sent == before, sent


def print_summary(transmitter):
    count, block = transmitter.count, transmitter.block
    share = count.overhead / max(count.symbols + count.overhead, 1)
    print(f'{count.payloads} payloads in {block.bursts_sent()} bursts sent: {count.symbols} payload '
          f'symbols, {share:.0%} overhead, {count.samples / block.settings.rate:.2f} s on the air')
    if block.settings.kind == 'sigmf':
        print(f'{block.radio.samples()} samples, {block.radio.bursts()} bursts annotated, in '
              f'{block.radio.description().split()[-1]}')
    print_faults(block.faults())
    print_stats(block.stats() + block.feedback_stats())
