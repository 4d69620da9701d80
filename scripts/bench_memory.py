#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the block semantic_memory costs: milliseconds of processor time, all threads of the process,
that a sentence takes which it remembers, and a question which it gives its context, by the entries
that it holds. Other work on the machine hardly changes these. Medians, with the 95 % interval that
the order of the samples gives.

PYTHONPATH as for any flowgraph from the build tree (docs/blocks.md); --plot FILE.png draws it.
`udeepsc bench memory` measures the store alone."""

import argparse
import json
import math
import time

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc
from gnuradio.udeepsc import pdus

TASK = 'story_question_answering'
BATCH = 20  # messages from the first of which the last is waited for
TIMEOUT_S = 120


class Bench:
    """A block that holds so many sentences of a story."""

    def __init__(self, model, entries, rule, random):
        self.random = random
        self.size = self.columns(model)
        self.block = udeepsc.semantic_memory(model, entries=entries, rule=rule)
        self.store, self.top = blocks.message_debug(), gr.top_block()
        self.top.msg_connect((self.block, 'out'), (self.store, 'store'))
        self.top.start()
        self.frame = 0
        for _ in range(entries):
            self.post(self.sentence())
        self.wait(lambda: self.block.size() == entries)

    @staticmethod
    def columns(model):
        """Numbers of a sentence's feature vector."""
        config = json.loads(udeepsc.transceiver(model).info().config)
        task = next(t for t in config['tasks'] if t['name'] == TASK)
        return task['inputs']['sentence']['subvectors'] * config['codebook']['subvector_dim']

    def message(self, modality):
        about = pdus.dictionary(task=TASK, modality=modality, shape=(1, self.size),
                                frame_id=self.frame, noise_var=0.1)
        features = self.random.standard_normal(self.size).astype(np.float32)
        return pmt.cons(about, pmt.init_f32vector(self.size, features.tolist()))

    def sentence(self):
        self.frame += 1
        return self.message('sentence')

    def post(self, message):
        self.block.to_basic_block()._post(pmt.intern('in'), message)

    def wait(self, done):
        end = time.monotonic() + TIMEOUT_S
        while not done():
            if time.monotonic() > end:
                raise RuntimeError(f'not done within {TIMEOUT_S} s')
            time.sleep(0.002)

    def ms_for(self, messages, done):
        """Of each of a batch."""
        start = time.process_time()
        for message in messages:
            self.post(message)
        self.wait(done)
        return 1e3 * (time.process_time() - start) / BATCH

    def remember(self):
        """When one more has come in, these are done."""
        messages = [self.sentence() for _ in range(BATCH + 1)]
        received = self.block.received() + BATCH + 1
        return self.ms_for(messages, lambda: self.block.received() >= received)

    def ask(self):
        messages = [self.message('question') for _ in range(BATCH)]
        answered = self.store.num_messages() + BATCH
        return self.ms_for(messages, lambda: self.store.num_messages() >= answered)

    def close(self):
        self.top.stop()
        self.top.wait()


def median(samples):
    """(median, low, high)."""
    ordered, half = sorted(samples), 0.98 * math.sqrt(len(samples))
    return tuple(ordered[round(min(max(at, 0), len(ordered) - 1))]
                 for at in (len(ordered) / 2, len(ordered) / 2 - half, len(ordered) / 2 + half))


def measure(options, entries):
    """{'sentence': (median, low, high), 'question': ...} in ms."""
    bench = Bench(options.model, entries, options.rule, np.random.default_rng(options.seed))
    try:
        times = {'sentence': [], 'question': []}
        for turn in range(-1, options.turns):  # the first one warms up
            for what, act in (('sentence', bench.remember), ('question', bench.ask)):
                ms = act()
                if turn >= 0:
                    times[what].append(ms)
        return {what: median(samples) for what, samples in times.items()}
    finally:
        bench.close()


def draw(path, rows):
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(figsize=(5.5, 3.6), constrained_layout=True)
    for what, label in (('sentence', 'to remember a sentence'), ('question', 'to give a context')):
        middle = np.array([row[what] for row in rows])
        axes.errorbar([row['entries'] for row in rows], middle[:, 0],
                      yerr=[middle[:, 0] - middle[:, 1], middle[:, 2] - middle[:, 0]],
                      fmt='o-', markersize=3.5, capsize=2, label=label)
    axes.set_xscale('log', base=2)
    axes.set_yscale('log')
    axes.set_xlabel('entries that are held')
    axes.set_ylabel('ms of processor time a frame')
    axes.set_title('semantic_memory', fontsize=10)
    axes.grid(alpha=0.3, which='both')
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=80)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', default='memory')
    parser.add_argument('--entries', type=int, nargs='+', default=[16, 64, 256, 1024, 4096])
    parser.add_argument('--rule', default='joint')
    parser.add_argument('--turns', type=int, default=20, help=f'of {BATCH} frames each')
    parser.add_argument('--seed', type=int, default=1, help='of the features')
    parser.add_argument('--plot', metavar='FILE')
    options = parser.parse_args()
    rows = []
    for entries in options.entries:
        rows.append({'entries': entries, **measure(options, entries)})
        print(f'{entries:5} entries: ' + ', '.join(
            f'{what} {rows[-1][what][0]:.3f} ms ({rows[-1][what][1]:.3f} to '
            f'{rows[-1][what][2]:.3f})' for what in ('sentence', 'question')), flush=True)
    if options.plot:
        draw(options.plot, rows)


if __name__ == '__main__':
    main()
