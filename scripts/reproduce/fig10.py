# SPDX-License-Identifier: GPL-3.0-or-later
"""Fig. 10: vectors kept by the selection modules against as many kept at random.

Both send the same samples; the difference is taken sample by sample, so its interval is
narrower than those of the two.
"""

import drawing
from fig8 import chooses, symbols_of
from measurement import GAIN, RANDOM

SELECTED = 'FSM'


def counts(study, task):
    """Numbers of symbols to compare at; 0: as many as the model chooses, where the task has
    several modalities."""
    if len(task['inputs']) != 1:
        return [0]
    (one,) = task['inputs'].values()
    low, high = one['min_vectors'], one['max_vectors']
    middle = [] if study.options.quick else [(low + high) // 2]
    return [symbols_of(study.model.config, task, n) for n in sorted({low, *middle, high})]


def jobs(study):
    tasks = study.model.tasks()
    for name, dataset in study.task_sets():
        if not chooses(tasks[name]):
            continue
        for symbols in counts(study, tasks[name]):
            yield study.job(SELECTED, name, dataset, symbols=symbols, selection='both')


def rows(study, measured):
    """Which number a row is for is its symbols_mean."""
    return measured


def draw(study, rows):
    panels = drawing.groups(rows, 'task', 'dataset')
    figure, axes = drawing.panels(2 * len(panels), columns=len(panels))
    for i, ((task, dataset), part) in enumerate(panels.items()):
        above, below = axes[i], axes[len(panels) + i]
        for k, ((asked,), points) in enumerate(drawing.groups(part, 'asked_symbols').items()):
            number = f'{asked} symbols' if asked else 'as many as the model chooses'
            by_scheme = drawing.groups(points, 'scheme')
            for scheme, fmt in ((SELECTED, 'o-'), (RANDOM, 's--')):
                drawing.curve(above, by_scheme[scheme,], f'{scheme}, {number}', fmt=fmt,
                              color=f'C{k}')
            drawing.curve(below, by_scheme[GAIN,], number, color=f'C{k}')
        drawing.finish(above, drawing.title_of(task, dataset, rows), 'accuracy')
        drawing.finish(below, '', 'FSM - random')
        below.axhline(0, color='0.4', linewidth=0.8)
        above.legend(fontsize=7)
    drawing.save(figure, study.out, study.figure)
