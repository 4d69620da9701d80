# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers, after "Semantic Multi-Resolution Communications" (arXiv:2308.11604): picture and class
from the first layers of one transmission, against separate source and channel coding at equal
symbols, and against models of one rate each."""

import drawing
from measurement import BadInput
from more_models import find_models

AGILE = 'one model'
CODINGS = {'HEVC and LDPC': 'hevc-ldpc', 'JPEG 2000 and LDPC': 'jpeg2000-ldpc', 'JPEG and LDPC': 'jpeg-ldpc'}
CLASSES = {'cifar10': 'cifar10_class', 'mnist': 'mnist_class'}  # the classifier's tasks
SCORES = {'recall': 'average recall', 'precision': 'average precision', 'accuracy': 'accuracy'}
GAINS = {'gain': 'psnr_db_gain', 'recall_gain': 'recall_gain'}  # of a layer over the one before


def layered(model):
    """{task: (layers, data set)} of the tasks that come in layers."""
    found = {}
    for name, task in model.tasks().items():
        sizes = [tuple(i['layers']) for i in task['inputs'].values() if i.get('layers')]
        if sizes:
            found[name] = sizes[0], (task.get('data') or [''])[0]
    return found


def jobs(study):
    tasks = layered(study.model)
    if not tasks:
        raise BadInput(f'{study.model.path}: no task of it comes in layers; expected a model '
                       'trained with configs/layers.json')
    models = find_models(study)
    classifier = models.get('classifier')
    for task, (sizes, dataset) in tasks.items():
        yield study.job(AGILE, task, '', layers=tuple(range(1, len(sizes) + 1)))
        told = CLASSES.get(dataset)
        knows = classifier and told in classifier.tasks()
        for count in range(2, len(sizes) + 1):
            symbols = sum(sizes[:count])
            for scheme, coding in CODINGS.items():
                yield study.job(f'{scheme}, {symbols} symbols', task, '', coding=coding,
                                symbols=symbols, classifier=(classifier, told) if knows else ())
            single = models.get(f'rate-{symbols}')
            if single and task in single.tasks():
                yield study.job('one rate', task, '', model=single, layers=(2,))


def rows(study, measured):
    """A row for each score."""
    found = []
    for row in measured:
        scheme = row['scheme']
        if scheme.startswith('one rate'):
            scheme = f'one rate, {row["symbols_mean"]:g} symbols'
        row = {**row, 'scheme': scheme}
        found.append(row)
        for score in SCORES:
            if score in row:
                found.append({**row, 'metric': score, 'value': row[score],
                              'ci95': row.get(f'{score}_ci95')})
        for gain, metric in GAINS.items():
            if gain in row:
                found.append({**row, 'metric': metric, 'value': row[gain],
                              'ci95': row[f'{gain}_ci95']})
    return found


def draw(study, rows):
    """PSNR and recall of every task against the SNR; a colour for a number of symbols."""
    panels = {(task, metric): [r for r in rows if (r['task'], r['metric']) == (task, metric)]
              for task in layered(study.model) for metric in ('psnr_db', 'recall')}
    panels = {key: part for key, part in panels.items() if part}
    figure, axes = drawing.panels(len(panels))
    for panel, ((task, metric), part) in zip(axes, panels.items()):
        for (scheme,), points in drawing.groups(part, 'scheme').items():
            drawing.curve(panel, points, scheme)
        drawing.finish(panel, drawing.title_of(task, '', rows),
                       SCORES.get(metric, drawing.NAMES.get(metric, metric)))
    drawing.one_legend(figure, axes)
    drawing.save(figure, study.out, study.figure)
