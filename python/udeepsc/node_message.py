# SPDX-License-Identifier: GPL-3.0-or-later
"""What a station sends: messages and what became of them, short control messages."""

import threading

import pmt

from .pdus import value_of


class Message:
    """What node.send() gives: wait() for it to be on its way or acknowledged."""

    def __init__(self, pdus, destination, acknowledge):
        self.pdus, self.destination = pdus, destination
        self.open = {frame_of(pdu) for pdu in pdus} if acknowledge else set()
        self.control = None  # a short message in place of pdus
        self.tries = 0
        self.state = 'waiting'  # then sent, acknowledged or lost
        self._done = threading.Event()

    def finish(self, state):
        self.state = state
        self._done.set()

    def wait(self, timeout=None):
        """Its state: waiting, sent (nobody was asked), acknowledged or lost."""
        self._done.wait(timeout)
        return self.state


def frame_of(pdu):
    """(task, number as it is on the air)"""
    about = pmt.car(pdu)
    return value_of(about, 'task', ''), value_of(about, 'frame_id', 0) % 256


def control(kind, payload=b'', **keys):
    about = pmt.dict_add(pmt.make_dict(), pmt.intern('control'), pmt.intern(kind))
    for name, value in keys.items():
        value = pmt.intern(value) if isinstance(value, str) else \
            pmt.from_double(value) if isinstance(value, float) else pmt.from_uint64(value)
        about = pmt.dict_add(about, pmt.intern(name), value)
    return pmt.cons(about, pmt.init_u8vector(len(payload), list(payload)))
