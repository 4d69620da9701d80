#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""One end of a link, for qa_radios.py: radio_child.py tx|rx RADIO. The transmitter counts in
its samples; the receiver prints how many came and how often the count was not kept."""

import json
import sys
import time

import numpy as np
from gnuradio import gr
from gnuradio.udeepsc import radios

TURN = 1 << 20  # a float counts so far exactly


class Counting(gr.sync_block):

    def __init__(self):
        gr.sync_block.__init__(self, 'counting', None, [np.complex64])
        self.count = 0

    def work(self, _, outputs):
        out = outputs[0]
        out[:] = (self.count + np.arange(len(out))) % TURN
        self.count += len(out)
        return len(out)


class Checking(gr.sync_block):

    def __init__(self):
        gr.sync_block.__init__(self, 'checking', [np.complex64], None)
        self.count, self.jumps, self.last = 0, 0, None

    def work(self, inputs, _):
        values = inputs[0].real.astype(int)
        chain = values if self.last is None else np.concatenate([[self.last], values])
        self.jumps += int(np.count_nonzero(np.diff(chain) % TURN != 1))
        self.last = values[-1]
        self.count += len(values)
        return len(values)


def main():
    top = gr.top_block()
    if sys.argv[1] == 'tx':
        radio, block = radios.make_transmitter(sys.argv[2]), Counting()
        top.connect(block, radio)
    else:
        radio, block = radios.make_receiver(sys.argv[2]), Checking()
        top.connect(radio, block)
    top.start()
    start = time.monotonic()
    while True:
        time.sleep(0.1)
        print(json.dumps({'samples': block.count, 'seconds': time.monotonic() - start,
                          'jumps': getattr(block, 'jumps', 0)}), flush=True)


if __name__ == '__main__':
    main()
