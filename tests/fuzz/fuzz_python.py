#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doors that are written in Python: the text of a radio, SigMF metadata, the command line.

    fuzz_python.py --list
    fuzz_python.py TARGET [--executions N | --seconds S] [--seed N] [--corpus FOLDER]

Inputs are made of good ones by a seeded generator that knows what they consist of. Bad input may
end in the error that the door promises, of one line and a reasonable length; anything else is a
fault. The input that caused it is printed, and written to the folder.
"""

import argparse
import contextlib
import functools
import importlib
import io
import json
import random
import resource
import shutil
import sys
import tempfile
import time
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'python' / 'udeepsc'), str(ROOT / 'apps' / 'radio'),
                str(ROOT / 'apps' / 'demo')]

MOST_SECONDS = 1.0  # of processor time, for one input
MOST_MIB = 512
MOST_MESSAGE = 2000  # characters, but for the input that it repeats
NUMBERS = ('0', '-1', '1', '1e6', '1e400', '-0.0', 'nan', 'inf', '0x10', '1_0', '9' * 30,
           '1' + '0' * 5000, '\u0663', '', ' 7', '1k', '1M', '915e6', '3.5G', '--', '2,5')


class Fault(Exception):
    """A door did what it must not."""


def edit_text(generator, text, pieces):
    """One change to a text."""
    at = generator.randrange(len(text) + 1)
    end = min(len(text), at + generator.randrange(12))
    kind = generator.randrange(5)
    if kind == 0:
        return text[:at] + text[end:]
    if kind == 1:
        return text[:at] + generator.choice(pieces) + text[at:]
    if kind == 2:
        return text[:at] + generator.choice(pieces) + text[end:]
    if kind == 3:
        return text[:at] + text[at:end] * generator.choice((2, 3, 50)) + text[end:]
    character = chr(generator.choice((0, 9, 10, 32, 0x7f, 0xe9, 0x2028, 0xfffd, 0x1f600, 0xdc80)))
    return text[:at] + character + text[end:]


class Radio:
    """The one line that describes a radio."""
    seeds = ('uhd:type=b200,freq=915e6,gain=40,rate=1e6', 'uhd:addr=192.168.10.2,antenna=TX/RX',
             'zmq:tcp://127.0.0.1:5555,rate=2e6', 'zmq:ipc:///tmp/x,pattern=request',
             'sigmf:a,b.sigmf-meta,pace=fast', 'sim', 'sim,rate=2e6',
             'soapy:driver=lime,freq=915e6,gain=40', 'pluto:uri=ip:192.168.2.1,freq=915e6,rate=1e6')
    pieces = ('uhd:', 'soapy:', 'pluto:', 'zmq:', 'sigmf:', 'sim', ',', '=', 'rate=', 'freq=', 'gain=', 'pace=',
              'channel=', 'tcp://', 'ipc://', '[::1]:', ':65536', ',,', *NUMBERS)

    def mutate(self, generator, text):
        return edit_text(generator, text, self.pieces)

    def run(self, text):
        from radio_settings import RadioError, parse_radio
        try:
            settings = parse_radio(text)
        except RadioError as error:
            check_message(str(error), text)
            return
        if not 1e3 <= settings.rate <= 1e9:
            raise Fault(f'rate {settings.rate}')
        str(settings)


class Sigmf:
    """The metadata of a recording."""
    seeds = tuple(json.dumps(meta) for meta in (
        {'global': {'core:datatype': 'cf32_le', 'core:version': '1.0.0', 'core:sample_rate': 1e6},
         'captures': [{'core:sample_start': 0, 'core:frequency': 915e6}],
         'annotations': [{'core:sample_start': 3, 'core:sample_count': 5, 'core:label': 'x'}]},
        {'global': {'core:datatype': 'ci16_be', 'core:num_channels': 1}, 'captures': []},
        {'global': {'core:datatype': 'ci8'}}))
    pieces = ('{', '}', '[', ']', '"', ':', ',', 'null', 'true', 'NaN', '-Infinity', '{}', '[]',
              '"core:frequency": ', '"core:sample_rate": ', '[' * 3000, '{"a":' * 3000,
              '"' + 'x' * 500 + '"', '"\\ud800"', *NUMBERS)

    def __init__(self):
        memory = Path('/dev/shm')  # a file system in memory: a file is written for each input
        self._folder = Path(tempfile.mkdtemp(prefix='udeepsc_fuzz_',
                                             dir=memory if memory.is_dir() else None))
        (self._folder / 'a.sigmf-data').write_bytes(bytes(range(256)) * 4 + b'x')
        # The package without the blocks, which need not be built for this.
        package = sys.modules.setdefault('udeepsc_python_files',
                                         types.ModuleType('udeepsc_python_files'))
        package.__path__ = [str(ROOT / 'python' / 'udeepsc')]
        self._reader = importlib.import_module('udeepsc_python_files.sigmf_file').Reader
        self._error = importlib.import_module('udeepsc_python_files.radio_settings').RadioError

    def close(self):
        shutil.rmtree(self._folder)

    def mutate(self, generator, text):
        return edit_text(generator, text, self.pieces)

    def run(self, text):
        path = self._folder / 'a.sigmf-meta'
        path.write_bytes(text.encode('utf-8', 'surrogateescape'))
        try:
            reader = self._reader(self._folder / 'a')
        except self._error as error:
            check_message(str(error), '')
            return
        try:
            while len(reader.read(100)):
                pass
        finally:
            reader.close()


class Command:
    """The arguments of tx, rx, sim, node, chat and channel."""
    seeds = tuple('\0'.join(line.split(' ')) for line in (
        'tx --radio zmq:tcp://127.0.0.1:5555 --text fine --snr 6 --grid 4x2 --repeat 2',
        'tx --radio uhd:type=b200,freq=915e6 --profile ofdm --feedback 127.0.0.1:7000',
        'rx --radio sigmf:a --out b --seconds 3 --idle 1 --dtype bf16',
        'sim --snr 0 --cfo 0.005 --delay 0.5 --clock-ppm 20 --fading rician --doppler 0.01 --seed 3',
        'node --radio zmq:tcp://127.0.0.1:5555 --name 8 --seconds 3',
        'chat --radio uhd:type=b200,freq=915e6 --name 8 --to 7',
        'channel --in zmq:tcp://127.0.0.1:5555 --out zmq:tcp://127.0.0.1:5556 --snr 0'))
    pieces = ('\0', '\0--', '--snr\0', '--grid\0', '8x8', '0x0', '256x1', '--seed\0', '--model\0',
              '--question\0', '--help', '-h', '--radio\0', '--ahead\0', '--check', '@', *NUMBERS)

    def mutate(self, generator, text):
        if generator.randrange(3):
            return edit_text(generator, text, self.pieces)
        arguments = text.split('\0')
        if generator.randrange(2):
            generator.shuffle(arguments)
        else:
            arguments[generator.randrange(len(arguments))] = generator.choice(NUMBERS)
        return '\0'.join(arguments)

    def __init__(self):
        import arguments
        from program import BadInput
        # A parser keeps nothing from one command line to the next, and to make it takes ten times
        # as long as to use it.
        arguments.make_parser = functools.cache(arguments.make_parser)
        self._parse, self._error = arguments.parse_arguments, BadInput

    def run(self, text):
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
                self._parse(text.split('\0'))
        except SystemExit as end:
            if end.code not in (0, 2):
                raise Fault(f'exit status {end.code}') from None
            if end.code == 2:
                check_message(said.getvalue().partition(': error: ')[2], text)
        except self._error as error:
            check_message(str(error), text)


TARGETS = {'radio': Radio, 'sigmf': Sigmf, 'command': Command}


def check_message(text, given):
    """Of an error: that it says something, and not too much."""
    if not text.strip():
        raise Fault('an error without a word')
    if len(text) > MOST_MESSAGE + 4 * len(given):
        raise Fault(f'an error of {len(text)} characters')


def peak_mib():
    """Of this process, since it began."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_one(door, text, most_mib):
    """most_mib: what the process may have taken at the end."""
    began = time.process_time()
    try:
        door.run(text)
    except Fault:
        raise
    except Exception as error:
        raise Fault(f'{type(error).__name__}: {error}') from error
    seconds = time.process_time() - began
    if seconds > MOST_SECONDS:
        raise Fault(f'took {seconds:.1f} s, expected at most {MOST_SECONDS} s')
    if peak_mib() > most_mib:
        raise Fault(f'took more than {MOST_MIB} MiB')


