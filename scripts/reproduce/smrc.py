# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers, after "Semantic Multi-Resolution Communications" (arXiv:2308.11604): picture and class
from the first layers of one transmission, against separate source and channel coding at equal
symbols, and against models of one rate each; bursts that are cut short; what a layer is worth
without another one; other weights of the loss; multiplications."""

import drawing
import operations
from measurement import COLUMNS, BadInput
from more_models import WEIGHTS, find_models
from smrc_drawing import draw_all

AGILE = 'one model'
CODINGS = {'HEVC and LDPC': 'hevc-ldpc', 'JPEG 2000 and LDPC': 'jpeg2000-ldpc', 'JPEG and LDPC': 'jpeg-ldpc'}
CLASSES = {'cifar10': 'cifar10_class', 'mnist': 'mnist_class'}  # the classifier's tasks
SCORES = {'recall': 'average recall', 'precision': 'average precision', 'accuracy': 'accuracy'}
GAINS = {'gain': 'psnr_db_gain', 'recall_gain': 'recall_gain'}  # of a layer over the one before
CUTS = tuple(range(0, 100, 10))  # percent lost
REPLACED = ('lost', 'noise', 'other')


def layered(model):
    """{task: (layers, data set)} of the tasks that come in layers."""
    found = {}
    for name, task in model.tasks().items():
        sizes = [tuple(i['layers']) for i in task['inputs'].values() if i.get('layers')]
        if sizes:
            found[name] = sizes[0], (task.get('data') or [''])[0]
    return found


def cuts_of(sizes):
    """Those that leave the first layer."""
    return tuple(cut for cut in CUTS if (100 - cut) * sum(sizes) >= 100 * sizes[0])


def jobs(study):
    tasks = layered(study.model)
    if not tasks:
        raise BadInput(f'{study.model.path}: no task of it comes in layers; expected a model '
                       'trained with configs/layers.json')
    models = find_models(study)
    for task, (sizes, dataset) in tasks.items():
        every = tuple(range(1, len(sizes) + 1))
        yield study.job(AGILE, task, '', layers=every)
        yield study.job('cut', task, '', cut=cuts_of(sizes))
        for layer in every[:-1]:
            for how in REPLACED:
                yield study.job(f'layer {layer} {how}', task, '', layers=every[layer - 1:],
                                replaced=f'{layer}:{how}')
        yield from against_others(study, models, task, sizes, dataset)
        for name in WEIGHTS:
            if name in models and task in models[name].tasks():
                yield study.job(name, task, '', model=models[name], layers=every)


def against_others(study, models, task, sizes, dataset):
    """Separate coding and models of one rate, at the symbols of the first so many layers."""
    classifier = models.get('classifier')
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
    """A row for each score, and the multiplications."""
    found = []
    for row in measured:
        scheme = row['scheme']
        if scheme.startswith('one rate'):
            scheme = f'one rate, {row["symbols_mean"]:g} symbols'
        row = {**row, 'scheme': scheme}
        found.append(row)
        for score in (*SCORES, *class_scores(row)):
            if score in row:
                found.append({**row, 'metric': score, 'value': row[score],
                              'ci95': row.get(f'{score}_ci95')})
        for gain, metric in GAINS.items():
            if gain in row:
                found.append({**row, 'metric': metric, 'value': row[gain],
                              'ci95': row[f'{gain}_ci95']})
    return found + multiplications(study)


def class_scores(row):
    """Of single classes, where the weights of the loss are compared by them."""
    if not row['scheme'].startswith((AGILE, *WEIGHTS)):
        return []
    return [key for key in row if key.startswith(('recall_class_', 'precision_class_'))]


def multiplications(study):
    config, found = study.model.config, []
    for name, task in study.model.tasks().items():
        if name not in layered(study.model):
            continue
        for what, layers, count in operations.counted(config, task):
            found.append({**dict.fromkeys(COLUMNS), 'task': name, 'scheme': f'{what}, {layers} layers',
                          'metric': 'multiplications_million', 'value': count / 1e6})
    return found


def draw(study, rows):
    """PSNR and recall of every task against the SNR; a colour for a number of symbols."""
    compared = [r for r in rows if r['snr_db'] is not None
                and r['scheme'].startswith((AGILE, 'one rate', *CODINGS))]
    panels = {(task, metric): [r for r in compared if (r['task'], r['metric']) == (task, metric)]
              for task in layered(study.model) for metric in ('psnr_db', 'recall')}
    panels = {key: part for key, part in panels.items() if part}
    figure, axes = drawing.panels(len(panels))
    for panel, ((task, metric), part) in zip(axes, panels.items()):
        for (scheme,), points in drawing.groups(part, 'scheme').items():
            drawing.curve(panel, points, scheme)
        drawing.finish(panel, drawing.title_of(task, '', compared),
                       SCORES.get(metric, drawing.NAMES.get(metric, metric)))
    drawing.one_legend(figure, axes)
    drawing.save(figure, study.out, study.figure)
    draw_all(study, rows, layered(study.model))
