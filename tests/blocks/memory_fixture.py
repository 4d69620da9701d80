# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny model that remembers sentences, and what is sent to it."""

import os

import numpy as np
import pmt
from gnuradio import udeepsc

import fixture as fx

CONFIGURATION = os.path.join(fx.SOURCE_DIR, 'tests', 'data', 'tiny-memory.json')
TASK = 'story_question_answering'
ANSWERS = ['kitchen', 'garden', 'hallway', 'office']
SIZE = 6  # numbers of a feature vector: 3 sub-vectors of 2
MEMORY = 4  # sentences that the model takes


def model_path(seed=1):
    path = fx.temporary(f'memory-{seed}.safetensors')
    if not os.path.exists(path):
        udeepsc.write_random_model(CONFIGURATION, seed, path)
    return path


def features(seed, rows=3):
    return np.random.default_rng(seed).normal(size=(rows, SIZE)).astype(np.float32)


def sentence(number, **keys):
    """A sentence as vq_lookup sends it; its number makes its features."""
    return fx.feature_pdu(features(number), TASK, 'sentence',
                          **{'frame_id': number, 'noise_var': 0.1, **keys})


def question(number=1000, **keys):
    return fx.feature_pdu(features(number, 2), TASK, 'question',
                          **{'frame_id': number, 'noise_var': 0.1, **keys})


def context(message):
    """[(age, features)] of a question that has been through the memory; None without."""
    entries = pmt.dict_ref(pmt.car(message), pmt.intern('context'), pmt.PMT_NIL)
    if pmt.is_null(entries):
        return None
    entries = [pmt.vector_ref(entries, i) for i in range(pmt.length(entries))]
    return [(fx.key(e, 'age'), fx.shaped(e)) for e in entries]
