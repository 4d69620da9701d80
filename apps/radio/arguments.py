# SPDX-License-Identifier: GPL-3.0-or-later
"""The command lines of tx, rx, sim, node, chat and channel."""

import argparse
import math

from faults import add_faults
from material import checked_model
from payloads import Grid
from program import BadInput
from radio_settings import DEVICES, RadioError, parse_radio

PROFILES = ('standard', 'multipath', 'short', 'ofdm')

LINKS = (*DEVICES, 'zmq', 'sigmf')

RADIOS = '''radios:
  uhd:ARGS           a USRP: uhd:type=b200,freq=915e6,gain=40,rate=1e6; also antenna=,
                     lo_offset=, bandwidth=, channel=, amplitude=, clock=, time=, subdev=,
                     correction=; tx_gain=, rx_gain= ... for one end; the rest goes to UHD
  soapy:ARGS         what SoapySDR has a driver for: soapy:driver=lime,freq=915e6,gain=40; the
                     same options without channel= and subdev=
  pluto:uri=URI      an ADALM-PLUTO: pluto:uri=ip:192.168.2.1,freq=915e6,gain=40; also rate=,
                     bandwidth=, amplitude=, correction=
  zmq:ADDRESS        another process: zmq:tcp://127.0.0.1:5555; also rate=, pattern=request
  sigmf:FILE         a recording, written by tx, read by rx; also rate=, freq=, pace=fast
docs/over-the-air.md says more.'''


def number(low, high, kind=float, what='a number'):
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(
                f"got '{text}', expected {what} from {low:g} to {high:g}")
        return value
    return parse


def decibels(low, high):
    return number(low, high, what='a number of dB')


def grid(text):
    try:
        return Grid.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def radio(*kinds):
    """A radio's text, checked."""
    def parse(text):
        try:
            kind = parse_radio(text).kind
        except RadioError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
        if kind not in kinds:
            raise argparse.ArgumentTypeError(
                f"got '{text}', expected one of {', '.join(kinds)}; "
                "'sim' is for ./gr-udeepsc sim, where both ends are one process")
        return text
    return parse


