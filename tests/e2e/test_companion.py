#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Companion opens every flowgraph of the tree from another folder, Execute is pressed, and it
runs; ./gr-udeepsc run does the same without a window."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
FLOWGRAPHS = sorted((ROOT / 'examples').rglob('*.grc'))
SECONDS = 10
TROUBLE = re.compile(r'Traceback|Error|error:|WARN|warning', re.M)
AT_A_TIME = 3  # folders
# A thread of Companion that reads docstrings writes into its window, which now and then ends it by
# a segmentation fault while it starts. Nothing of ours is loaded there.
TRIES = 2
# A strong echo is found as a burst of its own, and dropped; example 04 is about such echoes.
ECHO = re.compile(r'^.*dropped a PDU \(duplicate\).*$', re.M)
# Flowgraphs that another one has to run beside.
PARTNERS = {'receiver': 'transmitter', 'receiver_gui': 'transmitter', 'network': 'radio',
            'network_gui': 'radio'}
NEEDS_RECORDING = ('replay', 'replay_gui')


@contextmanager
def what_it_needs(path):
    """The partner of the flowgraph at `path`, running, or the recording that it replays."""
    if path.stem in NEEDS_RECORDING:
        subprocess.run([sys.executable, '-B', ROOT / 'apps' / 'radio', 'tx', '--radio', 'sigmf:shot',
                        '--text', 'a fine film'], cwd=path.parent, check=True, capture_output=True,
                       timeout=120)
    partner = PARTNERS.get(path.stem)
    if not partner:
        yield
        return
    process = subprocess.Popen(
        [sys.executable, '-B', ROOT / 'apps' / 'flowgraph.py', path.with_name(f'{partner}.grc')],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.communicate(b'\n')  # Enter ends it


def usrps():
    return subprocess.run(['uhd_find_devices'], capture_output=True, text=True).stdout


class Display:
    """An X server without a screen."""

    def __enter__(self):
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ['Xvfb', '-displayfd', str(write), '-screen', '0', '1600x1200x24', '-nolisten', 'tcp'],
            pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as numbers:
            self.name = ':' + numbers.readline().strip()
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()


@unittest.skipUnless(shutil.which('Xvfb'), 'no Xvfb here')
class Execute(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.display = Display()
        cls.display.__enter__()
        cls.addClassCleanup(cls.display.__exit__)

    def press(self, path):
        """What companion_execute.py found, with a copy of the flowgraph elsewhere."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(shutil.copytree(path.parent, Path(folder) / path.parent.name)) / path.name
            picture = Path(os.environ.get('UDEEPSC_SCREENSHOTS', folder)) / f'{path.stem}.png'
            environment = {**os.environ, 'DISPLAY': self.display.name, 'HOME': folder,
                           'GDK_BACKEND': 'x11', 'QT_QPA_PLATFORM': 'xcb', 'NO_AT_BRIDGE': '1',
                           # As scripts/companion.sh sets it.
                           'GR_CONF_GRC_XTERM_EXECUTABLE': shutil.which('xterm') or 'xterm'}
            for _ in range(TRIES):
                with what_it_needs(copy):
                    done = subprocess.run(
                        [sys.executable, '-B', Path(__file__).parent / 'companion_execute.py', copy,
                         str(SECONDS), picture], cwd=folder, env=environment, capture_output=True,
                        text=True, timeout=240)
                if done.returncode != -signal.SIGSEGV:
                    break
            self.assertTrue(picture.exists(), done.stderr)
        found = [line for line in done.stdout.splitlines() if line.startswith('{')]
        self.assertEqual(len(found), 1, done.stdout + done.stderr)
        return json.loads(found[0])

    def press_all(self, paths):
        """One after the other: the flowgraphs of a folder may want the same port."""
        return [(path, self.press(path)) for path in paths]

    def test_every_flowgraph_runs(self):
        self.assertTrue(FLOWGRAPHS)
        folders = [list(paths) for _, paths in groupby(FLOWGRAPHS, lambda path: path.parent)]
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            pressed = [pair for pairs in pool.map(self.press_all, folders) for pair in pairs]
        for path, found in pressed:
            with self.subTest(path.name):
                self.assertEqual(found['missing'], [])
                self.assertEqual(found['errors'], [])
                self.assertTrue(found['started'], found['said'])
                if 'usrp' in path.stem:
                    self.check_usrp(path, found)
                    continue
                self.assertTrue(found['running'], found['said'])
                self.assertNotRegex(ECHO.sub('', found['said']), TROUBLE)

    def check_usrp(self, path, found):
        """Without a device it says so; a terminal stays open, for somebody to read it."""
        if not path.stem.endswith('_gui'):
            self.assertTrue(found['running'], found['said'])
        elif shutil.which('uhd_find_devices') and 'UHD Device 0' not in usrps():
            self.assertFalse(found['running'], found['said'])
            self.assertIn('No USRP found', found['said'])
            self.assertNotIn('Traceback', found['said'])


class Show(unittest.TestCase):
    """demo, sim and rx with --show."""

    COMMAND = [sys.executable, '-B', ROOT / 'apps' / 'radio', 'sim', '--show', '--text', 'a fine film',
               '--out']

    def test_says_when_there_is_no_display(self):
        with tempfile.TemporaryDirectory() as folder:
            bare = {k: v for k, v in os.environ.items() if 'DISPLAY' not in k}
            done = subprocess.run([*self.COMMAND, folder], env=bare, capture_output=True, text=True,
                                  timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn('there is no display', done.stderr)

    @unittest.skipUnless(shutil.which('Xvfb'), 'no Xvfb here')
    def test_stays_until_the_window_is_closed(self):
        with Display() as display, tempfile.TemporaryDirectory() as folder:
            process = subprocess.Popen(
                [*self.COMMAND, folder], env={**os.environ, 'DISPLAY': display.name}, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            try:
                said = ''
                while 'close the window' not in said:
                    line = process.stdout.readline()
                    self.assertTrue(line, said)
                    said += line
                self.assertIn('1 of 1 payloads arrived', said)
                self.assertIsNone(process.poll())
            finally:
                process.terminate()
                process.wait(20)
                process.stdout.close()


class Run(unittest.TestCase):

    def run_command(self, text, *arguments, seconds=60):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'mine.grc'
            path.write_text(text)
            return subprocess.run(
                [sys.executable, '-B', ROOT / 'apps' / 'flowgraph.py', path, *arguments],
                cwd=folder, capture_output=True, text=True, timeout=seconds,
                stdin=subprocess.DEVNULL)

    def example(self, name):
        return next(path for path in FLOWGRAPHS if path.name == name).read_text()

    def test_runs_with_arguments(self):
        done = self.run_command(self.example('picture_and_sentence.grc'), '--help')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('--snr-db', done.stdout)

    def test_says_which_blocks_are_missing(self):
        text = self.example('picture_and_sentence.grc')
        for old, words in (('udeepsc_udeepsc_tx', 'is called udeepsc_tx'),
                           ('udeepsc_gone', 'another version'), ('my_block', 'not installed')):
            done = self.run_command(text.replace('id: udeepsc_vq_indexer', f'id: {old}'))
            self.assertEqual(done.returncode, 2)
            self.assertIn(old, done.stderr)
            self.assertIn(words, done.stderr)

    def test_says_what_is_wrong(self):
        done = self.run_command('no: [flowgraph')
        self.assertEqual(done.returncode, 2)
        self.assertIn('is no flowgraph', done.stderr)
        done = self.run_command(self.example('picture_and_sentence.grc').replace(
            "k_factor_db: '10'", "k_factor_db: 'ten'"))
        self.assertEqual(done.returncode, 2)
        self.assertIn('has errors', done.stderr)


if __name__ == '__main__':
    unittest.main()
