#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends photographs and sentences through a GNU Radio flowgraph and a noisy channel, and
shows what came out."""

import sys

from program import catch_signals, status_of


def main():
    catch_signals()
    sys.stdout.reconfigure(errors='replace')  # for terminals that know no Unicode
    return status_of('gr-udeepsc demo', run)


def run():
    from demonstrate import demonstrate, parse_arguments
    return demonstrate(parse_arguments(sys.argv[1:]))


if __name__ == '__main__':
    sys.exit(main())
