#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times: when a burst is to be sent, and what the receiver does where samples are missing."""

import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

import burst_fixture as bx
import fixture as fx

RATE = 1e5


def all_given(source, sink, bursts):
    """Whether so many bursts come, and all their samples to the sink."""
    return fx.wait_until(lambda: source.sent() == bursts and
                         len(sink.data()) == source.nitems_written(0))


class Sending(unittest.TestCase):

    def send(self, source, bursts, apart=0.0):
        """[(offset, seconds)] of tx_time, {key: offsets} of the others, samples, and the clock
        before and behind."""
        sink = blocks.vector_sink_c()
        top = gr.top_block()
        top.connect(source, sink)
        before = time.time()
        top.start()
        for i, burst in enumerate(bursts):
            source.to_basic_block()._post(
                pmt.intern('in'), pmt.cons(fx.meta(frame_id=i), fx.c32(burst)))
            time.sleep(apart)
        self.assertTrue(all_given(source, sink, len(bursts)))
        after = time.time()
        top.stop()
        top.wait()
        times, others = [], {}
        for tag in sink.tags():
            key = pmt.symbol_to_string(tag.key)
            if key == 'tx_time':
                whole, part = pmt.to_python(tag.value)
                self.assertIsInstance(whole, int)
                self.assertTrue(0 <= part < 1)
                times.append((tag.offset, whole + part))
            else:
                others.setdefault(key, []).append(tag.offset)
        return times, others, np.array(sink.data()), before, after

    def source(self, **options):
        return udeepsc.burst_source(**{**dict(
            idle=udeepsc.burst_idle.nothing, gap=10, lead_in=500, lead=0.25, rate=RATE), **options})

    def test_each_burst_has_its_time(self):
        """The lead from now on, by the computer's clock, and never before the one in front has
        ended."""
        bursts = [np.ones(20000), np.ones(100), np.ones(300)]
        times, others, samples, before, after = self.send(self.source(), bursts)
        starts = [0, 20510, 20510 + 610]
        self.assertEqual([offset for offset, _ in times], starts)
        self.assertEqual(others['tx_sob'], starts)
        self.assertEqual(others['tx_eob'], [20509, 21119, 21929])
        self.assertEqual(others['burst'], [start + 500 for start in starts])
        self.assertEqual(len(samples), 21930)
        for start, burst in zip(starts, bursts):
            self.assertFalse(samples[start:start + 500].any())
            np.testing.assert_array_equal(samples[start + 500:start + 500 + len(burst)], burst)
        first, second, third = (seconds for _, seconds in times)
        self.assertGreater(first, before + 0.24)
        self.assertLess(first, after + 0.26)
        self.assertGreaterEqual(second, first + 20510 / RATE - 1e-6)
        self.assertGreaterEqual(third, second + 610 / RATE - 1e-6)

    def test_the_clock_of_the_device(self):
        source = self.source()
        source.set_device_time(1000.0)
        told = time.monotonic()
        times, _, _, _, _ = self.send(source, [np.ones(10)])
        waited = time.monotonic() - told
        self.assertGreater(times[0][1], 1000.24)
        self.assertLess(times[0][1], 1000.26 + waited)
        for bad in (-1.0, float('nan'), float('inf')):
            with self.assertRaisesRegex(ValueError, 'seconds'):
                source.set_device_time(bad)

    def test_without_a_lead_there_are_no_times(self):
        times, others, _, _, _ = self.send(self.source(lead=0.0), [np.ones(10)])
        self.assertEqual(times, [])
        self.assertEqual(others['tx_sob'], [0])

    def test_refused(self):
        for name, options in (
                ('rate', dict(rate=0.0)),
                ('rate', dict(rate=-1.0)),
                ('lead', dict(lead=-0.1)),
                ('lead', dict(lead=float('nan'))),
                ('lead_in', dict(lead_in=-1)),
                ('tags', dict(tags=udeepsc.burst_tags.length)),
                ('idle', dict(idle=udeepsc.burst_idle.zeros))):
            with self.subTest(name):
                with self.assertRaisesRegex(ValueError, name):
                    self.source(**options)
        source = self.source()
        source.set_lead_in(7)
        self.assertEqual(source.lead_in(), 7)
        with self.assertRaisesRegex(ValueError, 'lead_in'):
            source.set_lead_in(-1)


