#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./gr-udeepsc node` and `chat`: two stations as two processes, as their users start them."""

import json
import subprocess
import time
import unittest

from radio_fixture import FOLDER, TIMEOUT_S, run, set_up, start

MODEL = ('--model', FOLDER / 'model', '--grid', '2x2')
setUpModule = set_up


def radios(name):
    one, two = (f'zmq:ipc://{FOLDER}/{name}-{end}' for end in 'ab')
    return ('--radio', one, '--receive', two), ('--radio', two, '--receive', one)


class Chat(unittest.TestCase):

    def hear(self, process, *words):
        """Lines of its output up to the one with the last of these words, which come in order."""
        lines, wanted, end = [], list(words), time.monotonic() + TIMEOUT_S
        while wanted and time.monotonic() < end:
            line = process.stdout.readline()
            if not line:
                break
            lines.append(line)
            if wanted[0] in line:
                wanted.pop(0)
        self.assertEqual(wanted, [], ''.join(lines))
        return lines

    def test_two_stations(self):
        here, there = radios('talk')
        out = FOLDER / 'heard'
        chat = start('chat', *here, '--name', 8, '--to', 7, *MODEL, '--out', FOLDER / 'mine',
                     stdin=subprocess.PIPE, bufsize=1)
        node = start('node', *there, '--name', 7, *MODEL, '--out', out, bufsize=1)
        try:
            self.hear(node, 'station 7')
            self.hear(chat, 'station 8', '/quit')

            def say(line, *words):
                chat.stdin.write(line + '\n')
                return self.hear(chat, *words)

            say('a fine film', '"a fine film": has come')
            self.hear(node, '8: sentence')
            say('/exact QRV 433.5 MHz', 'QRV 433.5 MHz": sent')
            self.hear(node, '8: QRV 433.5 MHz')
            say(f'/picture {FOLDER}/noise.png', 'noise.png: sent')
            self.hear(node, '4 of 4 tiles')
            # What cannot be done is told, and nothing else happens.
            for line, words in (('/picture /nowhere', 'no such file'), ('/to everybody', '/to'),
                                ('/shout', "'/shout'"), ('/exact ' + 254 * 'x', '1 to 253'),
                                ('/exact', '1 to 253'), (100_000 * 'a', '100000 letters')):
                say(line, words)
            say('/who', 'nobody so far')
            said, _ = chat.communicate('/quit\n', timeout=TIMEOUT_S)
            self.assertEqual(chat.returncode, 0, said)
            self.assertIn('1 acknowledged', said)
            node.terminate()
            said, _ = node.communicate(timeout=TIMEOUT_S)
            self.assertIn('received', said)
        finally:
            for process in (chat, node):
                process.kill()
                process.communicate()
        lines = [json.loads(line) for line in (out / '8' / 'results.jsonl').read_text().splitlines()]
        self.assertEqual([line['output'] for line in lines], ['sentence', 'picture'])
        self.assertTrue((out / '8' / lines[1]['file']).exists())

    def test_bad_input(self):
        here, _ = radios('bad')
        for words, arguments in (
                ('--name', here), ('expected a whole number', (*here, '--name', '255')),
                ('--receive', (*here, '--name', '1', '--receive', 'sim')),
                ("got 'sigmf:x'", ('--radio', 'sigmf:x', '--name', '1')),
                ('freq', ('--radio', 'uhd:type=b200', '--name', '1', *MODEL)),
                ('/nowhere', (*here, '--name', '1', '--key', '/nowhere', *MODEL))):
            for command in ('node', 'chat'):
                with self.subTest(command, words=words):
                    status, said = run(command, *arguments, stdin=subprocess.DEVNULL)
                    self.assertEqual(status, 2, said)
                    self.assertIn(words, said)
                    self.assertNotIn('Traceback', said)


if __name__ == '__main__':
    unittest.main()
