#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a block holds when the flowgraph stops is counted: sent, dropped, or still in its queue."""

import unittest

import pmt
from gnuradio import blocks, gr, udeepsc

import fixture as fx

SLOW, PIECE = 1e3, 64  # samples a second, samples at a time


class HeldBack(unittest.TestCase):
    """A block whose successor takes nothing more."""

    def test_the_burst_that_waits_for_room(self):
        framer = udeepsc.burst_framer('', 'short', max_frame_symbols=0)
        source = udeepsc.burst_source(queue=1)
        slow = blocks.throttle(gr.sizeof_gr_complex, SLOW)
        slow.set_max_noutput_items(PIECE)
        top = gr.top_block()
        top.msg_connect((framer, 'out'), (source, 'in'))
        top.connect(source, slow, blocks.null_sink(gr.sizeof_gr_complex))
        # One more than it could send: it holds that one until there is room.
        held = 0
        for _ in range(5):
            top.start()
            for number in range(200):
                framer.to_basic_block()._post(pmt.intern('in'), pmt.cons(
                    fx.meta(frame_id=number), fx.u8(b'waits')))
            self.assertTrue(fx.wait_until(
                lambda: framer.received() > framer.sent() + framer.dropped()))
            top.stop()
            top.wait()
            self.assertEqual(framer.received(), framer.sent() + framer.dropped())
            self.assertEqual(source.received(), source.sent() + source.dropped())
            held = framer.dropped('stopped')
        self.assertGreater(held, 0)


if __name__ == '__main__':
    unittest.main()
