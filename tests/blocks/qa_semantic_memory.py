#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the receiver remembers: stored apart, handed to questions, kept over a restart."""

import os
import unittest

import numpy as np
import pmt
from gnuradio import udeepsc

import fixture as fx
import memory_fixture as mf


class Remembering(unittest.TestCase):
    """A memory in a running flowgraph, and what is asked of it."""

    def bench(self, **options):
        return fx.Bench(udeepsc.semantic_memory(mf.model_path(), **options))

    def ask(self, bench, sentences, *questions):
        """What comes out when these are sent; every one of them is waited for."""
        before, out = bench.block.received(), bench.debug.num_messages()
        for message in [*sentences, *questions]:
            bench.post(message)
        self.assertTrue(fx.wait_until(lambda: bench.block.received() - before
                                      == len(sentences) + len(questions)))
        return bench.received(out + len(questions))[out:]

    def assert_context(self, message, numbers, ages=None):
        found = mf.context(message)
        self.assertEqual([age for age, _ in found],
                         ages or list(range(len(numbers)))[::-1])
        for (_, features), number in zip(found, numbers):
            np.testing.assert_array_equal(features, mf.features(number))


class Memory(Remembering):

    def test_malformed_pdus_are_dropped(self):
        with self.bench() as bench:
            cases = fx.malformed_pdus() + [
                (pmt.cons(fx.meta(task=mf.TASK, modality='sentence', shape=[3, 6]),
                          fx.u8(b'x' * 18)), 'wrong type', 'bytes'),
                (pmt.cons(fx.meta(task=mf.TASK, modality='sentence', shape=[4, 6]),
                          fx.f32(mf.features(1))), 'wrong shape', 'another shape'),
                (fx.feature_pdu(np.full((3, 6), np.nan), mf.TASK, 'sentence'), 'not finite',
                 'NaN'),
                (fx.feature_pdu(mf.features(1), mf.TASK, 'text'), 'wrong modality',
                 'a modality of another task'),
                (mf.sentence(1, source=256), 'bad key', 'no address'),
                (mf.question(1, source=-1), 'bad key', 'no address'),
                (mf.sentence(1, noise_var=-1.0), 'bad key', 'negative noise'),
                (mf.sentence(1, value='much'), 'bad key', 'a word for a value'),
                (mf.sentence(1, model_id='tiny-0123456789abcdef'), 'other model',
                 'features of another model')]
            for message, reason, what in cases:
                with self.subTest(what):
                    before = bench.block.dropped(reason)
                    bench.post(message)
                    self.assertTrue(fx.wait_until(
                        lambda: bench.block.dropped(reason) == before + 1), what)
            self.assertEqual(bench.block.size(), 0)
            [answer] = self.ask(bench, [mf.sentence(5)], mf.question())
            self.assert_context(answer, [5])

    def test_tasks_without_memory_pass_as_they_are(self):
        with self.bench() as bench:
            sent = fx.feature_pdu(mf.features(1), 'text_classification', 'text', frame_id=3,
                                  anything='else')
            unknown = fx.feature_pdu(mf.features(1), 'no_such_task', 'text')
            got = self.ask(bench, [], sent, unknown)
            self.assertTrue(pmt.equal(got[0], sent))
            self.assertTrue(pmt.equal(got[1], unknown))
            self.assertEqual(bench.block.size(), 0)

    def test_a_question_goes_on_with_what_came_before(self):
        with self.bench() as bench:
            first, second = self.ask(bench, [mf.sentence(1), mf.sentence(2), mf.sentence(3)],
                                     mf.question(1000, mine='yes'), mf.question(1001))
            self.assert_context(first, [1, 2, 3])
            self.assert_context(second, [1, 2, 3])  # a question is none of the frames
            np.testing.assert_array_equal(fx.shaped(first), mf.features(1000, 2))
            self.assertEqual(fx.key(first, 'mine'), 'yes')
            self.assertEqual(bench.block.sent(), 2)
            [third] = self.ask(bench, [mf.sentence(4)], mf.question(1002))
            self.assert_context(third, [1, 2, 3, 4])

    def test_a_question_before_anything_is_answered(self):
        with self.bench() as bench:
            [answer] = self.ask(bench, [], mf.question())
            self.assertEqual(mf.context(answer), [])
            self.assertEqual(bench.block.without_context(), 1)

    def test_transmitters_do_not_mix(self):
        with self.bench() as bench:
            sentences = [mf.sentence(i, source=i % 2) for i in range(4)]
            answers = self.ask(bench, sentences, *(mf.question(source=s) for s in (0, 1, 2)))
            self.assert_context(answers[0], [0, 2])
            self.assert_context(answers[1], [1, 3])
            self.assertEqual(mf.context(answers[2]), [])

    def test_more_than_the_model_takes(self):
        with self.bench(entries=10) as bench:
            sentences = [mf.sentence(i) for i in range(7)]
            [answer] = self.ask(bench, sentences, mf.question())
            self.assert_context(answer, [3, 4, 5, 6])
            self.assertEqual(bench.block.size(), 7)
            self.assertEqual(bench.block.context_cut(), 1)

    def test_lost_late_and_repeated_frames(self):
        with self.bench() as bench:
            sentences = [mf.sentence(i) for i in (10, 12, 11, 12)]
            [answer] = self.ask(bench, sentences, mf.question())
            self.assert_context(answer, [10, 11, 12])
            [answer] = self.ask(bench, [mf.sentence(0)], mf.question())
            self.assert_context(answer, [0])  # the transmitter began again
            stats = pmt.to_python(bench.block.stats())
            self.assertEqual((stats['late'], stats['repeated'], stats['restarts']), (1, 1, 1))

    def test_a_jump_of_the_frame_number_begins_a_new_story(self):
        for gap, expected in ((64, [70, 71]), (0, [1, 70, 71])):
            with self.bench(gap_frames=gap) as bench:
                sentences = [mf.sentence(i) for i in (1, 70, 71)]
                [answer] = self.ask(bench, sentences, mf.question())
                self.assert_context(answer, expected)

    def test_without_frame_numbers_the_block_counts(self):
        with self.bench() as bench:
            sentences = [fx.feature_pdu(mf.features(i), mf.TASK, 'sentence') for i in range(3)]
            [answer] = self.ask(bench, sentences, mf.question())
            self.assert_context(answer, [0, 1, 2])

    def test_a_picture_that_the_question_is_about(self):
        """It shares the question's number: it is no memory, and there without memory too."""
        with self.bench() as bench:
            [answer] = self.ask(bench, [mf.sentence(i) for i in (1, 2, 3)], mf.question(3))
            self.assert_context(answer, [1, 2, 3], [1, 0, -1])
            bench.block.set_memory(False)
            [answer] = self.ask(bench, [], mf.question(3))
            self.assert_context(answer, [3], [-1])

    def test_memory_off_and_on(self):
        with self.bench(memory=False) as bench:
            [answer] = self.ask(bench, [mf.sentence(1)], mf.question())
            self.assertIsNone(mf.context(answer))
            bench.block.set_memory(True)
            [answer] = self.ask(bench, [], mf.question())
            self.assert_context(answer, [1])
            bench.post(pmt.PMT_F, 'memory')
            self.assertTrue(fx.wait_until(lambda: not bench.block.memory()))
            bench.post(pmt.from_long(1), 'memory')
            self.assertTrue(fx.wait_until(lambda: bench.block.dropped('wrong type') == 1))
            self.assertFalse(bench.block.memory())

    def test_setters_while_running(self):
        with self.bench() as bench:
            block = bench.block
            self.ask(bench, [mf.sentence(i, value=float(v)) for i, v in enumerate((3, 1, 2))])
            block.set_rule('value')
            block.set_entries(2)
            self.assertEqual((block.rule(), block.entries(), block.size()), ('value', 2, 2))
            [answer] = self.ask(bench, [], mf.question())
            self.assert_context(answer, [0, 2], [2, 0])
            block.set_deadline_s(1e-6)
            [answer] = self.ask(bench, [], mf.question())
            self.assertEqual(mf.context(answer), [])
            for call, value in ((block.set_rule, 'lifo'), (block.set_entries, 0),
                                (block.set_deadline_s, -1.0)):
                with self.assertRaises(ValueError):
                    call(value)
            self.assertEqual((block.rule(), block.entries()), ('value', 2))
            block.set_deadline_s(0)
            self.ask(bench, [mf.sentence(9)])
            bench.post(pmt.PMT_NIL, 'clear')
            self.assertTrue(fx.wait_until(lambda: block.size() == 0))
            block.set_model(mf.model_path(2))
            with self.assertRaises(Exception):
                block.set_model('none of these')
            [answer] = self.ask(bench, [mf.sentence(10)], mf.question())
            self.assert_context(answer, [10])

    def test_bad_parameters(self):
        for options, word in (({'entries': 0}, 'entries'), ({'rule': 'lifo'}, 'rule'),
                              ({'duplicate': 2.0}, 'duplicate'), ({'gap_frames': 200}, 'gap_frames'),
                              ({'csi': -1}, 'csi'), ({'features': -1}, 'features'),
                              ({'bytes': -1}, 'bytes'), ({'value_weight': -1.0}, 'value_weight'),
                              ({'deadline_s': float('nan')}, 'deadline_s')):
            with self.assertRaisesRegex(ValueError, word):
                udeepsc.semantic_memory(mf.model_path(), **options)
        with self.assertRaisesRegex(ValueError, 'weights are 0'):
            udeepsc.semantic_memory(mf.model_path(), rule='joint', fifo_weight=0,
                                    freshness_weight=0, value_weight=0, correlation_weight=0)
        with self.assertRaises(Exception):
            udeepsc.semantic_memory('no such model')
        with self.assertRaisesRegex(RuntimeError, 'udeepsc-value-scorer'):
            udeepsc.semantic_memory(mf.model_path(), scorer=mf.model_path())
        with self.assertRaisesRegex(RuntimeError, 'udeepsc-shared-space'):
            udeepsc.semantic_memory(mf.model_path(), space=mf.model_path())


