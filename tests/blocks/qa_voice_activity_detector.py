#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""voice_activity_detector and microphone_source: where pieces begin and end."""

import time
import unittest
import wave

import numpy as np
from gnuradio import blocks, gr, udeepsc
from gnuradio.udeepsc.pdu_counters import PduCounters

import fixture as fx

RATE = 8000


def tone(seconds, level_db=-10.0):
    """Mean power level_db against full scale."""
    at = np.arange(round(seconds * RATE)) / RATE
    return np.sqrt(2) * 10**(level_db / 20) * np.sin(2 * np.pi * 400 * at)


def hiss(seconds, level_db=-60.0, seed=1):
    return 10**(level_db / 20) * np.random.default_rng(seed).standard_normal(round(seconds * RATE))


class Collector(PduCounters, gr.basic_block):
    """Keeps what comes, also what comes while the block in front stops."""

    def __init__(self, wait_s=0.0):
        gr.basic_block.__init__(self, 'collector', None, None)
        self.messages, self._wait_s = [], wait_s
        self.init_counters()
        self.add_input('in', self.take)

    def take(self, message):
        time.sleep(self._wait_s)
        self.messages.append(message)


def pieces_of(sound, detector=None, **parameters):
    """PDUs of a stream, and the detector."""
    detector = detector or udeepsc.voice_activity_detector(RATE, **parameters)
    top, collector = gr.top_block(), Collector()
    top.connect(blocks.vector_source_f(np.asarray(sound, np.float32).tolist()), detector)
    top.msg_connect((detector, 'out'), (collector, 'in'))
    top.run()
    if len(collector.messages) != detector.sent():
        raise AssertionError(f'{len(collector.messages)} of {detector.sent()} came')
    return collector.messages, detector


def seconds_of(message):
    return len(fx.payload(message)) / RATE


