# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawings of smrc beside the first: bursts cut short, one model against models of one rate,
weights of the loss. One for which nothing was measured is not made."""

import re

import drawing
from more_models import WEIGHTS, favoured

BEGIN = 'one model'  # the model itself
LABELS = {BEGIN: 'the model itself', 'agile': 'as configured', 'beta': 'two classes favoured', 'pooled': 'two classes left',
          'alpha-0': 'class alone', 'alpha-1': 'picture alone'}


def of_task(rows, task, metric, start):
    return [r for r in rows if r['task'] == task and r['metric'] == metric
            and r['snr_db'] is not None and r['scheme'].startswith(start)]


def draw_cut(study, rows, tasks):
    """Quality over the share of a burst that is lost, a curve an SNR. Between two points stands
    the worse: a step is where a layer ends."""
    panels = [(task, metric) for task in tasks for metric in ('psnr_db', 'recall')
              if of_task(rows, task, metric, 'cut')]
    if not panels:
        return
    figure, axes = drawing.panels(len(panels))
    for panel, (task, metric) in zip(axes, panels):
        part = of_task(rows, task, metric, 'cut')
        for (snr,), points in drawing.groups(part, 'snr_db').items():
            lost = [float(re.search(r'([\d.]+) % lost', p['scheme'])[1]) for p in points]
            panel.errorbar(lost, [p['value'] for p in points], yerr=[p['ci95'] for p in points],
                           fmt='o-', markersize=3.5, capsize=2, drawstyle='steps-pre',
                           label=f'{snr:g} dB')
        drawing.finish(panel, drawing.plain(task), drawing.NAMES.get(metric, f'average {metric}'))
        panel.set_xlabel('symbols lost from the end, %')
    drawing.one_legend(figure, axes)
    drawing.save(figure, study.out, f'{study.figure}_cut')


def lost_by_the_agile(rows, task, sizes, start):
    """{symbols: [(snr_db, dB)]}: models of one rate less one in layers."""
    found = {}
    for count in range(2, len(sizes) + 1):
        symbols = sum(sizes[:count])
        agile = {r['snr_db']: r['value'] for r in of_task(rows, task, 'psnr_db', start)
                 if r['scheme'].endswith(f'layers 1 to {count}')}
        single = of_task(rows, task, 'psnr_db', f'one rate, {symbols} symbols')
        points = [(r['snr_db'], r['value'] - agile[r['snr_db']]) for r in single
                  if r['snr_db'] in agile]
        if points:
            found[symbols] = sorted(points)
    return found


def draw_rates(study, rows, tasks):
    """dB that one model in layers loses against models of one rate, trained as long ("agile")
    where there is such a one."""
    lost = {}
    for task, (sizes, _) in tasks.items():
        found = lost_by_the_agile(rows, task, sizes, 'agile') \
            or lost_by_the_agile(rows, task, sizes, 'one model')
        if found:
            lost[task] = found
    if not lost:
        return
    figure, axes = drawing.panels(len(lost))
    for panel, (task, curves) in zip(axes, lost.items()):
        for symbols, points in curves.items():
            panel.plot(*zip(*points), 'o-', markersize=3.5, label=f'{symbols} symbols')
        panel.axhline(0, color='0.4', linewidth=0.8)
        drawing.finish(panel, drawing.plain(task), 'lost by the model in layers, dB')
    drawing.one_legend(figure, axes)
    drawing.save(figure, study.out, f'{study.figure}_rates')


def draw_weights(study, rows, tasks):
    """Recall over precision of layer 1, a point an SNR: of all classes, and of those favoured."""
    part = {task: [name for name in WEIGHTS if of_task(rows, task, 'recall', f'{name}, ')]
            for task in tasks}
    part = {task: [BEGIN, *names] for task, names in part.items() if names}
    if not part:
        return
    figure, axes = drawing.panels(2 * len(part), columns=2 * len(part))
    for i, (task, names) in enumerate(part.items()):
        chosen = favoured(study.model.tasks()[task])
        for name in names:
            for panel, suffixes in ((axes[2 * i], ['']),
                                    (axes[2 * i + 1], [f'_class_{c}' for c in chosen])):
                if name == 'pooled' and suffixes != ['']:
                    continue  # its classes have other numbers
                panel.plot(mean_of(rows, task, name, 'precision', suffixes),
                           mean_of(rows, task, name, 'recall', suffixes),
                           'o-', markersize=3.5, label=LABELS[name])
        for panel, title in ((axes[2 * i], 'all classes'), (axes[2 * i + 1], 'the two favoured')):
            drawing.finish(panel, f'{drawing.plain(task)}, {title}', 'recall')
            panel.set_xlabel('precision')
    drawing.one_legend(figure, axes)
    drawing.save(figure, study.out, f'{study.figure}_weights')


def mean_of(rows, task, name, score, suffixes):
    """Of layer 1, by rising SNR."""
    each = []
    for suffix in suffixes:
        points = [r for r in of_task(rows, task, score + suffix, f'{name}, layer 1')]
        each.append([r['value'] for r in sorted(points, key=lambda r: r['snr_db'])])
    return [sum(values) / len(values) for values in zip(*each)]


def draw_all(study, rows, tasks):
    draw_cut(study, rows, tasks)
    draw_rates(study, rows, tasks)
    draw_weights(study, rows, tasks)
