# SPDX-License-Identifier: GPL-3.0-or-later
"""One receiver at a time for a ZeroMQ socket that others connect to.

ZeroMQ spreads the messages of a PUSH socket over all who are connected, so that each would get a
part of the samples. Whoever comes while one is served is refused with status 400 of ZAP
(rfc.zeromq.org/spec/27), which the refused socket's monitor tells as HANDSHAKE_FAILED_AUTH.
"""

import threading

import zmq
from zmq.utils.monitor import recv_monitor_message

HANDSHAKE_MS = 2000  # then a connection that says nothing is closed
# A receiver that is gone without closing its connection is noticed after so long.
HEARTBEAT_MS, HEARTBEAT_TIMEOUT_MS = 1000, 60000
STEP_MS = 100  # between two looks whether to end

_CLOSED = (zmq.EVENT_DISCONNECTED, zmq.EVENT_CLOSED, zmq.EVENT_CLOSE_FAILED)


class OneReceiver:
    """Of `socket`, which is not bound yet; one object for each context. faults: RadioFaults."""

    def __init__(self, context, socket, faults):
        self._faults = faults
        self._accepted = set()  # file descriptors of all connections
        # Those of them that may be the one that is served. ZAP does not say which it asks about:
        # beside the receiver's, those of whoever just then had said nothing yet.
        self._served = set()
        self._ending = threading.Event()
        self._zap = context.socket(zmq.REP)
        self._zap.bind('inproc://zeromq.zap.01')
        socket.setsockopt(zmq.ZAP_DOMAIN, b'samples')
        socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)
        socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MS)
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS)
        self._monitor = socket.get_monitor_socket(zmq.EVENT_ACCEPTED | sum(_CLOSED))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def serving(self):
        """Whether a receiver is there."""
        return bool(self._served)

    def close(self):
        """Before the socket is closed."""
        self._ending.set()
        self._thread.join()
        self._zap.close(linger=0)

    def _run(self):
        try:
            self._watch_and_answer()
        except Exception as error:  # would end the thread without a word
            self._faults.count('broken', detail=f'{type(error).__name__}: {error}')

    def _watch_and_answer(self):
        poller = zmq.Poller()
        poller.register(self._monitor, zmq.POLLIN)
        poller.register(self._zap, zmq.POLLIN)
        while not self._ending.is_set():
            ready = dict(poller.poll(STEP_MS))
            # What closed comes first: its place may be the newcomer's.
            while self._monitor.poll(0):
                self._watch(recv_monitor_message(self._monitor))
            if self._zap in ready:
                self._answer(self._zap.recv_multipart())

    def _watch(self, event):
        if event['event'] == zmq.EVENT_ACCEPTED:
            self._accepted.add(event['value'])
        else:
            self._accepted.discard(event['value'])
            self._served.discard(event['value'])

    def _answer(self, request):
        version, number, _, address = request[:4]
        free = not self._served
        if free:
            self._served = set(self._accepted)
        status, text = (b'200', b'') if free else (b'400', b'another receiver is served')
        self._zap.send_multipart([version, number, status, text, b'', b''])
        if not free:
            self._faults.count('further receiver', detail=address.decode(errors='replace'))
