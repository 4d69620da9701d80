# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user gave, or what is built in, as payloads."""

from dataclasses import dataclass
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


def open_pictures(options, edge):
    """Pictures cut to the shape of the grid."""
    if not edge:
        return []
    if options.image:
        files = [(Path(path).stem, path) for path in options.image]
    elif options.text:
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
    return [] if options.image else material.built_in_sentences()


def wanted_tasks(info, classify):
    """What is sent again as it was; with `classify`, classes and scores too."""
    served = tasks.served(info)
    return [task for task in served if classify or task.repeats]


def gather(options, info):
    """(pictures, make(numbering) -> payloads) of the command line; raises BadInput."""
    edge = info.size_of('image')
    pictures, sentences = open_pictures(options, edge), open_sentences(options)
    wanted = wanted_tasks(info, options.classify)

    def make(numbering):
        return make_payloads(wanted, pictures, sentences, options.grid, edge, numbering)

    if not make(Numbering(options.grid)):
        raise material.BadInput('the model has no task for what is to be sent'
                                + ('' if options.classify else
                                   '; with --classify, classes are sent too'))
    return pictures, make
