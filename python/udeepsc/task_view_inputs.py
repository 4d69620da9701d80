# SPDX-License-Identifier: GPL-3.0-or-later
"""What was sent, as the live window remembers it: payloads of the sources, symbols before and
after the channel."""

from collections import OrderedDict, deque

import numpy as np
import pmt

from .pdus import bytes_of, text_of, value_of

FRAME_NUMBERS = 256  # a frame's number has 8 bits on the air
MOST_INPUTS = 256  # samples remembered, of all tasks together
MOST_POINTS = 4096  # of a constellation
MOST_PDUS = 1024  # that these are taken from
MOST_WAVE = 2000  # points that a sound is drawn with
MOST_CHARACTERS = 600  # of a text that is shown


def shown_text(vector):
    """As much of it as is shown."""
    return text_of(vector)[:MOST_CHARACTERS]


def wave_of(vector, shape):
    """First channel, thinned: a drawing's worth of points within -1..1."""
    channels = shape[1] if len(shape) == 2 else 1
    samples = np.array(pmt.f32vector_elements(vector), np.float32)[::channels]
    samples = np.nan_to_num(samples[::max(1, samples.size // MOST_WAVE)])
    return samples / max(float(np.max(np.abs(samples), initial=0)), 1e-9)


def input_of(message):
    """(what it is, value) of a payload: ('picture', uint8 [height, width, 3]), ('text', str) or
    ('wave', float32 [points]); None for what cannot be shown, like features made elsewhere."""
    about, data = pmt.car(message), pmt.cdr(message)
    shape = [int(n) for n in value_of(about, 'shape', ())]
    if pmt.is_u8vector(data):
        if len(shape) == 3:
            return 'picture', bytes_of(data).reshape(shape)
        return 'text', shown_text(data)
    if pmt.is_f32vector(data) and value_of(about, 'sample_rate') is not None:
        return 'wave', wave_of(data, shape)
    return None


class Inputs:
    """The last samples sent: task and number -> payloads."""

    def __init__(self):
        self._messages = OrderedDict()  # (task, number) -> {modality: message}, oldest first

    def add(self, task, number, modality, message):
        sample = self._messages.setdefault((task, number), {})
        sample[modality] = message
        self._messages.move_to_end((task, number))
        while len(self._messages) > MOST_INPUTS:
            self._messages.popitem(last=False)

    def of(self, task, frame_id):
        """{what it is: value} of the sample with this number, as input_of() has it, or over a
        radio of the newest whose number is the same modulo 256; empty where there is none."""
        if frame_id is None:
            return {}
        sample = self._messages.get((task, int(frame_id)))
        if sample is None:
            sample = next((messages for (other, number), messages
                           in reversed(self._messages.items()) if other == task
                           and (number - int(frame_id)) % FRAME_NUMBERS == 0), {})
        return dict(filter(None, map(input_of, sample.values())))


def is_symbols(message):
    """Whether this is a PDU of complex numbers."""
    return pmt.is_pair(message) and pmt.is_dict(pmt.car(message)) \
        and pmt.is_c32vector(pmt.cdr(message))


class Symbols:
    """The last PDUs of symbols. Nothing is unpacked before it is drawn."""

    def __init__(self):
        self._messages = deque(maxlen=MOST_PDUS)
        self.come = 0

    def add(self, message):
        self._messages.append(message)
        self.come += 1

    def newest(self, most):
        """Messages, newest first."""
        return [message for message, _ in zip(reversed(self._messages), range(most))]

    def points(self):
        """complex [points] of the newest PDUs, at most MOST_POINTS, all finite."""
        parts, count = [], 0
        for message in self.newest(MOST_PDUS):
            parts.append(np.array(pmt.c32vector_elements(pmt.cdr(message)), np.complex64))
            count += parts[-1].size
            if count >= MOST_POINTS:
                break
        points = np.concatenate(parts)[:MOST_POINTS] if parts else np.zeros(0, np.complex64)
        return points[np.isfinite(points)]


class Kept:
    """Which feature vectors the selector kept, by task and modality, latest last."""

    def __init__(self, most=4):
        self._most = most
        self.maps = OrderedDict()  # (task, modality) -> (kept, candidates, frame_id)

    def take(self, about):
        """From a PDU's dictionary. Positions of several modalities put together, as results of
        such tasks have them, say nothing here and are passed over."""
        candidates = value_of(about, 'candidates')
        if candidates is None:
            return
        kept, candidates = [int(i) for i in value_of(about, 'kept', ())], int(candidates)
        rising = all(a < b for a, b in zip(kept, kept[1:]))
        if not kept or not rising or not 0 <= kept[0] <= kept[-1] < candidates <= 4096:
            return
        name = str(value_of(about, 'task', '')), str(value_of(about, 'modality', ''))
        self.maps[name] = (kept, candidates, value_of(about, 'frame_id'))
        self.maps.move_to_end(name)
        while len(self.maps) > self._most:
            self.maps.popitem(last=False)
