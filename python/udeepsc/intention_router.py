# SPDX-License-Identifier: GPL-3.0-or-later
"""What the other side wants sets the task that is sent."""

import threading

import pmt
from gnuradio import gr

from .pdu_counters import BadPdu, PduCounters, counted
from .pdus import bytes_vector, dictionary, text_of, value_of

UNKNOWN = 'unknown'  # class of what is no intention
CONTROL = 'text'  # kind of the control payload
PREFIX = 'task '  # of a control payload, before the task's name


class intention_router(PduCounters, gr.basic_block):
    """Sets the transmitter's task to what was asked for: "what is in this picture?" sends its
    class, "send me the picture" the picture.

    Between sources and semantic_encoder. Where the intention is recognised beside the transmitter
    its result comes in at "intention"; where it is recognised at the other end, a router there
    sends the task's name as a control payload, which comes in here at "control".

    Ports
      in "intention"  results of unified_decoder of the task intention: class_name is a task's name
                      or "unknown"; or a symbol with a task's name
      in "control"    control payloads of burst_demodulator: u8vector "task NAME", control "text"
      in "in"         PDUs of sources
      out "out"       these, with the task that is wanted; those of modalities that it does not
                      take are dropped
      out "control"   the task's name for the other end, as burst_framer's port control takes it
      out "task"      symbol: the task that is wanted, after each intention
      "stats"         any message in is answered by the counters

    Parameters
      model  path or name of the transmitter's model: the tasks there are
      task   that is wanted at first; "": each PDU keeps its own
      least  probability of an intention from which it is followed, 0..1

    An intention that is "unknown", or of less than that probability, changes nothing and is
    counted: unknown(). A task that the model does not have is dropped as "unknown task", a PDU
    that the task has no use for as "wrong modality".

    Throws ValueError for a parameter.
    """

    def __init__(self, model='lite', task='', least=0.5):
        gr.basic_block.__init__(self, 'intention_router', None, None)
        from .udeepsc_python import transceiver
        if not 0 <= least <= 1:
            raise ValueError(f'least: got {least}, expected 0 to 1')
        self._tasks = {t.name: set(t.modalities) for t in transceiver(model).info().tasks}
        self._least, self._unknown, self._lock = least, 0, threading.Lock()
        self._task = ''
        self.set_task(task)
        self.init_counters()
        self.add_input('intention', self.follow)
        self.add_input('control', self.obey)
        self.add_input('in', self.route)
        self.add_output()
        for port in ('control', 'task'):
            self.message_port_register_out(pmt.intern(port))

    def set_task(self, task):
        """The task that is wanted from now on. Raises ValueError."""
        if task and task not in self._tasks:
            raise ValueError(f'task: got {task!r}, expected one of {", ".join(self._tasks)}')
        with self._lock:
            self._task = task

    def task(self):
        with self._lock:
            return self._task

    def unknown(self):
        """Intentions that were not understood."""
        with self._lock:
            return self._unknown

    @counted
    def follow(self, message):
        name, probability = message, 1.0
        if pmt.is_pair(message) and pmt.is_dict(pmt.car(message)):
            about, payload = pmt.car(message), pmt.cdr(message)
            name = pmt.dict_ref(about, pmt.intern('class_name'), pmt.PMT_NIL)
            if pmt.is_f32vector(payload) and pmt.length(payload):
                probability = max(pmt.f32vector_elements(payload))
        if not pmt.is_symbol(name):
            raise BadPdu('wrong type', 'port intention takes a result with class_name, or a symbol')
        name = pmt.symbol_to_string(name)
        if name == UNKNOWN or not probability >= self._least:
            with self._lock:
                self._unknown += 1
            return
        # The other end may know a task that this one does not.
        self.message_port_pub(pmt.intern('control'), pmt.cons(
            dictionary(control=CONTROL), bytes_vector((PREFIX + name).encode())))
        self._want(name)

    @counted
    def obey(self, message):
        if not pmt.is_pair(message) or not pmt.is_dict(pmt.car(message)) \
                or value_of(pmt.car(message), 'control') != CONTROL:
            return  # a report or an acknowledgement
        words = text_of(pmt.cdr(message))
        if words.startswith(PREFIX):
            self._want(words[len(PREFIX):])

    def _want(self, name):
        if name not in self._tasks:
            raise BadPdu('unknown task', f'"{name[:80]}" is none of the model')
        self.set_task(name)
        self.message_port_pub(pmt.intern('task'), pmt.intern(name))

    @counted
    def route(self, message):
        self.count_received()
        if not pmt.is_pair(message) or not pmt.is_dict(pmt.car(message)):
            raise BadPdu('not a pdu', 'port in takes PDUs with a dictionary')
        about, task = pmt.car(message), self.task()
        if task:
            modality = value_of(about, 'modality')
            if modality not in self._tasks[task]:
                raise BadPdu('wrong modality', f'task {task} has no use for "{modality}"')
            about = pmt.dict_add(about, pmt.intern('task'), pmt.intern(task))
        self.send(about, pmt.cdr(message))
