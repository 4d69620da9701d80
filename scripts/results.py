#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/results.md: measures a model and times the stages, with the commands.

usage: scripts/results.py --data DIR [--model FILE] [--split test] [--limit N] > docs/results.md
"""

import argparse
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SNR = '-6,-3,0,3,6,9,12'
# Rows of the tables: a task, and the data set where it has several.
ROWS = (('image_classification', ''), ('image_reconstruction', ''), ('text_classification', ''),
        ('text_reconstruction', ''), ('visual_question_answering', 'easyvqa'),
        ('visual_question_answering', 'daquar'), ('video_sentiment', ''),
        ('speech_classification', ''))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', required=True)
    parser.add_argument('--model', default=str(ROOT / 'models' / 'udeepsc-lite.safetensors'))
    parser.add_argument('--split', default='test')
    parser.add_argument('--limit', default='0', help='most samples of each task (0: all)')
    parser.add_argument('--udeepsc', default=os.environ.get(
        'UDEEPSC', str(ROOT / 'build' / 'apps' / 'udeepsc')))
    return parser.parse_args()


class Bench:
    """Runs the command line and remembers the last command as a user would type it."""

    def __init__(self, options):
        self.options = options

    def lines(self, *words):
        done = subprocess.run([self.options.udeepsc, *words], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f'{" ".join(words)}: {done.stderr}')
        return [json.loads(line) for line in done.stdout.splitlines()]

    def evaluate(self, task, snr=SNR, *more):
        print(f'... {task} {" ".join(more)}', file=sys.stderr)
        o = self.options
        return self.lines('eval', '--model', o.model, '--data', o.data, '--task', task,
                          '--split', o.split, '--snr', snr, '--limit', o.limit, '--json', *more)

    def command(self, *more):
        o = self.options
        limit = f' --limit {o.limit}' if o.limit != '0' else ''
        return ('./gr-udeepsc eval --model models/udeepsc-lite.safetensors --data DATA --task all '
                f'--split {o.split} --snr {SNR}{limit} --json ' + ' '.join(more)).rstrip()


def row(cells):
    print('| ' + ' | '.join(str(c) for c in cells) + ' |')


def head(cells):
    row(cells)
    row(['---'] * len(cells))


def score(line):
    digits = 2 if line['metric'] == 'psnr_db' else 3
    return f'{line["value"]:.{digits}f} ± {line["ci95"]:.{digits}f}'


def quality(bench, title, *options):
    results = {}
    for task, dataset in ROWS:
        name = f'{task}, {dataset}' if dataset else task
        of_set = ('--dataset', dataset) if dataset else ()
        results[name] = bench.evaluate(task, SNR, *options, *of_set)
    print(f'## {title}\n')
    print(f'```\n{bench.command(*options)}\n```\n')
    head(['task', 'metric', 'n'] + [f'{snr} dB' for snr in SNR.split(',')])
    for task, lines in results.items():
        row([task, lines[0]['metric'], lines[0]['n']] + [score(line) for line in lines])
    lines = results['text_reconstruction']
    row(['text_reconstruction', 'bleu1', lines[0]['n']] + [f'{line["bleu1"]:.3f}' for line in lines])
    print()
    return results


def symbols(results):
    print('Symbols sent for a sample (a picture, a sentence), and feature vectors in brackets:\n')
    head(['task'] + [f'{snr} dB' for snr in SNR.split(',')] + ['mean symbol energy', 'codewords used'])
    for task, lines in results.items():
        energy = [line['energy_mean'] for line in lines]
        row([task] + [f'{line["symbols_mean"]:.1f} ({line["vectors_mean"]:.1f})' for line in lines] +
            [f'{min(energy):.3f} to {max(energy):.3f}',
             f'{100 * max(line["codebook_use"] for line in lines):.0f} %'])
    words = results['text_reconstruction'][0]['symbols_per_word']
    print(f'\nA word takes {words:.2f} symbols. Es/N0 is meant for mean symbol energy 1.\n')


def selection(bench):
    print('## Selection against chance (Fig. 10)\n\nThe same number of vectors of the same samples, '
          'kept by the selection modules or at random, AWGN, all of the split: add `--symbols N '
          '--selection both`. The difference is taken sample by sample, so its interval is '
          'narrower than those of the two.\n')
    head(['task', 'n', 'symbols', 'SNR', 'FSM', 'random', 'difference'])
    limit, bench.options.limit = bench.options.limit, '0'
    for task, counts in (('image_classification', (4, 5, 6, 8)), ('text_classification', (2, 3, 4))):
        for count in counts:
            lines = bench.evaluate(task, '12,0', '--symbols', str(count), '--selection', 'both')
            for snr in (12, 0):
                fsm, chance, gain = [line for line in lines if line['snr_db'] == snr]
                row([task, fsm['n'], count, f'{snr} dB', score(fsm), score(chance),
                     f'{gain["value"]:+.4f} ± {gain["ci95"]:.4f}'])
    bench.options.limit = limit
    print()


def content_hash(tensors):
    """64-bit FNV-1a as docs/model-format.md has it; tensors: name -> (entry, bytes)."""
    state = 0xcbf29ce484222325
    for name, (entry, content) in sorted(tensors.items()):
        shape = entry['shape']
        parts = [struct.pack('<Q', len(text)) + text.encode() for text in (name, entry['dtype'])]
        for byte in b''.join([*parts, struct.pack(f'<{1 + len(shape)}Q', len(shape), *shape), content]):
            state = ((state ^ byte) * 0x100000001b3) & 0xffffffffffffffff
    return f'{state:016x}'


def changed_model(source, target, change):
    """A copy of a model file; change(name, entry, data) gives a tensor's bytes."""
    raw = Path(source).read_bytes()
    length = struct.unpack_from('<Q', raw)[0]
    header, data = json.loads(raw[8:8 + length]), raw[8 + length:]
    metadata = header.pop('__metadata__')
    config = json.loads(metadata['config'])
    tensors = {name: (entry, change(name, entry, data[slice(*entry['data_offsets'])], config))
               for name, entry in sorted(header.items(), key=lambda e: e[1]['data_offsets'])}
    blob = b''.join(content for _, content in tensors.values())
    metadata['config'] = json.dumps(config)
    metadata['content_hash'] = content_hash(tensors)
    text = json.dumps({'__metadata__': metadata, **header}).encode()
    Path(target).write_bytes(struct.pack('<Q', len(text)) + text + blob)
    return str(target)


