#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes tests/data/recorded-shot: bursts of the shipped model "lite" as a receiver with faults
records them, ci16, for e2e test_recorded_shot.

A picture of 4 x 4 tiles in one burst and sentences in one each, over a channel at 14 dB with a
carrier offset and a clock that is off; a line at 0 Hz, an image of I and Q, pulses of noise, and
samples that are lost in the middle of one burst. The same seed gives the same recording, as far as
processors round alike:

    PYTHONPATH=build/test_modules python3 tests/data/make_recorded_shot.py tests/data
"""

import hashlib
import json
import sys
import time
from pathlib import Path

import numpy as np
import pmt
from gnuradio import blocks, gr, udeepsc
from PIL import Image
from skimage import data

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'apps' / folder) for folder in ('radio', 'demo')]

from payloads import Grid, Numbering, picture_payloads, text_payload  # noqa: E402

NAME = 'recorded-shot'
RATE, FREQUENCY = 1e6, 915e6
GRID, EDGE = Grid(4, 4), 32
SENTENCES = ['a warm , funny and beautifully acted film that stays with you .',
             'the jokes fall flat and the plot makes no sense at all .',
             'one of the best movies of the year .',
             'it feels twice as long as it is .']
SNR_DB, SEED = 14.0, 5
GAP = 3000  # samples of silence before each burst
FULL_SCALE = 0.9  # of the converter, by the highest sample


def picture():
    """A photograph (NASA, public domain), cut and made small."""
    whole = Image.fromarray(data.astronaut()).crop((0, 0, 512, 512))
    return np.asarray(whole.resize((GRID.columns * EDGE, GRID.rows * EDGE), Image.LANCZOS))


def payload_groups():
    """Payloads of each burst."""
    numbering = Numbering(GRID, start=0)
    yield picture_payloads('image_reconstruction', picture(), GRID, EDGE, numbering)
    for text in SENTENCES:
        yield [text_payload('text_reconstruction', text, numbering.next('text_reconstruction'))]


def bursts():
    """Samples of each burst, as burst_framer makes them."""
    model = 'lite'
    chain = [udeepsc.semantic_encoder(model, batch=16), udeepsc.feature_selector(model, SNR_DB),
             udeepsc.vq_indexer(model), udeepsc.digital_modulator(),
             udeepsc.burst_framer(model, hold_ms=3000)]
    top, out = gr.top_block(), blocks.message_debug()
    for sender, receiver in zip(chain, [*chain[1:], None]):
        top.msg_connect((sender, 'out'), (receiver, 'in') if receiver else (out, 'store'))
    top.start()
    for count, payloads in enumerate(payload_groups()):
        for payload in payloads:
            for pdu in payload.pdus:
                chain[0].to_basic_block()._post(pmt.intern('in'), pdu)
        while out.num_messages() <= count:
            time.sleep(0.1)
        burst = out.get_message(count)
        here = pmt.to_python(pmt.dict_ref(pmt.car(burst), pmt.intern('samples'), pmt.from_long(0)))
        if here != len(payloads):
            sys.exit(f'burst {count} holds {here} of {len(payloads)} payloads: too slow a computer')
        yield np.array(pmt.c32vector_elements(pmt.cdr(burst)), np.complex64)
    top.stop()
    top.wait()


def through_air(stream):
    faults = udeepsc.hardware_faults(dc_dbc=-18.0, iq_gain_db=0.6, iq_phase_deg=3.0,
                                     pulse_sir_db=0.0, pulse_duty=0.01, pulse_period=5000,
                                     drop_period=len(stream) * 0.75, drop_samples=700)
    channel = udeepsc.radio_channel(snr_db=SNR_DB, cfo=0.004, clock_ppm=12.0, delay=0.3, seed=SEED,
                                    faults=faults)
    top, sink = gr.top_block(), blocks.vector_sink_c()
    top.connect(blocks.vector_source_c(stream.tolist()), channel, sink)
    top.run()
    return np.array(sink.data(), np.complex64)


def write(folder, samples, count):
    parts = samples.view(np.float32)
    whole = np.rint(parts * (32767 * FULL_SCALE / np.abs(parts).max())).astype('<i2')
    (folder / f'{NAME}.sigmf-data').write_bytes(whole.tobytes())
    meta = {'global': {'core:datatype': 'ci16_le', 'core:sample_rate': RATE,
                       'core:version': '1.0.0', 'core:recorder': 'gr-udeepsc',
                       'core:license': 'https://spdx.org/licenses/GPL-3.0-or-later.html',
                       'core:description': f'{count} bursts of the model lite, profile standard, '
                                           'with faults of the hardware; simulated',
                       'core:sha512': hashlib.sha512(whole.tobytes()).hexdigest()},
            'captures': [{'core:sample_start': 0, 'core:frequency': FREQUENCY}],
            'annotations': []}
    (folder / f'{NAME}.sigmf-meta').write_text(json.dumps(meta, indent=1) + '\n')
    Image.fromarray(picture()).save(folder / f'{NAME}.png', optimize=True)


def main():
    folder = Path(sys.argv[1])
    sent = list(bursts())
    stream = np.concatenate([part for burst in sent for part in (np.zeros(GAP), burst)]
                            + [np.zeros(GAP)]).astype(np.complex64)
    received = through_air(stream)
    write(folder, received, len(sent))
    print(f'{len(sent)} bursts, {len(received)} samples ({len(stream)} sent)')


if __name__ == '__main__':
    main()
