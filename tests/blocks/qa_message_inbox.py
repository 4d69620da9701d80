#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits for a program that looks when it has time."""

import unittest

import fixture as fx
import pmt
from gnuradio import gr, udeepsc
from gnuradio.udeepsc.udeepsc_python import _message_inbox, overflow_policy


class Inbox(unittest.TestCase):

    def through(self, inbox, count):
        """`count` numbers into port "a", one into "b"; the inbox runs meanwhile."""
        top, idle = gr.top_block(), udeepsc.digital_modulator()
        top.msg_connect((idle, 'out'), (inbox, 'a'))  # a flowgraph is made of connections
        top.start()
        for number in range(count):
            inbox.to_basic_block()._post(pmt.intern('a'), pmt.from_long(number))
        inbox.to_basic_block()._post(pmt.intern('b'), pmt.PMT_F)
        self.assertTrue(fx.wait_until(lambda: inbox.received() == count + 1))
        top.stop()
        top.wait()

    def taken(self, inbox, port='a', most=1000):
        return [pmt.to_python(message) for message in inbox.take(port, most)]

    def test_oldest_first_and_no_more_than_asked(self):
        inbox = _message_inbox(['a', 'b'], 10)
        self.through(inbox, 5)
        self.assertEqual(inbox.queue_depth(), 6)
        self.assertEqual(self.taken(inbox, most=2), [0, 1])
        self.assertEqual(self.taken(inbox), [2, 3, 4])
        self.assertEqual(self.taken(inbox), [])
        self.assertEqual(self.taken(inbox, 'b'), [False])

    def test_too_many(self):
        for policy, left, dropped in ((overflow_policy.drop_newest, [0, 1, 2], 4),
                                      (overflow_policy.drop_oldest, [4, 5, 6], 0)):
            inbox = _message_inbox(['a', 'b'], 3, policy)
            self.through(inbox, 7)
            self.assertEqual(self.taken(inbox), left)
            self.assertEqual((inbox.come('a'), inbox.lost('a'), inbox.lost('b')), (7, 4, 0))
            self.assertEqual(inbox.dropped('queue full'), dropped)

    def test_bad_parameters(self):
        block = overflow_policy.block
        for arguments, word in ((([], 1), 'ports'), ((['a', 'a'], 1), 'ports'),
                                (([''], 1), 'ports'), ((['a'], 0), 'limit'),
                                ((['a'], 1, block), 'policy')):
            with self.assertRaisesRegex(ValueError, word):
                _message_inbox(*arguments)
        inbox = _message_inbox(['a'], 1)
        for call in (inbox.come, inbox.lost, lambda port: inbox.take(port, 1)):
            with self.assertRaisesRegex(ValueError, 'port'):
                call('c')


if __name__ == '__main__':
    unittest.main()
