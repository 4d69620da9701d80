#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 4: single carrier and OFDM over the same echoes.

    measure.py overhead                              symbols that are no payload
    measure.py peaks                                 of the samples' power over its mean
    measure.py carriers [--multipath three_tap]      how strong each carrier is
    measure.py errors   [--multipath three_tap] [--profile multipath ofdm] [--snr 6 10 14]
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from gnuradio import udeepsc

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'common'))
import runs  # noqa: E402

phy = udeepsc.phy
SILENCE = 400
PAYLOAD = 1000
MODULATION = 'qpsk'
CARRIERS = np.array([k for k in range(-64, 65) if k])  # docs/frame-format.md


def gains(multipath):
    """Complex gain of each of the 128 carriers."""
    return sum(np.sqrt(power) * np.exp(1j * (phase - 2 * np.pi * CARRIERS / 128 * delay))
               for delay, power, phase in phy.multipath_profile(multipath))


def overhead(o):
    print('profile    ' + ''.join(f'{n:>24d} symbols' for n in (64, 512, 4096)))
    for name in phy.frame_profile.names():
        framer = phy.framer(phy.frame_profile(name))
        line = ''
        for n in (64, 512, 4096):
            more = framer.overhead_symbols([n])
            line += f'{more:16d} ({100 * n / (n + more):.0f} % payload)'
        print(f'{name:10s} {line}')


def peaks_db(profile, bursts, seed):
    """Power over its mean, dB, that one payload sample in a thousand exceeds; the largest."""
    random = np.random.default_rng(seed)
    framer, points = phy.framer(phy.frame_profile(profile)), phy.constellation(MODULATION)
    power = []
    for _ in range(bursts):
        labels = random.integers(0, len(points), 4000)
        burst = framer.frame([(phy.payload_header(), points[labels])])
        power.append(np.abs(burst[3000:-200])**2)  # behind preamble and header
    power = np.concatenate(power)
    ratio = power / np.mean(power)
    return 10 * np.log10(np.quantile(ratio, 0.999)), 10 * np.log10(ratio.max())


def peaks(o):
    for name in o.profile or ['standard', 'ofdm']:
        often, largest = peaks_db(name, 20, o.seed)
        print(f'{name:10s} exceeded by 0.1 % of the samples: {often:.2f} dB over the mean; '
              f'largest {largest:.2f} dB; seed {o.seed}')


class Link:
    """Bursts over echoes, each with carrier offset, delay and phase of its own."""

    def __init__(self, profile, multipath, snr_db, seed):
        frame = phy.frame_profile(profile)
        self.framer, self.detector = phy.framer(frame), phy.burst_detector(frame, 1e-7)
        self.demodulator = phy.burst_demodulator(frame)
        self.points = phy.constellation(MODULATION)
        self.random = np.random.default_rng(seed)
        self.config = phy.radio_channel_config()
        self.config.esn0_db, self.config.multipath, self.config.seed = snr_db, multipath, seed
        self.channel = phy.radio_channel(self.config)

    def send(self):
        """Labels of a burst's payload, and the payload as received, or None."""
        labels = self.random.integers(0, len(self.points), PAYLOAD)
        burst = self.framer.frame(
            [(phy.payload_header(modulation=MODULATION), self.points[labels])])
        self.config.cfo = self.random.uniform(-0.01, 0.01)
        self.config.delay = SILENCE + self.random.uniform()
        self.config.phase = self.random.uniform(0, 2 * np.pi)
        self.channel.set_config(self.config)
        self.channel.restart()
        samples = self.channel.apply(np.concatenate([burst, np.zeros(4 * SILENCE)]))
        self.detector.reset()
        for found in self.detector.push(samples) + self.detector.flush():
            for payload in self.demodulator.demodulate(found).payloads:
                if len(payload.symbols) == PAYLOAD:
                    return labels, payload
        return labels, None


def carriers(o):
    link = Link('ofdm', o.multipath, o.snr[0], o.seed)
    _, payload = link.send()
    measured = -10 * np.log10(np.array(payload.noise_var)) - o.snr[0]
    computed = 20 * np.log10(np.abs(gains(o.multipath)))
    print(f'{o.multipath}, {o.snr[0]:g} dB, seed {o.seed}; gain of a carrier, dB')
    print(f'from the paths:            weakest {computed.min():6.2f}, strongest {computed.max():5.2f}')
    print(f'as the receiver has them:  weakest {measured.min():6.2f}, strongest {measured.max():5.2f}')


def errors(o):
    for name in o.profile or ['multipath', 'ofdm']:
        for snr_db in o.snr:
            link, wrong, lost = Link(name, o.multipath, snr_db, o.seed), 0, 0
            for _ in range(o.bursts):
                labels, payload = link.send()
                if payload is None:
                    lost += 1
                else:
                    wrong += int(np.count_nonzero(
                        phy.hard_labels(MODULATION, payload.symbols) != labels))
            print(f'{name:10s} {o.multipath}, {snr_db:g} dB: symbol errors '
                  f'{runs.rate_text(wrong, (o.bursts - lost) * PAYLOAD)}, bursts lost {lost}, '
                  f'seed {o.seed}')


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = {f.__name__: f for f in (overhead, peaks, carriers, errors)}
    parser.add_argument('what', choices=what)
    parser.add_argument('--profile', nargs='+', choices=phy.frame_profile.names())
    parser.add_argument('--multipath', default='three_tap', choices=phy.multipath_profiles())
    parser.add_argument('--snr', type=float, nargs='+', default=[14.0])
    parser.add_argument('--bursts', type=int, default=100)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    what[options.what](options)


if __name__ == '__main__':
    main()
