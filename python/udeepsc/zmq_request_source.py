# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples from a rep_sink of gr-zeromq."""

import struct

import numpy as np
from gnuradio import gr


class zmq_request_source(gr.sync_block):
    """Out 0: complex samples.

    gr-zeromq's own req_source waits for ever for the answer of a peer that has died. This
    one may ask again: ZMQ_REQ_RELAXED allows it, ZMQ_REQ_CORRELATE keeps late answers out.
    """

    ASK_AGAIN_MS = 1000

    def __init__(self, address, timeout_ms=100):
        gr.sync_block.__init__(self, 'zmq_request_source', None, [np.complex64])
        self._address, self._timeout_ms = address, timeout_ms
        self._socket = None
        self._rest = np.zeros(0, np.complex64)
        self._asked_ms_ago = None

    def start(self):
        import zmq
        self._zmq = zmq
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.REQ)
        for option in (zmq.REQ_RELAXED, zmq.REQ_CORRELATE):
            self._socket.setsockopt(option, 1)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.connect(self._address)
        return True

    def stop(self):
        self._context.destroy(linger=0)
        return True

    def _ask(self, count):
        if self._asked_ms_ago is not None and self._asked_ms_ago < self.ASK_AGAIN_MS:
            return
        try:
            self._socket.send(struct.pack('=i', count), self._zmq.NOBLOCK)
            self._asked_ms_ago = 0
        except self._zmq.Again:  # nobody is there
            self._asked_ms_ago = None

    def work(self, _, outputs):
        out = outputs[0]
        if not self._rest.size:
            self._ask(out.size)  # the first, or again after a long silence
            if not self._socket.poll(self._timeout_ms):
                if self._asked_ms_ago is not None:
                    self._asked_ms_ago += self._timeout_ms
                return 0
            data = self._socket.recv()
            self._asked_ms_ago = None
            self._ask(out.size)  # the next is on its way while this one is worked on
            self._rest = np.frombuffer(data[:len(data) // 8 * 8], np.complex64)
        count = min(out.size, self._rest.size)
        out[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
