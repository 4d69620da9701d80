# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the burst blocks share: payloads of the tiny model, streams, bursts."""

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

import fixture as fx

phy = udeepsc.phy
MODULATION = '16qam'  # of configs/tiny.json
SUBVECTORS = {'image_reconstruction': 4, 'text_reconstruction': 3}
MODALITIES = ['image', 'text', 'speech']  # by their number on the air


def info():
    return udeepsc.transceiver(fx.model_path()).info()


def model_tag(seed=1):
    """First byte of the content hash, which ends a model's id."""
    hash_ = udeepsc.transceiver(fx.model_path(seed)).info().id.rsplit('-', 1)[1]
    return int(hash_[:2], 16)


def task_number(task):
    return [t.name for t in info().tasks].index(task)


def symbols(count, seed=1):
    """Points of 16-QAM, mean energy 1."""
    levels = np.array([-3, -1, 1, 3]) / 10**0.5
    choice = np.random.default_rng(seed).integers(0, 4, (count, 2))
    return (levels[choice[:, 0]] + 1j * levels[choice[:, 1]]).astype(np.complex64)


def symbol_pdu(data, task='image_reconstruction', modality='image', vectors=None, **keys):
    """As digital_modulator sends it."""
    vectors = vectors or len(data) // SUBVECTORS.get(task, 1)
    keys.setdefault('shape', [vectors, SUBVECTORS.get(task, 1)])
    keys.setdefault('modulation', MODULATION)
    return pmt.cons(fx.meta(task=task, modality=modality, **keys), fx.c32(data))


def header(task='image_reconstruction', modality='image', frame_id=0, vectors=4, model=None):
    return phy.payload_header(
        frame_id=frame_id, task=task_number(task), modality=MODALITIES.index(modality),
        model=model_tag() if model is None else model, modulation=MODULATION,
        vectors=vectors)


def burst(data, profile='standard', **fields):
    """One frame with one payload, as the phy library makes it."""
    fields.setdefault('vectors', len(data) // 4)
    return phy.framer(phy.frame_profile(profile)).frame([(header(**fields), data)])


def stream(bursts, gap=3000, tail=None, noise=0.0, seed=3):
    """The bursts with silence around each, and white noise of that variance."""
    if tail is None:
        tail = longest_frame()
    parts = []
    for one in bursts:
        parts += [np.zeros(gap), one]
    x = np.concatenate(parts + [np.zeros(tail)]).astype(np.complex64)
    if noise > 0:
        random = np.random.default_rng(seed)
        scale = (noise / 2)**0.5
        x += (scale * random.standard_normal(len(x)) +
              1j * scale * random.standard_normal(len(x))).astype(np.complex64)
    return x


def longest_frame(profile='standard'):
    frame = phy.frame_profile(profile)
    return phy.framer(frame).burst_samples([8191] * 4) + 2000


class StreamBench:
    """A finite stream through a block with a stream input; messages it sends are kept."""

    def __init__(self, block, samples, out='out'):
        self.block = block
        self.top = gr.top_block()
        self.debug = blocks.message_debug()
        self.source = blocks.vector_source_c(np.asarray(samples, np.complex64).tolist())
        self.top.connect(self.source, block)
        self.top.msg_connect((block, out), (self.debug, 'store'))

    def run(self):
        """To the stream's end, which ends the flowgraph too."""
        self.top.run()
        return [self.debug.get_message(i) for i in range(self.debug.num_messages())]


def through(block, samples):
    """A finite stream through a block of samples in, samples out."""
    top = gr.top_block()
    source = blocks.vector_source_c(np.asarray(samples, np.complex64).tolist())
    sink = blocks.vector_sink_c()
    top.connect(source, block, sink)
    top.run()
    return np.array(sink.data(), np.complex64)
