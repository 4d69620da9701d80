# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples to one receiver in another process."""

import struct

import numpy as np
import zmq
from gnuradio import gr

from .zmq_admission import OneReceiver

REQUEST = struct.Struct('=i')  # how many samples a receiver asks for
LARGEST_REQUEST_BYTES = 64


class zmq_sample_sink(gr.sync_block):
    """In 0: complex samples, which wait while nobody takes them.

    Binds `address`. pattern: "push", or "request" for a receiver that asks for every piece. The
    messages are those of gr-zeromq's push_sink and rep_sink without tags; but one receiver is
    served at a time, and a request that cannot be understood is answered with no samples.

    faults: RadioFaults. Throws zmq.ZMQError for an address that cannot be bound.
    """

    def __init__(self, address, pattern, timeout_ms, waiting, faults):
        """timeout_ms: waited for a receiver at a time; waiting: messages under way at most."""
        gr.sync_block.__init__(self, 'zmq_sample_sink', [np.complex64], None)
        self._address, self._pattern = address, pattern
        self._timeout_ms, self._waiting = timeout_ms, waiting
        self._faults = faults
        self._asked = 0  # samples that a receiver waits for
        self._socket = None
        self._open()

    def _open(self):
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.PUSH if self._pattern == 'push' else zmq.REP)
        self._socket.setsockopt(zmq.SNDHWM, self._waiting)
        self._socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_REQUEST_BYTES)
        self._socket.setsockopt(zmq.IPV6, '[' in self._address)
        self._admission = OneReceiver(self._context, self._socket, self._faults)
        try:
            self._socket.bind(self._address)
        except zmq.ZMQError:
            self._close()
            raise

    def _close(self):
        self._admission.close()
        self._socket.disable_monitor()
        self._context.destroy(linger=0)
        self._socket = None

    def serving(self):
        """Whether a receiver is there."""
        return self._admission.serving()

    def start(self):
        if self._socket is None:
            self._open()
        return True

    def stop(self):
        if self._socket is not None:
            self._close()
        return True

    def work(self, inputs, _):
        try:
            return self._push(inputs[0]) if self._pattern == 'push' else self._reply(inputs[0])
        except Exception as error:  # would end the thread without a word
            self._faults.count('broken', detail=f'{type(error).__name__}: {error}')
            return -1

    def _push(self, samples):
        if not self._socket.poll(self._timeout_ms, zmq.POLLOUT):
            return 0
        try:
            self._socket.send(samples.tobytes(), zmq.NOBLOCK)
        except zmq.Again:  # the receiver left just now
            return 0
        return len(samples)

    def _reply(self, samples):
        if not self._asked:
            if not self._socket.poll(self._timeout_ms):
                return 0
            request = self._socket.recv_multipart()
            asked = REQUEST.unpack(request[0])[0] \
                if len(request) == 1 and len(request[0]) == REQUEST.size else 0
            if asked < 1:
                self._faults.count('bad request', detail=b' '.join(request).hex(' '))
                self._socket.send(b'')  # one that asks has to be answered
                return 0
            self._asked = asked
        count = min(self._asked, len(samples))
        self._socket.send(samples[:count].tobytes())
        self._asked = 0
        return count
