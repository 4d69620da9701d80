#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""digital_modulator and block_fading_channel against closed forms."""

import math
import unittest

import numpy as np
import pmt
from gnuradio import udeepsc

import fixture as fx

MODULATIONS = [('bpsk', udeepsc.modulation_type.bpsk, 1),
               ('qpsk', udeepsc.modulation_type.qpsk, 2),
               ('16qam', udeepsc.modulation_type.qam16, 4),
               ('64qam', udeepsc.modulation_type.qam64, 6),
               ('256qam', udeepsc.modulation_type.qam256, 8)]


def index_pdu(indices, **keys):
    return pmt.cons(fx.meta(**keys), fx.u16(indices))


class Modulator(unittest.TestCase):

    def test_malformed_then_good(self):
        block = udeepsc.digital_modulator()
        auto = {'modulation': 'qpsk', 'mapping': 'symbol'}
        bad = fx.malformed_pdus() + [
            (index_pdu([0, 1]), 'bad key', 'no modulation'),
            (index_pdu([0], modulation='7psk', mapping='symbol'), 'bad key', 'modulation'),
            (index_pdu([0], modulation='qpsk'), 'bad key', 'no mapping'),
            (index_pdu([0], modulation='qpsk', mapping='bits'), 'bad key', 'no bits'),
            (index_pdu([0], modulation='qpsk', mapping='bits', bits_per_index=17),
             'bad key', 'too many bits'),
            (index_pdu([8], modulation='qpsk', mapping='bits', bits_per_index=3),
             'bad sample', 'index too large'),
            (index_pdu([0, 4], **auto), 'bad sample', 'index too large'),
            (index_pdu([], **auto), 'wrong shape', 'empty'),
            (index_pdu([0], tx_gain=float('nan'), **auto), 'bad key', 'NaN gain'),
            (index_pdu([0], tx_gain=-1.0, **auto), 'bad key', 'negative gain'),
            (pmt.cons(fx.meta(**auto), fx.f32([1.0])), 'wrong type', 'floats'),
        ]
        with fx.Bench(block) as bench:
            for message, _, _ in bad:
                bench.post(message)
            bench.post(index_pdu([0, 1, 2, 3], **auto))
            bench.received(1)
        for reason in {reason for _, reason, _ in bad}:
            self.assertEqual(block.dropped(reason), sum(r == reason for _, r, _ in bad),
                             reason)
        self.assertEqual(block.dropped(), len(bad))

    def test_every_constellation(self):
        """All labels once: mean energy 1, all points apart, gain applied, Gray."""
        for name, modulation, bits in MODULATIONS:
            block = udeepsc.digital_modulator(modulation, udeepsc.index_mapping.symbol)
            with fx.Bench(block) as bench:
                bench.post(index_pdu(range(2**bits), tx_gain=0.5))
                got = bench.received(1)[0]
            points = fx.payload(got) / 0.5
            self.assertAlmostEqual(np.mean(np.abs(points)**2), 1, 5, name)
            self.assertEqual(len(np.unique(np.round(points, 4))), 2**bits)
            self.assertEqual(fx.key(got, 'symbols'), 2**bits)
            self.assertEqual(fx.key(got, 'modulation'), name)
            distance = np.abs(points[:, None] - points[None, :])
            nearest = np.min(distance[distance > 1e-6])
            for i, j in np.argwhere((distance > 1e-6) & (distance < 1.001 * nearest)):
                self.assertEqual(bin(i ^ j).count('1'), 1, f'{name} {i} {j}')

    def test_bits_mapping_concatenates(self):
        """Two 3-bit indices 101 011 are the three QPSK labels 10 10 11."""
        block = udeepsc.digital_modulator(udeepsc.modulation_type.qpsk,
                                          udeepsc.index_mapping.bits)
        with fx.Bench(block) as bench:
            bench.post(index_pdu([0b101, 0b011], bits_per_index=3))
            by_bits = fx.payload(bench.received(1)[0])
            block.set_mapping(udeepsc.index_mapping.symbol)
            bench.post(index_pdu([0b10, 0b10, 0b11]))
            np.testing.assert_array_equal(by_bits, fx.payload(bench.received(2)[1]))

    def test_equals_the_model(self):
        model = udeepsc.transceiver(fx.model_path())
        info = model.info()
        task = 'image_reconstruction'
        vectors = 6
        count = vectors * info.task(task).subvectors['image']
        indices = np.random.default_rng(3).integers(0, info.codewords, count)
        block = udeepsc.digital_modulator()
        with fx.Bench(block) as bench:
            bench.post(index_pdu(indices, modulation=info.modulation, mapping=info.mapping,
                                 bits_per_index=info.bits_per_index,
                                 tx_gain=info.task(task).gain('image', vectors)))
            symbols = fx.payload(bench.received(1)[0])
        self.assertEqual(len(symbols), model.symbols_for(task, 'image', vectors))
        # Two float implementations of one constellation.
        np.testing.assert_allclose(symbols, model.modulate(task, 'image', indices.tolist()),
                                   atol=1e-6)

    def test_setters(self):
        block = udeepsc.digital_modulator()
        for _, modulation, _ in MODULATIONS:
            block.set_modulation(modulation)
            self.assertEqual(block.modulation(), modulation)


