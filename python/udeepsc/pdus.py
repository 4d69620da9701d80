# SPDX-License-Identifier: GPL-3.0-or-later
"""PDUs in Python: cons(dict, uniform vector) made and read."""

import numpy as np
import pmt


def to_pmt(value):
    """Strings become symbols, tuples s32vectors, whole numbers uint64, others double."""
    if isinstance(value, pmt.pmt_base):
        return value
    if isinstance(value, str):
        return pmt.intern(value)
    if isinstance(value, tuple):
        return pmt.init_s32vector(len(value), [int(n) for n in value])
    if isinstance(value, float):
        return pmt.from_double(value)
    return pmt.from_uint64(int(value))


def dictionary(**keys):
    entries = pmt.make_dict()
    for name, value in keys.items():
        entries = pmt.dict_add(entries, pmt.intern(name), to_pmt(value))
    return entries


def bytes_vector(data):
    """u8vector of bytes or of an array of any shape."""
    data = np.frombuffer(data, np.uint8) if isinstance(data, bytes) else np.asarray(data, np.uint8)
    return pmt.init_u8vector(data.size, data.ravel().tolist())


def reals_vector(data):
    """f32vector of an array of any shape."""
    data = np.asarray(data, np.float32)
    return pmt.init_f32vector(data.size, data.ravel().tolist())


# What most keys hold, for speed; pmt.to_python knows the rest.
READERS = ((pmt.is_symbol, pmt.symbol_to_string),
           (pmt.is_uint64, pmt.to_uint64),
           (pmt.is_integer, pmt.to_long),
           (pmt.is_s32vector, lambda vector: tuple(pmt.s32vector_elements(vector))))


def value_of(about, name, otherwise=None):
    """A key's value as Python has it; vectors of integers as tuples."""
    value = pmt.dict_ref(about, pmt.intern(name), pmt.PMT_NIL)
    for is_one, unpack in READERS:
        if is_one(value):
            return unpack(value)
    return otherwise if pmt.is_null(value) else pmt.to_python(value)


def bytes_of(vector):
    """u8vector -> array uint8 [n]. Its serialised form ends with the elements; that way takes a
    hundredth of the time that a list of them takes, which counts at 300 tiles a second."""
    if not pmt.is_u8vector(vector):
        raise ValueError('the payload is no u8vector')
    count = pmt.length(vector)
    return np.frombuffer(pmt.serialize_str(vector), np.uint8)[-count:] if count \
        else np.zeros(0, np.uint8)


def text_of(vector):
    """u8vector of UTF-8 -> text; what is no UTF-8 becomes the replacement character."""
    return bytes_of(vector).tobytes().decode(errors='replace')


def words_of(message):
    """Text of a message: a symbol, or the second half of a pair that is a symbol (a QT GUI
    Message Edit Box with a key) or bytes (a PDU). None for other messages."""
    words = pmt.cdr(message) if pmt.is_pair(message) else message
    if pmt.is_symbol(words):
        return pmt.symbol_to_string(words)
    if pmt.is_pair(message) and pmt.is_u8vector(words):
        return text_of(words)
    return None
