# SPDX-License-Identifier: GPL-3.0-or-later
"""What the drawings share."""

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt  # noqa: E402

NAMES = {'psnr_db': 'PSNR, dB', 'bleu4': 'BLEU-4', 'accuracy': 'accuracy'}


def plain(name):
    return name.replace('_', ' ')


def panels(count, columns=4, width=3.9, height=3.2):
    """(figure, axes of each panel); those that are not needed are not shown."""
    columns = max(1, min(columns, count))
    rows = -(-max(1, count) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(width * columns, height * rows),
                                constrained_layout=True, squeeze=False)
    axes = list(grid.flat)
    for unused in axes[count:]:
        unused.axis('off')
    return figure, axes[:count]


def groups(rows, *fields):
    """{values of these fields: rows}, in the order in which they come."""
    found = {}
    for row in rows:
        found.setdefault(tuple(row[field] for field in fields), []).append(row)
    return found


def title_of(task, dataset, rows):
    """With the data set where a task has several."""
    several = len({row['dataset'] for row in rows if row['task'] == task}) > 1
    return f'{plain(task)}, {dataset}' if several else plain(task)


def curve(axes, rows, label, field='value', **style):
    rows = sorted(rows, key=lambda row: row['snr_db'])
    error = [row['ci95'] for row in rows] if field == 'value' else None
    axes.errorbar([row['snr_db'] for row in rows], [row[field] for row in rows], yerr=error,
                  label=label, **{'fmt': 'o-', 'markersize': 3.5, 'capsize': 2, 'linewidth': 1.2,
                                  **style})


def finish(axes, title, ylabel):
    axes.set_title(title, fontsize=10)
    axes.set_xlabel('Es/N0, dB')
    axes.set_ylabel(ylabel)
    axes.grid(alpha=0.3)


def one_legend(figure, axes, columns=5):
    """Below all panels; curves of the same name stand there once."""
    entries = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels()):
            entries.setdefault(label, handle)
    columns = min(columns, max(1, len(entries)))
    lines = -(-len(entries) // columns)
    share = (0.15 + 0.2 * lines) / figure.get_figheight()
    figure.get_layout_engine().set(rect=(0, share, 1, 1 - share))
    figure.legend(entries.values(), entries.keys(), loc='lower center', fontsize=9, ncol=columns)


def save(figure, out, name):
    path = out / f'{name}.png'
    figure.savefig(path, dpi=80)
    plt.close(figure)
    print(path)
