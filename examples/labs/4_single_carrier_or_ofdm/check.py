#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 4: holds answers.json against theory and the modem itself: check.py [answers.json]"""

import math
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / 'common'))
import measure  # noqa: E402
from answers import Choice, Number, absolute, check, counted, relative  # noqa: E402

phy = measure.phy
OTHER_SEED = 1001


def overhead(profile, symbols):
    return phy.framer(phy.frame_profile(profile)).overhead_symbols([symbols])


def share_of_payload(profile, symbols):
    return symbols / (symbols + overhead(profile, symbols))


def backoff():
    return (measure.peaks_db('ofdm', 20, OTHER_SEED)[0]
            - measure.peaks_db('standard', 20, OTHER_SEED)[0])


def carrier_powers():
    return np.abs(measure.gains('three_tap'))**2


def single_carrier_snr(snr_db, steps=4096):
    """Behind an MMSE equaliser of any length: the folded spectrum of pulse and paths S gives the
    mean squared error as the integral of N0 / (S + N0). Proakis, Digital Communications."""
    rolloff = phy.frame_profile('multipath').rolloff
    n0 = 10 ** (-snr_db / 10)
    f = (np.arange(steps) + 0.5) / steps - 0.5

    def power(f):
        x = np.clip((np.abs(f) - (1 - rolloff) / 2) / rolloff, 0, 1)
        h = sum(np.sqrt(p) * np.exp(1j * (phase - 2 * np.pi * f * delay))
                for delay, p, phase in phy.multipath_profile('three_tap'))
        return 0.5 * (1 + np.cos(np.pi * x)) * np.abs(h)**2

    error = np.mean(n0 / (power(f - 1) + power(f) + power(f + 1) + n0))
    return 1 / error - 1


def errors_single_carrier(snr_db):
    return phy.symbol_error_rate_awgn('qpsk', 10 * math.log10(single_carrier_snr(snr_db)))


def errors_ofdm(snr_db):
    return float(np.mean([phy.symbol_error_rate_awgn('qpsk', snr_db + 10 * math.log10(p))
                          for p in carrier_powers()]))


def capacity_single_carrier(snr_db):
    return math.log2(1 + single_carrier_snr(snr_db))


def capacity_ofdm(snr_db):
    return float(np.mean(np.log2(1 + carrier_powers() * 10 ** (snr_db / 10))))


def better(single_carrier, ofdm):
    return 'single carrier' if single_carrier > ofdm else 'ofdm'


WAVEFORMS = ['single carrier', 'ofdm']
# Of 100,000 symbols; channel estimate and noise estimate cost up to 0.2 dB, which is 15 % of an
# error rate of a few per cent.
MEASURED = counted(100000, 0.15)

QUESTIONS = [
    Number('overhead_512_multipath', lambda: overhead('multipath', 512), absolute(0.5),
           'measure.py overhead, a number of symbols'),
    Number('overhead_512_ofdm', lambda: overhead('ofdm', 512), absolute(0.5),
           'measure.py overhead, a number of symbols'),
    Number('payload_share_4096_ofdm', lambda: share_of_payload('ofdm', 4096), absolute(0.006),
           'payload over payload and overhead; a share, not per cent'),
    Number('prefix_loss_db', lambda: 10 * math.log10(144 / 128), absolute(0.03),
           'energy sent over energy used: 144 T and 128 T'),
    Number('backoff_db', backoff, absolute(0.4),
           'measure.py peaks: the difference of the values that 0.1 % exceed'),
    Number('weakest_carrier_db', lambda: 10 * math.log10(carrier_powers().min()), absolute(1.0),
           'measure.py carriers, or |sum sqrt(p) exp(j phase - 2 pi j f d)|^2 at its smallest'),
    Number('errors_single_carrier_14db', lambda: errors_single_carrier(14.0), MEASURED,
           'measure.py errors, profile multipath at 14 dB; a rate'),
    Number('errors_ofdm_14db', lambda: errors_ofdm(14.0), MEASURED,
           'measure.py errors, profile ofdm at 14 dB; a rate'),
    Choice('fewer_errors_uncoded', WAVEFORMS,
           lambda: better(errors_ofdm(14.0), errors_single_carrier(14.0)),
           'compare the two rates that you measured at 14 dB'),
    # The SNR is read off a measured error rate, and the equaliser is not ideal: 0.2 dB.
    Number('bits_single_carrier', lambda: capacity_single_carrier(10.0), relative(0.05),
           'first the Es/N0 at which QPSK without echoes errs as often as the single carrier at '
           '10 dB; then log2(1 + that), as a ratio'),
    Number('bits_ofdm', lambda: capacity_ofdm(10.0), relative(0.03),
           'mean over the carriers of log2(1 + |H|^2 Es/N0): the logarithm inside the mean'),
    Choice('more_bits_with_ideal_codes', WAVEFORMS,
           lambda: better(capacity_single_carrier(10.0), capacity_ofdm(10.0)),
           'compare the two capacities that you computed'),
    Number('interference_2e4_db', lambda: 10 * math.log10((math.pi * 2e-4 * 128)**2 / 3),
           absolute(0.5), 'express the offset in carrier spacings first; then (pi e)^2 / 3 in dB'),
]


if __name__ == '__main__':
    sys.exit(check(QUESTIONS, sys.argv[1:], FOLDER))
