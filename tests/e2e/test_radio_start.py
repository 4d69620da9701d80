#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signal while the flowgraph of tx, rx, sim, channel or node starts ends the program."""

import os
import signal
import subprocess
import sys
import unittest

import radio_fixture as rf

# The program with a signal just behind the start of its flowgraph's threads.
PROGRAM = '''
import os, runpy, sys
from gnuradio import gr

start = gr.top_block.start

def interrupted(top, *arguments):
    start(top, *arguments)
    os.kill(os.getpid(), int(os.environ['SIGNAL']))
    for _ in range(1000):  # until Python has taken it
        pass

gr.top_block.start = interrupted
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
'''
PATIENCE_S = 100


def model(*arguments):
    return [*arguments, '--model', str(rf.FOLDER / 'model'), '--grid', '2x2']


def commands():
    picture = str(rf.FOLDER / 'noise.png')
    radio = f'zmq:ipc://{rf.FOLDER}/start'
    return {
        'tx': model('tx', '--radio', radio, '--image', picture, '--repeat', '0'),
        'rx': model('rx', '--radio', radio, '--out', str(rf.FOLDER / 'start-rx')),
        'sim': model('sim', '--image', picture, '--out', str(rf.FOLDER / 'start-sim')),
        'channel': ['channel', '--in', radio, '--out', f'{radio}-out'],
        'node': model('node', '--radio', radio, '--receive', f'{radio}-other', '--name', '7',
                      '--out', str(rf.FOLDER / 'start-node')),
    }


class Start(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        rf.set_up()

    def test_a_signal_while_it_starts(self):
        # Of those that nothing else ends a signal is a good end: docs/over-the-air.md.
        endless = ('tx', 'rx', 'channel', 'node')
        for name, arguments in commands().items():
            with self.subTest(name):
                done = subprocess.run(
                    [sys.executable, '-B', '-c', PROGRAM, str(rf.APP), *arguments],
                    env={**os.environ, 'SIGNAL': str(int(signal.SIGTERM))}, text=True,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_S)
                self.assertNotIn('Traceback', done.stdout)
                self.assertEqual(done.returncode,
                                 0 if name in endless else 128 + signal.SIGTERM, done.stdout)


if __name__ == '__main__':
    unittest.main()
