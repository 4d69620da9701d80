#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""csi_feedback: smoothing against its formula, pace, silence, UDP with bad datagrams."""

import hashlib
import math
import socket
import struct
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

import fixture as fx

LINK = udeepsc.feedback_link


def value(message):
    return pmt.to_python(message)['snr_db']


def values(messages):
    return [value(m) for m in messages]


def feedback(**options):
    options.setdefault('timeout_s', 0.0)
    return udeepsc.csi_feedback(**options)


class Local(unittest.TestCase):

    def test_malformed_then_good(self):
        block = feedback()
        bad = [pmt.PMT_NIL, pmt.intern('x'), pmt.from_double(math.nan),
               pmt.from_double(101.0), fx.meta(other=3.0),
               pmt.cons(pmt.intern('gain'), pmt.from_double(1.0))]
        good = [pmt.from_double(3.0), pmt.from_long(3), fx.meta(snr_db=3.0),
                pmt.cons(pmt.intern('snr_db'), pmt.from_double(3.0))]
        with fx.Bench(block, out='snr') as bench:
            for message in bad + good:
                bench.post(message, 'snr')
            self.assertEqual(values(bench.received(4)), [3.0] * 4)
        self.assertEqual(block.dropped('bad snr'), len(bad))
        self.assertEqual((block.received(), block.sent()), (len(bad) + 4, 4))

    def test_smoothing(self):
        """s += (1 - exp(-1 / T)) (x - s), beginning with the first report."""
        reports = [12.0, 0.0, 0.0, 0.0, 12.0, 7.0]
        for time_constant in (0.0, 1.0, 5.0):
            share = 1 - math.exp(-1 / time_constant) if time_constant else 1
            expected = [reports[0]]
            for report in reports[1:]:
                expected.append(expected[-1] + share * (report - expected[-1]))
            block = feedback(time_constant=time_constant)
            with fx.Bench(block, out='snr') as bench:
                for report in reports:
                    bench.post(pmt.from_double(report), 'snr')
                got = values(bench.received(len(reports)))
            for a, b in zip(got, expected):
                self.assertAlmostEqual(a, b, 12)
            self.assertEqual(block.snr_db(), got[-1])

    def test_prediction(self):
        """Of a sine, which is known from two reports before; and no more when it is switched
        off."""
        reports = [8 + 4 * math.sin(0.5 * i) for i in range(200)]
        block = feedback(predict=True, time_constant=0.0)
        with fx.Bench(block, out='snr') as bench:
            for report in reports:
                bench.post(pmt.from_double(report), 'snr')
            got = values(bench.received(len(reports)))
            block.set_predict(False)
            bench.post(pmt.from_double(3.0), 'snr')
            self.assertEqual(value(bench.received(len(reports) + 1)[-1]), 3.0)
        said, came = np.array(got[100:-1]), np.array(reports[101:])
        self.assertLess(np.mean((said - came)**2), 0.01 * np.mean(np.diff(reports)**2))
        self.assertFalse(block.predict())

    def test_default_follows_a_step_in_two_reports(self):
        block = feedback()
        with fx.Bench(block, out='snr') as bench:
            for report in (12.0, 0.0, 0.0):
                bench.post(pmt.from_double(report), 'snr')
            self.assertLess(value(bench.received(3)[2]), 0.06 * 12)

    def test_pace(self):
        """Of reports that come too fast the newest leaves, when its time has come."""
        block = feedback(time_constant=0.0, interval_ms=2000.0)  # longer than posting them takes
        with fx.Bench(block, out='snr') as bench:
            begin = time.monotonic()
            for i in range(50):
                bench.post(pmt.from_double(i / 10), 'snr')
            got = values(bench.received(2))
            self.assertGreater(time.monotonic() - begin, 1.9)
            time.sleep(0.3)
            self.assertEqual(bench.debug.num_messages(), 2)
            block.set_interval_ms(0.0)
            bench.post(pmt.from_double(7.0), 'snr')
            self.assertEqual(value(bench.received(3)[2]), 7.0)
        self.assertEqual(got, [0.0, 4.9])

    def test_silence(self):
        block = feedback(time_constant=3.0, timeout_s=0.2, worst_snr_db=-4.0)
        self.assertTrue(math.isnan(block.snr_db()))
        with fx.Bench(block, out='snr') as bench:
            # Nothing was heard from the start; once, however long it lasts.
            self.assertEqual(value(bench.received(1)[0]), -4.0)
            time.sleep(0.5)
            self.assertEqual(bench.debug.num_messages(), 1)
            # What was before the silence does not count any more.
            bench.post(pmt.from_double(9.0), 'snr')
            self.assertEqual(value(bench.received(2)[1]), 9.0)
            block.set_worst_snr_db(-5.0)
            self.assertEqual(value(bench.received(3)[2]), -5.0)
            self.assertEqual(block.silences(), 2)
            block.set_timeout_s(0.0)
            bench.post(pmt.from_double(9.0), 'snr')
            bench.received(4)
            time.sleep(0.4)
            self.assertEqual(bench.debug.num_messages(), 4)

    def test_setters_and_parameters(self):
        block = feedback()
        with fx.Bench(block, out='snr') as bench:
            for name, good, bad in (('time_constant', 4.0, -1.0), ('interval_ms', 1.0, -1.0),
                                    ('timeout_s', 9.0, math.nan),
                                    ('worst_snr_db', -9.0, 1e3)):
                getattr(block, 'set_' + name)(good)
                self.assertEqual(getattr(block, name)(), good)
                with self.assertRaisesRegex(ValueError, name):
                    getattr(block, 'set_' + name)(bad)
                with self.assertRaisesRegex(ValueError, name):
                    udeepsc.csi_feedback(**{name: bad})
            bench.post(pmt.from_double(1.0), 'snr')
            bench.received(1)
        self.assertEqual(block.port(), 0)

    def test_stop_and_start_again(self):
        block = feedback(interval_ms=60000.0)
        bench = fx.Bench(block, out='snr')
        for i in range(3):
            with bench:
                bench.post(pmt.from_double(1.0), 'snr')
                bench.post(pmt.from_double(2.0), 'snr')  # not before a minute has passed
                bench.received(i + 1)