def by_bits(name, entry, content, config):
    config['mapping'] = 'bits'
    return content


def any_points(name, entry, content, config):
    if not name.endswith('codewords'):
        return content
    size = len(content) // entry['shape'][0]
    words = [content[i:i + size] for i in range(0, len(content), size)]
    random.Random(1).shuffle(words)
    return b''.join(words)


def mapping(bench):
    print('## Index to symbol\n\nThe same weights and the same constellation, soft look-up. "symbol": '
          'index j is constellation point j, and the codebook was trained through the channel. '
          '"bits": the index\'s bits with Gray labels; the receiver weighs bit by bit, so it '
          'loses what a symbol says about its bits together. "any point": codewords assigned to '
          'points at random, which is what a codebook trained without its channel would get.\n')
    head(['task', 'mapping'] + [f'{snr} dB' for snr in SNR.split(',')])
    original = bench.options.model
    with tempfile.TemporaryDirectory() as folder:
        models = {'symbol': original,
                  'bits': changed_model(original, Path(folder) / 'bits', by_bits),
                  'any point': changed_model(original, Path(folder) / 'any', any_points)}
        for task in ('image_reconstruction', 'text_reconstruction'):
            for name, model in models.items():
                bench.options.model = model
                row([task, name] + [score(line) for line in bench.evaluate(task)])
    bench.options.model = original
    print()


def speed(bench):
    print('## Speed\n\nMilliseconds a sample, one thread, batch 1, random weights, median of 100 '
          '(least in brackets): `./gr-udeepsc bench --config paper|lite --dtype fp32|bf16 --json`.\n')
    head(['configuration', 'task', 'precision', 'transmitter', 'receiver'])
    for config, dtypes in (('paper', ('fp32', 'bf16')), ('lite', ('fp32', 'bf16'))):
        tasks = ['image_classification', 'image_reconstruction', 'text_reconstruction']
        if config == 'lite':
            tasks += ['visual_question_answering', 'video_sentiment', 'speech_classification']
        for task in tasks:
            for dtype in dtypes:
                lines = bench.lines('bench', '--config', config, '--task', task, '--dtype', dtype, '--json')
                stage = {line['stage']: line for line in lines}
                row([config, task, dtype] + [f'{stage[s]["ms_median"]:.2f} ({stage[s]["ms_min"]:.2f})'
                                             for s in ('total_tx', 'total_rx')])
    print()


def main():
    bench = Bench(arguments())
    print('# Results\n')
    print('Written by `scripts/results.py --data DATA --split ' + bench.options.split +
          (f' --limit {bench.options.limit}' if bench.options.limit != '0' else '') +
          '`. Channel seed 1; intervals are 95 %. Model: `models/udeepsc-lite.safetensors`, trained '
          'as docs/training.md says on the training parts of CIFAR-10, SST-2, easy-VQA, DAQUAR '
          '(NYU Depth V2), CMU-MOSI (transcripts and audio) and the Free Spoken Digit Dataset.\n')
    results = quality(bench, 'AWGN, soft look-up')
    symbols(results)
    quality(bench, 'Block Rayleigh fading, known gain, soft look-up', '--channel', 'rayleigh')
    quality(bench, 'AWGN, hard look-up', '--decode', 'hard')
    mapping(bench)
    selection(bench)
    speed(bench)


main()
