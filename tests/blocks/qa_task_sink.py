#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""task_sink: scores against closed forms, joins tiles, records, survives a full disk."""

import json
import math
import unittest

import numpy as np
import pmt
from gnuradio import udeepsc

import fixture as fx


def result(output, payload, **keys):
    return pmt.cons(fx.meta(output=output, **keys), payload)


def picture_result(image, reference=None, **keys):
    if reference is not None:
        keys['reference'] = fx.u8(reference)
    keys.setdefault('task', 'image_reconstruction')
    return result('picture', fx.u8(image), shape=list(image.shape), **keys)


def sentence_result(text, reference=None):
    keys = {} if reference is None else {'reference': fx.u8(reference.encode())}
    return result('sentence', fx.u8(text.encode()), task='text_reconstruction', **keys)


def label_result(label, name, **keys):
    return result('label', fx.f32([0.1, 0.9]), task='image_classification', label=label,
                  class_name=name, **keys)


class TaskSink(unittest.TestCase):

    def take(self, sink, messages):
        before = sink.received()
        with fx.Bench(sink, out='stats') as bench:
            for message in messages:
                bench.post(message)
            self.assertTrue(fx.wait_until(
                lambda: sink.sent() + sink.dropped() == before + len(messages)))

    def test_tiles_over_a_radio_are_placed_by_their_numbers(self):
        """A late start, a tile lost, another picture; what no radio brought stands alone."""
        sink = udeepsc.task_sink(columns=3, rows=2)
        tiles = {number: fx.picture(number, 16) for number in (14, 15, 17, 18)}
        self.take(sink, [picture_result(tile, frame_id=pmt.from_uint64(number),
                                        sample=pmt.from_uint64(1000 * number))
                         for number, tile in tiles.items()]
                  + [picture_result(fx.picture(3, 16), frame_id=pmt.from_uint64(70))])
        self.assertEqual(sink.pictures(), ['picture 2', 'picture 3'])
        whole = np.full((32, 48, 3), 128, np.uint8)
        whole[:16, 32:], whole[16:, :16], whole[16:, 32:] = tiles[14], tiles[15], tiles[17]
        np.testing.assert_array_equal(sink.picture('picture 2'), whole)
        np.testing.assert_array_equal(sink.picture('picture 3')[:16, :16], tiles[18])
        for name in ('columns', 'rows'):
            for wrong in (0, 257):
                with self.assertRaisesRegex(ValueError, name):
                    udeepsc.task_sink(**{name: wrong})

    def test_malformed_then_good(self):
        tile = fx.picture()
        bad = fx.malformed_pdus() + [
            (result('soup', fx.u8(tile), task='t'), 'bad key', 'output'),
            (picture_result(tile[:, :, :2]), 'wrong shape', 'two colours'),
            (result('picture', fx.u8(tile), shape=[1, 1, 3], task='t'), 'wrong shape', ''),
            (result('picture', fx.f32([1.0]), task='t'), 'wrong type', 'floats'),
            (result('label', fx.f32([math.nan]), task='t'), 'not finite', 'NaN'),
            (picture_result(tile, picture='p'), 'bad key', 'no size'),
            (picture_result(tile, picture='p', picture_size=[-1, 5], tile=[0, 0]),
             'bad key', 'negative size'),
            (picture_result(tile, picture='p', picture_size=[2**30, 2**30], tile=[0, 0]),
             'bad key', 'huge size'),
            (picture_result(tile, picture='q', picture_size=[64, 64], tile=[5, 0]),
             'bad key', 'outside'),
            (picture_result(tile, picture='q', picture_size=[64, 64],
                            tile=[2**31 - 1, 2**31 - 1]), 'bad key', 'far outside'),
        ]
        sink = udeepsc.task_sink()
        self.take(sink, [message for message, _, _ in bad] + [picture_result(tile)])
        self.assertEqual(sink.count(), 1)
        for reason in {reason for _, reason, _ in bad}:
            self.assertEqual(sink.dropped(reason), sum(r == reason for _, r, _ in bad),
                             reason)

    def test_psnr(self):
        """An error of 5 everywhere is 20 log10(255/5) dB."""
        tile = np.full((32, 32, 3), 100, np.uint8)
        sink = udeepsc.task_sink()
        self.take(sink, [picture_result(tile + np.uint8(5), tile), picture_result(tile)])
        self.assertEqual(sink.count('image_reconstruction'), 2)
        self.assertEqual(sink.scored('image_reconstruction'), 1)
        self.assertAlmostEqual(sink.mean_score('image_reconstruction'),
                               20 * math.log10(255 / 5), 6)
        self.assertTrue(math.isnan(sink.results()[1].score))
        np.testing.assert_array_equal(sink.results()[0].picture, tile + 5)

    def test_accuracy(self):
        sink = udeepsc.task_sink()
        self.take(sink, [label_result(1, 'cat', reference='cat'),
                         label_result(1, 'cat', reference='dog'),
                         label_result(1, 'cat', reference=1),
                         label_result(1, 'cat', reference=0),
                         label_result(1, 'cat', reference=fx.u8(fx.picture())),
                         label_result(1, 'cat')])
        self.assertEqual(sink.scored(), 4)
        self.assertEqual(sink.mean_score('image_classification'), 0.5)
        self.assertEqual(sink.results()[0].class_name, 'cat')
        self.assertTrue(math.isnan(sink.mean_score('no such task')))

    def test_bleu(self):
        sink = udeepsc.task_sink()
        self.take(sink, [sentence_result('the cat sat on the mat', 'the cat sat on the mat'),
                         sentence_result('x y z u v w', 'the dog ran to the house')])
        self.assertEqual(sink.results()[0].score, 1)
        self.assertEqual(sink.results()[1].score, 0)
        # Half the words, in runs of six: corpus precisions 6/12, 5/10, 4/8, 3/6.
        self.assertAlmostEqual(sink.bleu1('text_reconstruction'), 0.5)
        self.assertAlmostEqual(sink.mean_score('text_reconstruction'), 0.5)

    def test_received_bytes_that_are_no_utf8(self):
        sink = udeepsc.task_sink()
        self.take(sink, [result('sentence', fx.u8(b'ab\xff'), task='text_reconstruction')])
        self.assertEqual(sink.results()[0].sentence, 'ab\ufffd')

    def test_tiles_are_joined(self):
        whole = np.random.default_rng(2).integers(0, 256, (50, 40, 3), dtype=np.uint8)
        padded = np.pad(whole, ((0, 14), (0, 24), (0, 0)), 'edge')
        messages = [picture_result(padded[32 * r:32 * r + 32, 32 * c:32 * c + 32],
                                   picture='cat', picture_size=[50, 40], tile=[r, c])
                    for r in range(2) for c in range(2)]
        sink = udeepsc.task_sink()
        self.take(sink, messages[:3])
        self.assertTrue((sink.picture('cat')[32:, 32:] == 128).all())
        self.take(sink, messages[3:])
        np.testing.assert_array_equal(sink.picture('cat'), whole)
        self.assertEqual(sink.pictures(), ['cat'])
        with self.assertRaisesRegex(ValueError, 'dog'):
            sink.picture('dog')

    def test_bounded(self):
        tile = fx.picture()
        sink = udeepsc.task_sink(keep=5)
        self.take(sink, [picture_result(tile, picture=f'p{i}', picture_size=[32, 32],
                                        tile=[0, 0], frame_id=i) for i in range(40)])
        self.assertEqual([r.frame_id for r in sink.results()], list(range(35, 40)))
        self.assertEqual(sink.pictures(), [f'p{i}' for i in range(24, 40)])
        sink.reset()
        self.assertEqual((sink.count(), sink.results(), sink.pictures()), (0, [], []))

    def test_one_task_only(self):
        sink = udeepsc.task_sink('image_classification')
        self.take(sink, [sentence_result('x'), label_result(1, 'cat')])
        self.assertEqual(sink.count(), 1)
        self.assertEqual(sink.dropped('unknown task'), 1)
        self.assertEqual(sink.tasks(), ['image_classification'])

    def test_stats_messages(self):
        sink = udeepsc.task_sink()
        with fx.Bench(sink, out='stats') as bench:
            bench.post(label_result(1, 'cat', reference='cat'))
            bench.post(label_result(1, 'cat', reference='dog'))
            got = [pmt.to_python(m) for m in bench.received(2)]
        self.assertEqual(got[1], {'task': 'image_classification', 'count': 2,
                                  'mean_score': 0.5, 'score': 0.0})

    def test_record(self):
        path = fx.temporary('record.jsonl')
        sink = udeepsc.task_sink(record=path)
        self.take(sink, [sentence_result('say "a\\b"\n\x01 \u00fc', 'other'),
                         label_result(1, 'cat', frame_id=9, snr_db=3.0),
                         picture_result(fx.picture())])
        with open(path) as file:
            lines = [json.loads(line) for line in file]
        self.assertEqual(lines[0]['sentence'], 'say "a\\b"\n\x01 \u00fc')
        self.assertEqual(lines[1]['frame_id'], 9)
        self.assertEqual(lines[1]['snr_db'], 3.0)
        self.assertIsNone(lines[2]['score'])

    def test_full_disk(self):
        sink = udeepsc.task_sink(record='/dev/full')
        self.take(sink, [label_result(1, 'cat') for _ in range(3)])
        self.assertEqual(sink.count(), 3)
        with self.assertRaisesRegex(ValueError, '/nowhere/r.jsonl'):
            udeepsc.task_sink(record='/nowhere/r.jsonl')

    def test_wait_for(self):
        sink = udeepsc.task_sink()
        self.assertFalse(sink.wait_for(1, 0.01))
        self.take(sink, [label_result(1, 'cat')])
        self.assertTrue(sink.wait_for(1, 1.0))


if __name__ == '__main__':
    unittest.main()