class SharedSpace(Remembering):

    def test_entries_have_their_places(self):
        """With the model and the space that ship; features of another size have no place there."""
        space = os.path.join(fx.SOURCE_DIR, 'models', 'udeepsc-memory.space.safetensors')
        block = udeepsc.semantic_memory('memory', rule='correlation', entries=2, space=space)
        random = np.random.default_rng(1)

        def frame(number, task, modality, shape):
            return fx.feature_pdu(random.normal(size=shape).astype(np.float32), task, modality,
                                  frame_id=number, noise_var=0.1)

        with fx.Bench(block) as bench:
            bench.post(frame(1, mf.TASK, 'sentence', (1, 60)))
            self.assertTrue(fx.wait_until(lambda: block.dropped('bad sample') == 1))
            bench.post(frame(2, mf.TASK, 'sentence', (1, 64)))
            bench.post(frame(2, 'picture_memory_question_answering', 'image', (16, 8)))
            bench.post(frame(3, mf.TASK, 'sentence', (1, 64)))
            self.assertTrue(fx.wait_until(lambda: block.received() == 4 and block.size() == 2))
        self.assertEqual(block.dropped(), 1)


class Snapshot(Remembering):

    def test_context_outlives_the_flowgraph(self):
        path = fx.temporary('context')
        with self.bench(snapshot=path) as bench:
            self.ask(bench, [mf.sentence(1), mf.sentence(2)])
        self.assertTrue(os.path.exists(path))
        with self.bench(snapshot=path) as bench:
            [answer] = self.ask(bench, [mf.sentence(3)], mf.question())
            self.assert_context(answer, [1, 2, 3])

    def test_save_and_load_while_running(self):
        path = fx.temporary('saved')
        with self.bench() as bench:
            self.ask(bench, [mf.sentence(1)])
            bench.block.save(path)
            bench.block.clear()
            bench.block.load(path)
            [answer] = self.ask(bench, [], mf.question())
            self.assert_context(answer, [1])
            with open(path, 'rb') as good, open(fx.temporary('cut'), 'wb') as cut:
                cut.write(good.read()[:-9])
            with self.assertRaisesRegex(RuntimeError, 'cut'):
                bench.block.load(fx.temporary('cut'))
            self.assertEqual(bench.block.size(), 1)

    def test_files_that_are_none_of_its_own(self):
        path = fx.temporary('another')
        with self.bench() as bench:
            self.ask(bench, [mf.sentence(1)])
            bench.block.save(path)
        with self.assertRaisesRegex(RuntimeError, 'of model'):
            udeepsc.semantic_memory(mf.model_path(2), snapshot=path)
        with self.assertRaisesRegex(RuntimeError, 'udeepsc-context'):
            udeepsc.semantic_memory(mf.model_path(), snapshot=mf.model_path())


