# SPDX-License-Identifier: GPL-3.0-or-later
"""A radio in one line of text: KIND:TARGET,option=value,...

    uhd:type=b200,freq=915e6,gain=40    a USRP; what is no option of ours goes to UHD
    soapy:driver=lime,freq=915e6        what SoapySDR has a driver for; the rest goes to it
    pluto:uri=ip:192.168.2.1,freq=915e6 an ADALM-PLUTO
    zmq:tcp://127.0.0.1:5555            another process
    sigmf:FILE                          a recording
    sim                                 the flowgraph itself
"""

import difflib
import math
import re
from dataclasses import dataclass, field

MOST_PORT = 65535
DEFAULT_RATE = 1e6  # samples a second


class RadioError(ValueError):
    """A radio that cannot be had as it was asked for; the text says what was asked, what is
    wrong with it and what would do."""


@dataclass(frozen=True)
class Option:
    meaning: str
    default: object
    choices: tuple = ()  # of texts
    least: float = -math.inf  # of numbers
    most: float = math.inf
    unit: str = ''


# Radios with antennas: they go on by themselves, and may vanish.
DEVICES = ('uhd', 'soapy', 'pluto')

RATE = Option('sample rate', DEFAULT_RATE, least=1e3, most=1e9, unit='samples per second')

# What every device has; tx_... and rx_... hold for one end, the others for both.
_GAIN = Option('gain', 20.0, least=-100, most=200, unit='dB')
_DEVICE = {
    'rate': RATE,
    'freq': Option('carrier frequency', 915e6, least=0, most=1e12, unit='Hz'),
    'gain': _GAIN, 'tx_gain': _GAIN, 'rx_gain': _GAIN,
    'bandwidth': Option('of the analogue filter; 0: the device\'s choice', 0.0, least=0,
                        most=1e9, unit='Hz'),
    'amplitude': Option('of the transmitted samples, full scale being 1', 0.3, least=1e-6,
                        most=1),
    'correction': Option('of the line at 0 Hz and of the image of I and Q', 'auto',
                         choices=('auto', 'off')),
}
_ANTENNA = Option('antenna port; empty: the device\'s choice', '')
_ANTENNAS = {'antenna': _ANTENNA, 'tx_antenna': _ANTENNA, 'rx_antenna': _ANTENNA}
_SOURCE = Option('of the reference; empty: the device\'s choice', '')
_REFERENCES = {'clock': _SOURCE, 'time': _SOURCE}
# NaN: as far off as the signal is wide, where the device can.
_LO_OFFSET = Option('of the oscillator from the carrier', math.nan, least=-1e9, most=1e9,
                    unit='Hz')
_SUBDEVICE = Option('subdevice specification; empty: the device\'s choice', '')

OPTIONS = {
    'uhd': {
        **_DEVICE, **_ANTENNAS, **_REFERENCES, 'lo_offset': _LO_OFFSET,
        'subdev': _SUBDEVICE, 'tx_subdev': _SUBDEVICE, 'rx_subdev': _SUBDEVICE,
        'channel': Option('of the device', 0.0, least=0, most=31),
        'lead': Option('time from a burst\'s coming to its going on the air; 0: at once', 5e-3,
                       least=0, most=10, unit='s'),
        'lead_in': Option('silence before a burst, in which the amplifier comes up', 50.0, least=0,
                          most=1e6, unit='us'),
    },
    'soapy': {**_DEVICE, **_ANTENNAS, **_REFERENCES, 'lo_offset': _LO_OFFSET},
    'pluto': {**_DEVICE, 'uri': Option('address of the device; empty: the one on USB', '')},
    'zmq': {
        'rate': RATE,
        'pattern': Option('of the sockets', 'push', choices=('push', 'request')),
    },
    'sigmf': {
        'rate': RATE,
        'freq': Option('carrier frequency to write down', 0.0, least=0, most=1e12, unit='Hz'),
        'pace': Option('of a replay', 'real', choices=('real', 'fast')),
    },
    'sim': {'rate': RATE},
}

EXPECTED = ('uhd:ARGS, soapy:ARGS, pluto:uri=URI, zmq:ADDRESS, sigmf:FILE or sim, with options like '
            '"uhd:type=b200,freq=915e6,gain=40"')

_SUFFIXES = {'k': 1e3, 'M': 1e6, 'G': 1e9}


