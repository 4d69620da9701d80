# SPDX-License-Identifier: GPL-3.0-or-later
"""./gr-udeepsc tx, rx, channel and sim, each as its user starts it: one process, one line."""

import json
import re
import signal
import time
import unittest

import numpy as np
from PIL import Image
from scipy.io import wavfile

from radio_fixture import FOLDER, TIMEOUT_S, run, set_up, start, start_rx, tx

setUpModule = set_up


def lines_of(folder):
    """Of results.jsonl."""
    text = (FOLDER / folder / 'results.jsonl').read_text(encoding='utf-8')
    return [json.loads(line) for line in text.splitlines()]


class TwoShells(unittest.TestCase):

    def test_picture_on_the_far_side(self):
        radio = f'zmq:ipc://{FOLDER}/link-a,rate=500k'
        receiver = start_rx(radio, 'a', '--idle', 4)
        try:
            status, said = tx(radio, '--text', 'a fine film')
            self.assertEqual(status, 0, said)
            self.assertIn('5 payloads in ', said)
            heard, _ = receiver.communicate(timeout=TIMEOUT_S)
        finally:
            receiver.kill()
        self.assertEqual(receiver.returncode, 0, heard)
        self.assertIn('4 of 4 tiles', heard)
        self.assertIn('1 pictures, 1 sentences', heard)
        with Image.open(FOLDER / 'a' / 'picture-1.png') as picture:
            self.assertEqual(picture.size, (64, 64))
            self.assertGreater(np.asarray(picture).std(), 0)
        lines = {line['output']: line for line in lines_of('a')}
        self.assertEqual(sorted(lines), ['picture', 'sentence'])
        self.assertEqual((lines['picture']['file'], lines['picture']['tiles']),
                         ('picture-1.png', [4, 4]))
        self.assertGreater(lines['sentence']['symbols'], 0)
        self.assertIsInstance(lines['sentence']['value'], str)
        # Over the air what was sent is not known.
        self.assertNotIn('reference', lines['sentence'])

    def test_through_a_channel_process_and_ctrl_c(self):
        first, second = (f'zmq:ipc://{FOLDER}/link-{name},rate=500k' for name in 'bc')
        channel = start('channel', '--in', first, '--out', second, '--snr', 15, '--cfo', 0.002)
        receiver = start_rx(second, 'b')
        try:
            status, said = tx(first)
            self.assertEqual(status, 0, said)
            end = time.monotonic() + TIMEOUT_S
            while not (FOLDER / 'b' / 'picture-1.png').exists() and time.monotonic() < end:
                time.sleep(0.1)
            for process in (receiver, channel):
                process.send_signal(signal.SIGINT)
            heard, _ = receiver.communicate(timeout=TIMEOUT_S)
            channel.communicate(timeout=TIMEOUT_S)
        finally:
            receiver.kill()
            channel.kill()
        self.assertEqual((receiver.returncode, channel.returncode), (0, 0), heard)
        self.assertIn('4 of 4 tiles', heard)

    def test_a_receiver_that_dies_and_comes_back(self):
        radio = f'zmq:ipc://{FOLDER}/link-d,rate=500k'
        sender = start('tx', '--radio', radio, '--model', FOLDER / 'model', '--grid', '2x2',
                       '--image', FOLDER / 'noise.png', '--repeat', 0)
        try:
            for out in ('d1', 'd2'):
                receiver = start_rx(radio, out)
                end = time.monotonic() + TIMEOUT_S
                while not (FOLDER / out / 'picture-1.png').exists():
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.1)
                receiver.kill()
                receiver.communicate()
            sender.send_signal(signal.SIGINT)
            said, _ = sender.communicate(timeout=TIMEOUT_S)
        finally:
            sender.kill()
        self.assertEqual(sender.returncode, 0, said)


