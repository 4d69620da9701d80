#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures and sentences over the air: tx, rx, sim and channel."""

import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / 'apps' / 'demo'))  # its pictures, sentences and progress bar
# What a radio's text may hold is checked before anything is built.
sys.path.append(str(ROOT / 'python' / 'udeepsc'))

from arguments import parse_arguments  # noqa: E402
from material import BadInput  # noqa: E402


def run(options):
    if options.command == 'tx':
        from transmit import transmit as command
    elif options.command == 'rx':
        from receive import receive as command
    elif options.command == 'sim':
        from simulate import simulate as command
    else:
        from between import between as command
    return command(options)


def main():
    sys.stdout.reconfigure(errors='replace', line_buffering=True)
    options = parse_arguments(sys.argv[1:])
    if options.check:
        return 0
    name = f'gr-udeepsc {options.command}'
    # The end of a service or a test is as good as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run(options)
    except BadInput as error:
        print(f'{name}: {error}', file=sys.stderr)
        return 2
    except ImportError as error:
        print(f'{name}: {error}; ./gr-udeepsc doctor says what is missing', file=sys.stderr)
        return 1
    except ValueError as error:  # of a radio or a block
        print(f'{name}: {error}', file=sys.stderr)
        return 2
    except OSError as error:
        print(f'{name}: {error.filename or ""}: {error.strerror}', file=sys.stderr)
        return 1
    except RuntimeError as error:  # of the model or the flowgraph
        print(f'{name}: {error}', file=sys.stderr)
        return 2 if type(error).__name__ == 'ModelError' else 1
    except KeyboardInterrupt:
        print(f'\n{name}: interrupted', file=sys.stderr)
        return 130


if __name__ == '__main__':
    status = main()
    sys.stdout.flush()
    sys.exit(status)
