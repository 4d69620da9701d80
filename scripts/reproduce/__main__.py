#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""One command for each figure and table of "A Unified Multi-Task Semantic Communication System
for Multimodal Data", one for "Semantic Multi-Resolution Communications" (smrc), one for the memory
of "Large Model Empowered Semantic Communications" (memory), one for the burst modem's curves (phy),
one for its spectrum (spectrum).

Writes FIGURE.csv and FIGURE.png. What has been measured is kept in parts/ beside them and is not
measured again. docs/reproduce.md says what each shows and how long it takes.
"""

import argparse
import importlib
import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from measurement import BadInput  # noqa: E402

ROOT = HERE.parent.parent
FIGURES = {
    'fig6': 'score of every task against the SNR',
    'fig7': 'trained over one channel, measured over another',
    'fig8': 'symbols sent and loss of score against the SNR',
    'fig9': 'which patches and words are sent',
    'fig10': 'the selection modules against chance',
    'memory': 'answers with and without what came before, docs/memory.md',
    'table2': 'symbols a sample',
    'table3': 'parameters of one model against one for each task',
    'smrc': 'layers: "Semantic Multi-Resolution Communications"',
}

# Configuration that --train starts from, where it is not the shipped model's: on a processor
START = {'memory': 'memory-small'}

# They have options of their own: phy --help, spectrum --help.
MODEM = {
    'phy': 'the burst modem beside theory',
    'spectrum': 'bandwidth, leakage beside it and peaks of every frame profile',
}


def shard(text):
    found = re.fullmatch(r'(\d+)/(\d+)', text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise argparse.ArgumentTypeError(f'got {text!r}, expected I/N with 1 <= I <= N, such as 1/3')
    return int(found[1]), int(found[2])


def snr_list(text):
    try:
        return tuple(float(word) for word in text.split(','))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f'got {text!r}, expected numbers, such as -6,0,6') from None


def positive(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'got {text!r}, expected a whole number of at least 1')
    return int(text)


def parser():
    listed = '\n'.join(f'  {name:8} {what}' for name, what in {**FIGURES, **MODEM}.items())
    p = argparse.ArgumentParser(
        prog='./gr-udeepsc reproduce', description=__doc__,
        epilog=f'figures and tables:\n{listed}',
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('figure', choices=[*FIGURES, *MODEM], metavar='FIGURE')
    p.add_argument('--data', metavar='DIR', help='folder with the data sets')
    p.add_argument('--split', default='test', choices=['test', 'val'])
    p.add_argument('--out', default='reproduced', metavar='DIR', help='(%(default)s)')
    p.add_argument('--quick', action='store_true', help='40 samples a task at three SNRs')
    p.add_argument('--limit', type=positive, metavar='N', help='most samples a task; default: all')
    p.add_argument('--snr', type=snr_list, metavar='LIST', help='Es/N0 in dB: --snr=-6,0,6')
    p.add_argument('--seed', type=int, default=1, help='of the channel (%(default)s)')
    p.add_argument('--shard', type=shard, default=(1, 1), metavar='I/N',
                   help='measure every Nth part from the Ith; then once without --shard')
    p.add_argument('--model', metavar='FILE', help='in place of the shipped one')
    p.add_argument('--models', type=Path, metavar='DIR', help='models to compare with: '
                   't-TASK, snr-DB, awgn, rayleigh .safetensors (fig6, fig7, fig8), '
                   'rate-SYMBOLS, agile, beta, pooled, alpha-0, alpha-1, classifier (smrc), joint, apart '
                   '(memory)')
    p.add_argument('--train', action='store_true', help='train those that are missing in --models: '
                   'hours each on two cores, without --steps')
    p.add_argument('--steps', type=positive, metavar='N', help='of each training, in all')
    p.add_argument('--start-from', metavar='FILE', help='model that the trainings begin '
                   'with, at a small learning rate')
    p.add_argument('--batch', type=positive, metavar='N', help='samples a step of those '
                   'trainings, in place of at most 32')
    p.add_argument('--device', choices=['cpu', 'cuda'], help='for --train, as of `udeepsc train`')
    p.add_argument('--config', metavar='FILE', help='that --train starts from (configs/lite.json; '
                   'smrc: configs/layers.json; memory: configs/memory-small.json)')
    p.add_argument('--tokenizer', metavar='FILE', help='for --train, as of `udeepsc train`')
    p.add_argument('--udeepsc', default=os.environ.get(
        'UDEEPSC', str(ROOT / 'build' / 'apps' / 'udeepsc')), metavar='FILE',
        help='the program that measures')
    return p


def checked(options):
    name = {'smrc': 'layers', 'memory': 'memory'}.get(options.figure, 'lite')
    options.model = options.model or str(ROOT / 'models' / f'udeepsc-{name}.safetensors')
    options.config = options.config or str(ROOT / 'configs' / f'{START.get(name, name)}.json')
    if options.train and not options.models:
        raise BadInput('--train: expected --models DIR, where to put them')
    if options.train and not options.data:
        raise BadInput('--train: expected --data DIR')
    if options.start_from and not options.train:
        raise BadInput('--start-from: expected --train beside it')
    if options.batch and not options.start_from:
        raise BadInput('--batch: expected --start-from beside it')
    if options.train and options.shard[1] > 1:
        raise BadInput('--train and --shard: train first, then measure in shards')
    return options


def make(options):
    from study import Study
    figure = importlib.import_module(options.figure)
    study = Study(options.figure, options)
    jobs = list(figure.jobs(study))
    if jobs:
        study.run(jobs)
    study.parts.close()
    if options.shard[1] > 1:
        print(study.parts.path)
        return
    rows = figure.rows(study, study.rows(jobs))
    study.write(rows)
    figure.draw(study, rows)


def main():
    if sys.argv[1:2] and sys.argv[1] in MODEM:
        return importlib.import_module(sys.argv[1]).main(sys.argv[2:])
    options = parser().parse_args()
    try:
        make(checked(options))
    except BadInput as error:
        sys.exit(f'reproduce: {error}')
    except KeyboardInterrupt:
        print('\nreproduce: stopped; the same command goes on', file=sys.stderr)
        sys.exit(130)


if __name__ == '__main__':
    main()
