#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stories line by line: from a list, from a file of bAbI, and typed."""

import unittest

import fixture as fx
import pmt
from gnuradio import udeepsc

BABI = ('1 Mary moved to the bathroom.\n2 John went to the hallway.\n'
        '3 Where is Mary? \tbathroom\t1\n1 Daniel went back.\n2 Where is Daniel? \tback\t1\n')


def words(message):
    return bytes(fx.payload(message)).decode()


class Stories(unittest.TestCase):

    def test_a_file_of_babi(self):
        path = fx.temporary('qa1.txt')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(BABI)
        source = udeepsc.story_source(file=path)
        with fx.Bench(source) as bench:
            came = bench.received(5)
        self.assertEqual([words(m) for m in came],
                         ['Mary moved to the bathroom.', 'John went to the hallway.',
                          'Where is Mary?', 'Daniel went back.', 'Where is Daniel?'])
        self.assertEqual([fx.key(m, 'modality') for m in came],
                         ['sentence', 'sentence', 'question', 'sentence', 'question'])
        # A new story is 64 numbers ahead.
        self.assertEqual([fx.key(m, 'frame_id') for m in came], [0, 1, 2, 67, 68])
        self.assertEqual([fx.key(came[i], 'reference') for i in (2, 4)], ['bathroom', 'back'])
        self.assertEqual(bytes(fx.key(came[0], 'reference')).decode(), words(came[0]))
        self.assertEqual({fx.key(m, 'task') for m in came}, {'story_question_answering'})

    def test_plain_lines_and_repeats(self):
        source = udeepsc.story_source(['A dog.', 'Is it a dog?\tyes', '', 'A cat.'], repeat=2)
        with fx.Bench(source) as bench:
            came = bench.received(6)
        self.assertEqual([fx.key(m, 'frame_id') for m in came], [0, 1, 66, 131, 132, 197])
        self.assertEqual(fx.key(came[1], 'reference'), 'yes')

    def test_a_task_that_takes_sentences_alone(self):
        source = udeepsc.story_source(['What is it?'], task='intention', questions='sentence')
        with fx.Bench(source) as bench:
            self.assertEqual(fx.key(bench.received(1)[0], 'modality'), 'sentence')

    def test_typed_words(self):
        source = udeepsc.story_source(task='another')
        with fx.Bench(source) as bench:
            bench.post(pmt.intern('Mary  is here.'), 'say')
            bench.post(pmt.cons(pmt.intern('say'), pmt.intern('Who is here?')), 'say')
            bench.received(2)
            bench.post(pmt.PMT_T, 'new')
            self.assertTrue(fx.wait_until(lambda: source._begins))
            bench.post(pmt.cons(pmt.PMT_NIL, fx.u8(b'John is here.')), 'say')
            came = bench.received(3)
        self.assertEqual([words(m) for m in came],
                         ['Mary is here.', 'Who is here?', 'John is here.'])
        self.assertEqual([fx.key(m, 'modality') for m in came],
                         ['sentence', 'question', 'sentence'])
        self.assertEqual([fx.key(m, 'frame_id') for m in came], [0, 1, 66])
        self.assertEqual(fx.key(came[0], 'task'), 'another')

    def test_malformed_messages_do_not_stop_the_good_one(self):
        source = udeepsc.story_source()
        with fx.Bench(source) as bench:
            for message in (pmt.PMT_NIL, pmt.from_long(3), pmt.intern('  '),
                            pmt.intern('x' * 5000), pmt.cons(pmt.PMT_NIL, pmt.from_long(3))):
                bench.post(message, 'say')
            bench.post(pmt.intern('Good.'), 'say')
            self.assertEqual(words(bench.received(1)[0]), 'Good.')
        self.assertEqual((source.dropped(), source.sent()), (5, 1))

    def test_pace(self):
        source = udeepsc.story_source(['One.'] * 5, pace=50.0)
        with fx.Bench(source) as bench:
            bench.received(1)
            source.set_pace(1e-3)  # an hour and more: the flowgraph still stops
            self.assertEqual(source.pace(), 1e-3)

    def test_bad_parameters(self):
        binary = fx.temporary('binary')
        with open(binary, 'wb') as file:
            file.write(b'\xff\xfe\x00')
        for more, word in (({'pace': -1.0}, 'pace'), ({'pace': float('nan')}, 'pace'),
                           ({'repeat': -1}, 'repeat'), ({'file': '/nowhere/at.txt'}, 'nowhere'),
                           ({'file': binary}, 'binary'), ({'lines': ['x' * 5000]}, '5000 bytes')):
            with self.subTest(more), self.assertRaisesRegex(ValueError, word):
                udeepsc.story_source(**more)


if __name__ == '__main__':
    unittest.main()
