# SPDX-License-Identifier: GPL-3.0-or-later
"""What pdu_block counts, for the blocks that are written in Python."""

import functools
import threading
import time

import pmt
from gnuradio import gr

from .pdus import words_of
from .udeepsc_python import congested

QUIET_S = 0.1  # how long it has to be quiet before a block with nobody left in front is done


class BadPdu(Exception):
    """A message that a block cannot use: the reason it is counted under, and the details."""

    def __init__(self, reason, detail):
        Exception.__init__(self, detail)
        self.reason = reason


def required_words(message, port):
    """Text of a message, as words_of(); raises BadPdu for one that holds none."""
    words = words_of(message)
    if words is None:
        raise BadPdu('wrong type', f'port {port} takes a symbol, a pair with one, or a PDU of UTF-8')
    return words


def counted(handler):
    """A handler that may raise: what it raises is a counted drop."""
    @functools.wraps(handler)
    def guarded(self, message):
        try:
            handler(self, message)
        except BadPdu as error:
            self.drop(error.reason, str(error))
        except Exception as error:  # a handler must not throw
            self.drop('bad sample', f'{type(error).__name__}: {error}')
    return guarded


class PduCounters:
    """Beside gr.basic_block or gr.sync_block: the counters, the port "stats", and an end like
    that of the blocks in C++ (include/gnuradio/udeepsc/pdu_block.h). Any thread may call.

    A subclass calls init_counters() after the block's own __init__, and adds its ports with
    add_input() and add_output().
    """

    def init_counters(self):
        self._counter_lock = threading.Lock()
        self._received, self._sent, self._dropped = 0, 0, {}
        self._inputs = []
        self.message_port_register_out(pmt.intern('stats'))
        self.add_input('stats', self._publish_stats)
        self.set_msg_handler(pmt.intern('system'), self._upstream_done)

    def add_input(self, port, handler):
        """handler: a method of the block, by whose name GNU Radio finds it."""
        self.message_port_register_in(pmt.intern(port))
        self.set_msg_handler(pmt.intern(port), handler)
        self._inputs.append((pmt.intern(port), handler))

    def add_output(self):
        self.message_port_register_out(pmt.intern('out'))

    def received(self):
        """PDUs that came in."""
        with self._counter_lock:
            return self._received

    def sent(self):
        """PDUs that went out."""
        with self._counter_lock:
            return self._sent

    def dropped(self, reason=None):
        """What was dropped for a reason, or for any."""
        with self._counter_lock:
            return sum(self._dropped.values()) if reason is None else self._dropped.get(reason, 0)

    def stats(self):
        """The counters as a pmt dict, as every block here gives them."""
        with self._counter_lock:
            values = {'block': self.to_basic_block().alias(), 'received': self._received,
                      'sent': self._sent, 'dropped': dict(self._dropped)}
        return pmt.to_pmt(values)

    def count_received(self):
        with self._counter_lock:
            self._received += 1

    def count_dropped(self, reason, number):
        """Whether these are the first for that reason."""
        with self._counter_lock:
            before = self._dropped.get(reason, 0)
            if number:
                self._dropped[reason] = before + number
            return before == 0 and number > 0

    def drop(self, reason, detail):
        """Counts, and logs the first of each reason."""
        if self.count_dropped(reason, 1):
            gr.log.warn(f'{self.to_basic_block().alias()}: dropped ({reason}): {detail}; more of '
                        'this kind are only counted')

    def send(self, about, vector):
        self.message_port_pub(pmt.intern('out'), pmt.cons(about, vector))
        with self._counter_lock:
            self._sent += 1

    def congested(self):
        """Whether a sender should hold back."""
        return congested(self.to_basic_block(), 'out')

    def _publish_stats(self, _):
        self.message_port_pub(pmt.intern('stats'), self.stats())

    def _upstream_done(self, message):
        """The block in front is done. Here: handles what waits or still comes, then is done too.
        GNU Radio's own handler would end the block in the middle of its work."""
        block = self.to_basic_block()
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_S:
            for port, handler in self._inputs:
                while block.nmsgs(port):
                    handler(block.delete_head_nowait(port))
                    quiet_since = time.monotonic()
            time.sleep(0.005)
        block.system_handler(message)
