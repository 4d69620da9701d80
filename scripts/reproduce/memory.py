# SPDX-License-Identifier: GPL-3.0-or-later
"""Fig. 4 of "Large Model Empowered Semantic Communications": answers with and without memory.

Of every task with memory the accuracy against the SNR: with what came before, without, over
fading, and by separate design (a text codec and a channel code, and the same network reading what
arrives), at equal symbols and at 12 symbols a word. Of stories also the accuracy against the share
of the sentences that are lost, and every data set by itself at the best SNR.
"""

import drawing

WITH, WITHOUT, FADING = 'with memory', 'without memory', 'with memory, Rayleigh'
LOST = 'sentences lost'
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
                yield at_best(study, study.job(f'{LOST}: {share:g}', task, part, lose=share))
            for label, scheme, symbols in SEPARATE if texts else ():
                yield study.job(label, task, part, coding=scheme, symbols=symbols)
    for name, task in study.model.tasks().items():
        if name == 'intention':
            yield study.job(WITHOUT, name, '')


def at_best(study, job):
    """At the highest SNR alone."""
    return job.pieces()[study.snr_db.index(max(study.snr_db))]


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


def shown(rows, task):
    """What is drawn of a task: the means where there are any."""
    found = [row for row in rows if row['task'] == task]
    return [row for row in found if row['dataset'].startswith('mean of')] or found


def draw(study, rows):
    names = list(drawing.groups(rows, 'task'))
    figure, axes = drawing.panels(len(names) + 2, columns=2, width=5.5)
    for panel, (task,) in zip(axes, names):
        for (scheme,), points in drawing.groups(shown(rows, task), 'scheme').items():
            if not scheme.startswith(LOST):
                drawing.curve(panel, points, scheme)
        drawing.finish(panel, drawing.plain(task), 'accuracy')
        panel.set_ylim(0, 1.02)
    draw_losses(axes[len(names)], rows)
    draw_parts(axes[len(names) + 1], rows)
    drawing.one_legend(figure, axes[:len(names)], columns=2)
    drawing.save(figure, study.out, study.figure)


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
