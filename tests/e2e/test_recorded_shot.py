#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""tests/data/recorded-shot, received by the command rx with the shipped model: every burst is
accounted for, and what it means comes out (tests/data/make_recorded_shot.py makes it)."""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

from radio_fixture import APP, ROOT

SHOT = ROOT / 'tests' / 'data' / 'recorded-shot'
TIMEOUT_S = 400
EXPECTED_PSNR_DB, TOLERANCE_DB = 0.0, 0.5
SENTENCES = ['']


def receive(recording, out):
    """(what rx prints, lines of results.jsonl) of a recording."""
    done = subprocess.run(
        [sys.executable, '-B', str(APP), 'rx', '--radio', f'sigmf:{recording},pace=fast', '--grid', '4x4',
         '--out', str(out)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_S,
        check=True)
    lines = (out / 'results.jsonl').read_text().splitlines()
    return done.stdout, [json.loads(line) for line in lines]


def psnr_db(a, b):
    return -10 * np.log10(np.mean((a.astype(float) - b.astype(float))**2) / 255**2)
