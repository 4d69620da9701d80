# SPDX-License-Identifier: GPL-3.0-or-later
"""How tx, rx, sim, channel and demo end where something is wrong: exit status and one line, after
bad input, on full disks, by signals, with a radio that is taken or broken."""

import contextlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import time
import unittest

import numpy as np

from radio_fixture import FOLDER, ROOT, TIMEOUT_S, run, set_up, start, start_rx, tx

DEMO = ROOT / 'apps' / 'demo'
MODEL = ('--model', FOLDER / 'model', '--grid', '2x2')


def setUpModule():
    set_up()
    # Whoever runs the tests may ignore it, as nohup does, and what they start would too.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def read_until(process, words):
    """Lines of its output, to the first with the words."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(f'{words!r} is not in {lines}')


@contextlib.contextmanager
def ended(process):
    """Nothing of it stays, whatever the test does."""
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


class BadInput(unittest.TestCase):

    def refused(self, words, *arguments, **how):
        status, said = run(*arguments, **how)
        with self.subTest(arguments=[str(a)[:40] for a in arguments]):
            self.assertEqual(status, 2, said)
            for word in words:
                self.assertIn(word, said)
            self.assertNotIn('Traceback', said)
            self.assertLess(len(said), 1000)  # a usage of several lines is part of it

    def test_what_is_no_file(self):
        pipe = FOLDER / 'pipe'
        os.mkfifo(pipe)
        for name, path in (('--image', pipe), ('--image', '/dev/zero'), ('--sound', pipe),
                           ('--sound', '/dev/zero'), ('--image', FOLDER)):
            self.refused([str(path), 'folder' if path == FOLDER else 'is no file'],
                         'sim', *MODEL[2:], name, path)
        self.refused([str(pipe), 'is no file'], 'tx', '--radio', 'zmq:ipc:///x', '--model', pipe)
        for option in ('--image', '--model'):
            self.refused([str(pipe), 'is no file'], option, pipe, program=DEMO)

    def test_a_word_without_end(self):
        word = 100_000 * 'a'
        for option in ('--text', '--question'):
            self.refused([option, 'aaaa...', '100000 letters', 'at most 100'], 'tx', '--radio',
                         f'sigmf:{FOLDER}/word', *MODEL, '--image', FOLDER / 'noise.png', option,
                         word)
            self.refused([option, '100000 letters'], option, word, program=DEMO)
        self.refused(['--question', 'empty'], 'sim', *MODEL, '--image', FOLDER / 'noise.png',
                     '--question', ' ')

    def test_a_text_that_the_model_cannot_take(self):
        """It was not sent, and whoever asks for the exit status gets to know."""
        text = ' '.join(24 * ['incomprehensibilities'])
        for command in (('tx', '--radio', f'sigmf:{FOLDER}/long,rate=500k'),
                        ('sim', '--out', FOLDER / 'long', '--radio', 'sim,rate=500k')):
            status, said = run(*command, *MODEL, '--text', text)
            self.assertEqual(status, 1, said)
            self.assertIn('1 dropped', said)

    def test_recordings(self):
        name = FOLDER / 'forever'
        np.zeros(100, np.complex64).tofile(f'{name}.sigmf-data')
        for rate, words in ((1e15, ['core:sample_rate', '1000 to 1e+09']),
                            (-1e6, ['core:sample_rate', '-1000000']), ('fast', ['"fast"'])):
            with open(f'{name}.sigmf-meta', 'w') as file:
                json.dump({'global': {'core:datatype': 'cf32_le', 'core:sample_rate': rate}}, file)
            self.refused([f'{name}.sigmf-meta', *words], 'rx', '--radio', f'sigmf:{name}', *MODEL,
                         '--out', FOLDER / 'forever')

    def test_ports(self):
        self.refused(['99999', 'port from 1 to 65535'], 'rx', '--radio',
                     'zmq:tcp://127.0.0.1:99999')


class FullDisk(unittest.TestCase):
    """A small tmpfs, filled."""

    @classmethod
    def setUpClass(cls):
        cls.disk = FOLDER / 'disk'
        cls.disk.mkdir()
        done = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', cls.disk],
                              capture_output=True, text=True)
        if done.returncode:
            raise unittest.SkipTest(f'no tmpfs can be mounted: {done.stderr}')
        cls.addClassCleanup(subprocess.run, ['umount', cls.disk], check=True)
        (cls.disk / 'out').mkdir()
        with contextlib.suppress(OSError), open(cls.disk / 'filler', 'wb', buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        cls.recording = f'sigmf:{FOLDER}/disk-test'
        status, said = tx(cls.recording + ',rate=500k', '--text', 'a fine film')
        assert status == 0, said

    def test_rx(self):
        for folder in ('out', 'new'):
            with ended(start_rx(self.recording + ',pace=fast', f'disk/{folder}')) as receiver:
                heard, _ = receiver.communicate(timeout=TIMEOUT_S)
            self.assertEqual(receiver.returncode, 1, heard)
            self.assertRegex(heard, rf'disk: {self.disk}/{folder}/\S+: No space left on device')
            self.assertIn('disk: 3 could not be written', heard)
            self.assertIn('1 pictures, 1 sentences', heard)

    def test_rx_whose_terminal_is_a_file_there(self):
        with open(self.disk / 'log', 'w') as log, \
                ended(start_rx(self.recording + ',pace=fast', 'log-out', stdout=log,
                               stderr=subprocess.PIPE)) as receiver:
            _, said = receiver.communicate(timeout=TIMEOUT_S)
        self.assertEqual(receiver.returncode, 1, said)
        self.assertIn('standard output: No space left on device', said)

    def test_sim(self):
        status, said = run('sim', *MODEL, '--text', 'a film', '--out', self.disk / 'out', '--radio',
                           'sim,rate=500k')
        self.assertEqual(status, 1, said)
        self.assertIn(f'{self.disk}/out/figures.json: No space left on device', said)
        self.assertIn('1 of 1 payloads arrived', said)

    def test_demo(self):
        status, said = run('--text', 'a film', '--image', FOLDER / 'noise.png', '--model',
                           FOLDER / 'model', '--snr', 6, '--out', self.disk / 'out', program=DEMO)
        self.assertEqual(status, 1, said)
        self.assertRegex(said, rf'{self.disk}/out/\S+: No space left on device')


class Signals(unittest.TestCase):

    def ignoring(self):
        """As a shell starts it in the background."""
        return {'preexec_fn': lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)}

    def ends(self, process, ready, number, status, *words):
        with ended(process), self.subTest(number=number.name, status=status):
            lines = read_until(process, ready)
            time.sleep(0.3)
            process.send_signal(number)
            rest, _ = process.communicate(timeout=TIMEOUT_S)
            said = ''.join(lines) + rest
            self.assertEqual(process.returncode, status, said)
            for word in words:
                self.assertIn(word, said)
            self.assertNotIn('Traceback', said)

    def test_rx_and_channel_have_no_other_end(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            radio = f'zmq:ipc://{FOLDER}/signal-{number}'
            self.ends(start_rx(radio, 'signal'), 'Ctrl-C ends', number, 0, '0 bursts')
            self.ends(start('channel', '--in', radio, '--out', radio + 'b'), 'ZeroMQ', number, 0)

    def test_tx(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            command = ('tx', '--radio', f'zmq:ipc://{FOLDER}/signal-tx', *MODEL, '--image',
                       FOLDER / 'noise.png')
            self.ends(start(*command, '--repeat', 0), 'waiting', number, 0, 'bursts sent')
            self.ends(start(*command), 'waiting', number, 128 + number, 'bursts sent',
                      'interrupted')

    def test_sim_and_demo(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.ends(start('sim', *MODEL, '--image', FOLDER / 'noise.png', '--repeat', 100000,
                            '--out', FOLDER / 'signal-sim'), 'channel:', number, 128 + number,
                      'interrupted')
            self.ends(start('--model', FOLDER / 'model', '--out', FOLDER / 'signal-demo',
                            program=DEMO, env={**os.environ, 'PYTHONUNBUFFERED': '1'}),
                      'parameters', number, 128 + number, 'interrupted')

    def test_a_job_in_the_background(self):
        """A shell has it ignore SIGINT; who sends it nevertheless means it."""
        radio = f'zmq:ipc://{FOLDER}/signal-job'
        self.ends(start_rx(radio, 'signal', **self.ignoring()), 'Ctrl-C ends', signal.SIGINT, 0,
                  '0 bursts')
        self.ends(start('--model', FOLDER / 'model', '--out', FOLDER / 'signal-demo',
                        program=DEMO, env={**os.environ, 'PYTHONUNBUFFERED': '1'},
                        **self.ignoring()), 'parameters', signal.SIGINT, 130, 'interrupted')

    def test_nohup(self):
        """SIGHUP that is ignored at the start stays so."""
        radio = f'zmq:ipc://{FOLDER}/signal-nohup'
        with ended(start_rx(radio, 'signal', preexec_fn=lambda: signal.signal(
                signal.SIGHUP, signal.SIG_IGN))) as receiver:
            read_until(receiver, 'Ctrl-C ends')
            receiver.send_signal(signal.SIGHUP)
            with self.assertRaises(subprocess.TimeoutExpired):
                receiver.wait(2)
            receiver.send_signal(signal.SIGTERM)
            self.assertEqual(receiver.wait(TIMEOUT_S), 0)

    def test_nobody_reads_the_output(self):
        radio = f'sigmf:{FOLDER}/pipe-test'
        status, said = tx(radio + ',rate=500k', '--text', 'a fine film')
        self.assertEqual(status, 0, said)
        with ended(start_rx(radio + ',pace=fast', 'pipe-out', stderr=subprocess.PIPE)) as receiver:
            receiver.stdout.close()
            said = receiver.stderr.read()
            self.assertEqual(receiver.wait(TIMEOUT_S), 128 + signal.SIGPIPE)
            self.assertEqual(said, '')
            receiver.stdout = None


class TakenAndBroken(unittest.TestCase):

    def test_a_second_receiver_is_told(self):
        radio = f'zmq:ipc://{FOLDER}/taken,rate=500k'
        with ended(start('tx', '--radio', radio, *MODEL, '--image', FOLDER / 'noise.png',
                         '--repeat', 0)) as sender, ended(start_rx(radio, 'taken-1')) as first:
            read_until(first, '4 of 4 tiles')
            status, said = run('rx', '--radio', radio, *MODEL, '--out', FOLDER / 'taken-2',
                               '--seconds', 3)
            self.assertEqual(status, 1, said)
            self.assertIn('the transmitter serves another receiver', said)
            self.assertRegex(said, r'refused: \d')
            first.send_signal(signal.SIGINT)
            heard, _ = first.communicate(timeout=TIMEOUT_S)
            self.assertEqual(first.returncode, 0, heard)
            with ended(start_rx(radio, 'taken-3')) as third:
                read_until(third, '4 of 4 tiles')
            sender.send_signal(signal.SIGINT)
            said, _ = sender.communicate(timeout=TIMEOUT_S)
            self.assertEqual(sender.returncode, 0, said)
            self.assertRegex(said, r'further receiver: \d')

    def test_feedback_of_somebody_else(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(('127.0.0.1', 0))
            address = probe.getsockname()
        with ended(start('tx', '--radio', f'zmq:ipc://{FOLDER}/feedback', *MODEL, '--text', 'a film',
                         '--feedback', '%s:%d' % address)) as sender, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            read_until(sender, 'waiting')
            for sock in (receiver, other):
                sock.sendto(b'USNR' + struct.pack('>IIIi', 1, 7, 1, 3000), address)
                time.sleep(0.2)
            sender.send_signal(signal.SIGINT)
            said, _ = sender.communicate(timeout=TIMEOUT_S)
        self.assertRegex(said, r'csi_feedback\d*: 1 dropped, other peer')

    def test_a_thread_that_dies(self):
        """What nobody thought of, made here: the program ends, and not as if all were well."""
        radio = f'zmq:ipc://{FOLDER}/dead,rate=500k'
        send = ('tx', '--radio', radio, *MODEL, '--image', FOLDER / 'noise.png', '--repeat', 0)
        receive = ('rx', '--radio', radio, *MODEL, '--out', FOLDER / 'dead-out')
        for broken, module, command, other in (
                ('_samples', 'source', receive, send), ('_push', 'sink', send, receive)):
            program = FOLDER / f'broken-{module}'
            program.write_text(
                'import runpy\n'
                f'from gnuradio.udeepsc.zmq_sample_{module} import zmq_sample_{module} as block\n'
                f'block.{broken} = lambda *_: 1 // 0\n'
                f'runpy.run_path({str(ROOT / "apps" / "radio")!r}, run_name="__main__")\n')
            with self.subTest(module), ended(start(*other)):
                status, said = run(*command, program=program)
                self.assertEqual(status, 1, said)
                self.assertIn('broken: the radio has stopped: ZeroDivisionError', said)
                self.assertEqual(re.findall('Traceback', said), [])


if __name__ == '__main__':
    unittest.main()
