# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sends what is to be sent: a source for each task."""

import math

import material
import sounds
from chain import Job
from gnuradio import udeepsc
from program import naming

MANUAL = udeepsc.source_start.on_trigger


def write_pictures(folder, pictures):
    """Writes what image_source reads; file -> pixels."""
    from PIL import Image
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for picture in pictures:
        path = folder / f'{picture.name}.png'
        with naming(path):
            Image.fromarray(picture.pixels).save(path)
        files[str(path)] = picture.pixels
    return files


def truth(task, labels):
    """Labels, if the model knows them all."""
    return labels if all(label in task.classes for label in labels) else []


def tile_count(pictures, edge):
    return sum(math.ceil(p.pixels.shape[0] / edge) * math.ceil(p.pixels.shape[1] / edge)
               for p in pictures) if edge else 0


def ask(source, task, questions):
    for question in questions:
        known = question.answer in task.classes
        source.ask_about(question.picture.pixels, question.words,
                         question.answer if known else '', question.picture.name)


def make_jobs(wanted, out, given, edge):
    """(a job for each task, file -> pixels). `given`: material.Given; `edge` of the model's
    pictures. Raises material.BadInput where nothing is wanted."""
    if not wanted:
        raise material.BadInput('the model has no task for a picture or a text alone')
    files = write_pictures(out / 'sent', given.pictures)
    small = write_pictures(out / 'thumbnails', given.thumbnails)
    heard = sounds.write_sounds(out / 'sounds', given.sounds)
    texts = [s.text for s in given.sentences]

    def tiles(task):
        return Job(task, udeepsc.image_source(list(files), task.name, tile=edge, start=MANUAL),
                   tile_count(given.pictures, edge))

    def thumbnails(task):
        labels = truth(task, [p.label for p in given.thumbnails])
        return Job(task, udeepsc.image_source(list(small), task.name, labels, edge, start=MANUAL),
                   len(small))

    def sentences(task):
        labels = truth(task, [s.label for s in given.sentences])
        return Job(task, udeepsc.text_source(texts, '', task.name, labels, material.SEGMENT_WORDS,
                                             start=MANUAL), len(texts))

    def speech(task):
        labels = truth(task, [s.label for s in given.sounds])
        return Job(task, udeepsc.sound_source(heard, task.name, labels, start=MANUAL), len(heard))

    def questions(task):
        source = udeepsc.question_source('', task.name, edge)
        return Job(task, source, len(given.questions),
                   start=lambda: ask(source, task, given.questions))

    make = {'tiles': tiles, 'thumbnails': thumbnails, 'texts': sentences, 'words': sentences,
            'sounds': speech, 'questions': questions}
    return [make[task.sent_as](task) for task in wanted], files
