# SPDX-License-Identifier: GPL-3.0-or-later
"""Table III: parameters of one model for all tasks against those of a model for each.

Counted from configurations: a single-task model is the unified one's configuration with one
task and the encoders that it needs.
"""

import json
import re
import tempfile
from pathlib import Path

import drawing
from measurement import COLUMNS, BadInput, program, said_by
from more_models import read_configuration, single_task
from study import ROOT

ALL = 'all tasks'
SINGLE, UNIFIED, PUBLISHED = 'T-DeepSC', 'U-DeepSC', 'published'
# Millions, as published: T-DeepSC; U-DeepSC is 42.85.
PAPER = {'image_classification': 7.65, 'image_reconstruction': 8.20, 'text_classification': 29.30,
         'text_reconstruction': 33.69, 'visual_question_answering': 37.60,
         'video_sentiment': 37.23, ALL: 153.67}
PAPER_UNIFIED = 42.85


def jobs(study):
    return []


def parameters(study, config, task):
    """Millions, to two places, of a model with random weights."""
    with tempfile.TemporaryDirectory(prefix='udeepsc-table3-') as folder:
        path = Path(folder) / 'config.json'
        path.write_text(json.dumps(config))
        done = program(study.options.udeepsc, 'bench', '--config', str(path), '--task', task,
                       '--repeat', '1', '--json')
    found = re.search(r'([\d.]+) M parameters', done.stderr)
    if done.returncode or not found:
        raise BadInput(f'parameters of {config["model"]["name"]}: {said_by(done)}')
    return float(found[1])


def row(task, scheme, label, millions):
    return {**dict.fromkeys(COLUMNS), 'task': task, 'scheme': f'{scheme}, {label}',
            'metric': 'parameters_million', 'value': millions}


def counted(study, label, config):
    tasks = [task['name'] for task in config['model']['tasks']]
    unified = parameters(study, config, tasks[0])
    single = {task: parameters(study, single_task(config, task), task) for task in tasks}
    single[ALL] = sum(single.values())
    return [row(task, SINGLE, label, value) for task, value in single.items()] + \
        [row(ALL, UNIFIED, label, unified)]


def rows(study, measured):
    found = counted(study, f'model {study.model.config["name"]}', {'model': study.model.config})
    if not study.options.quick:
        config = read_configuration(ROOT / 'configs' / 'paper.json')
        found += counted(study, 'configs/paper.json', config)
    found += [row(task, SINGLE, PUBLISHED, value) for task, value in PAPER.items()]
    return found + [row(ALL, UNIFIED, PUBLISHED, PAPER_UNIFIED)]


def draw(study, rows):
    """Stored parameters: the single-task models on top of one another, the unified one beside."""
    found = [(*row['scheme'].split(', ', 1), row['task'], row['value']) for row in rows]
    labels = list(dict.fromkeys(label for _, label, _, _ in found))
    colours = {}
    figure, axes = drawing.panels(len(labels), columns=3, height=3.8)
    for panel, label in zip(axes, labels):
        values = {(scheme, task): value for scheme, of, task, value in found if of == label}
        bottom = 0
        for (scheme, task), value in values.items():
            if scheme == SINGLE and task != ALL:
                colour = colours.setdefault(task, f'C{len(colours) + 1}')
                panel.bar(0, value, bottom=bottom, color=colour, width=0.6,
                          label=drawing.plain(task))
                bottom += value
        panel.bar(1, values[UNIFIED, ALL], color='C0', width=0.6, label=ALL)
        for x, value in enumerate((values[SINGLE, ALL], values[UNIFIED, ALL])):
            panel.text(x, value, f'{value:.2f} M', ha='center', va='bottom', fontsize=8)
        panel.set_xticks([0, 1], [SINGLE, UNIFIED])
        panel.set_title(label, fontsize=10)
        panel.set_ylabel('parameters, millions')
        panel.margins(y=0.12)
    drawing.one_legend(figure, axes, columns=4)
    drawing.save(figure, study.out, study.figure)
