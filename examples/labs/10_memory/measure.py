#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab 10: stories sent sentence by sentence to a receiver that remembers.

    measure.py room  [--kept 0 1 2 4 7 10]        entries that the memory has room for
    measure.py lost  [--share 0 0.1 0.2 0.3 0.5]  sentences that never arrive
    measure.py noise [--snr -9 -6 -3 0 6 12]      Es/N0, all sentences kept
    measure.py fewer [--elements 2 4 8 16 32]     elements of each frame that are sent
    measure.py order                              what the receiver takes to be the order
"""

import argparse
import functools
import sys
from pathlib import Path

import numpy as np
from gnuradio import udeepsc

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'common'))
import runs  # noqa: E402

TASK = 'story_question_answering'
PEOPLE = ('Mary', 'John', 'Daniel', 'Sandra')
PLACES = ('kitchen', 'garden', 'office', 'hallway', 'bathroom', 'bedroom')
GOING = ('went to', 'moved to', 'travelled to', 'journeyed to')
SENTENCES = 10  # of a story
ELEMENTS = 32  # symbols of a frame
SNR_DB = 12.0


class Story:
    """Four people move about in six places; who is asked for has been seen at least once."""

    def __init__(self, random):
        self.moves = [(random.integers(len(PEOPLE)), random.integers(len(PLACES)))
                      for _ in range(SENTENCES)]
        self.sentences = [f'{PEOPLE[who]} {GOING[random.integers(len(GOING))]} the {PLACES[where]}.'
                          for who, where in self.moves]
        seen = sorted({who for who, _ in self.moves})
        self.who = seen[random.integers(len(seen))]
        self.question = f'Where is {PEOPLE[self.who]}?'
        self.answer = PLACES[[where for who, where in self.moves if who == self.who][-1]]


def stories(count, seed):
    random = np.random.default_rng(seed)
    return [Story(random) for _ in range(count)]


class Link:
    """Transmitter, channel and receiver of the model that ships."""

    def __init__(self):
        self.model = udeepsc.transceiver('memory')
        self.classes = self.model.info().task(TASK).classes

    @functools.lru_cache(maxsize=None)
    def symbols(self, modality, text):
        data = np.frombuffer(text.encode(), np.uint8)
        features, _, _ = self.model.select(TASK, modality,
                                           self.model.encode(TASK, modality, data), SNR_DB)
        indices = self.model.quantize(TASK, modality, features)
        return np.array(self.model.modulate(TASK, modality, indices), np.complex64)

    def received(self, modality, text, snr_db, random, elements=ELEMENTS):
        """Feature vectors as the receiver has them; of the elements only the first are sent, and
        in the place of the others it puts zeros."""
        n0 = 10 ** (-snr_db / 10)
        sent = self.symbols(modality, text)
        y = (sent + runs.noise(random, len(sent), n0)).astype(np.complex64)
        features = self.model.lookup(TASK, modality, y.tolist(), [n0])
        features = features.reshape(1, ELEMENTS, -1).copy()
        features[:, elements:] = 0
        return features.reshape(1, -1)

    def answer(self, question, sentences, snr_db):
        """sentences: [(features, age)]; an age of 0 is that of the newest."""
        context = [('sentence', features, age) for features, age in sentences]
        said = self.model.decode(TASK, [None, question], 10 ** (-snr_db / 10), context)
        return self.classes[said['label']]


@functools.lru_cache(maxsize=None)
def link():
    return Link()


def right(count, seed, change=None, snr_db=SNR_DB, elements=ELEMENTS):
    """Stories answered rightly; change(list of (features, age), random) takes what a memory
    forgets, or a channel loses, from the sentences, oldest first."""
    random = np.random.default_rng(seed + 1)
    found = 0
    for story in stories(count, seed):
        heard = [(link().received('sentence', text, snr_db, random, elements), SENTENCES - 1 - i)
                 for i, text in enumerate(story.sentences)]
        if change:
            heard = change(heard, random)
        question = link().received('question', story.question, snr_db, random, elements)
        found += link().answer(question, heard, snr_db) == story.answer
    return found


@functools.lru_cache(maxsize=None)
def newest(kept):
    return lambda heard, random: heard[len(heard) - kept:]


@functools.lru_cache(maxsize=None)
def without(share):
    """Each sentence is lost with this probability; the others keep their age."""
    return lambda heard, random: [one for one in heard if random.random() >= share]


def reversed_ages(heard, random):
    return [(features, SENTENCES - 1 - age) for features, age in heard]


def shuffled_ages(heard, random):
    ages = random.permutation([age for _, age in heard])
    return [(features, int(age)) for (features, _), age in zip(heard, ages)]


def shuffled_list(heard, random):
    """The ages are right, the list is not in their order."""
    return [heard[i] for i in random.permutation(len(heard))]


ORDERS = {'as they came': None, 'another order in the list': shuffled_list,
          'ages reversed': reversed_ages, 'ages at random': shuffled_ages}


def show(what, found, o):
    print(f'{what}: right {runs.rate_text(found, o.stories)}', flush=True)


def room(o):
    for kept in o.kept:
        show(f'room for {kept:2} sentences', right(o.stories, o.seed, newest(kept)), o)


def lost(o):
    for share in o.share:
        show(f'{share:.2f} lost', right(o.stories, o.seed, without(share)), o)


def noise(o):
    for snr_db in o.snr:
        show(f'{snr_db:4g} dB', right(o.stories, o.seed, snr_db=snr_db), o)


def fewer(o):
    for elements in o.elements:
        each = [right(o.stories, o.seed, snr_db=snr_db, elements=elements)
                for snr_db in (12.0, 0.0)]
        for snr_db, found in zip((12, 0), each):
            show(f'{elements:2} of {ELEMENTS} elements, {snr_db:2} dB', found, o)


def order(o):
    for name, change in ORDERS.items():
        show(name, right(o.stories, o.seed, change), o)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    what = {f.__name__: f for f in (room, lost, noise, fewer, order)}
    parser.add_argument('what', choices=what)
    parser.add_argument('--kept', type=int, nargs='+', default=[0, 1, 2, 4, 7, 10])
    parser.add_argument('--share', type=float, nargs='+', default=[0.0, 0.1, 0.2, 0.3, 0.5])
    parser.add_argument('--snr', type=float, nargs='+', default=[-9, -6, -3, 0, 6, 12])
    parser.add_argument('--elements', type=int, nargs='+', default=[2, 4, 8, 16, 32])
    parser.add_argument('--stories', type=int, default=300)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    what[options.what](options)


if __name__ == '__main__':
    main()
