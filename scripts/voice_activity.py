#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many spoken digits voice_activity_detector finds in a noisy recording, and how many of
them a model names, against the same files sent one by one:

PYTHONPATH=build/test_modules python3 scripts/voice_activity.py --data DATA

DATA/fsdd/recordings holds the Free Spoken Digit Dataset; recordings 5 to 9 of each speaker and
digit (validation) are taken."""

import argparse
import math
import re
from pathlib import Path

import numpy as np
from gnuradio import blocks, gr, udeepsc
from scipy.io import wavfile

NAMES = 'zero one two three four five six seven eight nine'.split()
RATE = 8000
PAUSE = np.zeros(RATE // 2)
TIMEOUT_S = 600


def chain(first, model, snr_db):
    """first > ... > task_sink in a flowgraph."""
    parts = [first, udeepsc.semantic_encoder(model), udeepsc.feature_selector(model, snr_db),
             udeepsc.vq_indexer(model), udeepsc.digital_modulator(),
             udeepsc.block_fading_channel(udeepsc.channel_type.awgn, snr_db),
             udeepsc.vq_lookup(model), udeepsc.unified_decoder(model), udeepsc.task_sink()]
    top = gr.top_block()
    for sender, receiver in zip(parts, parts[1:]):
        top.msg_connect((sender, 'out'), (receiver, 'in'))
    return top, parts[-1]


def names(sink):
    return [result.class_name for result in
            sorted(sink.results(), key=lambda result: result.frame_id)]


def right(heard, said):
    share = np.mean([a == b for a, b in zip(heard, said)])
    return f'{share:.1%} +-{1.96 * math.sqrt(share * (1 - share) / len(said)):.1%}'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('--data', required=True, metavar='DIR')
    parser.add_argument('--model', default='lite')
    parser.add_argument('--snr', type=float, default=12.0, metavar='DB')
    parser.add_argument('--threshold', type=float, default=-50.0, metavar='DB')
    parser.add_argument('--noise', type=float, default=-70.0, metavar='DB',
                        help='of the room, against full scale')
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    files = sorted(path for path in (Path(options.data) / 'fsdd' / 'recordings').glob('*.wav')
                   if re.fullmatch(r'\d_[^_]+_[5-9]', path.stem))
    if not files:
        parser.error(f'no recordings DIGIT_SPEAKER_INDEX.wav in {options.data}/fsdd/recordings')
    rng.shuffle(files)
    said = [NAMES[int(path.stem[0])] for path in files]
    sound = np.concatenate([part for path in files
                            for part in (PAUSE, wavfile.read(path)[1] / 32768)] + [PAUSE])
    sound += 10**(options.noise / 20) * rng.standard_normal(len(sound))

    detector = udeepsc.voice_activity_detector(RATE, threshold_db=options.threshold)
    top, sink = chain(detector, options.model, options.snr)
    top.connect(blocks.vector_source_f(sound.astype(np.float32).tolist()), detector)
    top.run()
    heard = names(sink)
    print(f'{len(heard)} pieces of {len(said)} digits, {detector.dropped("too short")} clicks '
          f'(threshold {options.threshold:g} dB, noise {options.noise:g} dB, seed {options.seed})')
    if len(heard) == len(said):
        print(f'named right: {right(heard, said)} at {options.snr:g} dB')

    top, sink = chain(udeepsc.sound_source([str(path) for path in files],
                                           'speech_classification'), options.model, options.snr)
    top.start()
    sink.wait_for(len(files), TIMEOUT_S)
    top.stop()
    top.wait()
    print(f'the files as they are: {right(names(sink), said)}')


if __name__ == '__main__':
    main()