class Files(unittest.TestCase):

    def test_recorded_and_replayed(self):
        name = FOLDER / 'shot'
        status, said = tx(f'sigmf:{name},rate=500k', '--text', 'a fine film')
        self.assertEqual(status, 0, said)
        self.assertRegex(said, '[1-5] bursts annotated')
        receiver = start_rx(f'sigmf:{name},pace=fast', 'e')
        heard, _ = receiver.communicate(timeout=TIMEOUT_S)
        self.assertEqual(receiver.returncode, 0, heard)
        # One number of a frame in a hundred gives a second detection, without a header.
        self.assertRegex(heard, '[1-6] bursts: 1 pictures, 1 sentences')

    def test_copies(self):
        name = FOLDER / 'copies'
        status, said = tx(f'sigmf:{name},rate=500k', '--copies', 2)
        self.assertEqual(status, 0, said)
        sent = re.search(r'4 payloads in ([0-9]+) bursts', said)
        self.assertTrue(sent, said)
        self.assertEqual(int(sent[1]) % 2, 0, said)
        heard = {}
        for copies in (1, 2):
            receiver = start_rx(f'sigmf:{name},pace=fast', f'copies-{copies}', '--copies', copies)
            heard[copies], _ = receiver.communicate(timeout=TIMEOUT_S)
            self.assertEqual(receiver.returncode, 0, heard[copies])
            self.assertIn(' 1 pictures', heard[copies])
            self.assertIn('4 of 4 tiles', heard[copies])
        self.assertIn('4 dropped, duplicate', heard[1])
        self.assertNotIn('dropped', heard[2])

    def test_results_on_a_full_disk_are_told(self):
        name = FOLDER / 'short'
        status, said = tx(f'sigmf:{name},rate=500k', '--text', 'a fine film')
        self.assertEqual(status, 0, said)
        (FOLDER / 'f').mkdir()
        (FOLDER / 'f' / 'results.jsonl').symlink_to('/dev/full')
        receiver = start_rx(f'sigmf:{name},pace=fast', 'f')
        heard, _ = receiver.communicate(timeout=TIMEOUT_S)
        self.assertEqual(receiver.returncode, 1, heard)
        self.assertIn('results.jsonl: No space left on device', heard)
        self.assertIn('disk: 2 could not be written', heard)
        self.assertIn('1 pictures, 1 sentences', heard)
        self.assertTrue((FOLDER / 'f' / 'picture-1.png').exists())

    def test_full_disk_is_told(self):
        name = FOLDER / 'full'
        (FOLDER / 'full.sigmf-data').symlink_to('/dev/full')
        status, said = tx(f'sigmf:{name}')
        self.assertEqual(status, 1, said)
        self.assertIn('No space left on device', said)
        self.assertIn('5 payloads in ' if 'fine' in said else '4 payloads in ', said)


