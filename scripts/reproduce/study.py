# SPDX-License-Identifier: GPL-3.0-or-later
"""What all figures and tables share: options, measuring job by job, the CSV."""

import csv
import os
import sys
from pathlib import Path

from data_sets import where_to_get
from measurement import (COLUMNS, NOISELESS, BadInput, Job, NotMeasured, measure, program,
                         read_model)
from part_files import PartFiles

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / 'apps' / 'demo'))

from console import Progress  # noqa: E402

SNR = (-6, -3, 0, 3, 6, 9, 12)
QUICK_SNR, QUICK_LIMIT = (-6, 3, 12), 40
FEW = 1000  # samples up to which all SNRs are measured in one go


class Study:
    """A figure or table that is being made."""

    def __init__(self, figure, options):
        self.figure, self.options = figure, options
        self.out = Path(options.out)
        self.model = read_model(options.udeepsc, options.model)
        self.parts = PartFiles(self.out, figure, options.shard)
        self.snr_db = options.snr or (QUICK_SNR if options.quick else SNR)
        self.limit = options.limit or (QUICK_LIMIT if options.quick else 0)
        self.measured = 0
        self.left_out = set()  # (task, data set)

    def warn(self, text):
        print(f'{self.figure}: {text}', file=sys.stderr)

    def task_sets(self, model=None):
        """(task, data set) of a model; '' where the task has one only."""
        for name, task in (model or self.model).tasks().items():
            sets = task.get('data', [])
            for data in sets if len(sets) > 1 else ('',):
                yield name, data

    def job(self, scheme, task, dataset, channel='awgn', model=None, **more):
        """At all SNRs; the noiseless channel has none."""
        return Job(scheme=scheme, model=model or self.model, task=task, dataset=dataset,
                   channel=channel, limit=self.limit, seed=self.options.seed,
                   split=self.options.split,
                   snr_db=() if channel == NOISELESS else self.snr_db, **more)

    def at_best(self, job):
        """At the highest SNR alone."""
        return job.pieces()[self.snr_db.index(max(self.snr_db))]

    def help_of(self, command):
        """For a command that it does not have the program prints its own help."""
        return program(self.options.udeepsc, command, '--help').stdout

    def channels(self):
        """Those that `udeepsc eval --channel` takes, as its help says."""
        text = self.help_of('eval')
        return [name for name in ('awgn', 'rayleigh', 'rician', NOISELESS) if name in text]

    def todo(self, jobs):
        """What is missing of this shard's share."""
        index, count = self.options.shard
        pieces = []
        for job in jobs:
            # One SNR at a time where it takes long, where random numbers run on, and so that
            # shards are alike.
            whole = 0 < self.limit <= FEW and job.selection != 'both' and count == 1
            pieces += [job] if whole else job.pieces()
        return [job for job in pieces[index - 1::count] if not self.parts.has(job)]

    def run(self, jobs):
        todo = self.todo(jobs)
        if todo and not self.options.data:
            raise BadInput('--data: expected the folder with the data sets')
        if todo and not os.path.isdir(self.options.data):
            raise BadInput(f'--data: {self.options.data}: there is no such folder')
        progress = Progress(max(1, sum(len(job.keys()) for job in todo)))
        for job in todo:
            if (job.task, job.dataset) in self.left_out:
                continue
            progress.doing(f'{job.task}, {job.scheme}, {job.channel}')
            try:
                rows = measure(self.options.udeepsc, job, self.options.data)
            except NotMeasured as error:
                progress.clear()
                self.leave_out(job, error)
                continue
            self.parts.add(rows)
            self.measured += len(rows)
            progress.add(len(rows))
        progress.clear()
        self.warn(f'{self.measured} rows measured now')

    def leave_out(self, job, error):
        """The other tasks go on. A conventional scheme says nothing about the task's data."""
        if not job.coding:
            self.left_out.add((job.task, job.dataset))
        sets = [job.dataset] if job.dataset else job.model.tasks()[job.task].get('data', [])
        hints = '' if job.coding else ' '.join(filter(None, map(where_to_get, sets)))
        what = f'{job.task}, {job.dataset}' if job.dataset else job.task
        self.warn(f'{what}, {job.scheme}: left out: {error}; {hints}'.rstrip('; '))

    def rows(self, jobs):
        """Of all jobs, in their order."""
        return [row for job in jobs for row in self.parts.of(job)]

    def write(self, rows):
        """The CSV."""
        if not rows:
            raise BadInput(f'{self.figure}: nothing could be measured')
        path = self.out / f'{self.figure}.csv'
        try:
            with open(path, 'w', newline='') as file:
                writer = csv.DictWriter(file, COLUMNS, lineterminator='\n')
                writer.writeheader()
                for row in rows:
                    writer.writerow({name: cell(row[name]) for name in COLUMNS})
        except OSError as error:
            raise BadInput(f'{path}: cannot be written: {error.strerror}') from None
        print(path)


def cell(value):
    if value is None:
        return ''
    return f'{value:.6g}' if isinstance(value, float) else value


def best_of(rows):
    """{(scheme, task, dataset): score without noise} of rows over the noiseless channel."""
    return {(r['scheme'], r['task'], r['dataset']): r['value'] for r in rows
            if r['channel'] == NOISELESS and r['value'] > 0}


def divided(rows, name, change):
    """Rows over noisy channels with change(share of the score without noise) as their value."""
    best = best_of(rows)
    found = []
    for row in rows:
        full = best.get((row['scheme'], row['task'], row['dataset']))
        if row['channel'] != NOISELESS and full:
            found.append({**row, 'metric': f'{row["metric"]}_{name}',
                          'value': change(row['value'] / full), 'ci95': row['ci95'] / full})
    return found
