# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: a task of a model over one channel, by `udeepsc eval` or `baseline`."""

import json
import subprocess
from dataclasses import dataclass, replace

COLUMNS = ('task', 'dataset', 'scheme', 'train_snr_db', 'channel', 'snr_db', 'metric', 'value',
           'ci95', 'symbols_mean', 'n', 'seed')
# Selection 'both' gives three rows a point: the selection modules, chance, and their difference.
RANDOM, GAIN = 'random selection', 'FSM - random'
NOISELESS = 'none'  # this channel has no SNR


class BadInput(Exception):
    """Something the user gave cannot be used; the text says what and why."""


class NotMeasured(Exception):
    """One task could not be measured, mostly for want of its data."""


@dataclass(frozen=True)
class Model:
    path: str
    id: str  # name and hash of the weights
    config: dict = None
    train_snr_db: str = ''  # '-6..12', or '12' of a model trained at one SNR

    def tasks(self):
        return {task['name']: task for task in self.config['tasks']}


@dataclass(frozen=True)
class Job:
    """One call of the program. snr_db in dB; symbols 0: as many as the model sends."""
    scheme: str
    model: Model
    task: str
    dataset: str
    channel: str
    snr_db: tuple
    limit: int  # most samples, 0: all
    seed: int
    split: str
    symbols: int = 0
    selection: str = 'fsm'
    csi: bool = False  # the transmitter knows each sample's own Es/N0
    coding: str = ''  # a conventional scheme in place of the model, such as jpeg-ldpc
    memory: bool = True  # False: earlier frames are not sent
    lose: float = 0.0  # share of the earlier frames that are lost
    mask: str = 'none'  # the rule by which elements of each frame are not sent
    mask_symbols: int = 0  # of each frame then; 0: as many as the SNR asks for
    mask_file: str = ''
    layers: tuple = ()  # of an output in layers: those to decode, a row each
    cut: tuple = ()  # of one: percent of the symbols that are lost from the end, a row each
    replaced: str = ''  # of one: a layer that is not what was sent, such as '2:lost'
    classifier: tuple = ()  # (Model, task) that tells what a scheme's pictures show

    def schemes(self):
        if self.layers:
            return tuple(f'{self.scheme}, {up_to(layer)}' for layer in self.layers)
        if self.cut:
            return tuple(f'{self.scheme}, {share:g} % lost' for share in self.cut)
        return (self.scheme, RANDOM, GAIN) if self.selection == 'both' else (self.scheme,)

    def keys(self):
        """Of each row that it gives. Rows with the same key are the same measurement."""
        return [key_of(self.about(), scheme, snr) for snr in self.snr_db or (None,)
                for scheme in self.schemes()]

    def about(self):
        """What a row holds beside what the program says."""
        return {'model': self.model.id, 'task': self.task, 'asked_dataset': self.dataset,
                'channel': self.channel, 'limit': self.limit, 'seed': self.seed,
                'split': self.split, 'asked_symbols': self.symbols,
                'asked_selection': self.selection, 'csi': self.csi, 'coding': self.coding,
                'memory': self.memory, 'lose': self.lose, 'replaced': self.replaced,
                'mask': self.mask, 'mask_symbols': self.mask_symbols,
                'classifier': self.classifier[0].id if self.classifier else ''}

    def pieces(self):
        """The same in pieces of one SNR each."""
        return [replace(self, snr_db=(snr,)) for snr in self.snr_db] or [self]

    def command(self):
        """Arguments of the program, without the data folder."""
        words = ['baseline', '--scheme', self.coding] if self.coding else ['eval']
        words += ['--model', self.model.path, '--task', self.task, '--split', self.split,
                  '--channel', self.channel, '--limit', str(self.limit),
                  '--seed', str(self.seed), '--json']
        words += ['--snr', ','.join(f'{snr:g}' for snr in self.snr_db or (0,))]
        if self.dataset:
            words += ['--dataset', self.dataset]
        if self.symbols:
            words += ['--symbols', str(self.symbols)]
        if self.selection != 'fsm':
            words += ['--selection', self.selection]
        if self.layers:
            words += ['--layers', ','.join(map(str, self.layers))]
        if self.cut:
            words += ['--cut', ','.join(f'{share:g}' for share in self.cut)]
        if self.replaced:
            words += ['--replace', self.replaced]
        if self.classifier:
            model, task = self.classifier
            words += ['--classifier', model.path, '--classifier-task', task]
        if self.csi:
            words += ['--csi-at-transmitter']
        if not self.memory:
            words += ['--memory', 'off']
        if self.lose:
            words += ['--lose', f'{self.lose:g}']
        if self.mask != 'none':
            words += ['--mask', self.mask, '--mask-symbols', str(self.mask_symbols)]
        if self.mask_file:
            words += ['--mask-file', self.mask_file]
        return words


