# SPDX-License-Identifier: GPL-3.0-or-later
"""Adaptive transmission of "Large Model Empowered Semantic Communications", IV.D: which elements
of each frame are sent, learnt, by theory, and at random, at equal symbols."""

from pathlib import Path

import drawing

# One of each kind of question, of few sentences and of many
PARTS = ('babi-1', 'babi-2', 'babi-5', 'babi-8', 'babi-11')
RULES = {'learnt': 'the best of each frame, which are told', 'order': 'the best on average',
         'theory': 'the first', 'random': 'some at random'}
SYMBOLS = (3, 4, 6, 8, 12, 16)  # of each frame, at the best SNR
ALL = 'all elements'
ADAPTED, FEWER = 'elements for the SNR: ', 'of each frame '


def learnt_file(study):
    """Beside the model: udeepsc-memory.masks.safetensors. None where it is not there."""
    path = Path(study.model.path).with_suffix('.masks.safetensors')
    return str(path) if path.exists() else None


def jobs(study, task, part):
    """At every SNR as many elements as theory says; at the best SNR fewer and fewer."""
    file = learnt_file(study)
    if file is None or part not in PARTS:
        return
    yield study.job(ADAPTED + ALL, task, part)
    for rule, what in RULES.items():
        yield study.job(ADAPTED + what, task, part, mask=rule, mask_file=file)
        for symbols in SYMBOLS:
            job = study.job(f'{FEWER}{symbols} symbols: {what}', task, part, mask=rule,
                            mask_file=file, mask_symbols=symbols)
            yield study.at_best(job)


def is_of_masks(row):
    return row['scheme'].startswith((ADAPTED, FEWER))


def draw_adapted(axes, rows):
    """Accuracy against the SNR."""
    found = [row for row in rows if row['scheme'].startswith(ADAPTED)]
    for (scheme,), points in drawing.groups(found, 'scheme').items():
        drawing.curve(axes, points, scheme.removeprefix(ADAPTED))
    drawing.finish(axes, 'as many elements as the SNR asks for', 'accuracy')
    axes.legend(fontsize=7)


def draw_fewer(axes, rows):
    """Accuracy at the best SNR against the symbols of a question."""
    found = [row for row in rows if row['scheme'].startswith(FEWER)]
    if not found:
        return
    best = max(row['snr_db'] for row in found)
    everything = [row for row in rows if row['scheme'] == ADAPTED + ALL
                  and row['snr_db'] == best]
    for colour, rule in enumerate(RULES.values(), 1):  # as in draw_adapted()
        points = [row for row in found if row['scheme'].endswith(f': {rule}')] + everything
        points.sort(key=lambda row: row['symbols_mean'])
        axes.errorbar([row['symbols_mean'] for row in points], [row['value'] for row in points],
                      yerr=[row['ci95'] for row in points], fmt='o-', markersize=3.5, capsize=2,
                      color=f'C{colour}', label=rule)
    axes.set_title(f'fewer symbols, {best:g} dB', fontsize=10)
    axes.set_xlabel('symbols a question, with those that tell which are sent')
    axes.set_ylabel('accuracy')
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
