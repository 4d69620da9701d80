# SPDX-License-Identifier: GPL-3.0-or-later
"""Payloads that can be told apart and checked: run, serial number, filling, CRC-32."""

import random
import struct
import zlib

import pmt

HEAD = struct.Struct('>IQ')  # run, serial number
CRC = struct.Struct('>I')
LONGEST_FILLING = 200  # bytes

FRAME_ID, SERIAL, MODULATION = (pmt.intern(key) for key in ('frame_id', 'serial', 'modulation'))


class Payloads:
    """Makes and reads the payloads of one run; `run` is a number of 32 bits."""

    def __init__(self, run):
        self._run = run
        self._filling = random.Random(run).randbytes(2 * LONGEST_FILLING)

    def data(self, serial, filling):
        """bytes: what burst `serial` carries, with so many bytes of filling."""
        start = serial % LONGEST_FILLING
        head = HEAD.pack(self._run, serial) + self._filling[start:start + filling]
        return head + CRC.pack(zlib.crc32(head))

    def serial_of(self, data):
        """Serial number in the bytes of a payload; None for what is not of this run, or damaged."""
        if len(data) < HEAD.size + CRC.size:
            return None
        head, crc = data[:-CRC.size], data[-CRC.size:]
        run, serial = HEAD.unpack(head[:HEAD.size])
        return serial if run == self._run and zlib.crc32(head) == CRC.unpack(crc)[0] else None


def pdu(serial, data, modulation):
    """For burst_framer without a model. The key `serial` travels beside the samples, as a tag."""
    about = pmt.dict_add(pmt.make_dict(), FRAME_ID, pmt.from_uint64(serial & 0xff))
    about = pmt.dict_add(about, SERIAL, pmt.from_uint64(serial))
    about = pmt.dict_add(about, MODULATION, pmt.intern(modulation))
    return pmt.cons(about, pmt.init_u8vector(len(data), list(data)))


def data_of(message):
    """bytes of a PDU that burst_demodulator sent; empty for another kind of payload."""
    vector = pmt.cdr(message)
    return bytes(pmt.u8vector_elements(vector)) if pmt.is_u8vector(vector) else b''


def number_of(message, key):
    """A key's value; None where it is missing."""
    value = pmt.dict_ref(pmt.car(message), pmt.intern(key), pmt.PMT_NIL)
    return pmt.to_uint64(value) if pmt.is_uint64(value) else None
