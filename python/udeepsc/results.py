# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of unified_decoder in Python."""

import math
import time
from dataclasses import dataclass, field

import pmt

from .pdus import bytes_of, text_of, value_of


@dataclass
class Result:
    """One result. `value` and `reference` are, by output: picture, uint8 [height, width, 3];
    sentence, a text; label, the class's name; score, a number."""
    task: str
    output: str
    value: object
    frame_id: int = 0
    snr_db: float = math.nan
    cfo: float = math.nan  # cycles per symbol
    power: float = math.nan  # mean |sample|^2 of the burst
    symbols: int = 0
    probability: float = math.nan  # of the class
    class_name: str = ''  # of a picture that came in layers, with its class
    layers: int = 0  # from which it was made; 0: not in layers
    reference: object = None  # what was sent, where it is known
    about: str = ''  # the question or the sound's name, where it is known
    missing: str = ''  # modalities that never came
    picture: str = ''  # name of the picture that a tile is part of, where it is known
    tile: tuple = ()  # (row, column) in it
    tiles: tuple = ()  # its (rows, columns)
    picture_size: tuple = ()  # its (height, width) in pixels
    when: float = field(default_factory=time.monotonic)
    time: float = field(default_factory=time.time)  # seconds since 1970


def _picture(about, data, reference):
    shape = value_of(about, 'shape', ())
    if len(shape) != 3 or shape[0] != shape[1] or shape[2] != 3:
        raise ValueError(f'a tile of shape {shape}, expected [side, side, 3]')
    sent = bytes_of(reference).reshape(shape) if pmt.is_u8vector(reference) else None
    shares = pmt.dict_ref(about, pmt.intern('probabilities'), pmt.PMT_NIL)
    return {'value': bytes_of(data).reshape(shape), 'reference': sent,
            'class_name': value_of(about, 'class_name', ''),
            'layers': value_of(about, 'layers', 0),
            'probability': max(pmt.f32vector_elements(shares), default=math.nan)
            if pmt.is_f32vector(shares) else math.nan,
            'picture': value_of(about, 'picture', ''),
            'tile': tuple(value_of(about, 'tile', ())),
            'tiles': tuple(value_of(about, 'tiles', ())),
            'picture_size': tuple(value_of(about, 'picture_size', ()))}


def _sentence(_, data, reference):
    return {'value': text_of(data),
            'reference': text_of(reference) if pmt.is_u8vector(reference) else None}


def _label(about, data, reference):
    return {'value': value_of(about, 'class_name', ''),
            'probability': max(pmt.f32vector_elements(data), default=math.nan),
            'reference': pmt.symbol_to_string(reference) if pmt.is_symbol(reference) else None}


def _score(_, data, reference):
    known = pmt.is_number(reference) and not pmt.is_complex(reference)
    return {'value': pmt.f32vector_elements(data)[0],
            'reference': pmt.to_double(reference) if known else None}


# What the payload of a result is, by its key output.
_READERS = {'picture': _picture, 'sentence': _sentence, 'label': _label, 'score': _score}


def result_of(message):
    """The PDU of a result; raises ValueError for what is none."""
    try:
        about, data = pmt.car(message), pmt.cdr(message)
        output = value_of(about, 'output', '')
        if output not in _READERS:
            raise ValueError(f'key output is {output!r}, expected {", ".join(_READERS)}')
        reference = pmt.dict_ref(about, pmt.intern('reference'), pmt.PMT_NIL)
        return Result(
            value_of(about, 'task', ''), output, frame_id=value_of(about, 'frame_id', 0),
            snr_db=float(value_of(about, 'snr_db', math.nan)),
            cfo=float(value_of(about, 'cfo', math.nan)),
            power=float(value_of(about, 'power', math.nan)), symbols=value_of(about, 'symbols', 0),
            missing=value_of(about, 'missing', ''), **_READERS[output](about, data, reference))
    except (RuntimeError, TypeError, IndexError) as error:  # of pmt: another type than it says
        raise ValueError(f'is no result: {error}') from None
