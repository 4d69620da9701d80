# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated USRP for the time of a with statement; inside a network of the test's own."""

import importlib.util
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path

import namespace

HERE = Path(__file__).resolve().parent
DEVICE_ARGS = 'type=mpm,addr=127.0.0.1,mgmt_addr=127.0.0.1,recv_buff_size=100000'
START_S = 60  # takes one
NEEDED = ('usrp_mpm', 'gevent', 'msgpack', 'pyroute2', 'six')


def why_not():
    """Why it cannot run here; empty if it can."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        return f'no Python module {", ".join(missing)}'
    return namespace.why_not()


class SimulatedUsrp:
    """Serves one client: start another for the next. Arguments: those of air.FromAir."""

    def __init__(self, **channel):
        self.channel = channel

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix='udeepsc-usrp-')
        config = Path(self.folder.name) / 'device.ini'
        config.write_text(self.configuration())
        self.log = open(Path(self.folder.name) / 'log', 'w+')
        self.process = subprocess.Popen(
            [sys.executable, '-B', HERE / 'device.py', config],
            stdout=subprocess.PIPE, stderr=self.log, env=dict(os.environ, OMP_NUM_THREADS='1'))
        ready, _, _ = select.select([self.process.stdout], [], [], START_S)
        if not ready or b'ready' not in self.process.stdout.readline():
            self.__exit__()
            raise RuntimeError(f'the simulated USRP did not start: {self.log_text}')
        return self

    def configuration(self):
        lines = ['[hardware]', 'preset = E320', 'serial_num = 51D0',
                 '[sample.sink]', f'import_path = {HERE / "air.py"}', 'class = ToAir',
                 '[sample.source]', f'import_path = {HERE / "air.py"}', 'class = FromAir']
        return '\n'.join(lines + [f'{key} = {value}' for key, value in self.channel.items()])

    def stop(self):
        """Pulls the plug."""
        self.process.kill()
        self.process.wait()

    def __exit__(self, *_):
        self.stop()
        self.process.stdout.close()
        self.log.seek(0)
        self.log_text = self.log.read()
        self.log.close()
        self.folder.cleanup()
