#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""conventional_encoder and conventional_decoder: JPEG, LDPC and QAM as blocks."""

import math
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

import fixture as fx

LINES = ['a fine film with a fine cast', 'the cast is fine and the film is long',
         'not the best story , but a fine cast']


def smooth_picture(height=32, width=32):
    """What a codec is made for; noise would not fit into a few bytes."""
    y, x = np.mgrid[0:height, 0:width]
    shade = 120 + 60 * np.sin(0.15 * x) + 40 * np.cos(0.1 * y)
    return np.stack([shade, shade + 15, shade - 25], -1).clip(0, 255).astype(np.uint8)


def psnr_db(a, b):
    error = np.mean((a.astype(float) - b.astype(float))**2)
    return 10 * math.log10(255**2 / error)


def training_file():
    path = fx.temporary('training.txt')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('\n'.join(LINES) + '\n')
    return path


def encoded(block, message):
    with fx.Bench(block) as bench:
        bench.post(message)
        return bench.received(1)[0]


def noisy(message, snr_db, seed=1, drop=()):
    """The symbols over AWGN, with noise_var; without the keys in drop."""
    symbols = fx.payload(message)
    rng = np.random.default_rng(seed)
    noise_var = 10**(-snr_db / 10)
    symbols = symbols + math.sqrt(noise_var / 2) * (
        rng.normal(size=symbols.size) + 1j * rng.normal(size=symbols.size))
    keys = pmt.dict_add(pmt.car(message), pmt.intern('noise_var'), pmt.from_double(noise_var))
    for key in drop:
        keys = pmt.dict_delete(keys, pmt.intern(key))
    return pmt.cons(keys, fx.c32(symbols))


class Encoder(unittest.TestCase):

    def test_malformed_then_good(self):
        block = udeepsc.conventional_encoder()
        bad = fx.malformed_pdus() + [
            (pmt.cons(fx.meta(), fx.u8(smooth_picture())), 'wrong shape', 'no shape'),
            (pmt.cons(fx.meta(shape=[32, 32, 4]), fx.u8(np.zeros(4096, np.uint8))),
             'wrong shape', 'four colours'),
            (pmt.cons(fx.meta(shape=[2, 2, 3]), fx.f32(np.zeros(12))), 'wrong type', 'floats'),
        ]
        with fx.Bench(block) as bench:
            for message, _, _ in bad:
                bench.post(message)
            bench.post(fx.image_pdu(smooth_picture()))
            bench.received(1)
        self.assertEqual(block.dropped(), len(bad))
        self.assertEqual(block.sent(), 1)

    def test_symbols_and_keys(self):
        picture = smooth_picture()
        got = encoded(udeepsc.conventional_encoder(symbols=300, mcs='16qam-1/2'),
                      fx.image_pdu(picture, frame_id=7))
        symbols = fx.payload(got)
        self.assertEqual(len(symbols), 300)
        # 300 symbols' energy has a standard deviation of 0.57 / sqrt(300) = 0.033
        self.assertAlmostEqual(np.mean(np.abs(symbols)**2), 1, delta=0.13)
        self.assertEqual(fx.key(got, 'symbols'), 300)
        self.assertEqual(list(fx.key(got, 'shape')), [300])
        self.assertEqual(fx.key(got, 'modulation'), '16qam')
        self.assertEqual(fx.key(got, 'mcs'), '16qam-1/2')
        self.assertEqual(fx.key(got, 'frame_id'), 7)
        np.testing.assert_array_equal(fx.key(got, 'reference'), picture.ravel())

    def test_snr_port_sets_the_rate(self):
        block = udeepsc.conventional_encoder(snr_db=0)
        picture = pmt.cons(fx.meta(shape=[64, 64, 3]), fx.u8(fx.picture(size=64)))
        with fx.Bench(block) as bench:
            for count, snr_db in enumerate((0, 9, 18), 1):
                bench.post(pmt.from_double(snr_db), 'snr')
                # Two ports have no order between them.
                self.assertTrue(fx.wait_until(lambda: block.snr_db() == snr_db))
                bench.post(picture)
                bench.received(count)
            rates = [fx.key(message, 'mcs') for message in bench.received(3)]
        self.assertEqual([rate.split('-')[0] for rate in rates], ['qpsk', '16qam', '64qam'])

    def test_parameters(self):
        for arguments in ({'symbols': 0}, {'snr_db': 101}, {'scheme': 'gif-ldpc'},
                          {'scheme': 'jpeg-capacity'}, {'mcs': '8psk-1/2'},
                          {'scheme': 'huffman-ldpc'},
                          {'scheme': 'huffman-ldpc', 'training': '/nowhere'},
                          {'scheme': 'arithmetic-ldpc', 'training': training_file(),
                           'order': 9}):
            with self.assertRaises(ValueError, msg=str(arguments)):
                udeepsc.conventional_encoder(**arguments)
        block = udeepsc.conventional_encoder()
        block.set_mcs('qpsk-1/2')
        with self.assertRaisesRegex(ValueError, 'qpsk-1/8'):
            block.set_mcs('qpsk-7/8')
        self.assertEqual(block.mcs(), 'qpsk-1/2')
        with self.assertRaises(ValueError):
            block.set_symbols(-1)
        self.assertEqual(block.symbols(), 512)
        block.set_snr_db(3)
        self.assertEqual(block.snr_db(), 3)