class Channel(unittest.TestCase):

    def test_the_next_es_n0_is_predicted_for_each_transmitter(self):
        block = udeepsc.semantic_memory(mf.model_path(), csi=32)
        with fx.Bench(block, out='snr') as bench:
            snr_db = [10 + 4 * np.sin(0.5 * i) for i in range(200)]
            for i, value in enumerate(snr_db):
                bench.post(mf.sentence(i, noise_var=float(10**(-value / 10)), source=3))
            bench.post(mf.question(noise_var=0.5, source=4))
            said = bench.received(201)
        predicted = np.array([pmt.to_python(m)['snr_db'] for m in said])
        self.assertEqual([pmt.to_python(m)['source'] for m in said], [3] * 200 + [4])
        error = predicted[100:199] - snr_db[101:]
        self.assertLess(np.mean(error**2), 0.02 * np.mean(np.diff(snr_db)**2))
        self.assertAlmostEqual(predicted[200], -10 * np.log10(0.5), 4)
        self.assertEqual(block.csi_size(), 32 + 1)

    def test_unless_it_is_asked_for(self):
        block = udeepsc.semantic_memory(mf.model_path())
        with fx.Bench(block, out='snr') as bench:
            bench.post(mf.sentence(1))
            self.assertTrue(fx.wait_until(lambda: block.size() == 1))
            self.assertEqual((block.csi_size(), bench.debug.num_messages()), (0, 0))