class Losing(unittest.TestCase):
    """Samples that a radio lost and said so, with rx_time on the next one."""

    BURSTS, SYMBOLS, PERIOD = 60, 400, 11003

    def receive(self, lost, tagged):
        """{frame: payload}, the payloads sent, and the frames whose burst lost samples."""
        source = udeepsc.burst_source(gap=1500, idle=udeepsc.burst_idle.nothing)
        framer = udeepsc.burst_framer(fx.model_path(), 'standard', max_frame_symbols=0)
        stream = blocks.vector_sink_c()
        top = gr.top_block()
        top.msg_connect((framer, 'out'), (source, 'in'))
        top.connect(source, stream)
        top.start()
        sent = [bx.symbols(self.SYMBOLS, i) for i in range(self.BURSTS)]
        for i, data in enumerate(sent):
            framer.to_basic_block()._post(pmt.intern('in'), bx.symbol_pdu(data, frame_id=i))
        self.assertTrue(all_given(source, stream, self.BURSTS))
        top.stop()
        top.wait()
        x = np.array(stream.data(), np.complex64)
        starts = [tag.offset for tag in stream.tags()
                  if pmt.symbol_to_string(tag.key) == 'burst']
        ends = [start for start in starts[1:]] + [len(x)]
        cuts = np.arange(self.PERIOD, len(x) - lost, self.PERIOD)
        hit = {i for i, (start, end) in enumerate(zip(starts, ends))
               for cut in cuts if cut < end - 1500 and cut + lost > start}
        pieces, tags, at, before = [], [], 0, 0
        for cut in [*cuts, len(x)]:
            pieces.append(x[before:cut])
            at += cut - before
            before = cut + lost
            if tagged and before < len(x):
                tag = gr.tag_t()
                tag.offset, tag.key = at, pmt.intern('rx_time')
                tag.value = pmt.make_tuple(pmt.from_uint64(0), pmt.from_double(before / 1e6))
                tags.append(tag)
        y = np.concatenate(pieces)
        detector = udeepsc.burst_detector('standard')
        demodulator = udeepsc.burst_demodulator(fx.model_path(), 'standard')
        got = blocks.message_debug()
        channel = udeepsc.radio_channel(snr_db=20.0, seed=3)
        top = gr.top_block()
        top.connect(blocks.vector_source_c(y.tolist(), False, 1, tags), channel, detector)
        top.msg_connect((detector, 'out'), (demodulator, 'in'))
        top.msg_connect((demodulator, 'out'), (got, 'store'))
        top.run()
        messages = [got.get_message(i) for i in range(got.num_messages())]
        return {fx.key(m, 'frame_id'): m for m in messages}, sent, hit

    def test_what_was_not_hit_arrives(self):
        """Whatever is lost, the bursts beside it are as they were; of those hit nothing wrong
        is passed on for right."""
        for lost in (100, 1000, 7000):
            with self.subTest(lost):
                got, sent, hit = self.receive(lost, True)
                self.assertGreater(len(hit), 5)
                whole = set(range(self.BURSTS)) - hit
                self.assertEqual(whole - set(got), set())
                for i, message in got.items():
                    if len(fx.payload(message)) < self.SYMBOLS:
                        continue
                    error = np.abs(fx.payload(message) - sent[i])**2
                    told = np.broadcast_to(fx.key(message, 'noise_var'), error.shape)
                    if i in whole:
                        self.assertLess(np.mean(error), 0.02)
                    # Of a burst that was cut the rest is known to be noise.
                    self.assertLess(np.mean(error / told), 2)


if __name__ == '__main__':
    unittest.main()
