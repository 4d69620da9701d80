# SPDX-License-Identifier: GPL-3.0-or-later
"""Fig. 6: the score of every task against the SNR."""

import drawing
from measurement import NOISELESS
from more_models import find_models

UNIFIED, BOUND = 'U-DeepSC', 'upper bound'
# Separate coding as the paper compares with, of tasks that give back what was sent.
CONVENTIONAL = {'picture': ('JPEG and LDPC', 'jpeg-ldpc'),
                'sentence': ('UTF-8 and turbo code', 'utf8-turbo')}


def jobs(study):
    models = find_models(study)
    for task, dataset in study.task_sets():
        yield study.job(UNIFIED, task, dataset)
        # The paper's bound is that of the single-task model, where there is one.
        yield study.job(BOUND, task, dataset, NOISELESS, models.get(f't-{task}'))
        yield from compared(study, models, task, dataset)
    yield from conventional(study)


def compared(study, models, task, dataset):
    for name, model in models.items():
        if task not in model.tasks():
            continue
        if name.startswith('t-'):
            yield study.job('T-DeepSC', task, dataset, model=model)
        elif name.startswith('snr-'):
            yield study.job(f'U-DeepSC trained at {model.train_snr_db} dB', task, dataset,
                            model=model)


def conventional(study):
    if '--scheme' not in study.help_of('baseline'):
        study.warn('this build of udeepsc has no command baseline: no conventional schemes')
        return
    for name, task in study.model.tasks().items():
        if task['output'] in CONVENTIONAL:
            scheme, coding = CONVENTIONAL[task['output']]
            yield study.job(scheme, name, '', coding=coding)


def rows(study, measured):
    return measured


def draw(study, rows):
    panels = drawing.groups(rows, 'task', 'dataset')
    figure, axes = drawing.panels(len(panels))
    for panel, ((task, dataset), part) in zip(axes, panels.items()):
        for (scheme,), points in drawing.groups(part, 'scheme').items():
            if scheme == BOUND:
                panel.axhline(points[0]['value'], color='0.4', linestyle=':', label=BOUND)
            else:
                drawing.curve(panel, points, scheme)
        metric = part[0]['metric']
        drawing.finish(panel, drawing.title_of(task, dataset, rows),
                       drawing.NAMES.get(metric, metric))
    drawing.one_legend(figure, axes)
    drawing.save(figure, study.out, study.figure)
