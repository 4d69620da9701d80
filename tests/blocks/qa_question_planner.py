#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Complex questions: their plans, and the block that asks step by step."""

import itertools
import unittest

import numpy as np
import pmt
from gnuradio import blocks, udeepsc
from gnuradio.udeepsc.question_plans import PlanError, answer_by_plan, plan_of

import fixture as fx

NOW = {'circle': 3, 'triangle': 1}
BEFORE = {'circle': 1, 'triangle': 1}


def counts(question):
    """Answers the simple questions about the two pictures."""
    kind = question.split()[2][:-1]
    if question == f'How many {kind}s were in the last picture?':
        return str(NOW[kind])
    if question == f'How many {kind}s were in the picture before the last one?':
        return str(BEFORE[kind])
    raise AssertionError(f'not a simple question: {question}')


class Plans(unittest.TestCase):

    def test_known_questions(self):
        for question, expected in (
                ('How many circles are in this picture and the last one?', '4'),
                ('how many circles are there in this picture and in the previous picture', '4'),
                ('How many circles are in both pictures?', '4'),
                ('How many circles and triangles are in this picture?', '4'),
                ('How many more circles are in this picture than in the last one?', '2'),
                ('Are there more circles in this picture than in the last one?', 'yes'),
                ('Are there fewer circles in this picture than in the last one?', 'no'),
                ('Are there as many triangles in this picture as in the last one?', 'yes'),
                ('Are there as many circles in this picture as in the last one?', 'no'),
                ('Are there more triangles than circles in this picture?', 'no')):
            with self.subTest(question):
                answer, log = answer_by_plan(question, counts)
                self.assertEqual(answer, expected)
                self.assertEqual(len(log), 3)
                self.assertTrue(log[-1].endswith(f': {expected}'))

    def test_each_step_is_shown(self):
        _, log = answer_by_plan('How many circles are in this picture and the last one?', counts)
        self.assertEqual(log, ['How many circles were in the last picture? 3',
                               'How many circles were in the picture before the last one? 1',
                               '3 + 1: 4'])

    def test_other_questions_are_asked_as_they_are(self):
        for question in ('What is in this picture?', '', 'how many', 'How many circles?'):
            self.assertIsNone(plan_of(question))
        answer, log = answer_by_plan('What is it?', lambda question: 'a circle')
        self.assertEqual((answer, log), ('a circle', ['What is it? a circle']))

    def test_an_answer_that_is_no_number(self):
        for answer in ('yes', '', '-1', '1e9', '3.5', '99999999'):
            with self.assertRaises(PlanError):
                answer_by_plan('How many circles are in both pictures?', lambda question: answer)