class Contents(unittest.TestCase):

    def test_contents_are_published_as_they_change(self):
        block = udeepsc.semantic_memory(mf.model_path(), rule='joint', entries=5)
        bench = fx.Bench(block, out='contents')
        with bench:
            bench.post(mf.sentence(7, source=3, reference=fx.u8(b'Mary went home.')))
            message = bench.received(2)[1]  # the first is of the start
            bench.post(pmt.PMT_NIL, 'clear')
            cleared = bench.received(3)[2]
        get = lambda d, name: pmt.dict_ref(d, pmt.intern(name), pmt.PMT_NIL)
        self.assertEqual(pmt.to_python(get(message, 'capacity')), 5)
        self.assertEqual(pmt.to_python(get(message, 'rule')), 'joint')
        self.assertTrue(pmt.to_python(get(message, 'memory')))
        [source] = [pmt.vector_ref(get(message, 'sources'), 0)]
        self.assertEqual(pmt.to_python(get(source, 'source')), 3)
        self.assertEqual(list(pmt.u64vector_elements(get(source, 'frame_id'))), [7])
        self.assertEqual(list(pmt.to_python(get(source, 'vectors'))), [3])
        text = pmt.vector_ref(get(source, 'words'), 0)
        self.assertEqual(bytes(pmt.u8vector_elements(text)), b'Mary went home.')
        self.assertEqual(pmt.length(get(cleared, 'sources')), 0)


class Decoded(unittest.TestCase):
    """With unified_decoder behind it."""

    def setUp(self):
        self.memory = udeepsc.semantic_memory(mf.model_path())
        self.decoder = udeepsc.unified_decoder(mf.model_path())
        self.bench = fx.Bench(self.decoder)
        self.bench.top.msg_connect((self.memory, 'out'), (self.decoder, 'in'))

    def post(self, *messages):
        for message in messages:
            self.memory.to_basic_block()._post(pmt.intern('in'), message)

    def test_answers_are_drawn_from_the_context(self):
        with self.bench as bench:
            self.post(mf.question())
            self.post(mf.sentence(1), mf.sentence(2), mf.question(), mf.sentence(3))
            self.post(mf.question())
            empty, two, three = bench.received(3)
            self.assertEqual([fx.key(m, 'remembered') for m in (empty, two, three)], [0, 2, 3])
            self.assertEqual(fx.key(empty, 'missing'), 'sentence')
            self.assertIsNone(fx.key(two, 'missing'))
            self.assertIsNone(fx.key(two, 'context'))
            self.assertEqual(self.decoder.incomplete(), 1)
            self.assertIn(fx.key(two, 'class_name'), mf.ANSWERS)
            for one, other in ((empty, two), (two, three)):
                self.assertFalse(np.allclose(fx.payload(one), fx.payload(other)))

    def test_without_memory_it_is_the_question_alone(self):
        with self.bench as bench:
            self.memory.set_memory(False)
            self.post(mf.sentence(1), mf.question())
            bench.received(1)
            self.memory.clear()
            self.memory.set_memory(True)
            self.post(mf.question())
            off, empty = bench.received(2)
            self.assertIsNone(fx.key(off, 'missing'))
            self.assertIsNone(fx.key(off, 'remembered'))
            np.testing.assert_allclose(fx.payload(off), fx.payload(empty), rtol=1e-5)

    def test_a_sentence_alone_is_no_question(self):
        with self.bench as bench:
            bench.post(mf.sentence(1))
            self.assertTrue(fx.wait_until(lambda: self.decoder.dropped('wrong modality') == 1))

    def test_a_context_that_is_none(self):
        with self.bench as bench:
            entry = pmt.vector_ref(mf_context([mf.sentence(1, age=0)]), 0)
            for context in (pmt.from_long(3), mf_context([pmt.PMT_NIL]),
                            mf_context([mf.sentence(1)]), mf_context([mf.question(age=0)])):
                before = self.decoder.dropped()
                bench.post(mf.question(context=context))
                self.assertTrue(fx.wait_until(lambda: self.decoder.dropped() == before + 1))
            bench.post(mf.question(context=mf_context([entry])))
            self.assertEqual(fx.key(bench.received(1)[0], 'remembered'), 1)


def mf_context(entries):
    vector = pmt.make_vector(len(entries), pmt.PMT_NIL)
    for i, entry in enumerate(entries):
        pmt.vector_set(vector, i, entry)
    return vector


if __name__ == '__main__':
    unittest.main()