class Decoder(unittest.TestCase):

    def test_malformed_then_good(self):
        block = udeepsc.conventional_decoder()
        good = encoded(udeepsc.conventional_encoder(), fx.image_pdu(smooth_picture()))
        symbols = fx.c32(fx.payload(good))
        bad = fx.malformed_pdus() + [
            (pmt.cons(fx.meta(), symbols), 'bad key', 'neither mcs nor modulation'),
            (pmt.cons(fx.meta(mcs='qpsk-9/8'), symbols), 'bad key', 'no such rate'),
            (pmt.cons(fx.meta(modulation='8psk'), symbols), 'bad key', 'no such modulation'),
            (pmt.cons(fx.meta(mcs='qpsk-1/2'), fx.c32([])), 'wrong shape', 'empty'),
            (pmt.cons(fx.meta(modulation='bpsk'), symbols), 'wrong shape', 'not in the table'),
            (pmt.cons(fx.meta(mcs='qpsk-1/2'), fx.c32([1, float('nan')])), 'not finite', 'NaN'),
            (pmt.cons(fx.meta(mcs='qpsk-1/2', noise_var=-1.0), symbols), 'bad key', 'noise'),
        ]
        with fx.Bench(block) as bench:
            for message, _, _ in bad:
                bench.post(message)
            bench.post(good)
            bench.received(1)
        self.assertEqual(block.dropped(), len(bad))

    def test_pictures_arrive(self):
        picture = smooth_picture(48, 40)
        for scheme in ('jpeg-ldpc', 'jpeg-turbo', 'jpeg2000-ldpc', 'h264-ldpc', 'hevc-ldpc'):
            sent = encoded(udeepsc.conventional_encoder(scheme=scheme, symbols=700, snr_db=10),
                           fx.image_pdu(picture))
            block = udeepsc.conventional_decoder(scheme=scheme, height=48, width=40)
            with fx.Bench(block) as bench:
                bench.post(noisy(sent, 10))
                bench.post(noisy(sent, 10, drop=('mcs',)))
                told, found = bench.received(2)
                bench.post(noisy(sent, -10))
                lost = bench.received(3)[2]
            self.assertEqual(fx.key(told, 'output'), 'picture')
            self.assertEqual(list(fx.key(told, 'shape')), [48, 40, 3])
            self.assertGreater(psnr_db(fx.shaped(told), picture), 30)
            np.testing.assert_array_equal(fx.shaped(found), fx.shaped(told))
            # Far below its threshold: a picture all the same, and a count.
            self.assertEqual(list(fx.key(lost, 'shape')), [48, 40, 3])
            self.assertLess(psnr_db(fx.shaped(lost), picture), 20)
            self.assertEqual(block.damaged(), 1)

    def test_sentences_arrive(self):
        for scheme in ('utf8-turbo', 'huffman-ldpc', 'arithmetic-ldpc'):
            options = {'scheme': scheme, 'training': training_file()}
            sent = encoded(udeepsc.conventional_encoder(symbols=300, snr_db=8, **options),
                           fx.text_pdu(LINES[1]))
            block = udeepsc.conventional_decoder(**options)
            with fx.Bench(block) as bench:
                bench.post(noisy(sent, 8))
                got = bench.received(1)[0]
                for seed in range(5):  # wrong bits make no ill-formed UTF-8
                    bench.post(noisy(sent, -10, seed))
                for message in bench.received(6)[1:]:
                    bytes(fx.payload(message).astype(np.uint8)).decode('utf-8')
            self.assertEqual(fx.key(got, 'output'), 'sentence')
            self.assertEqual(bytes(fx.payload(got).astype(np.uint8)).decode(), LINES[1], scheme)

    def test_channel_without_noise(self):
        sent = encoded(udeepsc.conventional_encoder(), fx.image_pdu(smooth_picture()))
        keys = pmt.dict_add(pmt.car(sent), pmt.intern('noise_var'), pmt.from_double(0))
        block = udeepsc.conventional_decoder()
        with fx.Bench(block) as bench:
            bench.post(pmt.cons(keys, pmt.cdr(sent)))
            bench.received(1)
        self.assertEqual(block.damaged(), 0)


