# SPDX-License-Identifier: GPL-3.0-or-later
"""Table II: symbols that a sample of each task takes."""

import drawing
from measurement import COLUMNS

PUBLISHED = 'published'
# (symbols, of what) as the paper lists them
PAPER = {'image_classification': (8, 'symbols'), 'image_reconstruction': (8, 'symbols_per_patch'),
         'text_classification': (4, 'symbols'), 'text_reconstruction': (12, 'symbols_per_word'),
         'visual_question_answering': (30, 'symbols'), 'video_sentiment': (19, 'symbols')}


def jobs(study):
    for task, dataset in study.task_sets():
        yield study.job('U-DeepSC', task, dataset)


def counted(row):
    """(what is counted, how many) as Table II counts them."""
    symbols, (_, metric) = row['symbols_mean'], PAPER.get(row['task'], (None, 'symbols'))
    if metric == 'symbols_per_patch':
        return metric, symbols / row['vectors_mean']
    if 'symbols_per_word' in row:
        return 'symbols_per_word', row['symbols_per_word']
    return 'symbols', symbols


def rows(study, measured):
    found = []
    for row in measured:
        metric, value = counted(row)
        found.append({**row, 'metric': metric, 'value': value, 'ci95': None})
    if not found:
        return found
    empty = dict.fromkeys(COLUMNS)
    return found + [{**empty, 'task': task, 'scheme': PUBLISHED, 'metric': metric, 'value': value}
                    for task, (value, metric) in PAPER.items()]


def draw(study, rows):
    """A bar for the most and the fewest symbols over the SNRs, and the paper's."""
    rows = [row for row in rows if row['scheme'] != PUBLISHED]
    measured = drawing.groups(rows, 'task', 'dataset')
    figure, (axes,) = drawing.panels(1, width=8, height=4.5)
    for i, ((task, dataset), part) in enumerate(measured.items()):
        bars = [(max(r['value'] for r in part), 'C0', 'at the lowest SNR'),
                (min(r['value'] for r in part), 'C9', 'at the highest SNR')]
        if task in PAPER:
            bars.append((PAPER[task][0], '0.6', 'paper, Table II'))
        for k, (value, colour, label) in enumerate(bars):
            place = i + 0.27 * (k - 1)
            axes.barh(place, value, 0.25, color=colour, label=label if i == 0 else None)
            axes.text(value, place, f' {value:.1f}', va='center', fontsize=7)
    unit = {'symbols_per_patch': '\n(each patch)', 'symbols_per_word': '\n(each word)'}
    axes.set_yticks(range(len(measured)), [
        drawing.title_of(task, dataset, rows) + unit.get(part[0]['metric'], '')
        for (task, dataset), part in measured.items()], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel('complex symbols a sample')
    axes.legend(fontsize=8)
    drawing.save(figure, study.out, study.figure)