class Library(unittest.TestCase):
    """udeepsc.phy outside a flowgraph: constellations, LLRs and error rates."""

    def test_points_are_the_block_s(self):
        for name, modulation, bits in MODULATIONS:
            block = udeepsc.digital_modulator(modulation, udeepsc.index_mapping.symbol)
            with fx.Bench(block) as bench:
                bench.post(index_pdu(range(2**bits)))
                points = fx.payload(bench.received(1)[0])
            np.testing.assert_allclose(udeepsc.phy.constellation(name), points, atol=1e-6)
            labels = udeepsc.phy.hard_labels(name, udeepsc.phy.constellation(name))
            np.testing.assert_array_equal(labels, np.arange(2**bits))

    def test_llrs_by_definition(self):
        """ln P(b=0)/P(b=1) over all points; the largest term alone with max_log."""
        y = np.array([0.3 - 0.5j, -1.1 + 0.02j, 0.0])
        n0 = 0.2
        for name, _, bits in MODULATIONS:
            points = udeepsc.phy.constellation(name)
            metric = -np.abs(y[:, None] - points[None])**2 / n0
            ones = (np.arange(2**bits)[None] >> np.arange(bits - 1, -1, -1)[:, None]) & 1 == 1
            for max_log, total in ((False, lambda m: np.log(np.exp(m).sum(1))),
                                   (True, lambda m: m.max(1))):
                expected = np.stack([total(metric[:, ~one]) - total(metric[:, one])
                                     for one in ones], 1)
                got = udeepsc.phy.llrs(name, y, n0, max_log)
                np.testing.assert_allclose(got, expected, atol=2e-4, err_msg=name)

    def test_error_rates(self):
        """QPSK: Q(sqrt(Es/N0)) a bit; a worse channel errs more."""
        q = 0.5 * math.erfc(10**0.3 / 2**0.5)
        self.assertAlmostEqual(udeepsc.phy.bit_error_rate_awgn('qpsk', 6.0), q, 9)
        self.assertAlmostEqual(udeepsc.phy.symbol_error_rate_awgn('qpsk', 6.0), 2 * q - q * q, 9)
        for kind in ('bit', 'symbol'):
            self.assertGreater(getattr(udeepsc.phy, f'{kind}_error_rate_rayleigh')('16qam', 12.0),
                               getattr(udeepsc.phy, f'{kind}_error_rate_awgn')('16qam', 12.0))
        with self.assertRaisesRegex(ValueError, '7psk'):
            udeepsc.phy.symbol_error_rate_awgn('7psk', 6.0)

    def test_paths(self):
        for name in udeepsc.phy.multipath_profiles():
            self.assertAlmostEqual(sum(p for _, p, _ in udeepsc.phy.multipath_profile(name)), 1, 6)