class Chain(unittest.TestCase):
    """In place of the semantic chain, over block_fading_channel into task_sink."""

    def run_chain(self, snr_db, mcs):
        self.top = gr.top_block()
        encoder = udeepsc.conventional_encoder(mcs=mcs, snr_db=snr_db)
        channel = udeepsc.block_fading_channel(udeepsc.channel_type.awgn, snr_db)
        decoder = udeepsc.conventional_decoder(mcs=mcs)
        sink = udeepsc.task_sink()
        for a, b in ((encoder, channel), (channel, decoder), (decoder, sink)):
            self.top.msg_connect((a, 'out'), (b, 'in'))
        self.top.start()
        for number in range(8):
            encoder.to_basic_block()._post(
                pmt.intern('in'), fx.image_pdu(smooth_picture(), frame_id=number))
        arrived = sink.wait_for(8, fx.TIMEOUT_S)
        self.top.stop()
        self.top.wait()
        self.assertTrue(arrived)
        return sink.mean_score('image_reconstruction')

    def test_quality_follows_the_channel(self):
        scores = [self.run_chain(snr_db, 'adaptive') for snr_db in (0, 8, 16)]
        self.assertGreater(scores[0], 20)
        self.assertGreater(scores[1], scores[0] + 1)
        self.assertGreater(scores[2], scores[1] + 1)

    def test_cliff(self):
        self.assertGreater(self.run_chain(9, '16qam-1/2'), self.run_chain(3, '16qam-1/2') + 10)

    def test_over_the_burst_modem(self):
        """Raw symbols in bursts; the header tells the modulation, the rate is found."""
        encoder = udeepsc.conventional_encoder(symbols=600, snr_db=9)
        framer, source = udeepsc.burst_framer(''), udeepsc.burst_source(gap=1000)
        channel, detector = udeepsc.radio_channel(snr_db=11, cfo=0.003), udeepsc.burst_detector()
        demodulator, decoder = udeepsc.burst_demodulator(''), udeepsc.conventional_decoder()
        debug, top = blocks.message_debug(), gr.top_block()
        for a, b in ((encoder, framer), (framer, source), (detector, demodulator),
                     (demodulator, decoder)):
            top.msg_connect((a, 'out'), (b, 'in'))
        top.msg_connect((decoder, 'out'), (debug, 'store'))
        top.connect(source, blocks.throttle(gr.sizeof_gr_complex, 2e6), channel, detector)
        picture = smooth_picture()
        top.start()
        for number in range(3):
            encoder.to_basic_block()._post(pmt.intern('in'),
                                           fx.image_pdu(picture, frame_id=number))
        arrived = fx.wait_until(lambda: debug.num_messages() >= 3)
        top.stop()
        top.wait()
        self.assertTrue(arrived, pmt.to_python(demodulator.stats()))
        for i in range(3):
            self.assertGreater(psnr_db(fx.shaped(debug.get_message(i)), picture), 30)
        self.assertEqual(decoder.damaged(), 0)


if __name__ == '__main__':
    unittest.main()
