# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of tx, rx, sim and channel share: a model with random weights, and the programs as
their user starts them."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
APP = ROOT / 'apps' / 'radio'
TIMEOUT_S = 120

_folder = tempfile.TemporaryDirectory(prefix='udeepsc-radio-')
FOLDER = Path(_folder.name)


def set_up():
    """A model with random weights: what goes through is another test's business."""
    from gnuradio import udeepsc
    udeepsc.write_random_model(str(ROOT / 'configs' / 'tiny.json'), 1, str(FOLDER / 'model'))
    rng = np.random.default_rng(1)
    Image.fromarray(rng.integers(0, 256, (80, 100, 3), np.uint8)).save(FOLDER / 'noise.png')


def start(*arguments, program=APP, **how):
    how = {'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT, **how}
    return subprocess.Popen([sys.executable, '-B', str(program), *map(str, arguments)], text=True,
                            **how)


def run(*arguments, **how):
    process = start(*arguments, **how)
    try:
        out, _ = process.communicate(timeout=TIMEOUT_S)
    finally:
        process.kill()
    return process.returncode, out


def tx(radio, *more):
    return run('tx', '--radio', radio, '--model', FOLDER / 'model', '--grid', '2x2',
               '--image', FOLDER / 'noise.png', *more)


def start_rx(radio, out, *more, **how):
    return start('rx', '--radio', radio, '--model', FOLDER / 'model', '--grid', '2x2',
                 '--out', FOLDER / out, *more, **how)
