# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

import argparse
import math

# By name, so that --help needs no GNU Radio.
NAMES = ('clean', 'semantic', 'damaged', 'crowded', 'malformed', 'changed', 'restarted', 'relocked',
         'cut_short', 'forged', 'bad_peers', 'killed')

SCENARIOS = '''scenarios:
  clean       transmitter, channel, receiver: everything arrives
  semantic    tiles and sentences with the model lite, from encoder to decoder
  damaged     bursts lose samples, are zeroed, not finite, drowned; all others arrive
  crowded     queues are full and drop, by their policies
  malformed   bad messages at every port, bad settings
  changed     setters are called while it runs
  restarted   one flowgraph stopped and started again, drained or not
  relocked    a block is exchanged in the running flowgraph
  cut_short   stopped in the middle
  forged      forged reports of the Es/N0, over UDP
  bad_peers   false transmitters and receivers, and strangers, over ZeroMQ
  killed      the receiver's process gets SIGKILL and starts again

exit status 1: a burst is unaccounted for, came twice or came wrong, or memory grows.
docs/security.md says more.'''


def number(low, high, kind=float):
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"got '{text}', expected a number from {low:g} to {high:g}")
        return value
    return parse


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog='gr-udeepsc soak', epilog=SCENARIOS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description='Sends bursts for a long time, lets things go wrong on purpose, and accounts\n'
                    'for every burst and for the memory.')
    parser.add_argument('--minutes', type=number(0, 1e6), metavar='N',
                        help='go on for so long (default: 1, unless --bursts is given)')
    parser.add_argument('--bursts', type=number(1, 1e12, int), metavar='N',
                        help='go on until so many are sent')
    parser.add_argument('--restarts', type=number(1, 1e9, int), metavar='N',
                        help='start and stop one flowgraph so often instead, and measure memory')
    parser.add_argument('--faults', action='store_true',
                        help='all scenarios below; without it those in which nothing goes wrong')
    parser.add_argument('--scenario', nargs='+', choices=NAMES, default=[], metavar='NAME',
                        help='only these')
    parser.add_argument('--scale', type=number(1e-3, 1e3), default=1.0, metavar='FACTOR',
                        help='on the bursts of a round (default: 1)')
    parser.add_argument('--rounds', type=number(1, 1e9, int), metavar='N',
                        help='end after so many rounds')
    parser.add_argument('--first', type=number(0, 1e9, int), default=0, metavar='N',
                        help='begin with round N, to see it again (default: 0)')
    parser.add_argument('--seed', type=number(0, 2**62, int), default=1,
                        help='of everything that is drawn (default: 1)')
    parser.add_argument('--json', action='store_true', help='lines of JSON')
    parser.add_argument('--swallow', action='store_true',
                        help='a control: bursts of clean rounds disappear and nobody counts them, '
                             'which has to be found')
    parser.add_argument('--check', action='store_true', help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.minutes is None and options.bursts is None and options.rounds is None:
        options.minutes = 1.0
    return options
