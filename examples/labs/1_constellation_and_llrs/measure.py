#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 1: symbols through digital_modulator and block_fading_channel, counted.

    measure.py errors  [--modulation 16qam] [--snr 12 15] [--symbols 200000] [--seed 1]
    measure.py llrs    [--modulation 16qam] [--snr 12] [--assumed 12] [--symbols ...]
    measure.py compare FILE.py    holds its llr(y, n0) against the library's, 16-QAM
"""

import argparse
import importlib.util
import sys
from pathlib import Path

import numpy as np
from gnuradio import udeepsc

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'common'))
import runs  # noqa: E402

BLOCK = 4000  # symbols in a PDU


def send(modulation, snr_db, symbols, seed):
    """Labels [symbols] and what the channel made of their points."""
    points = len(udeepsc.phy.constellation(modulation))
    labels = np.random.default_rng(seed).integers(0, points, symbols).astype(np.uint16)
    chain = [udeepsc.digital_modulator(),
             udeepsc.block_fading_channel(udeepsc.channel_type.awgn, snr_db, seed=seed)]
    messages = [runs.pdu(part, modulation=modulation, mapping='symbol')
                for part in np.split(labels, range(BLOCK, symbols, BLOCK))]
    received = [runs.payload(m) for m in runs.through(chain, messages)]
    return labels, np.concatenate(received).astype(np.complex64)


def bits_of(labels, count):
    """Bits [symbols, count] of labels, most significant first."""
    return (labels[:, None] >> np.arange(count - 1, -1, -1)) & 1


def errors(o):
    for snr_db in o.snr:
        labels, y = send(o.modulation, snr_db, o.symbols, o.seed)
        wrong = int(np.count_nonzero(udeepsc.phy.hard_labels(o.modulation, y) != labels))
        theory = udeepsc.phy.symbol_error_rate_awgn(o.modulation, snr_db)
        print(f'{o.modulation} {snr_db:g} dB: symbol errors {runs.rate_text(wrong, o.symbols)}, '
              f'theory {theory:.4g}, seed {o.seed}')


def llrs(o):
    snr_db = o.snr[0]
    assumed = snr_db if o.assumed is None else o.assumed
    labels, y = send(o.modulation, snr_db, o.symbols, o.seed)
    values = udeepsc.phy.llrs(o.modulation, y, 10 ** (-assumed / 10))
    bits = bits_of(labels, values.shape[1])
    print(f'{o.modulation} at {snr_db:g} dB, LLRs for {assumed:g} dB, seed {o.seed}')
    print('bit   mean |LLR|   decided wrong')
    wrong = (values < 0) != (bits == 1)
    for i in range(values.shape[1]):
        print(f'{i + 1:3d} {np.mean(np.abs(values[:, i])):12.2f}   '
              f'{runs.rate_text(np.count_nonzero(wrong[:, i]), o.symbols)}')
    print('|LLR|        promised   decided wrong, all bits')
    for low in np.arange(0, 7, 0.5):
        inside = (np.abs(values) >= low) & (np.abs(values) < low + 0.5)
        n = np.count_nonzero(inside)
        if n >= 100:
            promised = np.mean(1 / (1 + np.exp(np.abs(values[inside], dtype=float))))
            print(f'{low:.1f} to {low + 0.5:.1f} {promised:11.4f}   '
                  f'{runs.rate_text(np.count_nonzero(wrong[inside]), n)}')


def compare(o):
    spec = importlib.util.spec_from_file_location('mine', o.file)
    mine = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(mine)
    _, y = send('16qam', 12, 2000, o.seed)
    for n0 in (0.5, 0.1, 0.02):
        values = np.array([mine.llr(complex(one), n0) for one in y])
        if values.shape != (len(y), 4):
            sys.exit(f'{o.file}: llr() gave an array {values.shape[1:]} for a symbol, expected '
                     '4 numbers')
        for name, max_log in (('exact', False), ('max-log', True)):
            theirs = udeepsc.phy.llrs('16qam', y, n0, max_log)
            print(f'N0 {n0:g}: largest difference from the library, {name}: '
                  f'{np.max(np.abs(values - theirs)):.3g}')


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('what', choices=['errors', 'llrs', 'compare'])
    parser.add_argument('file', nargs='?')
    parser.add_argument('--modulation', default='16qam')
    parser.add_argument('--snr', type=float, nargs='+', default=[12.0])
    parser.add_argument('--assumed', type=float, help='Es/N0 that the receiver believes in')
    parser.add_argument('--symbols', type=int, default=200000)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    if options.what == 'compare' and not options.file:
        parser.error('compare: expected a FILE.py with a function llr(y, n0)')
    {'errors': errors, 'llrs': llrs, 'compare': compare}[options.what](options)


if __name__ == '__main__':
    main()
