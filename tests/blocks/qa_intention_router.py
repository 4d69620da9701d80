#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted sets the task: by a result, by a control payload from afar, by hand."""

import unittest

import pmt
from gnuradio import blocks, udeepsc

import fixture as fx


def intention(name, probability=0.9):
    return pmt.cons(fx.meta(task='intention', class_name=name, output='label'),
                    fx.f32([probability, 0.01]))


def control(text, kind='text'):
    return pmt.cons(fx.meta(control=kind, source=3), fx.u8(text.encode()))


class Router(unittest.TestCase):

    def setUp(self):
        self.router = udeepsc.intention_router(fx.model_path())
        self.bench = fx.Bench(self.router)
        self.other = blocks.message_debug()
        self.bench.top.msg_connect((self.router, 'control'), (self.other, 'store'))

    def reach(self, task):
        self.assertTrue(fx.wait_until(lambda: self.router.task() == task))

    def test_the_task_that_is_wanted(self):
        with self.bench as bench:
            bench.post(fx.image_pdu(fx.picture(), mine='yes'))
            bench.post(fx.text_pdu('a film'))
            before = bench.received(2)
            bench.post(intention('image_classification'), 'intention')
            self.reach('image_classification')
            bench.post(fx.text_pdu('a film'))
            bench.post(fx.image_pdu(fx.picture(), mine='yes'))
            after = bench.received(3)[2]
        self.assertEqual([fx.key(m, 'task') for m in before],
                         ['image_reconstruction', 'text_reconstruction'])
        self.assertEqual((fx.key(after, 'task'), fx.key(after, 'mine')),
                         ('image_classification', 'yes'))
        self.assertEqual(self.router.dropped('wrong modality'), 1)

    def test_what_is_not_understood_changes_nothing(self):
        self.router.set_task('text_classification')
        with self.bench as bench:
            for message in (intention('unknown'), intention('image_classification', 0.3)):
                bench.post(message, 'intention')
            self.assertTrue(fx.wait_until(lambda: self.router.unknown() == 2))
            bench.post(intention('to_fly'), 'intention')
            self.assertTrue(fx.wait_until(lambda: self.router.dropped('unknown task') == 1))
            for message in (pmt.PMT_NIL, pmt.from_long(1), fx.image_pdu(fx.picture())):
                bench.post(message, 'intention')
            self.assertTrue(fx.wait_until(lambda: self.router.dropped('wrong type') == 3))
            for message in (pmt.PMT_NIL, pmt.intern('x')):
                bench.post(message)
            self.assertTrue(fx.wait_until(lambda: self.router.dropped('not a pdu') == 2))
            self.assertEqual(self.router.task(), 'text_classification')

    def test_from_the_other_end(self):
        """The receiver's router says it, the transmitter's obeys."""
        far = udeepsc.intention_router(fx.model_path())
        self.bench.top.msg_connect((self.router, 'control'), (far, 'control'))
        with self.bench as bench:
            bench.post(pmt.intern('image_reconstruction'), 'intention')
            self.assertTrue(fx.wait_until(lambda: far.task() == 'image_reconstruction'))
        message = self.other.get_message(0)
        self.assertEqual(fx.key(message, 'control'), 'text')
        self.assertEqual(bytes(fx.payload(message)).decode(), 'task image_reconstruction')

    def test_control_payloads_of_others(self):
        with self.bench as bench:
            for message in (control('hello'), control('task image_classification', 'csi'),
                            pmt.PMT_NIL, control('task no_such')):
                bench.post(message, 'control')
            self.assertTrue(fx.wait_until(lambda: self.router.dropped('unknown task') == 1))
            self.assertEqual(self.router.task(), '')
            bench.post(control('task image_classification'), 'control')
            self.reach('image_classification')

    def test_bad_parameters(self):
        for more in ({'task': 'to_fly'}, {'least': 1.5}, {'least': float('nan')}):
            with self.assertRaises(ValueError):
                udeepsc.intention_router(fx.model_path(), **more)


if __name__ == '__main__':
    unittest.main()
