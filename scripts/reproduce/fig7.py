# SPDX-License-Identifier: GPL-3.0-or-later
"""Fig. 7: trained over one channel, measured over another; scores divided by those without noise.

Under fading transmitter and receiver know each sample's gain, as in the paper.
"""

import drawing
from measurement import NOISELESS
from more_models import CHANNELS, find_models
from study import divided

UNIFIED = 'U-DeepSC'
TITLES = {'awgn': 'AWGN', 'rayleigh': 'Rayleigh', 'rician': 'Rician'}
STYLES = {'awgn': 'o-', 'rayleigh': 's--', 'rician': '^:'}


def jobs(study):
    models = {UNIFIED: study.model}
    for name, model in find_models(study).items():
        if name in CHANNELS:
            models[f'U-DeepSC trained over {TITLES[name]}'] = model
    channels = study.channels()
    if 'rician' not in channels:
        study.warn('this build of udeepsc evaluates over no Rician channel: left out')
    for scheme, model in models.items():
        for task, dataset in study.task_sets(model):
            for channel in channels:
                yield study.job(scheme, task, dataset, channel, model,
                                csi=channel not in ('awgn', NOISELESS))


def rows(study, measured):
    return measured + divided(measured, 'normalised', lambda share: share)


def draw(study, rows):
    rows = [row for row in rows if row['metric'].endswith('_normalised')]
    panels = drawing.groups(rows, 'task', 'dataset')
    figure, axes = drawing.panels(len(panels))
    colours = {scheme: f'C{i}' for i, (scheme,) in enumerate(drawing.groups(rows, 'scheme'))}
    for panel, ((task, dataset), part) in zip(axes, panels.items()):
        for (scheme, channel), points in drawing.groups(part, 'scheme', 'channel').items():
            drawing.curve(panel, points, f'{scheme}, {TITLES[channel]}', fmt=STYLES[channel],
                          color=colours[scheme])
        drawing.finish(panel, drawing.title_of(task, dataset, rows), 'share of the noiseless score')
    drawing.one_legend(figure, axes)
    drawing.save(figure, study.out, study.figure)