class Planner(unittest.TestCase):

    def setUp(self):
        self.planner = udeepsc.question_planner(timeout_s=30)
        self.sent = itertools.count(1)

    def next(self, bench):
        """(number, words) of the next question that comes out."""
        message = bench.received(next(self.sent))[-1]
        self.assertEqual(fx.key(message, 'modality'), 'question')
        return fx.key(message, 'frame_id'), bytes(fx.payload(message)).decode()

    def answer(self, bench, number, name):
        bench.post(pmt.cons(fx.meta(frame_id=number, class_name=name), fx.f32([1.0])), 'answers')

    def test_asks_step_by_step(self):
        plans = fx.Bench(self.planner, out='plan')
        out = blocks.message_debug()
        plans.top.msg_connect((self.planner, 'out'), (out, 'store'))

        def question(count):
            self.assertTrue(fx.wait_until(lambda: out.num_messages() >= count))
            message = out.get_message(count - 1)
            return fx.key(message, 'frame_id'), bytes(fx.payload(message)).decode()

        with plans as bench:
            for grey in (10, 20):
                bench.post(fx.image_pdu(np.full((32, 32, 3), grey, np.uint8)), 'picture')
            self.assertTrue(fx.wait_until(lambda: out.num_messages() == 2))
            pictures = [out.get_message(i) for i in range(2)]
            self.assertEqual([fx.key(m, 'frame_id') for m in pictures], [0, 1])
            self.assertEqual([fx.key(m, 'modality') for m in pictures], ['image'] * 2)
            bench.post(pmt.intern('How many circles are in this picture and the last one?'), 'ask')
            bench.post(pmt.intern('What colour is it?'), 'ask')  # waits
            number, words = question(3)
            self.assertEqual((number, words), (2, 'How many circles were in the last picture?'))
            self.answer(bench, 77, '9')  # of somebody else
            self.answer(bench, number, '3')
            number, words = question(4)
            self.assertIn('before the last one', words)
            self.answer(bench, number, '1')
            number, words = question(5)
            # In the frame of the newest picture, which it is about.
            self.assertEqual((number, words), (1, 'What colour is it?'))
            self.answer(bench, number, 'red')
            steps = bench.received(6)
        shown = [(fx.key(m, 'plan'), bytes(fx.payload(m)).decode()) for m in steps]
        self.assertEqual([name for name, _ in shown],
                         ['step', 'step', 'step', 'answer', 'step', 'answer'])
        self.assertEqual([text for _, text in shown[2:]],
                         ['3 + 1: 4', '4', 'What colour is it? red', 'red'])

    def test_pictures_wait_for_the_answer(self):
        """One that came in between would be another "last picture"."""
        with fx.Bench(self.planner) as bench:
            source = fx.meta(modality='question', reference='4')
            for message in (fx.image_pdu(fx.picture(1)),
                            pmt.cons(source, fx.u8(b'How many circles are in both pictures?')),
                            fx.image_pdu(fx.picture(2)),
                            pmt.cons(pmt.PMT_NIL, fx.u8(b'Who?'))):
                bench.post(message, 'in')
            bench.received(2)
            self.assertTrue(fx.wait_until(lambda: self.planner.received() == 4))
            self.answer(bench, 1, '3')
            self.answer(bench, fx.key(bench.received(3)[2], 'frame_id'), '1')
            came = bench.received(5)
        self.assertEqual([fx.key(m, 'modality') for m in came],
                         ['image', 'question', 'question', 'image', 'question'])
        self.assertEqual([fx.key(m, 'frame_id') for m in came], [0, 1, 2, 3, 3])

    def test_a_new_story_is_passed_on(self):
        with fx.Bench(self.planner) as bench:
            for number in (5, 6, 70, 71):
                bench.post(fx.image_pdu(fx.picture(), frame_id=number), 'in')
            came = bench.received(4)
        self.assertEqual([fx.key(m, 'frame_id') for m in came], [0, 1, 66, 67])

    def test_what_cannot_be_answered_is_given_up(self):
        self.planner = udeepsc.question_planner(timeout_s=0.05)
        with fx.Bench(self.planner) as bench:
            bench.post(pmt.intern('Who?'), 'ask')
            self.assertTrue(fx.wait_until(lambda: self.planner.dropped('incomplete') == 1))
        self.planner = udeepsc.question_planner(timeout_s=30)
        with fx.Bench(self.planner) as bench:
            bench.post(pmt.intern('How many circles are in both pictures?'), 'ask')
            bench.post(pmt.intern('Who?'), 'ask')
            number, _ = self.next(bench)
            self.answer(bench, number, 'a circle')
            self.assertEqual(self.next(bench)[1], 'Who?')
            self.assertEqual(self.planner.dropped('bad sample'), 1)

    def test_malformed_messages(self):
        with fx.Bench(self.planner) as bench:
            for message in (pmt.PMT_NIL, pmt.from_long(3), pmt.intern(' ')):
                bench.post(message, 'ask')
            for message in (pmt.PMT_NIL, pmt.cons(fx.meta(shape=[4, 4, 3]), fx.u8(fx.picture()))):
                bench.post(message, 'picture')
            self.assertTrue(fx.wait_until(lambda: self.planner.dropped() == 5))
            for message in (pmt.PMT_NIL, pmt.from_long(1)):
                bench.post(message, 'answers')
            bench.post(pmt.intern('Who?'), 'ask')
            self.assertEqual(self.next(bench)[1], 'Who?')
        for more in ({'tile': 4}, {'timeout_s': 0.0}, {'timeout_s': float('nan')}):
            with self.assertRaises(ValueError):
                udeepsc.question_planner(**more)


if __name__ == '__main__':
    unittest.main()
