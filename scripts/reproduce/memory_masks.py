# SPDX-License-Identifier: GPL-3.0-or-later
"""Adaptive transmission of "Large Model Empowered Semantic Communications", IV.D: which elements
of each frame are sent, learnt, by theory, and at random, at equal symbols."""

from pathlib import Path

import drawing

ALL = 'with memory'  # every element is sent
RULES = {'learnt': 'the best of each frame, which are told', 'order': 'the best on average',
         'theory': 'the first', 'random': 'some at random'}
SYMBOLS = (4, 6, 8, 12, 16, 24)  # of each frame, at the best SNR
ADAPTED, FEWER = 'elements for the SNR: ', 'of each frame '


def learnt_file(study):
    """Beside the model: udeepsc-memory.masks.safetensors. None where it is not there."""
    path = Path(study.model.path).with_suffix('.masks.safetensors')
    return str(path) if path.exists() else None


def jobs(study, task, part):
    """At every SNR as many elements as theory says; at the best SNR fewer and fewer."""
    file = learnt_file(study)
    if file is None:
        return
    for rule, what in RULES.items():
        yield study.job(ADAPTED + what, task, part, mask=rule, mask_file=file)
        for symbols in SYMBOLS:
            job = study.job(f'{FEWER}{symbols} symbols: {what}', task, part, mask=rule,
                            mask_file=file, mask_symbols=symbols)
            yield study.at_best(job)


def is_of_masks(row):
    return row['scheme'].startswith((ADAPTED, FEWER))


def draw_adapted(axes, rows):
    """Accuracy against the SNR, with the symbols that this takes."""
    found = [row for row in rows if row['scheme'].startswith(ADAPTED) or row['scheme'] == ALL]
    for (scheme,), points in drawing.groups(found, 'scheme').items():
        label = 'all elements' if scheme == ALL else scheme.removeprefix(ADAPTED)
        drawing.curve(axes, points, label)
    drawing.finish(axes, 'as many elements as the SNR asks for', 'accuracy')
    axes.legend(fontsize=7)


def draw_fewer(axes, rows):
    """Accuracy at the best SNR against the symbols of a question."""
    found = [row for row in rows if row['scheme'].startswith(FEWER)]
    if not found:
        return
    best = max(row['snr_db'] for row in found)
    everything = [row for row in rows if row['scheme'] == ALL and row['snr_db'] == best]
    for rule in RULES.values():
        points = [row for row in found if row['scheme'].endswith(f': {rule}')] + everything
        points.sort(key=lambda row: row['symbols_mean'])
        axes.errorbar([row['symbols_mean'] for row in points], [row['value'] for row in points],
                      yerr=[row['ci95'] for row in points], fmt='o-', markersize=3.5, capsize=2,
                      label=rule)
    axes.set_title(f'fewer symbols, {best:g} dB', fontsize=10)
    axes.set_xlabel('symbols a question, with those that tell which are sent')
    axes.set_ylabel('accuracy')
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
