# SPDX-License-Identifier: GPL-3.0-or-later
"""Stories, sentence by sentence, and questions about them."""

import threading
import time

import pmt
from gnuradio import gr

from .pdu_counters import BadPdu, PduCounters, counted, required_words
from .pdus import bytes_vector, dictionary
from .stories import line_of, lines_of, read_lines

STEP_S = 0.002  # between two looks at whether the next block has room
NEW_STORY = 64  # frame numbers that a new story is ahead of the last: semantic_memory's gap_frames


class story_source(PduCounters, gr.basic_block):
    """Sends sentences one at a time, and questions about them: each a frame of its own.

    A line that ends with a question mark, or has a tab, is a question; behind the tab is its
    answer. Lines may have numbers in front, as in bAbI: number 1 begins a new story. So does an
    empty line. A new story is 64 frame numbers ahead of the last, by which a receiver's
    semantic_memory knows it, over a radio too.

    Ports
      in "say"    words: a symbol, a pair (key . symbol) as a QT GUI Message Edit Box sends it, or
                  a PDU of UTF-8; sent as they come
      in "new"    any message: what is said next begins a new story
      out "out"   u8vector UTF-8 with frame_id, task, modality ("sentence" or "question"), shape,
                  t_source and reference: the answer where it is known, else the words
      "stats"     any message in is answered by the counters

    Parameters
      lines   what is said from the start on, a list of lines
      file    text file that is said after these; "" for none
      task    name from the model file
      pace    lines a second, 0..1e6; 0: as fast as the next block takes them
      repeat  times that lines and file are said, 0..2147483647; 0: until the flowgraph stops
      questions
              modality of questions: "question", or "sentence" for a task that takes no other,
              such as intention

    Words that come at "say" wait until the lines are said. A message without words is dropped
    and counted ("bad sample").

    Throws ValueError for a parameter, and for a file that cannot be read.
    """

    def __init__(self, lines=(), file='', task='story_question_answering', pace=0.0, repeat=1,
                 questions='question'):
        gr.basic_block.__init__(self, 'story_source', None, None)
        if not 0 <= repeat <= 2147483647:
            raise ValueError(f'repeat: got {repeat}, expected 0 to 2147483647')
        self._lines = lines_of(lines) + (read_lines(file) if file else [])
        self._questions = questions
        self._repeat, self._frame_id, self._begins, self._thread = repeat, 0, False, None
        self._lock = threading.RLock()  # guards task, pace, number and what begins
        self._stopping = threading.Event()
        self.set_task(task)
        self.set_pace(pace)
        self.init_counters()
        self.add_input('say', self.say)
        self.add_input('new', self.new)
        self.add_output()

    def set_task(self, task):
        with self._lock:
            self._task = task

    def task(self):
        with self._lock:
            return self._task

    def set_pace(self, pace):
        """Lines a second."""
        if not 0 <= pace <= 1e6:
            raise ValueError(f'pace: got {pace}, expected 0 to 1e6')
        with self._lock:
            self._pace = pace

    def pace(self):
        with self._lock:
            return self._pace

    @counted
    def say(self, message):
        self.count_received()
        line = line_of(required_words(message, 'say'))
        if line is None:
            raise BadPdu('bad sample', 'a line without words')
        self._send_line(line)

    @counted
    def new(self, _):
        with self._lock:
            self._begins = True

    def start(self):
        self._stopping.clear()
        if self._lines:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        return True

    def stop(self):
        self._stopping.set()
        if self._thread:
            self._thread.join()
            self._thread = None
        return True

    def _run(self):
        said = 0
        while not self._stopping.is_set() and (self._repeat == 0 or said < self._repeat):
            for line in self._lines:
                due = time.monotonic() + (1 / self.pace() if self.pace() > 0 else 0)
                while self.congested() and not self._stopping.is_set():
                    self._stopping.wait(STEP_S)
                if self._stopping.is_set():
                    return
                self._send_line(line)
                self._stopping.wait(max(0.0, due - time.monotonic()))
            said += 1

    def _send_line(self, line):
        payload = bytes_vector(line.words.encode())
        with self._lock:
            if (line.begins or self._begins) and self._frame_id > 0:
                self._frame_id += NEW_STORY
            self._begins = False
            about = dictionary(
                frame_id=self._frame_id, task=self._task,
                modality=self._questions if line.question else 'sentence',
                shape=(pmt.length(payload),), t_source=time.monotonic(),
                reference=pmt.intern(line.answer) if line.answer else payload)
            self._frame_id += 1
            self.send(about, payload)
