#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures and sentences over the air: tx, rx, sim, node, chat and channel."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / 'apps' / 'demo'))  # its pictures, sentences and progress bar
# What a radio's text may hold is checked before anything is built.
sys.path.append(str(ROOT / 'python' / 'udeepsc'))

from program import catch_signals, status_of  # noqa: E402


def run(options):
    if options.command == 'tx':
        from transmit import transmit as command
    elif options.command == 'rx':
        from receive import receive as command
    elif options.command == 'sim':
        from simulate import simulate as command
    elif options.command == 'node':
        from stations import node as command
    elif options.command == 'chat':
        from stations import chat as command
    else:
        from between import between as command
    return command(options)


def main():
    catch_signals()
    sys.stdout.reconfigure(errors='replace', line_buffering=True)
    return status_of('gr-udeepsc', parse_and_run)


def parse_and_run():
    from arguments import parse_arguments
    options = parse_arguments(sys.argv[1:])
    if options.check:
        return 0
    return status_of(f'gr-udeepsc {options.command}', lambda: run(options))


if __name__ == '__main__':
    sys.exit(main())
