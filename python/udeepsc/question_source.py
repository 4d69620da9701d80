# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions about a picture."""

import threading
import time

import numpy as np
import pmt
from gnuradio import gr

from .pdu_counters import BadPdu, PduCounters, counted, required_words
from .pdus import bytes_of, bytes_vector, dictionary, value_of
from .picture_tiles import fit, load_picture, tile_pdus

MAX_BYTES = 65536  # of a question


class question_source(PduCounters, gr.basic_block):
    """Sends each question with a picture, both under one number: a picture file, or the last
    picture that came, of a camera for instance.

    Ports
      in "question"  the words: a symbol, a pair (key . symbol) as a QT GUI Message Edit Box
                     sends it, or a PDU of UTF-8
      in "picture"   optional: u8vector [height, width, 3], from image_source or camera_source
                     with `whole`; the questions that follow are about it
      out "out"      the picture, u8vector [tile, tile, 3], then the question, u8vector UTF-8;
                     both with frame_id, task, modality, shape, t_source; the picture with the
                     other keys of image_source
      "stats"        any message in is answered by the counters

    Parameters
      picture  picture file that questions are about until another picture comes; "" for none
      task     name from the model file of a task that takes image and text
      tile     edge of the picture in pixels, 8..1024; what the model takes
      words    modality of the words: "text", or "question" in models with a memory

    A question without a picture is dropped and counted ("incomplete"), and one without words
    ("bad sample").

    Throws ValueError for a parameter, and for a picture file that cannot be read.
    """

    def __init__(self, picture='', task='visual_question_answering', tile=32,
                 words='text'):
        gr.basic_block.__init__(self, 'question_source', None, None)
        if not 8 <= tile <= 1024:
            raise ValueError(f'tile: got {tile}, expected 8 to 1024')
        self._tile, self._words, self._frame_id = tile, words, 0
        self._lock = threading.Lock()  # guards picture, name, task and number
        self._pixels, self._name = None, ''
        self.set_picture(picture)
        self.set_task(task)
        self.init_counters()
        self.add_input('question', self.ask)
        self.add_input('picture', self.look)
        self.add_output()

    def set_picture(self, picture):
        """A file; "" keeps the picture that is there. Raises ValueError."""
        if picture:
            self._show(load_picture(picture), picture)

    def set_task(self, task):
        with self._lock:
            self._task = task

    def task(self):
        with self._lock:
            return self._task

    def ask_about(self, pixels, question, answer='', name='picture'):
        """Sends a question with the picture that it is about, uint8 [height, width, 3], from any
        thread. `answer`, where it is known, goes along as the reference. Pictures and questions
        of two ports come in any order; here each question has its own."""
        self.count_received()
        reference = pmt.intern(answer) if answer else None
        with self._lock:
            self._send_both(fit(np.asarray(pixels, np.uint8), self._tile, self._tile), name,
                            self._task, question.encode(), reference)

    @counted
    def look(self, message):
        if not pmt.is_pair(message) or not pmt.is_u8vector(pmt.cdr(message)):
            raise BadPdu('wrong type', 'port picture takes u8vector [height, width, 3]')
        about, data = pmt.car(message), pmt.cdr(message)
        shape = tuple(value_of(about, 'shape', ()))
        tiles = tuple(value_of(about, 'tiles', (1, 1)))
        if len(shape) != 3 or shape[2] != 3 or shape[0] * shape[1] * 3 != pmt.length(data):
            raise BadPdu('wrong shape', f'a picture of {shape}, expected [height, width, 3]')
        if tiles != (1, 1):
            raise BadPdu('wrong shape', f'a tile of a picture of {tiles} tiles, expected whole '
                                        'pictures: set whole in the source')
        self._show(bytes_of(data).reshape(shape), value_of(about, 'picture', 'picture'))

    @counted
    def ask(self, message):
        self.count_received()
        question = ' '.join(required_words(message, 'question').split())
        if not question or len(question.encode()) > MAX_BYTES:
            raise BadPdu('bad sample', f'a question of {len(question)} characters')
        with self._lock:
            if self._pixels is None:
                raise BadPdu('incomplete', 'there is no picture yet that the question is about')
            self._send_both(self._pixels, self._name, self._task, question.encode())

    def _show(self, pixels, name):
        small = fit(pixels, self._tile, self._tile)
        with self._lock:
            self._pixels, self._name = small, name

    def _send_both(self, pixels, name, task, question, answer=None):
        for about, tile in tile_pdus(pixels, self._tile, name, task, self._frame_id):
            self.send(about, tile)
        payload = bytes_vector(question)
        self.send(dictionary(frame_id=self._frame_id, task=task, modality=self._words,
                             shape=(len(question),), reference=answer or payload,
                             t_source=time.monotonic()), payload)
        self._frame_id += 1
