# SPDX-License-Identifier: GPL-3.0-or-later
"""A stream of sound cut into what is spoken."""

import time
from collections import deque

import numpy as np
from gnuradio import gr

from .pdu_counters import PduCounters
from .pdus import dictionary, reals_vector

FRAME_S = 0.01  # over which the level is taken


class voice_activity_detector(PduCounters, gr.sync_block):
    """Sends each spoken piece of a stream of sound as sound_source sends a file.

    A piece begins where the level, taken over 10 ms, reaches the threshold, and ends where it
    stays below for `silence_s`, or after `longest_s`.

    Ports
      in 0       float samples, full scale -1 to 1
      out "out"  f32vector [frames, 1] with frame_id, task, modality, shape, sample_rate, t_source
      "stats"    any message in is answered by the counters

    Parameters
      sample_rate   of the stream, Hz, 1000..384000
      task          name from the model file
      threshold_db  mean power against full scale, dB, -120..0; a sine at full scale has -3
      silence_s     that ends a piece, s, 0.02..10
      shortest_s    loud part of a piece that is sent, s, 0.01..10
      longest_s     piece, s, 0.1..60: what is longer is cut
      margin_s      kept before and behind the loud part, s, 0..silence_s

    Pieces that are too short are dropped and counted ("too short"), samples that are not finite
    count as silence ("not finite"). While the next block has no room the stream is held back.

    Throws ValueError for a parameter.
    """

    def __init__(self, sample_rate=8000.0, task='speech_classification', threshold_db=-50.0,
                 silence_s=0.25, shortest_s=0.08, longest_s=3.0, margin_s=0.05):
        gr.sync_block.__init__(self, 'voice_activity_detector', [np.float32], None)
        for name, value, low, high in (
                ('sample_rate', sample_rate, 1000, 384000), ('silence_s', silence_s, 0.02, 10),
                ('shortest_s', shortest_s, 0.01, 10), ('longest_s', longest_s, 0.1, 60),
                ('margin_s', margin_s, 0, silence_s)):
            if not low <= value <= high:
                raise ValueError(f'{name}: got {value}, expected {low} to {high}')
        self._sample_rate, self._task = float(sample_rate), task
        self._frame = max(1, round(FRAME_S * sample_rate))
        frames = self._frame / sample_rate
        self._silence, self._shortest, self._longest = (
            max(1, round(s / frames)) for s in (silence_s, shortest_s, longest_s))
        self._margin = round(margin_s / frames)
        self.set_threshold_db(threshold_db)
        self._rest = np.empty(0, np.float32)  # of the input, less than a frame
        self._before = deque(maxlen=self._margin)  # quiet frames before a piece
        self._piece = []  # frames of the piece under way
        self._lead = self._loud = 0  # its frames before the loud part; those up to its end
        self._frame_id = 0
        self.init_counters()
        self.add_output()

    def set_threshold_db(self, threshold_db):
        if not -120 <= threshold_db <= 0:
            raise ValueError(f'threshold_db: got {threshold_db}, expected -120 to 0')
        self._threshold = 10**(threshold_db / 10)

    def set_task(self, task):
        self._task = task

    def work(self, inputs, _):
        if self.congested():
            time.sleep(0.002)
            return 0
        samples = inputs[0]
        bad = ~np.isfinite(samples)
        if bad.any():
            self.drop('not finite', f'{bad.sum()} samples')
            samples = np.where(bad, np.float32(0), samples)
        before = len(self._rest)
        samples = np.concatenate([self._rest, samples])
        taken = 0
        while len(samples) - taken >= self._frame:
            sent = self._take(samples[taken:taken + self._frame].copy())
            taken += self._frame
            if sent and self.congested():
                self._rest = samples[:0]
                return taken - before
        self._rest = samples[taken:].copy()
        return len(inputs[0])

    def stop(self):
        self._end_piece()
        return True

    def _take(self, frame):
        """Whether a piece was sent."""
        loud = np.mean(np.square(frame, dtype=np.float64)) >= self._threshold
        if not self._piece:
            if not loud:
                self._before.append(frame)
                return False
            self._piece, self._lead = list(self._before), len(self._before)
            self._before.clear()
        self._piece.append(frame)
        if loud:
            self._loud = len(self._piece)
        if len(self._piece) >= self._longest or len(self._piece) - self._loud >= self._silence:
            return self._end_piece()
        return False

    def _end_piece(self):
        frames, loud = self._piece[:self._loud + self._margin], self._loud - self._lead
        self._before.extend(self._piece[self._loud + self._margin:])
        self._piece, self._lead, self._loud = [], 0, 0
        if not frames:
            return False
        if loud < self._shortest:
            self.drop('too short', f'{loud * self._frame / self._sample_rate:.2f} s')
            return False
        sound = np.concatenate(frames)
        self.send(dictionary(frame_id=self._frame_id, task=self._task, modality='speech',
                             shape=(len(sound), 1), sample_rate=self._sample_rate,
                             t_source=time.monotonic()), reals_vector(sound))
        self._frame_id += 1
        return True
