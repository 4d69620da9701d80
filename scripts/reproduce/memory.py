# SPDX-License-Identifier: GPL-3.0-or-later
"""Fig. 4 of "Large Model Empowered Semantic Communications": answers with and without memory.

Of every task with memory the accuracy against the SNR: with what came before, without, over
fading, and by separate design (a text codec and a channel code, and the same network reading what
arrives), at equal symbols and at 12 symbols a word. Of stories also the accuracy against the share
of the sentences that are lost, every data set by itself at the best SNR, and the answers when
only some elements of each frame are sent (memory_masks.py). With --models: two small models that
were trained jointly, and with no gradient over the air.
"""

import drawing
import memory_masks
from more_models import find_models

WITH, WITHOUT, FADING = 'with memory', 'without memory', 'with memory, Rayleigh'
LOST = 'sentences lost'
# What --models holds: name of the file, and what it is called
TRAINED = {'joint': 'small model, trained jointly',
           'apart': 'small model, trained apart: no gradient over the air'}
BY_SMALL = 'small model reads: '
LOSSES = (0.05, 0.1, 0.2, 0.3, 0.5)
# (label, scheme, symbols a text; 0: as many as the model's)
SEPARATE = (('Huffman and turbo code, equal symbols', 'huffman-turbo', 0),
            ('Huffman and turbo code, 72 symbols a sentence', 'huffman-turbo', 72))
STORIES = {'babi': [f'babi-{number}' for number in range(1, 21) if number != 3]}


def tasks(study):
    """(name, whether it takes texts alone) of those with memory."""
    encoders = study.model.config['encoders']
    for name, task in study.model.tasks().items():
        if any(part.get('memory') for part in task['inputs'].values()):
            yield name, all('vocabulary' in encoders[part] for part in task['inputs'])


def parts(study, task):
    """The data sets that are measured each by itself; their mean is what is drawn."""
    return [part for data in study.model.tasks()[task].get('data', [])
            for part in STORIES.get(data, [data])]


def jobs(study):
    for task, texts in tasks(study):
        for part in parts(study, task):
            yield study.job(WITH, task, part)
            yield study.job(WITHOUT, task, part, memory=False)
            yield study.job(FADING, task, part, 'rayleigh')
            for share in LOSSES if texts else ():
                yield study.at_best(study.job(f'{LOST}: {share:g}', task, part, lose=share))
            for label, scheme, symbols in SEPARATE if texts else ():
                yield study.job(label, task, part, coding=scheme, symbols=symbols)
            if texts:
                yield from memory_masks.jobs(study, task, part)
    for name, task in study.model.tasks().items():
        if name == 'intention':
            yield study.job(WITHOUT, name, '')
    models = find_models(study)
    for name in TRAINED:
        if name in models:
            yield from jobs_of_training(study, name, models[name])


def jobs_of_training(study, name, model):
    """What a model has learnt from, each part; of one that was trained jointly also what it reads
    of texts that a text codec and a channel code bring."""
    for task, about in model.tasks().items():
        for part in about['data']:
            yield study.job(TRAINED[name], task, part, model=model)
            for label, scheme, symbols in SEPARATE if name == 'joint' else ():
                yield study.job(f'{BY_SMALL}{label}', task, part, model=model, coding=scheme,
                                symbols=symbols)


def mean(rows):
    """One row of many of the same point; their errors are independent."""
    count = len(rows)
    first = rows[0]
    return {**first, 'dataset': f'mean of {count}',
            'value': sum(row['value'] for row in rows) / count,
            'ci95': sum(row['ci95'] ** 2 for row in rows) ** 0.5 / count,
            'symbols_mean': sum(row['symbols_mean'] for row in rows) / count,
            'n': sum(row['n'] for row in rows)}


def rows(study, measured):
    points = drawing.groups(measured, 'task', 'scheme', 'channel', 'snr_db')
    return measured + [mean(found) for found in points.values() if len(found) > 1]


def means(rows):
    """The means, where there are any."""
    return [row for row in rows if row['dataset'].startswith('mean of')] or rows