KEY_FIELDS = ('model', 'task', 'asked_dataset', 'channel', 'limit', 'seed', 'split',
              'asked_symbols', 'asked_selection', 'csi', 'coding', 'classifier', 'memory', 'lose',
              'replaced', 'mask', 'mask_symbols')
# Of rows that were measured before there were these.
LATER_FIELDS = {'memory': True, 'lose': 0.0, 'replaced': '', 'mask': 'none', 'mask_symbols': 0}


def up_to(layer):
    return 'layer 1' if layer == 1 else f'layers 1 to {layer}'


def key_of(about, scheme, snr_db):
    return tuple(about.get(field, LATER_FIELDS.get(field, '')) for field in KEY_FIELDS) + \
        (scheme, None if snr_db is None else float(snr_db))


def program(udeepsc, *words):
    """What the program said. Throws BadInput where it cannot be started."""
    try:
        return subprocess.run([udeepsc, *words], capture_output=True, text=True)
    except OSError as error:
        raise BadInput(f'{udeepsc}: cannot be run: {error.strerror}') from None


def measure(udeepsc, job, data):
    """Rows of a job. Throws NotMeasured with what the program said."""
    done = program(udeepsc, *job.command(), '--data', str(data))
    if done.returncode < 0:
        raise NotMeasured(f'{job.command()[0]} was ended by signal {-done.returncode}')
    if done.returncode:
        raise NotMeasured(said_by(done))
    rows = []
    for line in done.stdout.splitlines():
        found = json.loads(line)
        chosen = found.get('selection') if job.selection == 'both' else None
        scheme = {'random': RANDOM, 'fsm - random': GAIN}.get(chosen, job.scheme)
        if job.layers:
            scheme += f', {up_to(found["layer"])}'
        elif job.cut:
            scheme += f', {100 * found["cut"]:g} % lost'
        rows.append({**found, **job.about(), 'scheme': scheme,
                     'train_snr_db': '' if job.coding else job.model.train_snr_db})
    missing = set(job.keys()) - {key_of(r, r['scheme'], r['snr_db']) for r in rows}
    if missing:
        raise NotMeasured(f'{job.command()[0]} gave {len(rows)} of {len(job.keys())} results')
    return rows


def said_by(done):
    """The last line of a failed program's error output, without its name."""
    lines = [line for line in done.stderr.splitlines()
             if line.strip() and not line.startswith('Run with --help')]
    return lines[-1].removeprefix('udeepsc: ') if lines else f'exit status {done.returncode}'


def read_model(udeepsc, path, train_snr_db=None):
    """Throws BadInput for a file that is no model."""
    done = program(udeepsc, 'info', '--json', str(path))
    if done.returncode:
        raise BadInput(said_by(done))
    info = json.loads(done.stdout)
    if train_snr_db is None:
        # [low, high], as the training left it in the file
        low_high = dict.fromkeys(info.get('training', {}).get('snr_db') or [])
        train_snr_db = '..'.join(f'{value:g}' for value in low_high)
    return Model(str(path), info['id'], info['config'], train_snr_db)
