#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The window on a memory: what its tables say, its box and button, and messages of no use."""

import subprocess
import sys
import unittest

import fixture as fx
import memory_fixture as mf
import pmt
from gnuradio import udeepsc
from qa_qt_task_view import Shown

PORTS = ('contents', 'sent', 'answers', 'alone')


def answer(name, number, **keys):
    return pmt.cons(fx.meta(task=mf.TASK, output='label', class_name=name, frame_id=number,
                            **keys), fx.f32([0.1, 0.9]))


def asked(words, number):
    return pmt.cons(fx.meta(task=mf.TASK, modality='question', frame_id=number),
                    fx.u8(words.encode()))


def said(number, words, **keys):
    return mf.sentence(number, reference=fx.u8(words.encode()), **keys)


def texts(table):
    """The table as lists of text."""
    return [[table.item(row, column).text() for column in range(table.columnCount())]
            for row in range(table.rowCount())]


class NoApplication(unittest.TestCase):

    def test_says_so(self):
        program = ('from gnuradio import udeepsc\n'
                   'try:\n    udeepsc.qt_memory_view()\n'
                   'except RuntimeError as error:\n    print(error)\n')
        done = subprocess.run([sys.executable, '-B', '-c', program], capture_output=True,
                              text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('qt_memory_view needs a QApplication', done.stdout)


class Memory(Shown):

    def setUp(self):
        self.view = udeepsc.qt_memory_view()
        self.addCleanup(self.view.widget.timer.stop)
        self.memory = udeepsc.semantic_memory(mf.model_path(), entries=3)
        self.top = self.top_block()
        self.top.msg_connect((self.memory, 'contents'), (self.view, 'contents'))

    def start(self):
        self.view.widget.show()
        self.top.start()

    def hear(self, *messages):
        for message in messages:
            self.memory.to_basic_block()._post(pmt.intern('in'), message)
        self.assertTrue(fx.wait_until(lambda: self.memory.received() >= len(messages)))

    def draw(self, until):
        def drawn():
            self.view.widget.refresh()
            return until()
        self.spin(fx.TIMEOUT_S, until=drawn)
        self.assertEqual(self.view.widget.errors, 0)
        self.assertTrue(until())

    def test_shows_what_is_held(self):
        widget = self.view.widget
        self.start()
        self.hear(*(said(i, f'Mary took {i} steps.', noise_var=0.01) for i in range(5)))
        self.draw(lambda: widget.entries.rowCount() == 3
                  and texts(widget.entries)[0][1] == 'Mary took 4 steps.')
        rows = texts(widget.entries)
        self.assertEqual([row[0] for row in rows], ['0', '1', '2'])
        self.assertEqual(rows[2][1:3], ['Mary took 2 steps.', 'sentence'])
        self.assertEqual(rows[0][5], '20.0')
        self.assertEqual(widget.fill.text(), '3 of 3 entries, rule fifo')
        self.assertIn('2 evicted', widget.status.text())
        self.assertFalse(widget.memory.isVisible() or widget.questions.isVisible())

    def test_box_and_button(self):
        for port in ('memory', 'clear'):
            self.top.msg_connect((self.view, port), (self.memory, port))
        self.start()
        self.hear(mf.sentence(1))
        widget = self.view.widget
        self.draw(lambda: widget.memory.isVisible() and widget.entries.rowCount() == 1)
        self.assertEqual(texts(widget.entries)[0][1], f'{mf.TASK}, frame 1')  # nobody says it
        widget.memory.click()
        self.assertTrue(fx.wait_until(lambda: not self.memory.memory()))
        self.memory.set_memory(True)
        self.draw(widget.memory.isChecked)
        widget.forget.click()
        self.assertTrue(fx.wait_until(lambda: self.memory.size() == 0))
        self.draw(lambda: widget.entries.rowCount() == 0)
        self.assertEqual(self.memory.dropped(), 0)

    def test_answers_side_by_side(self):
        for port in ('sent', 'answers', 'alone'):
            self.top.msg_connect((udeepsc.vq_lookup(mf.model_path()), 'out'), (self.view, port))
        self.start()
        for number, right in ((7, 'kitchen'), (9, 'garden')):
            self.view.post('sent', mf.sentence(number))  # no question
            self.view.post('sent', asked(f'Where is {number}?', number))
            self.view.post('answers', answer(right, number, remembered=3, reference=right))
            self.view.post('alone', answer('kitchen', number, reference=right))
        widget = self.view.widget
        self.draw(lambda: 'without' in widget.figures.text()
                  and len(self.view.state.questions) == 2 and not self.view.waiting())
        self.assertEqual(texts(widget.questions),
                         [['Where is 9?', 'garden', 'garden', '3', 'kitchen'],
                          ['Where is 7?', 'kitchen', 'kitchen', '3', 'kitchen']])
        self.assertEqual(widget.figures.text(),
                         'with memory 2 of 2 right, without 1 of 2 right')
        colours = [widget.questions.item(0, column).foreground().color().name()
                   for column in (2, 4)]
        self.assertEqual(colours, ['#1b7837', '#b2182b'])

    def test_garbage_ends_nothing(self):
        self.start()
        garbage = [pmt.PMT_NIL, pmt.from_long(3), pmt.intern('x'), pmt.make_dict(),
                   pmt.cons(pmt.make_dict(), pmt.PMT_NIL),
                   pmt.cons(fx.meta(frame_id='x', modality='question'), fx.u8(b'x'))]
        wrong = fx.meta(capacity=3, rule='fifo', memory=True, stats=pmt.make_dict(),
                        sources=pmt.make_vector(1, fx.meta(source=0)))
        for port in PORTS:
            for message in [*garbage, wrong]:
                self.view.post(port, message)
                self.view.widget.refresh()
        self.hear(said(1, 'Mary went home.'))
        self.draw(lambda: self.view.widget.entries.rowCount() == 1 and not self.view.waiting())
        self.assertGreater(self.view.bad(), 15)
        self.assertIn('messages of no use', self.view.widget.status.text())


if __name__ == '__main__':
    unittest.main()