def shown(rows, task):
    """What is drawn of a task."""
    return means([row for row in rows if row['task'] == task])


def draw(study, rows):
    names = list(drawing.groups(rows, 'task'))
    masks = [row for row in shown_of_texts(rows) if memory_masks.is_of_masks(row)]
    trained = [row for row in rows if is_of_training(row)]
    count = len(names) + 2 + (2 if masks else 0) + (1 if trained else 0)
    figure, axes = drawing.panels(count, columns=2, width=5.5)
    for panel, (task,) in zip(axes, names):
        for (scheme,), points in drawing.groups(shown(rows, task), 'scheme').items():
            if is_of_memory(points[0]):
                drawing.curve(panel, points, scheme)
        drawing.finish(panel, drawing.plain(task), 'accuracy')
        panel.set_ylim(0, 1.02)
    draw_losses(axes[len(names)], rows)
    draw_parts(axes[len(names) + 1], rows)
    rest = list(axes[len(names) + 2:])
    if masks:
        memory_masks.draw_adapted(rest.pop(0), shown_of_texts(rows))
        memory_masks.draw_fewer(rest.pop(0), shown_of_texts(rows))
    if trained:
        draw_training(rest.pop(0), trained)
    drawing.one_legend(figure, axes[:len(names)], columns=2)
    drawing.save(figure, study.out, study.figure)


def is_of_training(row):
    return row['scheme'] in TRAINED.values() or row['scheme'].startswith(BY_SMALL)


def is_of_memory(row):
    return not (row['scheme'].startswith(LOST) or is_of_training(row)
                or memory_masks.is_of_masks(row))


def shown_of_texts(rows):
    """Of the tasks whose frames have masks."""
    names = {row['task'] for row in rows if memory_masks.is_of_masks(row)}
    return [row for task in sorted(names) for row in shown(rows, task)]


def draw_training(axes, rows):
    for (scheme,), points in drawing.groups(means(rows), 'scheme').items():
        drawing.curve(axes, points, scheme.removeprefix('small model, ').removeprefix(BY_SMALL))
    drawing.finish(axes, 'how transmitter and receiver were trained', 'accuracy')
    axes.set_ylim(0, 1.02)
    axes.legend(fontsize=7, loc='center left')


def draw_losses(axes, rows):
    for (task,), found in drawing.groups(rows, 'task').items():
        points = shown(rows, task)
        lost = [row for row in points if row['scheme'].startswith(LOST)]
        if not lost:
            continue
        best = max(row['snr_db'] for row in lost)
        none = [row for row in points if row['scheme'] == WITH and row['snr_db'] == best]
        lost = [(0.0, row) for row in none] + \
            [(float(row['scheme'].split(':')[1]), row) for row in lost]
        axes.errorbar([share for share, _ in lost], [row['value'] for _, row in lost],
                      yerr=[row['ci95'] for _, row in lost], fmt='o-', markersize=3.5, capsize=2,
                      label=f'{drawing.plain(task)}, {best:g} dB')
        axes.legend(fontsize=8)
    axes.set_xlabel('share of the sentences that are lost')
    axes.set_ylabel('accuracy')
    axes.set_ylim(0, 1.02)
    axes.grid(alpha=0.3)


def draw_parts(axes, rows):
    """Each data set with and without memory, at the best SNR."""
    best = max((row['snr_db'] for row in rows if row['snr_db'] is not None), default=0)
    for scheme, width, colour in ((WITH, 0.8, 'C0'), (WITHOUT, 0.5, 'C1')):
        found = [row for row in rows if row['scheme'] == scheme and row['snr_db'] == best
                 and row['dataset'].startswith('babi-')]
        axes.bar([row['dataset'].removeprefix('babi-') for row in found],
                 [row['value'] for row in found], width, color=colour, label=scheme)
    axes.set_title(f'each bAbI task, {best:g} dB', fontsize=10)
    axes.tick_params(axis='x', labelsize=7)
    axes.set_ylim(0, 1.02)