class Pieces(unittest.TestCase):

    def test_two_words_and_what_is_said_of_them(self):
        words = [tone(0.4), tone(0.6, -20)]
        sound = np.concatenate([hiss(0.5), words[0], hiss(0.5), words[1], hiss(0.5)])
        got, detector = pieces_of(sound, margin_s=0.05)
        self.assertEqual(len(got), 2)
        for i, (message, word) in enumerate(zip(got, words)):
            self.assertEqual(fx.key(message, 'frame_id'), i)
            self.assertEqual(fx.key(message, 'task'), 'speech_classification')
            self.assertEqual(fx.key(message, 'modality'), 'speech')
            self.assertEqual(fx.key(message, 'sample_rate'), RATE)
            self.assertEqual(fx.shaped(message).shape[1], 1)
            # The word, a margin on either side, and not a frame more.
            self.assertAlmostEqual(seconds_of(message), len(word) / RATE + 0.1, delta=0.021)
        # The samples themselves, bit for bit.
        start = round(0.45 * RATE)
        heard = fx.payload(got[0])
        np.testing.assert_array_equal(
            heard, np.asarray(sound, np.float32)[start:start + len(heard)])
        self.assertEqual(detector.dropped(), 0)

    def test_the_end_of_the_stream_ends_a_piece(self):
        got, _ = pieces_of(np.concatenate([hiss(0.3), tone(0.3)]))
        self.assertEqual(len(got), 1)
        self.assertAlmostEqual(seconds_of(got[0]), 0.35, delta=0.011)

    def test_silence_is_silent(self):
        for sound in (np.zeros(RATE), hiss(1.0, -55), np.zeros(5)):
            got, detector = pieces_of(sound)
            self.assertEqual((len(got), detector.dropped()), (0, 0))

    def test_a_gap_within_a_word(self):
        sound = np.concatenate([tone(0.2), hiss(0.15), tone(0.2), hiss(0.5)])
        self.assertEqual(len(pieces_of(sound, silence_s=0.25)[0]), 1)
        self.assertEqual(len(pieces_of(sound, silence_s=0.1, margin_s=0.02)[0]), 2)

    def test_the_threshold(self):
        sound = np.concatenate([hiss(0.3), tone(0.3, -30), hiss(0.3)])
        self.assertEqual(len(pieces_of(sound, threshold_db=-31)[0]), 1)
        self.assertEqual(len(pieces_of(sound, threshold_db=-29)[0]), 0)
        detector = udeepsc.voice_activity_detector(RATE, threshold_db=-29)
        detector.set_threshold_db(-31)
        self.assertEqual(len(pieces_of(sound, detector)[0]), 1)

    def test_a_click_is_too_short(self):
        got, detector = pieces_of(np.concatenate([hiss(0.3), tone(0.03), hiss(0.5), tone(0.2)]))
        self.assertEqual((len(got), detector.dropped('too short')), (1, 1))

    def test_what_is_too_long_is_cut(self):
        got, _ = pieces_of(tone(2.5), longest_s=1.0, margin_s=0.0)
        self.assertEqual([round(seconds_of(m), 2) for m in got], [1.0, 1.0, 0.5])
        np.testing.assert_array_equal(np.concatenate([fx.payload(m) for m in got]),
                                      np.asarray(tone(2.5), np.float32))

    def test_what_is_not_finite(self):
        sound = np.concatenate([hiss(0.3), tone(0.3), hiss(0.3)])
        sound[[10, 3000]] = np.nan, np.inf
        got, detector = pieces_of(sound)
        self.assertEqual(len(got), 1)
        self.assertTrue(np.isfinite(fx.payload(got[0])).all())
        self.assertGreaterEqual(detector.dropped('not finite'), 1)

    def test_a_slow_network_holds_the_stream_back(self):
        """No inbox grows, and every word is there in the end."""
        sound = np.tile(np.concatenate([tone(0.1), hiss(0.1)]), 100)
        detector = udeepsc.voice_activity_detector(RATE, silence_s=0.05, shortest_s=0.05,
                                                   margin_s=0.0)
        waiting = []

        class Slow(Collector):
            def take(self, message):
                Collector.take(self, message)
                waiting.append(detector.sent() - len(self.messages))

        slow, top = Slow(0.005), gr.top_block()
        top.connect(blocks.vector_source_f(sound.astype(np.float32).tolist()), detector)
        top.msg_connect((detector, 'out'), (slow, 'in'))
        top.run()
        self.assertEqual(len(slow.messages), 100)
        # 16 in the inbox, and the one under way.
        self.assertLessEqual(max(waiting), 17)

    def test_bad_parameters(self):
        for parameters, words in (
                ({'sample_rate': 10}, 'sample_rate: got 10'), ({'silence_s': 0}, 'silence_s'),
                ({'shortest_s': 0}, 'shortest_s'), ({'longest_s': 61}, 'longest_s'),
                ({'margin_s': 1.0}, 'margin_s: got 1.0, expected 0 to 0.25'),
                ({'threshold_db': 3}, 'threshold_db: got 3, expected -120 to 0')):
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                udeepsc.voice_activity_detector(**parameters)


def write_wav(name, channels):
    path = fx.temporary(name)
    samples = np.stack(channels, 1)
    with wave.open(path, 'wb') as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).astype('<i2').tobytes())
    return path


class Microphone(unittest.TestCase):

    def test_a_file_in_its_place(self):
        left = np.concatenate([hiss(0.4), tone(0.3), hiss(0.4), tone(0.3), hiss(0.4)])
        for name, channels in (('mono.wav', [left]), ('stereo.wav', [left, 0.5 * left])):
            with self.subTest(name):
                source = udeepsc.microphone_source(write_wav(name, channels))
                top, debug = gr.top_block(), blocks.message_debug()
                top.msg_connect((source, 'out'), (debug, 'store'))
                top.start()
                self.assertTrue(fx.wait_until(lambda: debug.num_messages() == 2))
                top.stop()
                top.wait()
                heard = fx.payload(debug.get_message(0))
                self.assertEqual(fx.key(debug.get_message(0), 'sample_rate'), RATE)
                start = round(0.35 * RATE)
                mean = np.mean(channels, 0)[start:start + len(heard)]
                np.testing.assert_allclose(heard, mean, atol=1e-4)

    def test_what_is_no_microphone(self):
        no_sound = fx.temporary('no.wav')
        with open(no_sound, 'w', encoding='utf-8') as file:
            file.write('I am no sound')
        with self.assertRaisesRegex(ValueError, 'no.wav.*is no WAV file'):
            udeepsc.microphone_source(no_sound)
        with self.assertRaisesRegex(ValueError, "microphone 'nobody'.*48000 Hz.*arecord"):
            udeepsc.microphone_source('nobody')


if __name__ == '__main__':
    unittest.main()