@dataclass(frozen=True)
class RadioSettings:
    kind: str
    target: str  # device arguments, address or file
    options: dict = field(default_factory=dict)  # every option of the kind
    given: frozenset = frozenset()  # those of them that were written out

    def __getitem__(self, name):
        return self.options[name]

    @property
    def rate(self):
        return self.options['rate']

    def of(self, end, name):
        """An option of one end, 'tx' or 'rx': tx_gain where it was given, gain otherwise."""
        own = f'{end}_{name}'
        return self.options[own if own in self.given else name]

    def __str__(self):
        if self.kind == 'pluto' and self.options['uri']:
            return f'pluto:uri={self.options["uri"]}'
        return f'{self.kind}:{self.target}' if self.target else self.kind


def parse_number(text, name, option):
    number = text[:-1] if text[-1:] in _SUFFIXES else text
    try:
        value = float(number) * _SUFFIXES.get(text[-1:], 1.0)
    except ValueError:
        value = math.nan
    if not option.least <= value <= option.most:
        unit = f' {option.unit}' if option.unit else ''
        raise RadioError(f"{name}: got '{text}', expected {option.meaning} as a number from "
                         f'{option.least:g} to {option.most:g}{unit}')
    return value


def parse_option(name, text, option):
    if isinstance(option.default, float):
        return parse_number(text, name, option)
    if option.choices and text not in option.choices:
        raise RadioError(f"{name}: got '{text}', expected {' or '.join(option.choices)}")
    return text


def split_options(text):
    """'a=1,FILE,WITH,b=2' -> pieces at those commas that a NAME= follows."""
    return re.split(r',(?=\s*\w+=)', text) if text else []


def sort_pieces(kind, pieces):
    """(what names the target, options as texts)."""
    target, options = [], {}
    for piece in pieces:
        name, equals, value = (part.strip() for part in piece.partition('='))
        if equals and name in OPTIONS[kind]:
            if name in options:
                raise RadioError(f'{name}: given twice')
            options[name] = value
        elif kind in ('uhd', 'soapy') or (kind != 'pluto' and not target):
            target.append(piece.strip())
        else:
            raise RadioError(f"no option '{name}', expected one of "
                             f"{', '.join(sorted(OPTIONS[kind]))}")
        if equals and name not in OPTIONS[kind]:
            # UHD and SoapySDR pass over an argument that they do not know, without a word.
            near = difflib.get_close_matches(name, OPTIONS[kind], 1, 0.75)
            if near:
                raise RadioError(f"no option '{name}', is '{near[0]}' meant?")
    return ','.join(target), options


def check_address(address):
    found = re.fullmatch(r'tcp://(?:[^:/\s]+|\[[^\]]+\]):(\d{1,9})|ipc://\S+', address,
                         re.ASCII)
    if not found:
        raise RadioError(f"got the address '{address}', expected tcp://HOST:PORT or ipc://FILE")
    if found[1] and not 1 <= int(found[1]) <= MOST_PORT:
        raise RadioError(f"got the address '{address}', expected a port from 1 to {MOST_PORT}")


def check_target(kind, target):
    if kind == 'zmq':
        check_address(target)
    if kind == 'sigmf' and not target:
        raise RadioError('no file, expected sigmf:FILE')
    if kind == 'sim' and target:
        raise RadioError(f"got '{target}' after sim, expected nothing but options")


def parse_radio(text):
    """RadioSettings of a text; RadioError names what is wrong with it."""
    kind, _, rest = str(text).strip().partition(':')
    if kind.startswith('sim,'):
        kind, rest = 'sim', kind[4:]
    if kind not in OPTIONS:
        raise RadioError(f"radio '{text}': no kind '{kind}', expected {EXPECTED}")
    try:
        target, texts = sort_pieces(kind, split_options(rest))
        check_target(kind, target)
        values = {name: parse_option(name, texts[name], option) if name in texts
                  else option.default for name, option in OPTIONS[kind].items()}
    except RadioError as error:
        raise RadioError(f"radio '{text}': {error}") from None
    return RadioSettings(kind, target, values, frozenset(texts))


def radio_with(text, **options):
    """The text with options in place of those it has, for both ends and for one; None and ''
    leave what it says.

    radio_with('uhd:type=b200,gain=20', gain=35.0) is 'uhd:type=b200,gain=35.0'.
    """
    given = {name: value for name, value in options.items() if value not in (None, '')}
    kind, colon, rest = str(text).strip().partition(':')
    pieces = split_options(rest) if colon else kind.split(',')
    names = {*given, *(f'{end}_{name}' for end in ('tx', 'rx') for name in given)}
    kept = [piece for piece in pieces if piece.partition('=')[0].strip() not in names]
    added = [f'{name}={value}' for name, value in given.items()]
    return (kind + ':' if colon else '') + ','.join([*kept, *added])
