# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user gave, or what is built in, as payloads."""

from dataclasses import dataclass, field
from pathlib import Path

import material
import numpy as np
import tasks
from payloads import Numbering, make_payloads


@dataclass
class Picture:
    name: str
    pixels: np.ndarray  # of the grid's shape
    thumbnail: np.ndarray


@dataclass
class Material:
    pictures: list
    sentences: list
    sounds: list = field(default_factory=list)
    questions: list = field(default_factory=list)


def given(options):
    """Whether the user gave anything to send."""
    return options.image or options.text or options.sound


def open_pictures(options, edge):
    """Pictures cut to the shape of the grid."""
    if not edge:
        return []
    if options.image:
        files = [(Path(path).stem, path) for path in options.image]
    elif given(options):
        return []
    else:
        folder = material.photograph_folder()
        files = [(name, folder / file) for file, name, _ in material.PHOTOGRAPHS]
    size = (options.grid.columns * edge, options.grid.rows * edge)
    pictures = []
    for name, path in files:
        image = material.open_picture(path)
        pictures.append(Picture(name, np.asarray(
            material.cut_to_shape(image, size, (0.5, 0.5))), material.thumbnail(image, edge)))
    return pictures


def open_sentences(options):
    if options.text:
        return material.given_sentences(options.text)
    return [] if given(options) else material.built_in_sentences()


def wanted_tasks(info, classify):
    """What is sent again as it was; with `classify`, classes and scores too. Sounds and
    questions have nothing but those."""
    wanted = [task for task in tasks.served(info)
              if classify or task.repeats or task.sent_as in ('sounds', 'questions')]
    # Tasks in layers are one way to send a picture, each learnt from other pictures.
    later = [task for task in wanted if task.layers][1:]
    return [task for task in wanted if task not in later]


def check_given(options, wanted):
    """Sounds and questions are asked for by name: a model without a task for them is told."""
    for name, way, values in (('--sound', 'sounds', options.sound),
                              ('--question', 'questions', options.question)):
        if values and not any(task.sent_as == way for task in wanted):
            raise material.BadInput(f'{name}: the model has no task that takes it')


def gather(options, info):
    """(pictures, make(numbering) -> payloads) of the command line; raises BadInput."""
    edge = info.size_of('image')
    wanted = wanted_tasks(info, options.classify)
    check_given(options, wanted)
    for question in options.question:
        material.checked_words('--question', 'question', question)
    all_of_it = Material(open_pictures(options, edge), open_sentences(options),
                         [material.open_sound(path) for path in options.sound],
                         options.question)

    def make(numbering):
        return make_payloads(wanted, all_of_it, options.grid, edge, numbering)

    if not make(Numbering(options.grid)):
        raise material.BadInput('the model has no task for what is to be sent'
                                + ('' if options.classify else
                                   '; with --classify, classes are sent too'))
    return all_of_it.pictures, make