class OneProcess(unittest.TestCase):

    def test_sim(self):
        status, said = run('sim', '--model', FOLDER / 'model', '--grid', '2x2', '--image',
                           FOLDER / 'noise.png', '--out', FOLDER / 'sim', '--radio',
                           'sim,rate=200k')
        self.assertEqual(status, 0, said)
        self.assertIn('4 of 4 payloads arrived', said)
        figures = json.loads((FOLDER / 'sim' / 'figures.json').read_text())
        self.assertEqual(figures['payloads lost'], 0)
        self.assertAlmostEqual(figures['measured Es/N0 dB'], 12.0, delta=1.5)
        self.assertGreater(figures['latency p50 ms'], 0)
        self.assertLessEqual(figures['latency p50 ms'], figures['latency p99 ms'])
        line, = lines_of('sim')
        self.assertEqual((line['output'], line['file'], line['tiles']),
                         ('picture', 'picture-1.png', [4, 4]))
        self.assertGreater(line['psnr_db'], 0)

    def test_sim_with_faults(self):
        """A sine half as strong as the signal is noise to the receiver: 3 dB and more."""
        def measured(*faults):
            out = FOLDER / f'faults-{len(faults)}'
            status, said = run('sim', '--model', FOLDER / 'model', '--grid', '2x2', '--image',
                               FOLDER / 'noise.png', '--out', out, '--radio', 'sim,rate=200k',
                               *faults)
            self.assertEqual(status, 0, said)
            return json.loads((out / 'figures.json').read_text())['measured Es/N0 dB'], said

        without, _ = measured()
        value, said = measured('--fault', 'narrowband_sir_db=3', 'clip_db=6')
        self.assertIn('narrowband_sir_db 3, clip_db 6', said)
        self.assertLess(value, without - 3)

    def test_sim_writes_over_nothing(self):
        for i in (1, 2):
            status, said = run('sim', '--model', FOLDER / 'model', '--grid', '1x1', '--image',
                               FOLDER / 'noise.png', '--text', 'a film', '--out', FOLDER / 'again',
                               '--radio', 'sim,rate=500k')
            self.assertEqual(status, 0, said)
            self.assertIn('sentence ', said)
            self.assertEqual([line['file'] for line in lines_of('again') if 'file' in line],
                             [f'picture-{n}.png' for n in range(1, i + 1)])
        self.assertEqual([line['reference'] for line in lines_of('again') if 'value' in line],
                         2 * ['a film'])

    def test_questions_go_with_their_picture(self):
        status, said = run('sim', '--model', FOLDER / 'model', '--grid', '1x1', '--image',
                           FOLDER / 'noise.png', '--question', 'what ?', 'why ?', '--out',
                           FOLDER / 'questions', '--radio', 'sim,rate=500k')
        self.assertEqual(status, 0, said)
        self.assertIn('(visual_question_answering: what ? (noise))', said)
        self.assertIn('(visual_question_answering: why ? (noise))', said)
        self.assertIn('3 of 3 payloads arrived', said)
        self.assertEqual([line['about'] for line in lines_of('questions') if 'about' in line],
                         ['what ? (noise)', 'why ? (noise)'])

    def test_sounds(self):
        tone = 0.3 * np.sin(np.arange(4000) * 0.3)
        wavfile.write(FOLDER / 'tone.wav', 8000, np.int16(32767 * np.stack([tone, -tone / 2], 1)))
        status, said = run('sim', '--sound', FOLDER / 'tone.wav', '--out', FOLDER / 'sounds',
                           '--radio', 'sim,rate=500k')
        self.assertEqual(status, 0, said)
        self.assertIn('(speech_classification: tone)', said)
        self.assertIn('1 of 1 payloads arrived', said)

    def test_a_folder_that_cannot_be_made(self):
        for command in (('sim', '--text', 'a'), ('rx', '--radio', f'zmq:ipc://{FOLDER}/none')):
            with self.subTest(command):
                status, said = run(*command, '--model', FOLDER / 'model', '--out', '/proc/nowhere')
                self.assertEqual(status, 1, said)
                self.assertIn('/proc/nowhere', said)
                self.assertNotIn('Traceback', said)

    def test_errors_name_what_is_wrong(self):
        model = ('--model', FOLDER / 'model')
        for arguments, words in (
                (('tx', '--radio', 'zmp:x'), ["'zmp'", 'uhd:ARGS']),
                (('tx', '--radio', 'sim'), ["'sim'", 'gr-udeepsc sim']),
                (('rx', '--radio', 'uhd:gian=3'), ["'gain'"]),
                (('rx', '--radio', f'sigmf:{FOLDER}/none', *model), ['no such file']),
                (('rx', '--radio', 'uhd:serial=none', *model), ['no such USRP']),
                (('tx', '--radio', 'zmq:tcp://192.0.2.1:5000', *model, '--text', 'a'),
                 ['not this computer']),
                (('tx', '--radio', 'zmq:ipc:///x', '--grid', '3x3'), ["'3x3'", '8x8']),
                (('tx', '--radio', 'zmq:ipc:///x', '--model', '/none'), ['/none', 'no such file']),
                (('tx', '--radio', 'zmq:ipc:///x', *model, '--image', '/none.png'),
                 ['/none.png', 'no such file']),
                (('sim', '--radio', 'soapy:driver=none', *model, '--text', 'a'), ['freq: got nothing']),
                (('rx', '--radio', 'soapy:driver=none', *model), ["no driver 'none'"]),
                (('rx', '--radio', 'pluto:uri=ip:127.0.0.1', *model), ['no answer at']),
                (('sim', '--fault', 'dc_db=3'), ["'dc_db'", "is 'dc_dbc' meant?"]),
                (('sim', '--fault', 'dc_dbc'), ['dc_dbc=NUMBER']),
                (('sim', *model, '--text', 'a', '--fault', 'iq_phase_deg=99'),
                 ['iq_phase_deg', '-45 to 45']),
                (('sim', '--snr', 'loud'), ["'loud'", 'dB']),
                (('sim', '--sound', '/nowhere/a.wav'), ['/nowhere/a.wav', 'no such file']),
                (('sim', '--sound', FOLDER / 'noise.png'), ['noise.png', 'is no WAV file']),
                (('sim', *model, '--sound', FOLDER / 'noise.png'), ['--sound', 'no task']),
                (('sim', *model, '--multipath', 'wild', '--text', 'a'), ['wild'])):
            with self.subTest(arguments):
                status, said = run(*arguments)
                self.assertEqual(status, 2, said)
                for word in words:
                    self.assertIn(word, said)
                self.assertNotIn('Traceback', said)


if __name__ == '__main__':
    unittest.main()
