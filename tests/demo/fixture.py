# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the demonstration share."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
DEMO = ROOT / 'apps' / 'demo'
sys.path.insert(0, str(DEMO))

_folder = tempfile.TemporaryDirectory(prefix='udeepsc-demo-')
FOLDER = Path(_folder.name)


def run_demo(*arguments, timeout=120, **options):
    return subprocess.run([sys.executable, '-B', DEMO, *map(str, arguments)],
                          capture_output=True, text=True, timeout=timeout, **options)
