#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a transmitter takes of the band, and how high its peaks are, for every frame profile.

    ./gr-udeepsc reproduce spectrum [--quick] [--out DIR]

spectrum.csv and spectrum.png: occupied bandwidth (99 % of the power), adjacent channel leakage
ratio and peak-to-average power ratio of bursts of random 256-QAM, as they leave the framer and
behind a power amplifier (Rapp, p = 2) at some back-offs. Intervals are 95 %, over bursts.

The neighbouring channel is as wide as the signal, (1 + roll-off) times the symbol rate, and begins
where it ends. The samples are interpolated to eight a symbol, as a radio's converter would.
"""
import argparse
import csv
import math
from pathlib import Path

import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt
import numpy as np
from scipy import signal, stats

ROOT = Path(__file__).resolve().parent.parent.parent
OVERSAMPLING = 4  # of the framer's samples
SEGMENT = 2048  # samples of one periodogram
OCCUPIED = 0.99
PEAK_PROBABILITY = 1e-4
RAPP_SMOOTHNESS = 2
BACK_OFFS_DB = (math.inf, 9.0, 6.0, 3.0)  # of the amplifier's saturation over the mean power
FIELDS = ('profile', 'back_off_db', 'quantity', 'value', 'ci95', 'bursts', 'seed')


def arguments(words):
    parser = argparse.ArgumentParser(prog='./gr-udeepsc reproduce spectrum', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--quick', action='store_true', help='8 bursts in place of 100')
    parser.add_argument('--out', default=str(ROOT / 'docs/results'))
    parser.add_argument('--seed', type=int, default=1)
    return parser.parse_args(words)


def burst(phy, profile, symbols, generator):
    """Samples of one burst whose payload is random 256-QAM."""
    levels = np.arange(-15, 16, 2) / math.sqrt(170)
    payload = generator.choice(levels, symbols) + 1j * generator.choice(levels, symbols)
    header = phy.payload_header(task=0, modality=0, model=0, modulation='256qam', vectors=1)
    return np.asarray(phy.framer(profile).frame([(header, payload.astype(np.complex64))]))


def interpolated(samples):
    return signal.resample_poly(samples, OVERSAMPLING, 1, window=('kaiser', 9.0))


def amplified(samples, back_off_db):
    """Behind an amplifier after Rapp (SSPA, 1991), its saturation so far over the mean power."""
    if math.isinf(back_off_db):
        return samples
    saturation = math.sqrt(np.mean(np.abs(samples)**2) * 10**(back_off_db / 10))
    ratio = np.abs(samples) / saturation
    return samples / (1 + ratio**(2 * RAPP_SMOOTHNESS))**(1 / (2 * RAPP_SMOOTHNESS))


def density(samples):
    """(frequency in symbol rates, power density), rising."""
    frequency, power = signal.welch(samples, 2 * OVERSAMPLING, 'blackmanharris', SEGMENT,
                                    return_onesided=False, detrend=False)
    return np.fft.fftshift(frequency), np.fft.fftshift(power)


def occupied_bandwidth(frequency, power):
    """The band that leaves out half of the rest on either side, in symbol rates."""
    total = np.cumsum(power) / np.sum(power)
    low, high = np.interp([(1 - OCCUPIED) / 2, (1 + OCCUPIED) / 2], total, frequency)
    return high - low


def leakage_db(frequency, power, width, side):
    """Power of the channel beside over that of the channel itself, dB."""
    own = power[np.abs(frequency) <= width / 2].sum()
    beside = power[np.abs(frequency - side * width) <= width / 2].sum()
    return 10 * math.log10(beside / own)


def peaks_db(samples):
    """(power that one sample in 1 / PEAK_PROBABILITY exceeds, the highest), dB over the mean."""
    power = np.abs(samples)**2
    mean = np.mean(power)
    return (10 * math.log10(np.quantile(power, 1 - PEAK_PROBABILITY) / mean),
            10 * math.log10(np.max(power) / mean))


def measure(samples, width):
    frequency, power = density(samples)
    exceeded, highest = peaks_db(samples)
    return {
        'occupied_bandwidth': occupied_bandwidth(frequency, power),
        'aclr_lower_db': leakage_db(frequency, power, width, -1),
        'aclr_upper_db': leakage_db(frequency, power, width, 1),
        'papr_db': exceeded,
        'highest_peak_db': highest,
    }


def interval(values):
    if len(values) < 2:
        return math.nan
    return stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values))


def study(phy, name, bursts, seed):
    """(rows of the table, {back-off: (frequency, density of all bursts)})"""
    profile = phy.frame_profile(name)
    width = 1 + profile.rolloff
    generator = np.random.default_rng(seed)
    found = {back_off: [] for back_off in BACK_OFFS_DB}
    spectra = {back_off: 0 for back_off in BACK_OFFS_DB}
    for _ in range(bursts):
        samples = interpolated(burst(phy, profile, 4000, generator))
        for back_off in BACK_OFFS_DB:
            sent = amplified(samples, back_off)
            found[back_off].append(measure(sent, width))
            frequency, power = density(sent)
            spectra[back_off] = spectra[back_off] + power
    rows = []
    for back_off, measured in found.items():
        for quantity in measured[0]:
            values = [one[quantity] for one in measured]
            rows.append({'profile': name, 'back_off_db': back_off, 'quantity': quantity,
                         'value': np.mean(values), 'ci95': interval(values), 'bursts': bursts,
                         'seed': seed})
    return rows, {back_off: (frequency, power) for back_off, power in spectra.items()}


def draw(spectra, path):
    figure, axes = plt.subplots(1, len(spectra), figsize=(4 * len(spectra), 3.4), sharey=True,
                                constrained_layout=True)
    for panel, (name, densities) in zip(axes, spectra.items()):
        for back_off, (frequency, power) in densities.items():
            label = 'framer' if math.isinf(back_off) else f'amplifier, {back_off:g} dB'
            panel.plot(frequency, 10 * np.log10(power / np.max(power)), label=label, linewidth=0.9)
        panel.set_title(name, fontsize=10)
        panel.set_xlabel('frequency / symbol rate')
        panel.set_xlim(-3, 3)
        panel.set_ylim(-100, 3)
        panel.grid(alpha=0.3)
    axes[0].set_ylabel('power density, dB')
    axes[-1].legend(fontsize=8)
    figure.savefig(path, dpi=110)


def show(rows):
    print('profile    amplifier  occupied  ACLR low  ACLR high  PAPR 1e-4  highest')
    for name in dict.fromkeys(row['profile'] for row in rows):
        for back_off in BACK_OFFS_DB:
            value = {row['quantity']: row['value'] for row in rows
                     if row['profile'] == name and row['back_off_db'] == back_off}
            behind = 'none' if math.isinf(back_off) else f'{back_off:g} dB'
            print(f"{name:10} {behind:9} {value['occupied_bandwidth']:9.3f} "
                  f"{value['aclr_lower_db']:9.1f} {value['aclr_upper_db']:10.1f} "
                  f"{value['papr_db']:10.2f} {value['highest_peak_db']:8.2f}")


def main(words):
    options = arguments(words)
    from gnuradio import udeepsc
    phy = udeepsc.phy
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    rows, spectra = [], {}
    for name in phy.frame_profile.names():
        measured, spectra[name] = study(phy, name, 8 if options.quick else 100, options.seed)
        rows += measured
    with open(out / 'spectrum.csv', 'w', newline='', encoding='utf-8') as file:
        table = csv.DictWriter(file, FIELDS, lineterminator='\n')
        table.writeheader()
        for row in rows:
            table.writerow({**row, 'value': f"{row['value']:.5g}", 'ci95': f"{row['ci95']:.2g}"})
    draw(spectra, out / 'spectrum.png')
    show(rows)
    print(f'{out}/spectrum.csv, {out}/spectrum.png')
    return 0
