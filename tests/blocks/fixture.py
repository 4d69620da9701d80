# SPDX-License-Identifier: GPL-3.0-or-later
"""What the block tests share: a tiny model, PDUs, and a flowgraph around one block."""

import os
import tempfile
import time

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

SOURCE_DIR = os.environ['UDEEPSC_SOURCE_DIR']
TIMEOUT_S = 60  # for what takes milliseconds: only a hang reaches it

_directory = tempfile.TemporaryDirectory(prefix='udeepsc-qa-')


def temporary(name):
    return os.path.join(_directory.name, name)


def model_path(seed=1):
    """A model file with random weights, made once per process and seed."""
    path = temporary(f'tiny-{seed}.safetensors')
    if not os.path.exists(path):
        udeepsc.write_random_model(
            os.path.join(SOURCE_DIR, 'configs', 'tiny.json'), seed, path)
    return path


def picture(seed=1, size=32):
    return np.random.default_rng(seed).integers(
        0, 256, (size, size, 3), dtype=np.uint8)


def meta(**keys):
    """Dictionary of a PDU; strings become symbols, lists of int s32vectors."""
    dictionary = pmt.make_dict()
    for key, value in keys.items():
        if isinstance(value, str):
            value = pmt.intern(value)
        elif isinstance(value, (list, tuple)):
            value = pmt.init_s32vector(len(value), list(value))
        elif not isinstance(value, pmt.pmt_base):
            value = pmt.to_pmt(value)
        dictionary = pmt.dict_add(dictionary, pmt.intern(key), value)
    return dictionary


def u8(data):
    data = np.frombuffer(data, np.uint8) if isinstance(data, bytes) else data
    return pmt.init_u8vector(data.size, data.ravel().tolist())


def f32(array):
    array = np.asarray(array, np.float32)
    return pmt.init_f32vector(array.size, array.ravel().tolist())


def c32(array):
    array = np.asarray(array, np.complex64)
    return pmt.init_c32vector(array.size, array.ravel().tolist())


def u16(array):
    array = np.asarray(array, np.uint16)
    return pmt.init_u16vector(array.size, array.ravel().tolist())


def image_pdu(image, task='image_reconstruction', **keys):
    return pmt.cons(meta(task=task, modality='image', shape=list(image.shape), **keys),
                    u8(image))


def text_pdu(text, task='text_reconstruction', **keys):
    return pmt.cons(meta(task=task, modality='text', **keys), u8(text.encode()))


def feature_pdu(features, task, modality, **keys):
    features = np.asarray(features, np.float32)
    return pmt.cons(
        meta(task=task, modality=modality, shape=list(features.shape), **keys),
        f32(features))


def key(message, name):
    """Value of a key of a PDU, as Python sees it; None if it is missing."""
    value = pmt.dict_ref(pmt.car(message), pmt.intern(name), pmt.PMT_NIL)
    return None if pmt.is_null(value) else pmt.to_python(value)


def payload(message):
    return np.array(pmt.to_python(pmt.cdr(message)))


def shaped(message):
    return payload(message).reshape(key(message, 'shape'))


def wait_until(condition, timeout_s=TIMEOUT_S):
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


class Running:
    """Runs its `top` block within a `with`."""

    def __enter__(self):
        self.top.start()
        return self

    def __exit__(self, *_):
        self.top.stop()
        self.top.wait()


class Bench(Running):
    """One block in a running flowgraph: post() to it, received() what it sends."""

    def __init__(self, block, out='out'):
        self.block = block
        self.top = gr.top_block()
        self.debug = blocks.message_debug()
        self.top.msg_connect((block, out), (self.debug, 'store'))

    def post(self, message, port='in'):
        self.block.to_basic_block()._post(pmt.intern(port), message)

    def received(self, count):
        """The first `count` messages; fails if they do not come."""
        if not wait_until(lambda: self.debug.num_messages() >= count):
            raise AssertionError(
                f'{self.debug.num_messages()} of {count} messages came; '
                f'{pmt.to_python(self.block.stats())}')
        return [self.debug.get_message(i) for i in range(count)]


def malformed_pdus():
    """PDUs that no block may take: (message, reason, what it is)."""
    good = u8(picture())
    return [
        (pmt.PMT_NIL, 'not a pdu', 'nothing'),
        (pmt.from_long(3), 'not a pdu', 'a number'),
        (pmt.cons(pmt.from_long(1), good), 'not a pdu', 'a number for a dict'),
        (pmt.cons(pmt.make_dict(), pmt.intern('x')), 'not a pdu', 'a symbol for a vector'),
        (pmt.cons(pmt.cons(pmt.intern('a'), pmt.intern('b')), good), 'not a pdu',
         'a pair for a dict'),
    ]
