#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 3: what carrier offset, clock offset and phase noise do along a burst.

    measure.py phase    --offset 1e-4 --clock 0 --noise 0 --snr 20    a receiver that follows nothing
    measure.py mystery                                     the same, with an offset to be found
    measure.py estimate --snr 0 [--bursts 200]              what detector and demodulator estimate
    measure.py followed --offset 0.01 --clock 20 --snr 6    the demodulator's symbol errors

Offsets in cycles a symbol, clocks in ppm, phase noise in radians rms a sample.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from gnuradio import udeepsc
from gnuradio.filter import firdes

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'common'))
import runs  # noqa: E402

phy = udeepsc.phy
PROFILE = phy.frame_profile('standard')
FRAMER = phy.framer(PROFILE)
SILENCE = 400
BLOCK = 256  # symbols over which phases and errors are averaged
MYSTERY_SEED = 2024


class Air:
    """Bursts of random QPSK payloads through a radio channel."""

    def __init__(self, seed, payload):
        self.random = np.random.default_rng(seed)
        self.points = phy.constellation('qpsk')
        self.config = phy.radio_channel_config()
        self.config.seed = seed
        self.channel = phy.radio_channel(self.config)
        self.payload = payload

    def make(self):
        """Labels and samples of a new burst."""
        labels = self.random.integers(0, 4, self.payload)
        return labels, FRAMER.frame([(phy.payload_header(), self.points[labels])])

    def send(self, burst, offset=0.0, clock_ppm=0.0, phase_noise=0.0, snr_db=np.inf, delay=0.0):
        config = self.config
        config.cfo, config.clock_ppm = offset / 2, clock_ppm
        config.phase_noise, config.esn0_db = phase_noise, snr_db
        config.delay = SILENCE + delay
        self.channel.set_config(config)
        self.channel.restart()
        return self.channel.apply(np.concatenate([burst, np.zeros(4 * SILENCE)]))


def symbols_of(samples, count):
    """By matched filter, one sample in two from where the preamble of an undisturbed burst
    begins."""
    taps = np.array(firdes.root_raised_cosine(1, 2, 1, PROFILE.rolloff, 41))
    filtered = np.convolve(samples, taps / np.sum(taps**2)**0.5)[20:]
    begin = SILENCE + 2 * (PROFILE.ramp_symbols + PROFILE.filter_span // 2)
    return filtered[begin::2][:count]


def along_the_burst(seed, payload, **channel):
    """Phase (radians) and relative error of each block of symbols, nothing followed; the phase
    of the first block is 0, and each block's error is what remains once its phase is taken away."""
    air = Air(seed, payload)
    _, burst = air.make()
    count = (len(burst) // 2 - 60) // BLOCK * BLOCK
    sent = symbols_of(air.send(burst), count).reshape(-1, BLOCK)
    heard = symbols_of(air.send(burst, **channel), count).reshape(-1, BLOCK)
    gains = np.sum(heard * sent.conj(), 1) / np.sum(np.abs(sent)**2, 1)
    turned = heard * np.exp(-1j * np.angle(gains))[:, None]
    error = np.sqrt(np.sum(np.abs(turned - sent)**2, 1) / np.sum(np.abs(sent)**2, 1))
    phases = np.unwrap(np.angle(gains))
    return phases - phases[0], error


def mystery_offset():
    return float(np.random.default_rng(MYSTERY_SEED).uniform(0.4e-3, 0.9e-3))


def tell(phases, error):
    print('symbols          phase    error once the phase is taken away')
    for i, (phase, rms) in enumerate(zip(phases, error)):
        print(f'{BLOCK * i:5d} to {BLOCK * (i + 1):5d} {np.degrees(phase):9.1f} deg {100 * rms:8.1f} %')


def phase(o):
    tell(*along_the_burst(o.seed, o.payload, offset=o.offset, clock_ppm=o.clock,
                          phase_noise=o.noise, snr_db=o.snr))


def mystery(o):
    tell(*along_the_burst(o.seed, o.payload, offset=mystery_offset(), snr_db=o.snr))


def estimates(snr_db, bursts, payload, seed):
    """Errors of detector and demodulator, cycles a symbol, and of the clock, ppm."""
    air = Air(seed, payload)
    detector, demodulator = phy.burst_detector(PROFILE, 1e-7), phy.burst_demodulator(PROFILE)
    errors = []
    for _ in range(bursts):
        offset, clock = air.random.uniform(-0.015, 0.015), air.random.uniform(-20, 20)
        _, burst = air.make()
        samples = air.send(burst, offset, clock, 0.0, snr_db, air.random.uniform())
        detector.reset()
        for found in detector.push(samples) + detector.flush():
            frame = demodulator.demodulate(found)
            if frame.payloads:
                errors.append((found.cfo - offset, frame.cfo - offset, frame.clock_ppm - clock))
    return np.array(errors)


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


def estimate(o):
    errors = estimates(o.snr, o.bursts, o.payload, o.seed)
    half = 1.96 / np.sqrt(2 * len(errors))  # relative, of the rms of a Gaussian
    print(f'{o.snr:g} dB, payload of {o.payload} symbols, {len(errors)} bursts, seed {o.seed}; '
          f'95 %: +-{100 * half:.0f} % of each figure')
    print(f'carrier, detector:    {rms(errors[:, 0]):.3g} cycles a symbol rms')
    print(f'carrier, demodulator: {rms(errors[:, 1]):.3g} cycles a symbol rms')
    print(f'clock, demodulator:   {rms(errors[:, 2]):.3g} ppm rms')


def followed_errors(snr_db, offset, clock_ppm, bursts, payload, seed):
    """(wrong, all) payload symbols behind the demodulator."""
    air = Air(seed, payload)
    detector, demodulator = phy.burst_detector(PROFILE, 1e-7), phy.burst_demodulator(PROFILE)
    wrong = total = 0
    for _ in range(bursts):
        labels, burst = air.make()
        samples = air.send(burst, offset, clock_ppm, 0.0, snr_db, air.random.uniform())
        detector.reset()
        for found in detector.push(samples) + detector.flush():
            for payload_ in demodulator.demodulate(found).payloads:
                wrong += int(np.count_nonzero(
                    phy.hard_labels('qpsk', payload_.symbols) != labels))
                total += len(labels)
    return wrong, total


def followed(o):
    wrong, total = followed_errors(o.snr, o.offset, o.clock, o.bursts, o.payload, o.seed)
    print(f'{o.snr:g} dB, {o.offset:g} cycles a symbol, {o.clock:g} ppm: symbol errors '
          f'{runs.rate_text(wrong, total)}, theory '
          f'{phy.symbol_error_rate_awgn("qpsk", o.snr):.4g}, seed {o.seed}')


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = {f.__name__: f for f in (phase, mystery, estimate, followed)}
    parser.add_argument('what', choices=what)
    parser.add_argument('--offset', type=float, default=0.0)
    parser.add_argument('--clock', type=float, default=0.0)
    parser.add_argument('--noise', type=float, default=0.0)
    parser.add_argument('--snr', type=float, default=20.0)
    parser.add_argument('--payload', type=int, default=2000)
    parser.add_argument('--bursts', type=int, default=200)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    what[options.what](options)


if __name__ == '__main__':
    main()
