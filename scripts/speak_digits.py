#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digits by voices that are in no recording, laid out as the unseen speaker of the Free Spoken
Digit Dataset: speak_digits.py DATA, then `udeepsc eval --data DATA --task speech_classification
--split unseen`. Needs espeak-ng."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'apps' / 'demo'))

import sounds  # noqa: E402

# As `espeak-ng --voices` and its variants call them: women and men, two accents
VOICES = ['en-us', 'en-gb', 'en-us+m1', 'en-us+m3', 'en-us+m7', 'en-us+f1', 'en-us+f3',
          'en-gb+f4', 'en-us+klatt', 'en-gb+m5']
WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']


def main(data):
    said = []
    with tempfile.TemporaryDirectory() as scratch:
        for number, voice in enumerate(VOICES):
            for digit, word in enumerate(WORDS):
                sound = sounds.spoken(word, Path(scratch), voice)
                if sound is None:
                    return f'{sounds.SPEAKER} said nothing: apt-get install {sounds.SPEAKER}'
                sound.name = f'{digit}_voice{number}_0'
                said.append(sound)
    sounds.write_sounds(Path(data) / 'fsdd' / 'recordings_unseen_speaker', said)
    print(f'{len(said)} words of {len(VOICES)} voices in {data}')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
