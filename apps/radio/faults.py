# SPDX-License-Identifier: GPL-3.0-or-later
"""--fault NAME=VALUE ...: faults of the hardware in the simulated channel."""

import argparse
import difflib

from program import BadInput

# The fields of udeepsc.hardware_faults, known here before anything is built.
FAULTS = ('clip_db', 'pa_db', 'pa_smoothness', 'dc_dbc', 'iq_gain_db', 'iq_phase_deg',
          'agc_step_db', 'agc_period', 'pulse_sir_db', 'pulse_duty', 'pulse_period',
          'narrowband_sir_db', 'narrowband_offset', 'narrowband_width', 'drop_period',
          'drop_samples', 'drop_tag_rate')


def fault(text):
    """(name, number) of a text such as dc_dbc=-20."""
    name, equals, value = (part.strip() for part in text.partition('='))
    if name not in FAULTS:
        near = difflib.get_close_matches(name, FAULTS, 1)
        expected = f"is '{near[0]}' meant?" if near else f'expected one of {", ".join(FAULTS)}'
        raise argparse.ArgumentTypeError(f"no fault '{name}', {expected}")
    try:
        return name, float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"got '{text}', expected {name}=NUMBER") from None


def add_faults(parser):
    parser.add_argument('--fault', type=fault, nargs='+', action='extend', default=[],
                        metavar='NAME=VALUE',
                        help=f'faults of the hardware, off by default: {", ".join(FAULTS)}')


def hardware_faults(options):
    """What --fault asks for."""
    from gnuradio import udeepsc
    try:
        return udeepsc.hardware_faults(**dict(options.fault))
    except ValueError as error:
        raise BadInput(f'--fault {error}') from None
