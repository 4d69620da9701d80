# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demonstration says: the user's sounds, or digits that espeak-ng speaks."""

import os
import shutil
import subprocess

import numpy as np
from material import Sound, open_sound, unique_name
from program import BadInput, naming

SPEAKER = 'espeak-ng'
SPEED = 140  # words a minute
SPEAKING_S = 20  # at most, for one word
QUIET = 0.02  # of the loudest instant: what is before and after a word
DIGITS = ['seven', 'three', 'zero', 'eight', 'one', 'five', 'nine', 'two', 'six', 'four']


def without_silence(samples):
    """[frames, channels], cut to what is heard."""
    level = np.abs(samples).max(1)
    heard = np.flatnonzero(level > QUIET * level.max())
    return samples[heard[0]:heard[-1] + 1] if heard.size else samples


def spoken(word, folder, voice='en-us'):
    """What espeak-ng makes of a word; None if it makes nothing."""
    path = folder / f'{word}.wav'
    try:
        subprocess.run([SPEAKER, '-v', voice, '-s', str(SPEED), '-w', path, word], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SPEAKING_S)
        sound = open_sound(path)
    except (OSError, subprocess.SubprocessError, BadInput):
        return None
    return Sound(word, sound.rate, without_silence(sound.samples), word)


def built_in_sounds(folder):
    """Nothing where there is no espeak-ng."""
    if not shutil.which(SPEAKER):
        return []
    folder.mkdir(parents=True, exist_ok=True)
    return [sound for sound in (spoken(word, folder) for word in DIGITS) if sound]


def given_sounds(paths):
    sounds = []
    for path in paths:
        sound = open_sound(path)
        sound.name = unique_name(os.path.splitext(os.path.basename(path))[0], sounds)
        sounds.append(sound)
    return sounds


def write_sounds(folder, sounds):
    """Writes what sound_source reads; the files."""
    from scipy.io import wavfile
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for sound in sounds:
        path = folder / f'{sound.name}.wav'
        with naming(path):
            wavfile.write(path, sound.rate,
                          np.round(np.clip(sound.samples, -1, 1) * 32767).astype(np.int16))
        files.append(str(path))
    return files
