# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds over ZeroMQ: the receiver is killed, and others call who should not."""

import socket
import struct
import time

import zmq

from two_ends import Pair

KILLS = 2
PATIENCE_MS = 30_000
BAD_FRAMES = ([b'x'], [bytes(7)], [bytes(12)], [bytes(8), bytes(8)])
BAD_REQUESTS = ([struct.pack('=i', -5)], [struct.pack('=i', 0)], [b''], [bytes(3)], [bytes(8)],
                [struct.pack('=i', 5), b'x'])
GARBAGE = (b'GET / HTTP/1.0\r\n\r\n', bytes(300), b'\xff' * 9 + b'\x7f' + b'\xff' * 99)


class Peer:
    """A ZeroMQ socket of somebody else."""

    def __init__(self, kind, address, bind=False):
        self._context = zmq.Context()
        self.socket = self._context.socket(kind)
        for option in (zmq.RCVTIMEO, zmq.SNDTIMEO):
            self.socket.setsockopt(option, PATIENCE_MS)
        (self.socket.bind if bind else self.socket.connect)(address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._context.destroy(linger=0)


def pair(this, **how):
    settings = this.settings(channel={})
    return Pair(settings, this.run.serials, this.run.payloads, this.ledger, **how)


def killed(this):
    """The receiver's process is killed (SIGKILL) while bursts come, and starts again."""
    with pair(this, process=True) as ends:
        ends.start_transmitter()
        for _ in range(KILLS):
            ends.receiver.start()
            ends.wait(ends.radio.serving)
            ends.feed(this.random.randint(1, this.bursts))
            ends.receiver.stop()
            ends.wait(lambda: not ends.radio.serving())
            ends.collect()
            ends.ledger.excuse(ends.ledger.pending(), 'under way when the receiver was killed')
        ends.receiver.start()
        ends.wait(ends.radio.serving)
        ends.feed(this.bursts)
        ends.drain()


def bad_peers(this):
    """A false transmitter, false receivers, and some who speak something else."""
    pattern = this.random.choice(('push', 'request'))
    with pair(this, pattern=pattern) as ends:
        ends.receiver.start()
        send_bad_frames(ends, pattern)
        ends.start_transmitter()
        ends.wait(ends.radio.serving)
        if pattern == 'request' and this.random.random() < 0.5:
            # Who asks before the receiver comes is served, and may ask for nonsense.
            ends.receiver.stop()
            ends.wait(lambda: not ends.radio.serving())
            send_bad_requests(ends)
            ends.receiver.start()
            ends.wait(ends.radio.serving)
        with Peer(zmq.PULL if pattern == 'push' else zmq.REQ, ends.address) as further:
            if pattern == 'request':
                further.socket.send(struct.pack('=i', 100))
            for _ in range(3):
                ends.feed(max(1, this.bursts // 3))
                disturb(ends, this.random.choice(GARBAGE))
            ends.drain()
            if further.socket.poll(0):
                ends.ledger.fail('samples went to a second receiver')
        refused = ends.radio.faults().get('further receiver', 0)
        ends.ledger.refuse('further receiver', refused)
        for end in (ends.radio, ends.receiver.radio):
            if 'broken' in end.faults():
                ends.ledger.fail('a radio broke')


def send_bad_frames(ends, pattern):
    """From somebody who has the transmitter's address before the transmitter."""
    with Peer(zmq.PUSH if pattern == 'push' else zmq.REP, ends.address, bind=True) as liar:
        for frames in BAD_FRAMES:
            if pattern == 'request':
                liar.socket.recv()
            liar.socket.send_multipart(frames)
        wait_for(ends, ends.receiver.radio, 'bad frame', len(BAD_FRAMES))


def send_bad_requests(ends):
    with Peer(zmq.REQ, ends.address) as asker:
        for frames in BAD_REQUESTS:
            asker.socket.send_multipart(frames)
            if asker.socket.recv() != b'':
                ends.ledger.fail(f'the request {frames} was answered with samples')
        wait_for(ends, ends.radio, 'bad request', len(BAD_REQUESTS))
    ends.wait(lambda: not ends.radio.serving())


def wait_for(ends, radio, kind, times):
    """Until the radio has counted them all, and no more than those."""
    ends.wait(lambda: radio.faults().get(kind, 0) >= times)
    counted = radio.faults()[kind]
    ends.ledger.refuse(kind, counted)
    if counted != times:
        ends.ledger.fail(f'{kind}: {times} were sent, {counted} counted')


def disturb(ends, data):
    """A connection of something that does not speak ZeroMQ."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(ends.socket_path())
        try:
            caller.sendall(data)
            time.sleep(0.01)
        except OSError:  # it was thrown out
            pass
    ends.ledger.refuse('not ZeroMQ', 1)
