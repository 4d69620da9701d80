# SPDX-License-Identifier: GPL-3.0-or-later
"""A window on what a receiver remembers."""

import time

import pmt
from gnuradio import gr

from .qt_task_view import check_application

MOST_WAITING = 200  # messages of a port that the window has not looked at yet
AT_ONCE = 32  # messages taken between two looks at the clock
PORTS = ('contents', 'sent', 'answers', 'alone')


class Switches(gr.basic_block):
    """What the window's box and button say, as messages."""

    def __init__(self):
        gr.basic_block.__init__(self, 'qt_memory_view_switches', None, None)
        for port in ('memory', 'clear'):
            self.message_port_register_out(pmt.intern(port))

    def is_connected(self, port):
        return pmt.is_pair(self.message_subscribers(pmt.intern(port)))

    def send(self, port, message):
        self.message_port_pub(pmt.intern(port), message)


class qt_memory_view(gr.hier_block2):
    """What semantic_memory holds, entry by entry, and the answers drawn from it beside those
    without it.

    Ports
      in "contents"  what is held, of semantic_memory's port contents
      in "sent"      optional: what the source sends, for the words of the questions
      in "answers"   optional: results of unified_decoder, with memory
      in "alone"     optional: results of a unified_decoder without memory
      out "memory"   true or false of a box, for semantic_memory's port memory
      out "clear"    of a button, for semantic_memory's port clear

    Parameters
      title  above the window

    Box and button are shown where their ports are connected, columns of answers where something
    came. An entry's age is in frames; its words are those that a simulation brings along.
    Messages wait until the window takes them, 10 times a second; of more than it can look at the
    newest are shown. The flowgraph never waits. What is no message of these is counted: bad().

    Throws RuntimeError without a QApplication.
    """

    def __init__(self, title='Memory'):
        nothing = gr.io_signature(0, 0, 0)
        gr.hier_block2.__init__(self, 'qt_memory_view', nothing, nothing)
        check_application('qt_memory_view')
        from .memory_view_state import MemoryViewState
        from .qt_memory_widget import MemoryWidget
        from .udeepsc_python import _message_inbox, overflow_policy
        self.state = MemoryViewState()
        self._inbox = _message_inbox(list(PORTS), MOST_WAITING, overflow_policy.drop_oldest)
        self._switches = Switches()
        for port in PORTS:
            self.message_port_register_hier_in(port)
            self.msg_connect(self, port, self._inbox, port)
        for port in ('memory', 'clear'):
            self.message_port_register_hier_out(port)
            self.msg_connect(self._switches, port, self, port)
        self.widget = MemoryWidget(self, title)

    def post(self, port, message):
        """A message for an input port, from Python; the flowgraph runs."""
        self._inbox.to_basic_block()._post(pmt.intern(port), message)

    def take_messages(self, budget_s):
        """What has come, to the state; ends when the time is over. Of the window's thread."""
        end = time.monotonic() + budget_s
        contents = self._inbox.take('contents', MOST_WAITING)
        if contents:
            self.state.take_contents(contents[-1])  # it says all
        takes = {'sent': self.state.take_sent,
                 'answers': lambda message: self.state.take_answer(message, 'answers'),
                 'alone': lambda message: self.state.take_answer(message, 'alone')}
        for port, take in takes.items():
            messages = self._inbox.take(port, AT_ONCE)
            while messages:
                for message in messages:
                    take(message)
                messages = self._inbox.take(port, AT_ONCE) if time.monotonic() < end else []

    def waiting(self):
        """Messages that the window has not looked at yet."""
        return self._inbox.queue_depth()

    def bad(self):
        """Messages, of all ports, that could not be used."""
        return self.state.bad

    def set_memory(self, memory):
        """As the box does."""
        self._switches.send('memory', pmt.from_bool(bool(memory)))

    def clear(self):
        """As the button does."""
        self._switches.send('clear', pmt.PMT_T)

    def is_connected(self, port):
        """Whether somebody listens at this output port; before the start nobody does."""
        return self._switches.is_connected(port)
