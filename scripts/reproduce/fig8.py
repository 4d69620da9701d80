# SPDX-License-Identifier: GPL-3.0-or-later
"""Fig. 8: how many symbols are sent, and what is lost of the score, against the SNR.

The loss is 1 - score / score without noise. Beside the number that the model chooses stands the
same model made to send as many symbols as it may at every SNR.
"""

import drawing
from measurement import NOISELESS
from more_models import find_models
from study import divided

UNIFIED, FIXED, SINGLE = 'U-DeepSC', 'U-DeepSC, always the most', 'T-DeepSC'
STYLES = {UNIFIED: 'o-', FIXED: 's--', SINGLE: '^:'}


def chooses(task):
    """Whether the number of vectors depends on the SNR."""
    return any(i['max_vectors'] > i['min_vectors'] for i in task['inputs'].values())


def symbols_of(config, task, vectors):
    """Symbols of so many vectors, where they are one modality's; 0 where they cannot be set."""
    if len(task['inputs']) != 1:
        return 0
    (one,) = task['inputs'].values()
    bits_per_symbol = {'bpsk': 1, 'qpsk': 2}.get(config['modulation']) or \
        int(config['modulation'].removesuffix('qam')).bit_length() - 1
    bits_per_index = (config['codebook']['entries'] - 1).bit_length()
    return -(-vectors * one.get('subvectors', 1) * bits_per_index // bits_per_symbol)


def most_symbols(study, task):
    most = max(i['max_vectors'] for i in task['inputs'].values())
    return symbols_of(study.model.config, task, most)


def jobs(study):
    models = find_models(study)
    tasks = study.model.tasks()
    for name, dataset in study.task_sets():
        if not chooses(tasks[name]):
            continue
        compared = [(UNIFIED, study.model, 0)]
        if most_symbols(study, tasks[name]):
            compared.append((FIXED, study.model, most_symbols(study, tasks[name])))
        if f't-{name}' in models:
            compared.append((SINGLE, models[f't-{name}'], 0))
        for scheme, model, symbols in compared:
            for channel in (NOISELESS, 'awgn', 'rayleigh'):
                yield study.job(scheme, name, dataset, channel, model, symbols=symbols,
                                csi=channel == 'rayleigh')


def rows(study, measured):
    return measured + divided(measured, 'normalised_loss', lambda share: 1 - share)


def draw(study, rows):
    losses = [row for row in rows if row['metric'].endswith('_loss')]
    channels = drawing.groups(losses, 'channel')
    figure, axes = drawing.panels(2 * len(channels), columns=2, width=6, height=3.6)
    colours = {key: f'C{i}' for i, key in enumerate(drawing.groups(losses, 'task', 'dataset'))}
    for i, ((channel,), part) in enumerate(channels.items()):
        for (task, dataset, scheme), points in \
                drawing.groups(part, 'task', 'dataset', 'scheme').items():
            label = f'{drawing.title_of(task, dataset, losses)}, {scheme}'
            style = {'fmt': STYLES[scheme], 'color': colours[task, dataset]}
            drawing.curve(axes[2 * i], points, label, 'symbols_mean', **style)
            drawing.curve(axes[2 * i + 1], points, label, **style)
        drawing.finish(axes[2 * i], f'{channel}: symbols a sample', 'symbols')
        drawing.finish(axes[2 * i + 1], f'{channel}: normalised loss', '1 - score / noiseless')
        axes[2 * i + 1].set_ylim(-0.2, 1)  # a task that is hardly learnt has no scale of its own
    drawing.one_legend(figure, axes, columns=3)
    drawing.save(figure, study.out, study.figure)