class Udp(unittest.TestCase):

    def receiver(self, **options):
        return feedback(link=LINK.udp_receiver, address='127.0.0.1:0', **options)

    def datagram(self, number, snr_db, session=7, magic=b'USNR', version=1):
        return magic + struct.pack('>IIIi', version, session, number, round(1000 * snr_db))

    def test_two_ends(self):
        receiver = self.receiver(time_constant=100.0)  # which is the sender's business
        sender = feedback(link=LINK.udp_sender, address=f'127.0.0.1:{receiver.port()}',
                          time_constant=0.0)
        with fx.Bench(receiver, out='snr') as far, fx.Bench(sender, out='snr') as near:
            for i, snr_db in enumerate((-6.0, 11.125, 100.0)):
                near.post(pmt.from_double(snr_db), 'snr')
                self.assertEqual(value(far.received(i + 1)[i]), snr_db)
            self.assertEqual(near.debug.num_messages(), 0)
        self.assertEqual((sender.sent(), receiver.received(), receiver.sent()), (3, 3, 3))

    def test_bad_datagrams(self):
        receiver = self.receiver()
        good = self.datagram(5, 3.0)
        bad = [b'', b'x', good[:-1], good + b'x', b'y' * 2000,
               self.datagram(6, 3.0, magic=b'USNX'), self.datagram(6, 3.0, version=2),
               self.datagram(6, 100.5), self.datagram(6, -101.0)]
        old = [self.datagram(5, 4.0), self.datagram(4, 4.0)]
        ahead = [self.datagram(1006, 4.0), self.datagram(2**31, 4.0)]
        address = ('127.0.0.1', receiver.port())
        with fx.Bench(receiver, out='snr') as bench, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for data in bad + [good] + old + ahead + [self.datagram(1005, 5.0)]:
                sock.sendto(data, address)
            self.assertTrue(fx.wait_until(
                lambda: receiver.received() == len(bad) + len(old) + len(ahead) + 2))
            # A sender that begins again counts from 1, past 2^32 from 0.
            sock.sendto(self.datagram(2**32 - 1, 6.0, session=8), address)
            sock.sendto(self.datagram(0, 7.0, session=8), address)
            self.assertEqual(values(bench.received(4)), [3.0, 5.0, 6.0, 7.0])
        self.assertEqual(receiver.dropped('bad datagram'), len(bad))
        self.assertEqual(receiver.dropped('old datagram'), len(old))
        self.assertEqual(receiver.dropped('datagram ahead'), len(ahead))

    def test_one_peer_at_a_time(self):
        receiver = self.receiver(timeout_s=1.0, worst_snr_db=-6.0)
        address = ('127.0.0.1', receiver.port())
        with fx.Bench(receiver, out='snr') as bench, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            first.sendto(self.datagram(1, 3.0), address)
            bench.received(1)
            for session in (7, 8):  # the other may know the session or not
                other.sendto(self.datagram(2, -20.0, session=session), address)
            self.assertTrue(fx.wait_until(lambda: receiver.received() == 3))
            self.assertEqual(receiver.dropped('other peer'), 2)
            first.sendto(self.datagram(2, 4.0), address)  # was not locked out
            bench.received(2)
            # The first is silent: the other's turn, with numbers of its own.
            bench.received(3)
            other.sendto(self.datagram(2**31, 5.0, session=8), address)
            self.assertEqual(values(bench.received(4)), [3.0, 4.0, -6.0, 5.0])

    def test_where_silence_never_counts_another_may_come_too(self):
        receiver = self.receiver(timeout_s=0.0)
        address = ('127.0.0.1', receiver.port())
        with fx.Bench(receiver, out='snr') as bench, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            first.sendto(self.datagram(9, 3.0), address)
            bench.received(1)
            time.sleep(2.1)
            other.sendto(self.datagram(1, 5.0), address)
            self.assertEqual(values(bench.received(2)), [3.0, 5.0])

    def test_flood(self):
        receiver = self.receiver()
        address = ('127.0.0.1', receiver.port())
        with fx.Bench(receiver, out='snr'), \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            begin, number = time.monotonic(), 0
            while time.monotonic() - begin < 1.0:
                number += 1
                sock.sendto(self.datagram(number, 3.0), address)
            self.assertTrue(fx.wait_until(lambda: receiver.received() > 2000))
            time.sleep(0.2)  # what the system still holds
            sent, refused = receiver.sent(), receiver.dropped('too many datagrams')
            passed = time.monotonic() - begin
        self.assertGreater(refused, 0)
        self.assertLessEqual(sent, 100 + 1000 * passed)
        self.assertEqual(receiver.received(), receiver.sent() + receiver.dropped())

    def test_silence_and_a_sender_that_comes_back(self):
        receiver = self.receiver(timeout_s=0.3, worst_snr_db=-6.0)
        address = f'127.0.0.1:{receiver.port()}'
        with fx.Bench(receiver, out='snr') as bench:
            for i in range(2):
                sender = feedback(link=LINK.udp_sender, address=address)
                with fx.Bench(sender, out='snr') as near:
                    near.post(pmt.from_double(10.0), 'snr')
                    self.assertTrue(fx.wait_until(lambda: receiver.snr_db() == 10.0))
                self.assertTrue(fx.wait_until(lambda: receiver.snr_db() == -6.0))
        self.assertEqual(receiver.silences(), 2)

    def test_nobody_listens(self):
        """The system may refuse a datagram to a closed port: no more than a counter."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(('127.0.0.1', 0))
            port = sock.getsockname()[1]
        sender = feedback(link=LINK.udp_sender, address=f'127.0.0.1:{port}')
        with fx.Bench(sender, out='snr') as bench:
            for _ in range(20):
                bench.post(pmt.from_double(1.0), 'snr')
            self.assertTrue(fx.wait_until(
                lambda: sender.sent() + sender.dropped('not sent') == 20))

    def test_addresses(self):
        for address in ('', 'localhost', ':5', 'localhost:', 'localhost:x',
                        'localhost:65536', '127.0.0.1:-1', '999.0.0.1:5', '[::1:5'):
            with self.assertRaisesRegex(ValueError, 'address', msg=address):
                udeepsc.csi_feedback(LINK.udp_receiver, address)
        with self.assertRaisesRegex(ValueError, 'address'):
            udeepsc.csi_feedback(LINK.udp_sender, '127.0.0.1:0')
        busy = self.receiver()
        with self.assertRaisesRegex(ValueError, 'address.*in use'):
            udeepsc.csi_feedback(LINK.udp_receiver, f'127.0.0.1:{busy.port()}')


class Signed(unittest.TestCase):
    """Both ends with a key."""

    KEY = bytes(range(32))

    def setUp(self):
        self.key = fx.temporary('feedback.key')
        with open(self.key, 'w', encoding='ascii') as file:
            file.write(self.KEY.hex() + '\n')

    def receiver(self):
        return feedback(link=LINK.udp_receiver, address='127.0.0.1:0', key=self.key)

    def datagram(self, number, snr_db, key=KEY):
        words = b'USNR' + struct.pack('>IQi', 2, number, round(1000 * snr_db))
        return words + hashlib.blake2b(words, digest_size=32, key=key,
                                       person=b'udeepsc feedback').digest()[:16]

    def test_two_ends_that_begin_again(self):
        receiver = self.receiver()
        with fx.Bench(receiver, out='snr') as far:
            for i, snr_db in enumerate((-6.0, 11.125, 100.0)):
                sender = feedback(link=LINK.udp_sender, key=self.key,
                                  address=f'127.0.0.1:{receiver.port()}')
                with fx.Bench(sender, out='snr') as near:
                    near.post(pmt.from_double(snr_db), 'snr')
                    self.assertEqual(value(far.received(i + 1)[i]), snr_db)

    def test_a_sender_without_the_key(self):
        receiver = self.receiver()
        other = fx.temporary('other.key')
        with open(other, 'w', encoding='ascii') as file:
            file.write('5' * 64)
        with fx.Bench(receiver, out='snr'):
            for i, key in enumerate(('', other), 1):
                sender = feedback(link=LINK.udp_sender, key=key,
                                  address=f'127.0.0.1:{receiver.port()}')
                with fx.Bench(sender, out='snr') as near:
                    near.post(pmt.from_double(1.0), 'snr')
                    self.assertTrue(fx.wait_until(lambda: receiver.received() == i))
        self.assertEqual((receiver.dropped('not authentic'), receiver.sent()), (2, 0))

    def test_forged_repeated_replayed(self):
        """None of 100,000 changes anything; the true ones between them do."""
        random = np.random.default_rng(1)
        receiver = self.receiver()
        address = ('127.0.0.1', receiver.port())
        true = [self.datagram(1000 + i, 3.0 + i) for i in range(10)]
        forged = replayed = 0
        with fx.Bench(receiver, out='snr') as bench, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for i, good in enumerate(true):
                sock.sendto(good, address)
                bench.received(i + 1)
                for k in range(10000):
                    kind = random.integers(3)
                    if kind == 0:  # heard before
                        data = true[random.integers(i + 1)]
                        replayed += 1
                    elif kind == 1:  # changed
                        data = bytearray(true[i])
                        data[random.integers(len(data))] ^= 1 << random.integers(8)
                        forged += 1
                    else:  # made up
                        data = self.datagram(2**40 + i, 50.0, random.bytes(32))
                        forged += 1
                    sock.sendto(bytes(data), address)
                    if k % 32 == 0:  # the system's queue is short
                        self.assertTrue(fx.wait_until(
                            lambda: receiver.received() == forged + replayed + i + 1))
                self.assertTrue(fx.wait_until(
                    lambda: receiver.received() == forged + replayed + i + 1))
            self.assertEqual(values(bench.received(10)), [3.0 + i for i in range(10)])
            self.assertEqual(receiver.sent(), 10)
        self.assertEqual(receiver.dropped('not authentic'), forged)
        self.assertEqual(receiver.dropped('old datagram'), replayed)

    def test_replays_after_a_new_start(self):
        receiver = self.receiver()
        address = ('127.0.0.1', receiver.port())
        bench = fx.Bench(receiver, out='snr')
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            with bench:
                sock.sendto(self.datagram(5, 3.0), address)
                bench.received(1)
            with bench:
                sock.sendto(self.datagram(5, 3.0), address)
                self.assertTrue(fx.wait_until(
                    lambda: receiver.dropped('old datagram') == 1))

    def test_keys_that_cannot_be_read(self):
        bad = fx.temporary('bad.key')
        with open(bad, 'w', encoding='ascii') as file:
            file.write('secret')
        for path, words in (('/nowhere/key', '/nowhere/key.*No such file'),
                            (bad, 'bad.key.*64 hexadecimal digits')):
            with self.subTest(path), self.assertRaisesRegex(ValueError, words):
                feedback(link=LINK.udp_sender, key=path)


class Loop(unittest.TestCase):

    def test_feature_selector_takes_it(self):
        """Receiver's report to transmitter's parameter, in one flowgraph."""
        selector = udeepsc.feature_selector(fx.model_path(), 12.0)
        block = feedback(time_constant=0.0)
        top = gr.top_block()
        top.msg_connect((block, 'snr'), (selector, 'snr'))
        top.msg_connect((selector, 'out'), (blocks.message_debug(), 'store'))
        top.start()
        try:
            block.to_basic_block()._post(pmt.intern('snr'), fx.meta(snr_db=-2.5))
            self.assertTrue(fx.wait_until(lambda: selector.snr_db() == -2.5))
        finally:
            top.stop()
            top.wait()


if __name__ == '__main__':
    unittest.main()