def inputs(door, corpus, seed):
    """The corpus, then without end what is made of it."""
    known = [*door.seeds, *corpus]
    yield from known
    generator = random.Random(seed)
    while True:
        text = generator.choice(known)
        for _ in range(generator.randrange(1, 6)):
            text = door.mutate(generator, text)
        yield text


def read_corpus(folder):
    if not folder or not folder.is_dir():
        return []
    return [path.read_bytes().decode('utf-8', 'surrogateescape')
            for path in sorted(folder.iterdir())]


def keep(text, target, folder):
    encoded = text.encode('utf-8', 'surrogateescape')
    path = (folder or Path()) / f'fault-{target}'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded)
    return path


def fuzz(target, options):
    """Exit status."""
    door = TARGETS[target]()
    began, executions = time.monotonic(), 0
    most_mib = peak_mib() + MOST_MIB
    try:
        for text in inputs(door, read_corpus(ROOT / 'tests' / 'fuzz' / 'corpus' / target),
                           options.seed):
            if options.seconds is not None:
                if time.monotonic() - began > options.seconds:
                    break
            elif executions >= options.executions:
                break
            run_one(door, text, most_mib)
            executions += 1
    except Fault as fault:
        path = keep(text, target, options.corpus)
        print(f'{target}: {fault}\ninput, also in {path}: {text[:500]!r}', file=sys.stderr)
        return 1
    finally:
        if hasattr(door, 'close'):
            door.close()
    print(f'{target}: {executions} executions, peak {peak_mib():.0f} MiB')
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('target', nargs='?', choices=[*TARGETS])
    parser.add_argument('--list', action='store_true', help='names the targets')
    parser.add_argument('--executions', type=int, default=2000)
    parser.add_argument('--seconds', type=float)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--corpus', type=Path, help='where an input goes that caused a fault')
    options = parser.parse_args()
    if options.list or not options.target:
        print('\n'.join(f'{name:14} {door.__doc__}' for name, door in TARGETS.items()))
        return 0
    return fuzz(options.target, options)


if __name__ == '__main__':
    sys.exit(main())
