# SPDX-License-Identifier: GPL-3.0-or-later
"""What the labs' measurements share: blocks outside Companion, intervals, bursts."""

import math
import time

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc

phy = udeepsc.phy
TIMEOUT_S = 300  # for what takes seconds
Z95 = 1.96


def wilson(k, n):
    """95 % interval of a rate counted as k of n."""
    middle = (k + Z95**2 / 2) / (n + Z95**2)
    half = Z95 / (n + Z95**2) * math.sqrt(k * (n - k) / n + Z95**2 / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def mean_interval(values):
    """Mean and half of its 95 % interval."""
    values = np.asarray(values, float)
    return values.mean(), Z95 * values.std(ddof=1) / math.sqrt(len(values))


def rate_text(k, n):
    low, high = wilson(k, n)
    return f'{k / n:.4g} (95 %: {low:.4g} to {high:.4g}, n = {n})'


def mean_text(values, digits=2):
    mean, half = mean_interval(values)
    return f'{mean:.{digits}f} +- {half:.{digits}f}'


def noise(random, n, n0):
    """Complex white noise of variance n0 a sample."""
    return math.sqrt(n0 / 2) * (random.standard_normal(n) + 1j * random.standard_normal(n))


def pdu(vector, **keys):
    """A message of a numpy array (uint16 or complex64) and its keys."""
    dictionary = pmt.make_dict()
    for name, value in keys.items():
        value = pmt.intern(value) if isinstance(value, str) else pmt.to_pmt(value)
        dictionary = pmt.dict_add(dictionary, pmt.intern(name), value)
    make = pmt.init_u16vector if vector.dtype == np.uint16 else pmt.init_c32vector
    return pmt.cons(dictionary, make(len(vector), vector.tolist()))


def through(chain, messages):
    """What comes out when these messages go through PDU blocks, one for each."""
    top, store = gr.top_block(), blocks.message_debug()
    for sender, receiver in zip(chain, chain[1:]):
        top.msg_connect((sender, 'out'), (receiver, 'in'))
    top.msg_connect((chain[-1], 'out'), (store, 'store'))
    top.start()
    for message in messages:
        chain[0].to_basic_block()._post(pmt.intern('in'), message)
    end = time.monotonic() + TIMEOUT_S
    while store.num_messages() < len(messages) and time.monotonic() < end:
        time.sleep(0.01)
    top.stop()
    top.wait()
    if store.num_messages() < len(messages):
        raise RuntimeError(f'{store.num_messages()} of {len(messages)} messages came through')
    return [store.get_message(i) for i in range(len(messages))]


def payload(message):
    return np.array(pmt.to_python(pmt.cdr(message)))
