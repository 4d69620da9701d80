# SPDX-License-Identifier: GPL-3.0-or-later
"""A radio in one line of text: KIND:TARGET,option=value,...

    uhd:type=b200,freq=915e6,gain=40    a USRP; what is no option of ours goes to UHD
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


RATE = Option('sample rate', DEFAULT_RATE, least=1e3, most=1e9, unit='samples per second')

OPTIONS = {
    'uhd': {
        'rate': RATE,
        'freq': Option('carrier frequency', 915e6, least=0, most=1e12, unit='Hz'),
        'gain': Option('gain', 20.0, least=-100, most=200, unit='dB'),
        'antenna': Option('antenna port; empty: the device\'s first', ''),
        'lo_offset': Option('of the oscillator from the carrier', 0.0, least=-1e9, most=1e9,
                            unit='Hz'),
        'bandwidth': Option('of the analogue filter; 0: the device\'s choice', 0.0, least=0,
                            most=1e9, unit='Hz'),
        'channel': Option('of the device', 0.0, least=0, most=31),
        'amplitude': Option('of the transmitted samples, full scale being 1', 0.3, least=1e-6,
                            most=1),
    },
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

EXPECTED = ('uhd:ARGS, zmq:ADDRESS, sigmf:FILE or sim, with options like '
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

    def __str__(self):
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
        elif kind == 'uhd' or not target:
            target.append(piece.strip())
        else:
            raise RadioError(f"no option '{name}', expected one of "
                             f"{', '.join(sorted(OPTIONS[kind]))}")
        if equals and name not in OPTIONS[kind]:
            # UHD passes over an argument that it does not know, without a word.
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
