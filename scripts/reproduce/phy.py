#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves of the burst modem against Es/N0, with theory beside them, to docs/results.

    ./gr-udeepsc reproduce phy [--quick] [--data DATA] [--out DIR]

phy.csv and phy.png: detection, header error and symbol error (udeepsc bench phy --curves).
With --data also phy-tasks.csv and phy-tasks.png: the quality of every task through the
modem and with perfect synchronisation (udeepsc eval --channel radio | awgn).
"""
import argparse
import csv
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt
from scipy import special, stats

ROOT = Path(__file__).resolve().parent.parent.parent
TASK_SNR = '-6,-3,0,3,6,9,12'


def arguments(words):
    parser = argparse.ArgumentParser(prog='./gr-udeepsc reproduce phy', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--quick', action='store_true', help='fewer bursts, wide intervals')
    parser.add_argument('--data', help='folder with the data sets, for the tasks')
    parser.add_argument('--split', default='test', help='test or val')
    parser.add_argument('--limit', default='400', help='samples a task')
    parser.add_argument('--model', default=str(ROOT / 'models/udeepsc-lite.safetensors'))
    parser.add_argument('--out', default=str(ROOT / 'docs/results'))
    parser.add_argument('--seed', default='1')
    parser.add_argument('--udeepsc', default=os.environ.get(
        'UDEEPSC', str(ROOT / 'build/apps/udeepsc')))
    return parser.parse_args(words)


def lines(options, *command):
    """What udeepsc prints, a dictionary a line; told while it runs."""
    process = subprocess.Popen([options.udeepsc, *command], stdout=subprocess.PIPE, text=True)
    found = []
    for line in process.stdout:
        found.append(json.loads(line))
        print('.', end='', flush=True, file=sys.stderr)
    if process.wait() != 0:
        sys.exit(f'reproduce phy: udeepsc {command[0]} failed')
    print(file=sys.stderr)
    return found


def detection_theory(esn0_db, symbols, threshold):
    """P(rho > threshold), offset and timing known: |Y|^2 against the rest of the energy is F
    distributed, not central with 2 L Es/N0."""
    limit = threshold / (1 - threshold) * (symbols - 1)
    return stats.ncf.sf(limit, 2, 2 * (symbols - 1), 2 * symbols * 10 ** (esn0_db / 10))


def header_theory(esn0_db, repetition):
    """Union bound of the K = 9 code (561, 753) over 104 bits, each coded bit sent so often."""
    weights = {12: 11, 14: 50, 16: 286, 18: 1630, 20: 9639}
    q = lambda x: 0.5 * special.erfc(x / math.sqrt(2))
    esn0 = repetition * 10 ** (esn0_db / 10)
    return min(1.0, 104 * sum(a * q(math.sqrt(2 * d * esn0)) for d, a in weights.items()))


def theory(point):
    """None for multipath, where it depends on how much energy the receiver collects."""
    if point['curve'] != 'symbol error' and 'AWGN' not in point['name']:
        return None
    if point['curve'] == 'detection':
        return detection_theory(point['esn0_db'], point['preamble_symbols'], point['threshold'])
    if point['curve'] == 'header error':
        return header_theory(point['esn0_db'], point['header_repetition'])
    return point['theory']


def write_csv(path, points, fields):
    with open(path, 'w', newline='') as file:
        writer = csv.DictWriter(file, fields, extrasaction='ignore', lineterminator='\n')
        writer.writeheader()
        writer.writerows(points)
    print(path)


def draw_curve(axes, points, measured_label, theory_label, colour):
    x = [p['esn0_db'] for p in points]
    y = [p['value'] for p in points]
    low = [max(0.0, p['value'] - p['ci95'][0]) for p in points]
    high = [max(0.0, p['ci95'][1] - p['value']) for p in points]
    axes.errorbar(x, y, yerr=[low, high], fmt='o', markersize=4, capsize=2, color=colour,
                  label=measured_label)
    if theory_label and all(p['theory'] is not None for p in points):
        axes.plot(x, [p['theory'] for p in points], color=colour, linewidth=1, label=theory_label)


def draw_phy(path, points):
    figure, panels = plt.subplots(1, 3, figsize=(13, 4.2), constrained_layout=True)
    titles = {'detection': 'Bursts missed', 'header error': 'Headers lost',
              'symbol error': 'Payload symbols wrong'}
    for axes, (curve, title) in zip(panels, titles.items()):
        names = []
        for p in points:
            if p['curve'] == curve and p['name'] not in names:
                names.append(p['name'])
        for i, name in enumerate(names):
            part = [dict(p) for p in points if p['curve'] == curve and p['name'] == name]
            if curve == 'detection':  # drawn as misses, where small numbers can be told apart
                for p in part:
                    p['ci95'] = [1 - p['ci95'][1], 1 - p['ci95'][0]]
                    p['value'], p['theory'] = 1 - p['value'], None if p['theory'] is None else 1 - p['theory']
            draw_curve(axes, part, name, 'theory' if i == 0 else None, f'C{i}')
            if i > 0 and all(p['theory'] is not None for p in part):
                axes.plot([p['esn0_db'] for p in part], [p['theory'] for p in part], color=f'C{i}', linewidth=1)
        axes.set_yscale('log')
        axes.set_ylim(1e-5, 1.5)
        axes.set_xlabel('Es/N0, dB')
        axes.set_title(title)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    figure.savefig(path, dpi=110)
    print(path)


def draw_tasks(path, points):
    tasks = sorted({p['task'] for p in points})
    columns = 4
    rows = -(-len(tasks) // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(3.6 * columns, 3.3 * rows), squeeze=False,
                                  constrained_layout=True)
    for axes in panels.flat[len(tasks):]:
        axes.remove()
    for axes, task in zip(panels.flat, tasks):
        for i, (channel, label) in enumerate((('awgn', 'perfect synchronisation'), ('radio', 'through the modem'))):
            part = [p for p in points if p['task'] == task and p['channel'] == channel]
            axes.errorbar([p['snr_db'] for p in part], [p['value'] for p in part],
                          yerr=[p['ci95'] for p in part], fmt='o-' if i else 's--', markersize=4,
                          capsize=2, color=f'C{i}', label=label)
        axes.set_title(task.replace('_', ' '))
        axes.set_xlabel('Es/N0, dB')
        axes.set_ylabel(part[0]['metric'])
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    figure.savefig(path, dpi=110)
    print(path)


def main(words):
    options = arguments(words)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    points = lines(options, 'bench', 'phy', '--curves', '--json', '--seed', options.seed,
                   *(['--quick'] if options.quick else []))
    for p in points:
        p['theory'] = theory(p)
        p['ci95_low'], p['ci95_high'] = p['ci95']
    write_csv(out / 'phy.csv', points, ['curve', 'name', 'esn0_db', 'value', 'ci95_low', 'ci95_high',
                                        'theory', 'n', 'seed'])
    draw_phy(out / 'phy.png', points)
    if options.data:
        results = []
        for channel in ('awgn', 'radio'):
            results += lines(options, 'eval', '--model', options.model, '--data', options.data,
                             '--task', 'all', '--split', options.split, '--channel', channel,
                             '--snr', TASK_SNR, '--limit', options.limit, '--seed', options.seed, '--json')
        write_csv(out / 'phy-tasks.csv', results, ['task', 'channel', 'snr_db', 'metric', 'value', 'ci95',
                                                   'symbols_mean', 'lost', 'n', 'seed'])
        draw_tasks(out / 'phy-tasks.png', results)