class Channel(unittest.TestCase):

    def through(self, block, symbols, count=1):
        with fx.Bench(block) as bench:
            for _ in range(count):
                bench.post(pmt.cons(fx.meta(frame_id=1), fx.c32(symbols)))
            return bench.received(count)

    def test_malformed_then_good(self):
        block = udeepsc.block_fading_channel(udeepsc.channel_type.awgn, 3.0)
        bad = fx.malformed_pdus() + [
            (pmt.cons(fx.meta(), fx.f32([1.0])), 'wrong type', 'floats'),
            (pmt.cons(fx.meta(), fx.c32([])), 'wrong shape', 'empty'),
            (pmt.cons(fx.meta(), fx.c32([np.nan])), 'not finite', 'NaN'),
        ]
        with fx.Bench(block) as bench:
            for message, _, _ in bad:
                bench.post(message)
            bench.post(pmt.from_double(float('nan')), 'snr')
            bench.post(pmt.cons(fx.meta(), fx.c32([1.0])))
            bench.received(1)
        self.assertEqual(block.dropped(), len(bad) + 1)
        self.assertEqual(block.dropped('bad snr'), 1)

    def test_none_is_transparent(self):
        symbols = np.exp(1j * np.arange(50)).astype(np.complex64)
        got = self.through(
            udeepsc.block_fading_channel(udeepsc.channel_type.none, 0.0), symbols)[0]
        np.testing.assert_array_equal(fx.payload(got), symbols)
        self.assertEqual(fx.key(got, 'channel'), 'none')
        self.assertLess(fx.key(got, 'noise_var'), 1e-9)

    def test_awgn_noise_power(self):
        """E|n|^2 = 10^(-SNR/10) per complex symbol: Es/N0, not per real dimension."""
        n = 100000
        for snr_db in (-6.0, 0.0, 12.0):
            got = self.through(
                udeepsc.block_fading_channel(udeepsc.channel_type.awgn, snr_db),
                np.ones(n))[0]
            noise = fx.payload(got) - 1
            n0 = 10**(-snr_db / 10)
            self.assertAlmostEqual(fx.key(got, 'noise_var'), n0, 6)
            # |n|^2 is exponential, its mean over n has deviation N0 / sqrt(n): 5 of them.
            self.assertAlmostEqual(np.mean(np.abs(noise)**2) / n0, 1, delta=5 / n**0.5)
            self.assertAlmostEqual(np.mean(noise.real**2) / n0, 0.5, delta=5 / n**0.5)

    def test_rayleigh_gain_and_noise(self):
        n, bursts = 2000, 400
        got = self.through(udeepsc.block_fading_channel(udeepsc.channel_type.rayleigh, 6.0),
                           np.ones(n), bursts)
        gains = np.array([fx.key(m, 'h') for m in got])
        n0 = 10**-0.6
        # Mean of |h|^2 over 400 bursts: deviation 1/20, 5 of them.
        self.assertAlmostEqual(np.mean(np.abs(gains)**2), 1, delta=0.25)
        for message, h in zip(got, gains):
            expected = n0 / abs(h)**2
            self.assertAlmostEqual(fx.key(message, 'noise_var') / expected, 1, 4)
            measured = np.mean(np.abs(fx.payload(message) - 1)**2)
            self.assertAlmostEqual(measured / expected, 1, delta=6 / n**0.5)

    def test_restart_brings_the_same_fades(self):
        """Whatever was sent before, and at another Es/N0."""
        block = udeepsc.block_fading_channel(udeepsc.channel_type.rayleigh, 6.0, seed=4)
        with fx.Bench(block) as bench:
            for run, (snr_db, length) in enumerate(((6.0, 5), (-3.0, 8))):
                block.set_snr_db(snr_db)
                block.restart()
                for _ in range(3):
                    bench.post(pmt.cons(fx.meta(frame_id=1), fx.c32(np.ones(length))))
                gains = [fx.key(m, 'h') for m in bench.received(3 * (run + 1))]
        self.assertEqual(gains[:3], gains[3:])
        self.assertEqual(len(set(gains)), 3)

    def test_seed_and_setters(self):
        def run(seed):
            block = udeepsc.block_fading_channel(
                udeepsc.channel_type.rician, 3.0, 6.0, seed)
            return fx.payload(self.through(block, np.ones(20))[0])

        np.testing.assert_array_equal(run(5), run(5))
        self.assertFalse(np.array_equal(run(5), run(6)))

        block = udeepsc.block_fading_channel(udeepsc.channel_type.awgn, 3.0)
        with fx.Bench(block) as bench:
            bench.post(pmt.from_double(8.0), 'snr')
            self.assertTrue(fx.wait_until(lambda: block.snr_db() == 8.0))
            block.set_snr_db(10.0)
            block.set_k_factor_db(3.0)
            block.set_model(udeepsc.channel_type.rician)
            bench.post(pmt.cons(fx.meta(), fx.c32(np.ones(4))))
            got = bench.received(1)[0]
        self.assertEqual(fx.key(got, 'channel'), 'rician')
        self.assertAlmostEqual(
            fx.key(got, 'noise_var') * abs(fx.key(got, 'h'))**2, 0.1, 5)
        with self.assertRaisesRegex(ValueError, 'snr_db'):
            block.set_snr_db(float('inf'))
        with self.assertRaisesRegex(ValueError, 'k_factor_db'):
            udeepsc.block_fading_channel(udeepsc.channel_type.awgn, 0.0, 1e9)

    def test_channel_by_message(self):
        """Each name as a symbol and as the pair of a widget; what is none changes nothing."""
        block = udeepsc.block_fading_channel(udeepsc.channel_type.awgn, 3.0)
        bad = [pmt.intern('rayleight'), pmt.intern(''), pmt.from_long(2), pmt.PMT_NIL,
               pmt.cons(pmt.intern('model'), pmt.intern('none')),
               pmt.cons(pmt.intern('channel'), pmt.from_long(1))]
        names = ('rayleigh', 'none', 'rician', 'awgn')
        with fx.Bench(block) as bench:
            for message in bad:
                bench.post(message, 'channel')
            for i, name in enumerate(names):
                symbol = pmt.intern(name)
                bench.post(symbol if i % 2 else pmt.cons(pmt.intern('channel'), symbol), 'channel')
                self.assertTrue(fx.wait_until(
                    lambda: block.model() == getattr(udeepsc.channel_type, name)))
                bench.post(pmt.cons(fx.meta(), fx.c32(np.ones(4))))
                self.assertEqual(fx.key(bench.received(i + 1)[i], 'channel'), name)
        self.assertEqual(block.dropped('bad channel'), len(bad))
        self.assertEqual(block.dropped(), len(bad))


if __name__ == '__main__':
    unittest.main()
