# SPDX-License-Identifier: GPL-3.0-or-later
"""./gr-udeepsc soak: bursts for a long time, faults on purpose, and an account of all of it."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / 'apps' / 'demo'))

from program import catch_signals, status_of  # noqa: E402


def parse_and_run():
    from arguments import parse_arguments
    options = parse_arguments(sys.argv[1:])
    if options.check:
        return 0
    # oneDNN keeps the code it made for each shape of its input, up to 1024: memory that grows for
    # hours and then no more.
    os.environ.setdefault('ONEDNN_PRIMITIVE_CACHE_CAPACITY', '0')
    from memory import use_one_heap
    use_one_heap()
    from quiet import quiet
    quiet()
    from soak import soak
    return soak(options)


def main():
    catch_signals()
    sys.stdout.reconfigure(errors='replace', line_buffering=True)
    return status_of('gr-udeepsc soak', parse_and_run)


if __name__ == '__main__':
    sys.exit(main())
