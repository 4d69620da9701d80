#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the live window makes of messages, without a window."""

import math
import unittest

import fixture as fx
import numpy as np
import pmt
import task_view_fixture as tv
from gnuradio.udeepsc.pdus import bytes_of
from gnuradio.udeepsc.quality import psnr_db
from gnuradio.udeepsc.task_view_history import History
from gnuradio.udeepsc.task_view_inputs import MOST_POINTS, Inputs, Kept, Symbols, is_symbols
from gnuradio.udeepsc.task_view_losses import PATIENCE_S, Losses
from gnuradio.udeepsc.task_view_state import TaskViewState, compared


class Pictures(unittest.TestCase):

    def test_tiles_make_a_picture(self):
        state = TaskViewState(grid=(2, 2))
        for number in (4, 7):  # the second picture's first and last
            state.take(tv.tile(number, 100, reference=110, snr_db=5.5, symbols=64))
        picture = state.picture()
        self.assertEqual(picture.received.shape, (8, 8, 3))
        self.assertEqual([int(picture.received[y, x, 0]) for y, x in ((0, 0), (7, 7), (0, 7))],
                         [100, 100, 128])
        self.assertEqual(picture.come.tolist(), [[True, False], [False, True]])
        self.assertEqual(picture.drawn(), {(0, 0, 4, 4), (4, 4, 4, 4)})
        self.assertEqual(picture.drawn(), set())
        # Of what has come alone.
        self.assertAlmostEqual(picture.psnr_db(), 20 * math.log10(255 / 10), 6)
        self.assertEqual(state.snr_db(), 5.5)
        self.assertEqual(state.recent['image_reconstruction'].symbols[0], 64)

    def test_psnr_is_that_of_the_whole_picture(self):
        """Put together tile by tile, some twice, the last ones cut off at the edge."""
        rng = np.random.default_rng(1)
        sent, state = rng.integers(0, 256, (7, 10, 3), dtype=np.uint8), TaskViewState()
        received = np.clip(sent + rng.integers(-20, 21, sent.shape), 0, 255).astype(np.uint8)
        padded = [np.pad(p, ((0, 1), (0, 2), (0, 0))) for p in (sent, received)]
        for row, column in ((0, 0), (0, 1), (1, 2), (0, 2), (1, 0), (1, 1), (0, 0)):
            place = np.s_[4 * row:4 * row + 4, 4 * column:4 * column + 4]
            state.take(tv.result(
                'image_reconstruction', 'picture', fx.u8(padded[1][place]), shape=[4, 4, 3],
                reference=fx.u8(padded[0][place]), picture='p', picture_size=[7, 10],
                tile=[row, column], tiles=[2, 3]))
        np.testing.assert_array_equal(state.picture().received, received)
        self.assertAlmostEqual(state.picture().psnr_db(), psnr_db(sent, received), 9)

    def test_places_are_those_that_the_source_tells(self):
        state = TaskViewState()
        state.take(tv.tile(0, 9, picture='cat.png', picture_size=[6, 7], tile=[1, 1], tiles=[2, 2]))
        received = state.picture().received
        self.assertEqual(received.shape, (6, 7, 3))  # what hangs over falls away
        self.assertEqual(int((received == 9).all(axis=2).sum()), 2 * 3)
        self.assertTrue(math.isnan(state.picture().psnr_db()))  # what was sent is unknown

    def test_what_was_sent_is_remembered(self):
        """Results over a radio bring no reference, and a number of 8 bits."""
        state, pixels = TaskViewState(grid=(2, 2)), np.full((4, 4, 3), 90, np.uint8)
        state.remember(fx.image_pdu(pixels, frame_id=258))
        state.remember(fx.text_pdu('a good film', frame_id=3))
        state.take(tv.tile(2, 100))
        state.take(tv.sentence('a bad film', frame_id=3))
        self.assertAlmostEqual(state.picture().psnr_db(), 20 * math.log10(255 / 10), 6)
        self.assertEqual(state.sentences[0].sent, 'a good film')


class Answers(unittest.TestCase):

    def test_figures_are_of_the_last(self):
        state = TaskViewState(last=2)
        for right in ('cat', 'dog', 'dog'):
            state.take(tv.label('dog', [0.1, 0.9], reference=right))
        self.assertEqual(state.recent['image_classification'].mean(), 1.0)
        self.assertEqual(state.recent['image_classification'].come, 3)
        self.assertTrue(state.answers['image_classification'].right)

    def test_words(self):
        state = TaskViewState()
        state.take(tv.sentence('a bad film', 'a good film'))
        self.assertAlmostEqual(state.recent['text_reconstruction'].mean(), 2 / 3)
        self.assertEqual(compared('a good film', 'a bad film'),
                         [('a', True), ('bad', False), ('film', True)])

    def test_an_answer_has_what_was_asked(self):
        task, state = 'visual_question_answering', TaskViewState()
        pixels = fx.picture(3, 8)
        state.remember(fx.image_pdu(pixels, task, frame_id=7))
        state.remember(fx.text_pdu('is there a circle?', task, frame_id=7))
        state.remember(tv.sound_pdu([0.0, 0.25, -0.5], frame_id=7))
        state.take(tv.label('yes', [0.2, 0.8], task, frame_id=7, reference='no'))
        answer = state.answers[task]
        self.assertEqual(sorted(answer.inputs), ['picture', 'text'])
        np.testing.assert_array_equal(answer.inputs['picture'], pixels)
        self.assertEqual(answer.inputs['text'], 'is there a circle?')
        self.assertEqual((answer.truth, answer.right), ('no', False))
        state.take(tv.label('seven', [1.0], 'speech_classification', frame_id=7))
        self.assertEqual(state.answers['speech_classification'].inputs['wave'].tolist(),
                         [0.0, 0.5, -1.0])
        state.take(tv.label('seven', [1.0], 'speech_classification', frame_id=8))
        self.assertEqual(state.answers['speech_classification'].inputs, {})

    def test_probabilities_that_are_none(self):
        state = TaskViewState()
        state.take(tv.label('x', [math.nan, math.inf, -1.0]))
        self.assertEqual(state.answers['image_classification'].probabilities.tolist(), [0, 1, 0])

    def test_snr_is_what_the_gain_left_of_it(self):
        """Behind block_fading_channel: N0 / |h|^2, not what the selector chose for."""
        state = TaskViewState()
        state.take(tv.label('x', [1.0], channel='rayleigh', noise_var=0.01, snr_db=6.0))
        self.assertAlmostEqual(state.snr_db(), 20.0)

    def test_what_is_no_result_is_counted(self):
        state, bad = TaskViewState(), tv.garbage()
        for message in bad:
            state.take(message)
        self.assertEqual(state.bad, len(bad))
        self.assertEqual((len(state.board.pictures), len(state.sentences), len(state.answers)), (0, 0, 0))
        for message in tv.garbage()[:12]:
            state.remember(message)
        self.assertGreaterEqual(state.bad, len(bad) + 11)
        for number in range(1000):  # tasks without end take no memory without end
            state.take(tv.label('x', [1.0], f'task {number}'))
        self.assertLess(len(state.recent), 100)


