#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The radio zmq:ADDRESS and what others may send to it or take from it: messages that are none,
further receivers, receivers that do not read, an end that breaks."""

import socket
import struct
import unittest

import numpy as np
import zmq
from gnuradio import blocks, gr
from gnuradio.udeepsc import radios

import fixture as fx

PATTERNS = ('push', 'request')
TURN = 1000  # samples of a message of the tests


def counted(start, count=TURN):
    return np.arange(start, start + count).astype(np.complex64)


class Receiver(fx.Running):

    def __init__(self, address, pattern):
        self.radio = radios.make_receiver(f'zmq:{address},pattern={pattern}')
        self.sink = blocks.vector_sink_c()
        self.top = gr.top_block()
        self.top.connect(self.radio, self.sink)

    def values(self):
        return np.array(self.sink.data()).real

    def count(self):
        return len(self.sink.data())


class Transmitter(fx.Running):
    """Sends 0, 1, 2 ... at 1 Msps."""

    def __init__(self, address, pattern):
        self.radio = radios.make_transmitter(f'zmq:{address},pattern={pattern}')
        self.top = gr.top_block()
        self.top.connect(blocks.vector_source_c(counted(0, 1 << 16).tolist(), True), self.radio)


class Peer:
    """A ZeroMQ socket of the test's own."""

    def __init__(self, kind, address, bind):
        self.context = zmq.Context()
        self.socket = self.context.socket(kind)
        self.socket.setsockopt(zmq.RCVTIMEO, 1000 * fx.TIMEOUT_S)
        self.socket.setsockopt(zmq.SNDTIMEO, 1000 * fx.TIMEOUT_S)
        (self.socket.bind if bind else self.socket.connect)(address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.destroy(linger=0)


class TestCase(unittest.TestCase):

    def wait(self, condition, about=None):
        self.assertTrue(fx.wait_until(condition), about and about())


class Frames(TestCase):
    """What a receiver is sent."""

    BAD = ([b'x'], [bytes(7)], [bytes(12)], [bytes(8), bytes(8)])

    def exchange(self, peer, pattern, frames):
        if pattern == 'request':
            peer.socket.recv()
        peer.socket.send_multipart(frames)

    def test_bad_ones_are_counted_and_survived(self):
        for pattern in PATTERNS:
            with self.subTest(pattern):
                address = f'ipc://{fx.temporary("frames-" + pattern)}'
                kind = zmq.PUSH if pattern == 'push' else zmq.REP
                with Peer(kind, address, True) as peer, Receiver(address, pattern) as receiver:
                    for bad in self.BAD:
                        self.exchange(peer, pattern, bad)
                    self.exchange(peer, pattern, [b''])  # no samples, which is no mistake
                    for i in range(2):
                        self.exchange(peer, pattern, [counted(i * TURN).tobytes()])
                    self.wait(lambda: receiver.count() >= 2 * TURN, receiver.radio.faults)
                    np.testing.assert_array_equal(receiver.values(), np.arange(2 * TURN))
                    self.assertEqual(receiver.radio.faults(), {'bad frame': len(self.BAD)})

    def test_one_that_is_too_large(self):
        """ZeroMQ itself refuses it and ends the connection; the receiver calls again."""
        address = f'ipc://{fx.temporary("large")}'
        with Peer(zmq.PUSH, address, True) as peer, Receiver(address, 'push') as receiver:
            peer.socket.send(bytes((1 << 26) + 8))
            peer.socket.send(counted(0).tobytes())  # may go the same way
            self.wait(lambda: peer.socket.poll(10, zmq.POLLOUT) and (
                peer.socket.send(counted(0).tobytes()), receiver.count() > 0)[1])

    def test_someone_who_speaks_another_protocol(self):
        with socket.create_server(('127.0.0.1', 0)) as server:
            server.settimeout(fx.TIMEOUT_S)
            port = server.getsockname()[1]
            with Receiver(f'tcp://127.0.0.1:{port}', 'push') as receiver:
                for _ in range(2):  # it calls again
                    connection, _ = server.accept()
                    with connection:
                        connection.sendall(b'HTTP/1.0 400 Bad Request\r\n\r\n' + bytes(100))
                server.close()
                with Peer(zmq.PUSH, f'tcp://127.0.0.1:{port}', True) as peer:
                    peer.socket.send(counted(0).tobytes())
                    self.wait(lambda: receiver.count() == TURN)


class Requests(TestCase):
    """What a transmitter is asked."""

    BAD = ([struct.pack('=i', -5)], [struct.pack('=i', 0)], [b''], [bytes(3)], [bytes(8)],
           [struct.pack('=i', 5), b'x'])

    def test_bad_ones_are_counted_and_survived(self):
        address = f'ipc://{fx.temporary("requests")}'
        with Transmitter(address, 'request') as transmitter:
            with Peer(zmq.REQ, address, False) as peer:
                for bad in self.BAD:
                    peer.socket.send_multipart(bad)
                    self.assertEqual(peer.socket.recv(), b'')
                for start, asked in ((0, 5), (5, 2**31 - 1)):
                    peer.socket.send(struct.pack('=i', asked))
                    got = np.frombuffer(peer.socket.recv(), np.complex64)
                    self.assertTrue(1 <= len(got) <= asked)
                    np.testing.assert_array_equal(got, counted(start, len(got)))
            self.assertEqual(transmitter.radio.faults(), {'bad request': len(self.BAD)})


class SeveralReceivers(TestCase):

    def test_one_is_served_whole_and_a_further_one_is_told(self):
        for pattern in PATTERNS:
            with self.subTest(pattern):
                address = f'ipc://{fx.temporary("several-" + pattern)}'
                with Transmitter(address, pattern) as transmitter:
                    with Receiver(address, pattern) as first:
                        self.wait(lambda: first.count() > 10 * TURN)
                        with Receiver(address, pattern) as second:
                            self.wait(second.radio.faults)
                            before = first.count()
                            self.wait(lambda: first.count() > before + 10 * TURN)
                            self.assertEqual(second.count(), 0)
                            self.assertGreater(second.radio.faults()['refused'], 0)
                            self.assertGreater(transmitter.radio.faults()['further receiver'], 0)
                            values = first.values()
                            np.testing.assert_array_equal(
                                values, np.arange(len(values)) % (1 << 16))
                            first.top.stop()
                            first.top.wait()
                            self.wait(lambda: second.count() > TURN)  # its turn

    def test_one_that_never_reads(self):
        address = f'ipc://{fx.temporary("deaf")}'
        with Transmitter(address, 'push') as transmitter:
            self.assertFalse(transmitter.radio.serving())
            with Peer(zmq.PULL, address, False):
                self.wait(transmitter.radio.serving)
                with Receiver(address, 'push') as receiver:
                    self.wait(receiver.radio.faults)
                    self.assertEqual(receiver.count(), 0)
                    self.assertTrue(transmitter.radio.serving())
            with Receiver(address, 'push') as receiver:
                self.wait(lambda: receiver.count() > TURN)

    def test_connections_that_say_nothing_are_in_nobodys_way(self):
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        address = f'tcp://127.0.0.1:{port}'
        with Transmitter(address, 'push') as transmitter, \
                socket.create_connection(('127.0.0.1', port)), \
                socket.create_connection(('127.0.0.1', port)):
            with Receiver(address, 'push') as receiver:
                self.wait(lambda: receiver.count() > TURN)
            self.wait(lambda: not transmitter.radio.serving())
            with Receiver(address, 'push') as receiver:
                self.wait(lambda: receiver.count() > TURN)


class Broken(TestCase):
    """What nobody thought of must not end a thread in silence."""

    def test_at_either_end(self):
        address = f'ipc://{fx.temporary("broken")}'
        with Transmitter(address, 'push') as transmitter, Receiver(address, 'push') as receiver:
            self.wait(lambda: receiver.count() > TURN)
            for end, method, radio in ((receiver.radio.source, '_samples', receiver.radio),
                                       (transmitter.radio.sink, '_push', transmitter.radio)):
                setattr(end, method, lambda *_: 1 // 0)
                self.wait(lambda: radio.faults().get('broken') == 1, radio.faults)
            receiver.top.wait()  # the flowgraph ends

    def test_the_address_is_free_when_the_flowgraph_has_ended(self):
        address = f'ipc://{fx.temporary("again")}'
        transmitter = Transmitter(address, 'push')
        for _ in range(2):
            with transmitter, Receiver(address, 'push') as receiver:
                self.wait(lambda: receiver.count() > TURN)
        with Transmitter(address, 'push'):
            pass


if __name__ == '__main__':
    unittest.main()
