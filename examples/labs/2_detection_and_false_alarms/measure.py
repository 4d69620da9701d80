#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 2: the burst detector on noise and on bursts.

    measure.py threshold                            of every profile, for some rates
    measure.py noise  --rate 1e-4 [--samples 3e6]   alarms in noise alone
    measure.py bursts --rate 1e-7 --snr -12 -11 -10 [--bursts 500] [--profile standard]
    measure.py offset --offset 0 0.01 0.02 0.03     detection with the carrier off, cycles a symbol
    measure.py gain   --gain -20 0 20               rho of a burst, receiver's gain in dB
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from gnuradio import udeepsc

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'common'))
import runs  # noqa: E402

phy = udeepsc.phy
PIECE = 50000  # samples at a time
SILENCE = 400  # samples around a burst


def false_alarms(rate, samples, seed, profile='standard'):
    """Detections in so many samples of noise, with the detector set to this rate."""
    random = np.random.default_rng(seed)
    detector = phy.burst_detector(phy.frame_profile(profile), rate)
    found = 0
    for _ in range(samples // PIECE):
        found += len(detector.push(runs.noise(random, PIECE, 1.0)))
    return found + len(detector.flush())


class Bursts:
    """One burst after another, each with noise, phase and delay of its own."""

    def __init__(self, profile, rate, seed):
        self.profile = phy.frame_profile(profile)
        self.detector = phy.burst_detector(self.profile, rate)
        self.burst = phy.framer(self.profile).frame(
            [(phy.payload_header(), np.ones(50, np.complex64))])
        self.random = np.random.default_rng(seed)
        self.seed = seed
        self.channel = phy.radio_channel(phy.radio_channel_config())

    def received(self, snr_db, offset, gain_db):
        """Samples, and the sample at which the preamble begins."""
        config = phy.radio_channel_config()
        config.esn0_db, config.seed = snr_db, self.seed
        config.cfo = offset / self.profile.samples_per_symbol
        config.delay = SILENCE + self.random.uniform()
        config.phase = self.random.uniform(0, 2 * np.pi)
        config.gain_db = gain_db
        self.channel.set_config(config)
        self.channel.restart()
        before = self.profile.ramp_symbols + self.profile.filter_span / 2
        samples = np.concatenate([self.burst, np.zeros(2 * SILENCE)])
        return self.channel.apply(samples), config.delay + 2 * before

    def detection(self, snr_db, offset=0.0, gain_db=0.0):
        """The detection within two symbols of the truth, or None."""
        samples, where = self.received(snr_db, offset, gain_db)
        self.detector.reset()
        found = self.detector.push(samples) + self.detector.flush()
        right = [one for one in found if abs(one.sample - where) < 4]
        return right[0] if right else None


def detected(profile, rate, snr_db, bursts, seed, offset=None):
    """How many of so many bursts are found; the carrier off by anything searched if None."""
    link = Bursts(profile, rate, seed)
    count = 0
    for _ in range(bursts):
        off = link.random.uniform(-0.02, 0.02) if offset is None else offset
        count += link.detection(snr_db, off) is not None
    return count


def threshold(o):
    print('profile    preamble  ' + ''.join(f'{rate:>10g}' for rate in (1e-3, 1e-4, 1e-6, 1e-7)))
    for name in phy.frame_profile.names():
        profile = phy.frame_profile(name)
        print(f'{name:10s} {profile.preamble_symbols:8d}  ' + ''.join(
            f'{phy.burst_detector(profile, rate).threshold():10.5f}'
            for rate in (1e-3, 1e-4, 1e-6, 1e-7)))


def noise(o):
    n = int(o.samples) // PIECE * PIECE
    print(f'{o.profile}, set to {o.rate:g}: false alarms a sample '
          f'{runs.rate_text(false_alarms(o.rate, n, o.seed, o.profile), n)}, seed {o.seed}')


def bursts(o):
    for snr_db in o.snr:
        count = detected(o.profile, o.rate, snr_db, o.bursts, o.seed)
        print(f'{o.profile}, {o.rate:g} false alarms, {snr_db:g} dB: detected '
              f'{runs.rate_text(count, o.bursts)}, seed {o.seed}')


def offset(o):
    for off in o.offset:
        count = detected(o.profile, o.rate, o.snr[0], o.bursts, o.seed, off)
        print(f'{o.profile}, carrier off by {off:g} cycles a symbol, {o.snr[0]:g} dB: detected '
              f'{runs.rate_text(count, o.bursts)}, seed {o.seed}')


def gain(o):
    for gain_db in o.gain:
        found = Bursts(o.profile, o.rate, o.seed).detection(o.snr[0], 0.0, gain_db)
        print(f'gain {gain_db:g} dB: rho {found.rho:.5f}')


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = {f.__name__: f for f in (threshold, noise, bursts, offset, gain)}
    parser.add_argument('what', choices=what)
    parser.add_argument('--rate', type=float, default=1e-6, help='false alarms a sample')
    parser.add_argument('--samples', type=float, default=3e6)
    parser.add_argument('--bursts', type=int, default=500)
    parser.add_argument('--profile', default='standard', choices=phy.frame_profile.names())
    parser.add_argument('--snr', type=float, nargs='+', default=[0.0])
    parser.add_argument('--offset', type=float, nargs='+', default=[0.0, 0.01, 0.02, 0.03])
    parser.add_argument('--gain', type=float, nargs='+', default=[-20.0, 0.0, 20.0])
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    what[options.what](options)


if __name__ == '__main__':
    main()
