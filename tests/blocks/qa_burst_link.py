#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The radio link whole: symbols to bursts, through radio_channel, and back to symbols."""

import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

import burst_fixture as bx
import fixture as fx

FRAMES = 40


class Link:
    """burst_framer > burst_source > radio_channel > burst_detector > burst_demodulator."""

    def __init__(self, profile='standard', window=8, grouping=udeepsc.frame_grouping.sample,
                 rate=2e6, tags=True, max_frame_symbols=0, address=0, framer=None, **channel):
        self.framer = udeepsc.burst_framer(fx.model_path(), profile, grouping,
                                           max_frame_symbols=max_frame_symbols, **framer or {})
        self.source = udeepsc.burst_source(gap=1000)
        self.channel = udeepsc.radio_channel(**channel)
        self.detector = udeepsc.burst_detector(profile)
        self.demodulator = udeepsc.burst_demodulator(
            fx.model_path(), profile, window, address=address)
        self.debug = blocks.message_debug()
        self.snr = blocks.message_debug()
        self.control = blocks.message_debug()
        self.top = gr.top_block()
        # An endless source of silence: as fast as the test needs it, and no faster.
        throttle = blocks.throttle(gr.sizeof_gr_complex, rate)
        self.top.msg_connect((self.framer, 'out'), (self.source, 'in'))
        self.top.connect(self.source, throttle, blocks.tag_gate(gr.sizeof_gr_complex, tags),
                         self.channel, self.detector)
        self.top.msg_connect((self.detector, 'out'), (self.demodulator, 'in'))
        self.top.msg_connect((self.demodulator, 'out'), (self.debug, 'store'))
        self.top.msg_connect((self.demodulator, 'snr'), (self.snr, 'store'))
        self.top.msg_connect((self.demodulator, 'control'), (self.control, 'store'))

    def run(self, messages, payloads, frames):
        """Until so many payloads and reports of the Es/N0 have arrived."""
        self.top.start()
        try:
            for message in messages:
                self.framer.to_basic_block()._post(pmt.intern('in'), message)
            done = fx.wait_until(lambda: self.debug.num_messages() >= payloads and
                                 self.snr.num_messages() >= frames)
        finally:
            self.top.stop()
            self.top.wait()
        if not done:
            raise AssertionError([pmt.to_python(b.stats()) for b in (
                self.framer, self.source, self.detector, self.demodulator)])
        return [self.debug.get_message(i) for i in range(self.debug.num_messages())]


