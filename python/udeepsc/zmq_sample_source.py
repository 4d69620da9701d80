# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples from a transmitter in another process."""

import struct
import time

import numpy as np
import zmq
from gnuradio import gr
from zmq.utils.monitor import recv_monitor_message

BYTES_PER_SAMPLE = 8
LARGEST_FRAME_BYTES = 1 << 26  # 8 million samples
ASK_AGAIN_S = 1.0  # without an answer
CALL_AGAIN_S = 1.0  # when the connection failed, or was refused

_FAILED = zmq.EVENT_DISCONNECTED | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL \
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH


class zmq_sample_source(gr.sync_block):
    """Out 0: complex samples, as long as a transmitter is there.

    Connects to `address`, and again whenever the connection ends. pattern: "push", or "request" to
    ask for every piece; then gr-zeromq's own req_source would wait for ever for the answer of a
    peer that has died. This one may ask again: ZMQ_REQ_RELAXED allows it, ZMQ_REQ_CORRELATE keeps
    late answers out.

    A message that holds no whole number of samples is counted and passed over. faults: RadioFaults.
    """

    def __init__(self, address, pattern, timeout_ms, waiting, faults):
        """timeout_ms: waited for a message at a time; waiting: messages under way at most."""
        gr.sync_block.__init__(self, 'zmq_sample_source', None, [np.complex64])
        self._address, self._pattern = address, pattern
        self._timeout_ms, self._waiting = timeout_ms, waiting
        self._faults = faults
        self._socket = None
        self._rest = np.zeros(0, np.complex64)
        self._asked_at = self._call_at = None

    def start(self):
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.PULL if self._pattern == 'push' else zmq.REQ)
        if self._pattern == 'request':
            for option in (zmq.REQ_RELAXED, zmq.REQ_CORRELATE):
                self._socket.setsockopt(option, 1)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RCVHWM, self._waiting)
        self._socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_FRAME_BYTES)
        self._socket.setsockopt(zmq.IPV6, '[' in self._address)
        self._monitor = self._socket.get_monitor_socket(_FAILED | zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self._asked_at = self._call_at = None
        self._socket.connect(self._address)
        return True

    def stop(self):
        if self._socket is not None:
            self._socket.disable_monitor()
            self._context.destroy(linger=0)
            self._socket = None
        return True

    def work(self, _, outputs):
        try:
            return self._receive(outputs[0])
        except Exception as error:  # would end the thread without a word
            self._faults.count('broken', detail=f'{type(error).__name__}: {error}')
            return -1

    def _receive(self, out):
        self._keep_connected()
        if not self._rest.size:
            if self._pattern == 'request':
                self._ask(out.size)  # the first, or again after a long silence
            if not self._socket.poll(self._timeout_ms):
                return 0
            self._rest = self._samples(self._socket.recv_multipart())
            if self._pattern == 'request':
                self._asked_at = None
                self._ask(out.size)  # the next is on its way while this one is worked on
        count = min(out.size, self._rest.size)
        out[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def _samples(self, frames):
        size = sum(map(len, frames))
        if len(frames) != 1 or size % BYTES_PER_SAMPLE:
            self._faults.count('bad frame', detail=f'{size} bytes in {len(frames)} parts, expected '
                               f'a multiple of {BYTES_PER_SAMPLE} in one')
            return np.zeros(0, np.complex64)
        return np.frombuffer(frames[0], np.complex64)

    def _ask(self, count):
        if self._asked_at is not None and time.monotonic() - self._asked_at < ASK_AGAIN_S:
            return
        try:
            self._socket.send(struct.pack('=i', count), zmq.NOBLOCK)
            self._asked_at = time.monotonic()
        except zmq.Again:  # nobody is there
            self._asked_at = None

    def _keep_connected(self):
        """ZeroMQ calls again by itself after most failures, but not after all."""
        while self._monitor.poll(0):
            event = recv_monitor_message(self._monitor)['event']
            if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                self._faults.count('refused', detail=self._address)
            self._call_at = None if event == zmq.EVENT_HANDSHAKE_SUCCEEDED \
                else time.monotonic() + CALL_AGAIN_S
        if self._call_at is not None and time.monotonic() > self._call_at:
            self._call_at = None
            try:
                self._socket.disconnect(self._address)
            except zmq.ZMQError:  # it was disconnected already
                pass
            self._socket.connect(self._address)
