# SPDX-License-Identifier: GPL-3.0-or-later
"""Complex questions about pictures, asked as simple ones."""

import threading
import time
from collections import deque

import pmt
from gnuradio import gr

from .pdu_counters import BadPdu, PduCounters, counted, required_words
from .pdus import bytes_of, bytes_vector, dictionary, value_of
from .picture_tiles import fit, tile_pdus
from .question_plans import PlanError, plan_of

MOST_WAITING = 64  # pictures and questions
NEW_STORY = 64  # frame numbers ahead: semantic_memory's gap_frames


class question_planner(PduCounters, gr.basic_block):
    """Sends pictures, and questions about them: one that no single answer settles as a plan of
    simple ones, each asked when the one before is answered. "How many circles are in this picture
    and the last one?" counts the circles of each, and adds.

    Ports
      in "ask"      words: a symbol, a pair (key . symbol) as a QT GUI Message Edit Box sends it,
                    or a PDU of UTF-8
      in "picture"  u8vector [height, width, 3], from image_source or camera_source with `whole`;
                    sent, and remembered by the receiver
      in "in"       both of these, told apart by their shape, as sample_source sends them; what is
                    64 frame numbers ahead of the last begins a new story, which is passed on
      in "answers"  results of unified_decoder; reads frame_id and class_name
      out "out"     pictures, and questions as u8vector UTF-8, under numbers of their own: with
                    frame_id, task, modality, shape, reference and t_source
      out "plan"    each step as it is answered, and the answer in the end: u8vector UTF-8 with
                    the key plan: "step" or "answer"; the answer with question, and reference
                    where the question brought one
      "stats"       any message in is answered by the counters

    Parameters
      task       name from the model file of a task that remembers pictures
      tile       edge of the picture in pixels, 8..1024; what the model takes
      timeout_s  that an answer may take, 0.01..3600 s; then the question is given up

    A step asks about one picture among those that are remembered. A question without a plan is
    asked as it is, in the frame of the newest picture: "the last picture" is the one before that.
    One that is not answered in time is counted ("incomplete"), as is one whose answer is no number
    where one has to be ("bad sample"); the next one goes on, and takes a late answer for its own if
    it is in the same frame. What comes while a question is open waits for its answer, a picture
    too: it would be another "last picture". At most 64 pictures and questions wait.

    Throws ValueError for a parameter.
    """

    def __init__(self, task='picture_memory_question_answering', tile=32, timeout_s=5.0):
        gr.basic_block.__init__(self, 'question_planner', None, None)
        if not 8 <= tile <= 1024:
            raise ValueError(f'tile: got {tile}, expected 8 to 1024')
        if not 0.01 <= timeout_s <= 3600:
            raise ValueError(f'timeout_s: got {timeout_s}, expected 0.01 to 3600')
        self._task, self._tile, self._timeout_s = task, tile, timeout_s
        self._lock = threading.RLock()  # guards all that follows
        self._frame_id, self._asked, self._plan = 0, None, None
        self._words, self._reference, self._heard = '', None, None
        self._shown = None  # frame of the newest picture
        self._waiting, self._timer = deque(), None
        self.init_counters()
        self.add_input('ask', self.ask)
        self.add_input('picture', self.look)
        self.add_input('in', self.look_or_ask)
        self.add_input('answers', self.hear)
        self.add_output()
        self.message_port_register_out(pmt.intern('plan'))

    def stop(self):
        with self._lock:
            self._cancel_timer()
            self._waiting.clear()
            self._asked = None
        return True

    @counted
    def look_or_ask(self, message):
        about = pmt.car(message) if pmt.is_pair(message) else pmt.PMT_NIL
        number = value_of(about, 'frame_id') if pmt.is_dict(about) else None
        if number is not None:
            if self._heard is not None and number >= self._heard + NEW_STORY:
                self._enqueue(self._begin_story)
            self._heard = number
        if pmt.is_dict(about) and len(tuple(value_of(about, 'shape', ()))) == 3:  # a picture
            self._look(message)
        else:
            self._ask(message)

    @counted
    def look(self, message):
        self._look(message)

    @counted
    def ask(self, message):
        self._ask(message)

    def _look(self, message):
        self.count_received()
        if not pmt.is_pair(message) or not pmt.is_u8vector(pmt.cdr(message)):
            raise BadPdu('wrong type', 'port picture takes u8vector [height, width, 3]')
        about, data = pmt.car(message), pmt.cdr(message)
        shape = tuple(value_of(about, 'shape', ()))
        if len(shape) != 3 or shape[2] != 3 or shape[0] * shape[1] * 3 != pmt.length(data):
            raise BadPdu('wrong shape', f'a picture of {shape}, expected [height, width, 3]')
        pixels = fit(bytes_of(data).reshape(shape), self._tile, self._tile)
        name = value_of(about, 'picture', 'picture')
        self._enqueue(lambda: self._send_picture(pixels, name))

    def _ask(self, message):
        self.count_received()
        words = ' '.join(required_words(message, 'ask').split())
        if not words:
            raise BadPdu('bad sample', 'a question without words')
        about = pmt.car(message) if pmt.is_pair(message) else pmt.PMT_NIL
        reference = pmt.dict_ref(about, pmt.intern('reference'), pmt.PMT_NIL) \
            if pmt.is_dict(about) else pmt.PMT_NIL
        self._enqueue(lambda: self._begin_question(words, reference))

    def _enqueue(self, act):
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                raise BadPdu('queue full', f'{MOST_WAITING} pictures and questions wait')
            self._waiting.append(act)
            if self._asked is None:
                self._go_on()

    def _begin_story(self):
        self._frame_id += NEW_STORY
        self._shown = None

    def _send_picture(self, pixels, name):
        for keys, tile in tile_pdus(pixels, self._tile, name, self._task, self._frame_id):
            self.send(keys, tile)
        self._shown = self._frame_id
        self._frame_id += 1

    def _begin_question(self, words, reference):
        self._words, self._reference = words, reference
        self._plan = plan_of(words)
        if self._plan:
            self._send_question(self._plan.ask())
        else:
            self._send_question(words, self._shown)

    @counted
    def hear(self, message):
        about = pmt.car(message)
        with self._lock:
            if self._asked is None or value_of(about, 'frame_id') != self._asked:
                return  # of a picture, or of a question that was given up
            answer = str(value_of(about, 'class_name', ''))
            try:
                self._take(answer)
            except PlanError as error:
                self._give_up('bad sample', str(error))

    def _take(self, answer):
        self._cancel_timer()
        if self._plan is None:
            self._show(f'{self._words} {answer}')
            self._show(answer, 'answer')
            self._go_on()
            return
        lines = len(self._plan.log)
        self._plan.take(answer)
        for line in self._plan.log[lines:]:
            self._show(line)
        if self._plan.answer is None:
            self._send_question(self._plan.ask())
        else:
            self._show(self._plan.answer, 'answer')
            self._go_on()

    def _go_on(self):
        """With what waits, up to the next question."""
        self._asked = self._plan = None
        while self._waiting and self._asked is None:
            self._waiting.popleft()()

    def _send_question(self, words, frame_id=None):
        """In a frame of its own, or in that of a picture, which is then the present one."""
        payload = bytes_vector(words.encode())
        if frame_id is None:
            frame_id = self._frame_id
            self._frame_id += 1
        self._asked = frame_id
        self._timer = threading.Timer(self._timeout_s, self._too_late, [self._asked])
        self._timer.daemon = True
        self._timer.start()
        self.send(dictionary(frame_id=self._asked, task=self._task, modality='question',
                             shape=(pmt.length(payload),), reference=payload,
                             t_source=time.monotonic()), payload)

    def _too_late(self, number):
        with self._lock:
            if self._asked == number:
                self._give_up('incomplete', f'no answer within {self._timeout_s} s')

    def _give_up(self, reason, detail):
        self._cancel_timer()
        self.drop(reason, f'{self._words}: {detail}')
        self._show(f'given up: {detail}')
        self._go_on()

    def _cancel_timer(self):
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _show(self, text, name='step'):
        # As bytes: pmt keeps every symbol that it ever saw.
        about = dictionary(plan=name)
        if name == 'answer':
            about = pmt.dict_add(about, pmt.intern('question'), bytes_vector(self._words.encode()))
            if not pmt.is_null(self._reference):
                about = pmt.dict_add(about, pmt.intern('reference'), self._reference)
        self.message_port_pub(pmt.intern('plan'), pmt.cons(about, bytes_vector(text.encode())))