class RadioLink(unittest.TestCase):

    def check(self, snr_db, profile='standard', frames=FRAMES, **channel):
        """Every frame arrives once and in order; its errors are those of the noise."""
        sent = [bx.symbols(4 * (1 + 5 * i % 23), i) for i in range(frames)]
        link = Link(profile, snr_db=snr_db, seed=7, **channel)
        got = link.run([bx.symbol_pdu(data, frame_id=1000 + i)
                        for i, data in enumerate(sent)], frames, frames)
        low = 1000 & 0xff  # all that the receiver is told of the first number
        self.assertEqual([fx.key(m, 'frame_id') for m in got],
                         list(range(low, low + frames)))
        errors, told = [], []
        for data, message in zip(sent, got):
            self.assertEqual(fx.key(message, 'task'), 'image_reconstruction')
            self.assertEqual(len(fx.payload(message)), len(data))
            errors += list(np.abs(fx.payload(message) - data)**2)
            told += list(fx.key(message, 'noise_var'))
        self.assertEqual((link.framer.sent(), link.framer.dropped()), (frames, 0))
        # Payload that resembles a preamble is a detection now and then, the more the less
        # noise there is, but has no header.
        false_alarms = link.detector.sent() - frames
        self.assertLess(false_alarms, frames / 2)
        self.assertLessEqual(link.demodulator.dropped('no header'), false_alarms)
        self.assertEqual(link.demodulator.dropped(), link.demodulator.dropped('no header'))
        self.assertEqual(link.demodulator.sent(), frames)
        self.assertEqual(link.snr.num_messages(), frames)
        return np.mean(errors), np.mean(told), got

    def test_awgn_with_everything_unknown(self):
        for snr_db in (-6.0, 0.0, 12.0):
            with self.subTest(snr_db):
                n0 = 10**(-snr_db / 10)
                error, told, got = self.check(
                    snr_db, cfo=0.008, phase=1.0, delay=0.37, clock_ppm=10.0, gain_db=-20.0)
                # Some 1800 symbols: their mean error has a deviation of 2.4 %; the pilots
                # and the equaliser may cost 0.5 dB.
                self.assertLess(error, 1.12 * 1.1 * n0)
                # And the noise told is the noise there is, within 1 dB.
                self.assertAlmostEqual(10 * np.log10(told / error), 0, delta=1)
                measured = np.mean([fx.key(m, 'snr_db') for m in got])
                self.assertAlmostEqual(measured, snr_db, delta=0.5)

    def test_multipath(self):
        error, _, _ = self.check(6.0, 'multipath', multipath='three_tap', cfo=-0.005)
        self.assertLess(error, 2 * 10**-0.6)

    def test_short_profile(self):
        error, _, _ = self.check(12.0, 'short', cfo=0.003)
        self.assertLess(error, 1.12 * 1.1 * 10**-1.2)

    def test_ofdm(self):
        error, _, _ = self.check(12.0, 'ofdm', cfo=0.003, multipath='two_tap')
        self.assertLess(error, 2 * 10**-1.2)

    def test_samples_of_several_modalities(self):
        """The parts of a sample travel together and meet again by frame_id."""
        task = 'visual_question_answering'
        messages, expected = [], []
        for i in range(10):
            for modality, count in (('text', 3), ('image', 5)):
                messages.append(bx.symbol_pdu(bx.symbols(count, i), task, modality,
                                              frame_id=i))
            expected += [(i, 'image'), (i, 'text')]
        for grouping, frames in ((udeepsc.frame_grouping.sample, 10),
                                 (udeepsc.frame_grouping.payload, 20)):
            with self.subTest(grouping):
                link = Link('short', grouping=grouping, snr_db=12.0)
                got = [(fx.key(m, 'frame_id'), fx.key(m, 'modality'))
                       for m in link.run(messages, 20, frames)]
                self.assertEqual(sorted(got), expected)
                if frames == 10:
                    self.assertEqual(got, expected)
                self.assertEqual(link.framer.sent(), frames)
                self.assertGreaterEqual(link.detector.sent(), frames)

    def test_the_truth_travels_by_tag_and_helps_nobody(self):
        """Keys of the transmitter reach the sink; without their tag all else is equal."""
        channel = dict(snr_db=6.0, delay=1234.5, clock_ppm=-20.0, multipath='late_peak')
        messages = [bx.symbol_pdu(bx.symbols(16, i), frame_id=i, reference=f'truth {i}')
                    for i in range(20)]
        got = Link(**channel).run(messages, 20, 20)
        self.assertEqual([fx.key(m, 'reference') for m in got],
                         [f'truth {i}' for i in range(20)])
        alone = Link(tags=False, **channel).run(messages, 20, 20)
        self.assertEqual([fx.key(m, 'reference') for m in alone], [None] * 20)
        self.assertEqual([fx.key(m, 'frame_id') for m in alone], list(range(20)))

    def test_samples_share_frames(self):
        """In every profile: fewer bursts than samples, and each payload has its own keys."""
        for profile in bx.phy.frame_profile.names():
            with self.subTest(profile):
                sent = [bx.symbols(200, i) for i in range(24)]
                link = Link(profile, max_frame_symbols=1600, snr_db=20.0, cfo=0.002,
                            clock_ppm=20.0, framer=dict(hold_ms=2000))
                got = link.run([bx.symbol_pdu(data, frame_id=i, reference=f'truth {i}')
                                for i, data in enumerate(sent)], 24, 3)
                self.assertEqual([fx.key(m, 'frame_id') for m in got], list(range(24)))
                self.assertEqual([fx.key(m, 'reference') for m in got],
                                 [f'truth {i}' for i in range(24)])
                self.assertEqual(link.framer.sent(), 3)
                self.assertEqual(link.framer.samples_sent(), 24)
                for data, message in zip(sent, got):
                    self.assertLess(np.mean(np.abs(fx.payload(message) - data)**2), 0.03)

    def test_addresses(self):
        """A receiver takes what is for it and for all; the rest is counted."""
        messages = [bx.symbol_pdu(bx.symbols(40, i), frame_id=i) for i in range(3)]
        for destination, heard in ((7, True), (255, True), (8, False)):
            link = Link(address=7, snr_db=20.0,
                        framer=dict(address=42, destination=destination))
            if heard:
                got = link.run(messages, 3, 3)
                self.assertEqual([fx.key(m, 'source') for m in got], [42] * 3)
                self.assertEqual([fx.key(m, 'destination') for m in got], [destination] * 3)
                continue
            link.framer.set_destination(destination)
            link.top.start()
            for message in messages:
                link.framer.to_basic_block()._post(pmt.intern('in'), message)
            self.assertTrue(fx.wait_until(
                lambda: link.demodulator.dropped('other address') == 3))
            link.top.stop()
            link.top.wait()
            self.assertEqual(link.demodulator.sent(), 0)

    def test_what_else_a_frame_tells(self):
        """Layer, positions, and whether every decision was right."""
        told = dict(positions=udeepsc.frame_positions.mask, check=udeepsc.frame_check.crc16)
        link = Link(max_frame_symbols=16384, snr_db=25.0, tags=False,
                    framer=dict(hold_ms=500, **told))
        messages = [bx.symbol_pdu(bx.symbols(12, i), frame_id=i, layer=i, kept=[i, 5, 60],
                                  candidates=64) for i in range(3)]
        got = link.run(messages, 3, 1)
        self.assertEqual([fx.key(m, 'layer') for m in got], [0, 1, 2])
        self.assertEqual([list(fx.key(m, 'kept')) for m in got], [[i, 5, 60] for i in range(3)])
        self.assertEqual([fx.key(m, 'candidates') for m in got], [64] * 3)
        self.assertEqual([fx.key(m, 'integrity') for m in got], ['intact'] * 3)
        noisy = Link(snr_db=3.0, framer=dict(check=udeepsc.frame_check.crc16))
        got = noisy.run([bx.symbol_pdu(bx.symbols(200), frame_id=1)], 1, 1)
        self.assertEqual(fx.key(got[0], 'integrity'), 'damaged')

    def test_control_messages(self):
        """Exact, in frames of their own; bad ones are counted, and the good ones go on."""
        link = Link(snr_db=-3.0)
        task = 'image_reconstruction'
        bad = [
            (fx.meta(), fx.u8(b'x'), 'bad key'),
            (fx.meta(control='tea'), fx.u8(b'x'), 'bad key'),
            (fx.meta(control='text'), fx.u8(b''), 'wrong shape'),
            (fx.meta(control='text'), fx.u8(bytes(254)), 'wrong shape'),
            (fx.meta(control='text'), fx.f32([1.0]), 'wrong type'),
            (fx.meta(control='csi'), fx.u8(b''), 'bad key'),
            (fx.meta(control='csi', snr_db=1e9), fx.u8(b''), 'bad key'),
            (fx.meta(control='acknowledgement', task='tea'), fx.u8(b''), 'unknown task'),
        ]
        link.top.start()

        def post(keys, payload):
            link.framer.to_basic_block()._post(pmt.intern('control'), pmt.cons(keys, payload))

        for keys, payload, _ in bad:
            post(keys, payload)
        post(fx.meta(control='text'), fx.u8('later, please'.encode()))
        post(fx.meta(control='csi', frame_id=300, snr_db=-2.5), fx.u8(b''))
        post(fx.meta(control='acknowledgement', frame_id=9, task=task), fx.u8(b''))
        arrived = fx.wait_until(lambda: link.control.num_messages() == 3)
        link.top.stop()
        link.top.wait()
        self.assertTrue(arrived, pmt.to_python(link.demodulator.stats()))
        for reason in {reason for _, _, reason in bad}:
            self.assertEqual(link.framer.dropped(reason), sum(r == reason for _, _, r in bad))
        text, csi, acknowledgement = [link.control.get_message(i) for i in range(3)]
        self.assertEqual(bytes(pmt.u8vector_elements(pmt.cdr(text))), b'later, please')
        self.assertEqual(fx.key(text, 'control'), 'text')
        self.assertEqual((fx.key(csi, 'frame_id'), fx.key(csi, 'snr_db')), (300 % 256, -2.5))
        self.assertEqual((fx.key(acknowledgement, 'frame_id'), fx.key(acknowledgement, 'task')),
                         (9, task))

    def test_another_profile_hears_nothing(self):
        """The control: a receiver for another frame decodes none of it."""
        link = Link('multipath', snr_db=20.0)
        link.framer.set_profile('standard')
        link.top.start()
        try:
            for i in range(5):
                link.framer.to_basic_block()._post(
                    pmt.intern('in'), bx.symbol_pdu(bx.symbols(16), frame_id=i))
            self.assertTrue(fx.wait_until(lambda: link.source.sent() == 5))
            # Until what was sent has passed the detector for sure.
            passed = link.detector.nitems_read(0) + 2 * bx.longest_frame('multipath')
            self.assertTrue(fx.wait_until(lambda: link.detector.nitems_read(0) > passed))
        finally:
            link.top.stop()
            link.top.wait()
        self.assertEqual(link.demodulator.sent(), 0)


if __name__ == '__main__':
    unittest.main()