def model(text):
    try:
        return checked_model(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_common(parser):
    parser.add_argument('--model', type=model, default='lite', metavar='NAME',
                        help='model file, or name of a shipped model; the same at both '
                             'ends (default: lite)')
    parser.add_argument('--profile', choices=PROFILES, default='standard',
                        help='form of the bursts, the same at both ends (default: standard)')
    parser.add_argument('--grid', type=grid, default=Grid(), metavar='COLUMNSxROWS',
                        help='tiles of a picture, of the side that the model has, the same at both ends '
                             '(default: 8x8)')
    parser.add_argument('--dtype', choices=('fp32', 'bf16'), default='fp32',
                        help='arithmetic (default: fp32; bf16 is faster where the processor '
                             'has it)')


def add_max_cfo(parser):
    parser.add_argument('--max-cfo', type=number(0, 0.2), default=0.02, metavar='CYCLES',
                        help='carrier offset to search to either side, cycles a symbol, 0 to 0.2; more '
                             'than 0.03 takes more of the processor (default: 0.02)')


def add_layers(parser, text):
    parser.add_argument('--layers', type=number(0, 8, int, 'a whole number'), default=0,
                        metavar='N', help=f'{text} (default: 0, all)')


def add_protection(parser):
    parser.add_argument('--protection', default='', metavar='FILE',
                        help='with a model in layers: power and repetitions of each, as '
                             '`udeepsc bench protection` finds them; the frames tell the receiver')


def add_address(parser, text, highest):
    parser.add_argument('--address', type=number(0, highest, int, 'a whole number'), default=0,
                        metavar='N', help=text)


def add_copies(parser, text):
    parser.add_argument('--copies', type=number(1, 8, int, 'a whole number'), default=1,
                        metavar='N', help=f'{text} (default: 1)')


def add_destination(parser):
    parser.add_argument('--to', type=number(0, 255, int, 'a whole number'), default=255,
                        metavar='N', help='address of the receiver, 255: all (default: 255)')


def add_show(parser):
    parser.add_argument('--show', action='store_true',
                        help='a window with what comes; closing it ends the command')


def add_payloads(parser):
    parser.add_argument('--image', nargs='+', default=[], metavar='FILE',
                        help='pictures to send; with no --image, --text or --sound the built-in '
                             'ones')
    parser.add_argument('--text', nargs='+', default=[], metavar='TEXT', help='texts to send')
    parser.add_argument('--sound', nargs='+', default=[], metavar='FILE',
                        help='WAV files to send, for what is said in them')
    parser.add_argument('--question', nargs='+', default=[], metavar='TEXT',
                        help='to ask about every picture')
    parser.add_argument('--classify', action='store_true',
                        help='send pictures and texts once more, for their class or score alone')
    parser.add_argument('--snr', type=decibels(-30, 40), default=12.0, metavar='DB',
                        help='Es/N0 to send for, dB (default: 12)')


def add_key(parser):
    parser.add_argument('--key', default='', metavar='FILE',
                        help='sign frames and feedback, and take no others; FILE by the command '
                             'key, the same at both ends')


def add_channel(parser):
    parser.add_argument('--cfo', type=number(-0.25, 0.25), default=0.0, metavar='CYCLES',
                        help='carrier offset, cycles a sample (default: 0)')
    parser.add_argument('--delay', type=number(0, 1e6), default=0.0, metavar='SAMPLES',
                        help='parts of a sample too (default: 0)')
    parser.add_argument('--clock-ppm', type=number(-1000, 1000), default=0.0, metavar='PPM',
                        help='receiver\'s clock against the transmitter\'s (default: 0)')
    parser.add_argument('--multipath', default='none', metavar='NAME',
                        help='none, two_tap, three_tap ... (default: none)')
    parser.add_argument('--fading', choices=('none', 'rayleigh', 'rician'), default='none',
                        help='of every path (default: none)')
    parser.add_argument('--doppler', type=number(0, 0.5), default=0.0, metavar='CYCLES',
                        help='of the fading, cycles a sample (default: 0, no change)')
    parser.add_argument('--rician-k', type=decibels(-100, 100), default=10.0, metavar='DB',
                        help='of rician, line of sight to scatter (default: 10)')
    parser.add_argument('--phase-noise', type=number(0, 1), default=0.0, metavar='RAD',
                        help='rms a sample of a random walk (default: 0)')
    add_faults(parser)
    parser.add_argument('--seed', type=number(0, 2**62, int), default=1,
                        help='of the channel (default: 1)')


def add_stations(command):
    for name, text, example in (
            ('node', 'A station among others: hears, reports how well, acknowledges.',
             'node --radio uhd:type=b200,freq=915e6 --name 7'),
            ('chat', 'A station at which somebody types: texts and pictures to the others.',
             'chat --radio uhd:type=b200,freq=915e6 --name 8 --to 7')):
        part = command(name, text, example)
        part.add_argument('--radio', type=radio(*DEVICES, 'zmq'), required=True, help='see below')
        part.add_argument('--receive', type=radio(*DEVICES, 'zmq'), default='', metavar='RADIO',
                          help='radio to receive with, where it is another; with zmq the other '
                               "station's")
        part.add_argument('--name', type=number(0, 254, int, 'a whole number'), required=True,
                          metavar='N', help='address of this station, 0 to 254')
        add_common(part)
        add_max_cfo(part)
        part.add_argument('--snr', type=decibels(-30, 40), default=12.0, metavar='DB',
                          help='Es/N0 to send for until somebody has reported one (default: 12)')
        part.add_argument('--no-acknowledgements', dest='acknowledge', action='store_false',
                          help='do not tell others that something has come')
        part.add_argument('--out', default='heard', metavar='FOLDER',
                          help='where pictures and results.jsonl go, a folder for each station '
                               '(default: heard)')
        part.add_argument('--seconds', type=number(0, 1e9), metavar='S', help='end after so long')
        add_key(part)
        if name == 'chat':
            add_destination(part)


# Longer than a function should be: a list, read from top to bottom.
def make_parser():
    parser = argparse.ArgumentParser(prog='gr-udeepsc',
                                     description='Pictures and sentences over the air.')
    commands = parser.add_subparsers(dest='command', required=True)

    def command(name, text, example):
        part = commands.add_parser(
            name, help=text, description=text, epilog=f'example: ./gr-udeepsc {example}\n\n{RADIOS}',
            formatter_class=argparse.RawDescriptionHelpFormatter)
        part.add_argument('--check', action='store_true', help=argparse.SUPPRESS)
        return part

    tx = command('tx', 'Sends pictures and sentences.',
                 'tx --radio zmq:tcp://127.0.0.1:5555 --image cat.png --text "a fine film"')
    tx.add_argument('--radio', type=radio(*LINKS), required=True,
                    help='see below')
    add_common(tx)
    add_payloads(tx)
    add_address(tx, 'of this transmitter, told to receivers (default: 0)', 255)
    add_destination(tx)
    add_layers(tx, 'with a model in layers: send the first so many')
    add_protection(tx)
    tx.add_argument('--repeat', type=number(0, 1e9, int), default=1, metavar='TIMES',
                    help='send everything so often, 0: until Ctrl-C (default: 1)')
    add_copies(tx, 'send each burst so often, for a receiver with the same --copies to add up; '
                   '--snr is that of one')
    tx.add_argument('--record', dest='record_tx', default='', metavar='FILE',
                    help='SigMF recording of what is sent')
    tx.add_argument('--feedback', dest='feedback_from', default='', metavar='HOST:PORT',
                    help='listen there for the receiver\'s Es/N0 and send accordingly')
    add_key(tx)

    rx = command('rx', 'Receives pictures and sentences.',
                 'rx --radio zmq:tcp://127.0.0.1:5555 --out received/')
    rx.add_argument('--radio', type=radio(*LINKS), required=True,
                    help='see below')
    add_common(rx)
    add_show(rx)
    add_address(rx, 'of this receiver: frames for others are dropped (default: 0)', 254)
    add_max_cfo(rx)
    add_layers(rx, 'with a model in layers: decode the first so many')
    add_copies(rx, 'add up so many copies of each burst, as many as tx --copies sends')
    rx.add_argument('--out', default='received', metavar='FOLDER',
                    help='where pictures and results.jsonl go (default: received)')
    rx.add_argument('--seconds', type=number(0, 1e9), metavar='S', help='end after so long')
    rx.add_argument('--idle', type=number(0, 1e9), metavar='S',
                    help='end when nothing came for so long, once something had')
    rx.add_argument('--record', dest='record_rx', default='', metavar='FILE',
                    help='SigMF recording of what is received')
    rx.add_argument('--feedback', dest='feedback_to', default='', metavar='HOST:PORT',
                    help='send the measured Es/N0 there')
    add_key(rx)

    sim = command('sim', 'Both ends in one process, at the pace of a radio: how long a '
                  'payload takes, and whether samples are lost.', 'sim --snr 0 --cfo 0.005')
    sim.add_argument('--radio', type=radio('sim', *DEVICES), default='sim,rate=2e6',
                     help='in place of the simulated channel: a device whose antennas see '
                          'each other (default: sim,rate=2e6, 1 million symbols a second)')
    add_common(sim)
    add_payloads(sim)
    add_channel(sim)
    add_show(sim)
    sim.add_argument('--out', default='sim_out', metavar='FOLDER',
                     help='where pictures, results.jsonl and figures.json go '
                          '(default: sim_out)')
    sim.add_argument('--ahead', type=number(1, 1000, int), default=16, metavar='PAYLOADS',
                     help='payloads under way at a time (default: 16)')
    add_max_cfo(sim)
    add_address(sim, 'of the receiver (default: 0)', 254)
    add_destination(sim)
    add_layers(sim, 'with a model in layers: send and decode the first so many')
    add_protection(sim)
    sim.add_argument('--repeat', type=number(1, 1e6, int), default=1, metavar='TIMES',
                     help='send everything so often (default: 1)')
    add_copies(sim, 'send each burst so often, and add them up; --snr is that of one')
    sim.set_defaults(record_tx='', record_rx='')

    add_stations(command)

    channel = command('channel', 'A channel between two processes.',
                      'channel --in zmq:tcp://127.0.0.1:5555 --out zmq:tcp://127.0.0.1:5556 '
                      '--snr 0')
    channel.add_argument('--in', dest='input', required=True, metavar='RADIO',
                         type=radio(*LINKS), help='where samples come from')
    channel.add_argument('--out', dest='output', required=True, metavar='RADIO',
                         type=radio(*LINKS), help='where they go')
    channel.add_argument('--snr', type=decibels(-30, 100), default=12.0, metavar='DB',
                         help='Es/N0, dB (default: 12)')
    add_channel(channel)
    channel.add_argument('--seconds', type=number(0, 1e9), metavar='S', help='end after so long')
    return parser


def parse_arguments(arguments):
    return make_parser().parse_args(arguments)
