# SPDX-License-Identifier: GPL-3.0-or-later
"""PDUs for the tests of qt_task_view, without a network."""

import fixture as fx
import numpy as np
import pmt


def result(task, output, payload, **more):
    return pmt.cons(fx.meta(task=task, output=output, **more), payload)


def tile(number, value, reference=None, side=4, **more):
    """Of a picture of 2 x 2 tiles."""
    if reference is not None:
        more['reference'] = fx.u8(np.full(side * side * 3, reference, np.uint8))
    return result('image_reconstruction', 'picture',
                  fx.u8(np.full(side * side * 3, value, np.uint8)), shape=[side, side, 3],
                  frame_id=number, **more)


def sentence(received, reference=None, **more):
    if reference is not None:
        more['reference'] = fx.u8(reference.encode())
    return result('text_reconstruction', 'sentence', fx.u8(received.encode()), **more)


def label(name, probabilities, task='image_classification', **more):
    return result(task, 'label', fx.f32(probabilities), class_name=name, **more)


def symbols(values, **more):
    return pmt.cons(fx.meta(**more), fx.c32(values))


def sound_pdu(samples, task='speech_classification', **keys):
    samples = np.asarray(samples, np.float32).reshape(-1, 1)
    return pmt.cons(fx.meta(task=task, modality='speech', shape=list(samples.shape),
                            sample_rate=8000.0, **keys), fx.f32(samples))


def garbage():
    """Messages that are no PDU of any port, and PDUs whose keys lie."""
    ones, huge = fx.f32([1.0, 2.0]), fx.meta(task='t', frame_id=pmt.from_uint64(2**64 - 1))
    return [pmt.PMT_T, pmt.PMT_NIL, pmt.from_long(-1), pmt.from_double(float('nan')),
            pmt.intern('x'), pmt.cons(pmt.intern('a'), pmt.intern('b')),
            pmt.cons(pmt.from_long(1), ones), pmt.cons(pmt.make_dict(), pmt.PMT_NIL),
            pmt.cons(pmt.cons(pmt.intern('a'), pmt.intern('b')), ones), pmt.cons(huge, ones),
            pmt.cons(pmt.make_dict(), ones), pmt.make_vector(3, pmt.PMT_T),
            result('t', 'picture', fx.u8(b'12'), shape=[4, 4, 3], frame_id=0),
            result('t', 'picture', fx.u8(bytes(48)), shape='wide', frame_id=0),
            result('t', 'picture', fx.u8(bytes(48)), shape=[4, 4, 3], picture='x',
                   picture_size=[2**20, 2**20], tile=[0, 0], tiles=[1, 1]),
            result('t', 'picture', fx.u8(bytes(48)), shape=[4, 4, 3], picture='x',
                   picture_size=[8, 8], tile=[-1, 5], tiles=[2, 2]),
            result('t', 'picture', fx.u8(bytes(48)), shape=[-4, -4, 3], frame_id=-1),
            result('t', 'label', fx.u8(b'1'), class_name='x', frame_id=0),
            result('t', 'sentence', fx.f32([1.0]), frame_id=0),
            result('t', 'score', fx.f32([]), frame_id=0),
            result('t', 'nothing', ones, frame_id=0),
            result('t', 'label', ones, frame_id=0, snr_db='loud')]