class Memory(unittest.TestCase):

    def test_inputs_are_forgotten(self):
        inputs = Inputs()
        for number in range(1000):
            inputs.add('text_reconstruction', number, 'text', fx.text_pdu(f'text {number}'))
        self.assertEqual(inputs.of('text_reconstruction', 999), {'text': 'text 999'})
        self.assertEqual(inputs.of('text_reconstruction', 999 % 256), {'text': 'text 999'})
        self.assertEqual(inputs.of('image_reconstruction', 999), {})

    def test_bytes(self):
        for values in ([], [7], list(range(256))):
            vector = pmt.init_u8vector(len(values), values)
            self.assertEqual(bytes_of(vector).tolist(), values)
        with self.assertRaises(ValueError):
            bytes_of(fx.f32([1.0]))

    def test_symbols(self):
        memory = Symbols()
        self.assertEqual(memory.points().size, 0)
        for number in range(100):
            memory.add(tv.symbols(np.full(64, number), number=number))
        points = memory.points()
        self.assertEqual(points.size, MOST_POINTS)
        self.assertEqual((points[0], points[-1]), (99, 100 - MOST_POINTS // 64))
        memory.add(tv.symbols([math.nan, 1j]))
        self.assertEqual(memory.points()[0], 1j)
        self.assertEqual([is_symbols(m) for m in tv.garbage()], [False] * len(tv.garbage()))

    def test_kept(self):
        kept = Kept(most=2)
        kept.take(fx.meta(task='a', modality='image', kept=[0, 3], candidates=17, frame_id=1))
        self.assertEqual(kept.maps['a', 'image'], ([0, 3], 17, 1))
        for about in (fx.meta(task='b', modality='image', kept=[0, 3, 1], candidates=17),
                      fx.meta(task='b', modality='image', kept=[0, 17], candidates=17),
                      fx.meta(task='b', modality='image', kept=[-1, 3], candidates=17),
                      fx.meta(task='b', modality='image')):
            kept.take(about)
        self.assertEqual(list(kept.maps), [('a', 'image')])
        for task in 'bc':
            kept.take(fx.meta(task=task, modality='text', kept=[1], candidates=2))
        self.assertEqual(list(kept.maps), [('b', 'text'), ('c', 'text')])

    def test_history(self):
        history = History(last=2)
        for snr_db, score in ((3.2, 9.0), (2.9, 1.0), (3.1, 2.0), (-6.0, 0.5), (math.nan, 7.0),
                              (1e9, 7.0), (3.0, math.nan)):
            history.add(snr_db, score)
        self.assertEqual(history.means(), [(-6, 0.5), (3, 1.5)])  # of the last two
        self.assertEqual(len(history.points), 4)


class Lost(unittest.TestCase):

    def setUp(self):
        self.now = 0.0
        self.losses = Losses(clock=lambda: self.now)

    def send(self, number, modality='image'):
        self.losses.add_sent('t', number, modality)

    def arrive(self, number):
        self.losses.add_arrived('t', number)

    def test_what_does_not_come_is_lost(self):
        for number in range(10):
            self.send(number)
        self.now = PATIENCE_S / 2
        for number in (0, 1, 2, 3, 4, 6, 7, 8):
            self.arrive(number)
        self.assertEqual(self.losses.lost(), 0)  # 5 and 9 may be under way
        self.now = PATIENCE_S + 1
        self.assertEqual((self.losses.lost(), self.losses.sent), (2, 10))
        self.arrive(9)  # late
        self.assertEqual(self.losses.lost(), 1)

    def test_modalities_are_one_sample(self):
        for number in (0, 1):
            self.send(number, 'image')
        for number in (0, 1):
            self.send(number, 'text')
        self.assertEqual(self.losses.sent, 2)
        self.send(0, 'text')  # once more: another sample, and the first never came
        self.assertEqual((self.losses.sent, self.losses.lost()), (3, 1))

    def test_numbers_over_the_air_have_8_bits(self):
        for number in range(300, 304):
            self.send(number)
        for number in range(300 - 256, 304 - 256):
            self.arrive(number)
        self.now = PATIENCE_S + 1
        self.assertEqual(self.losses.lost(), 0)


if __name__ == '__main__':
    unittest.main()
