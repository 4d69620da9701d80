#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""gr-udeepsc soak: every scenario for a moment, and that its account can fail."""

import json
import os
import random
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
SOAK = ROOT / 'apps' / 'soak'
sys.path.insert(0, str(SOAK))

from account import Account, Ledger  # noqa: E402
from arguments import NAMES  # noqa: E402
from memory import KINDS, MIB, Memory  # noqa: E402
from payloads import Payloads  # noqa: E402


def soak(*arguments):
    """(exit status, the last line's figures, all output)."""
    done = subprocess.run([sys.executable, '-B', SOAK, '--json', *arguments], capture_output=True,
                          text=True, timeout=500)
    lines = done.stdout.splitlines()
    return done.returncode, json.loads(lines[-1]) if lines else {}, done.stdout + done.stderr


class Run(unittest.TestCase):

    def test_all_scenarios(self):
        status, figures, output = soak('--faults', '--rounds', str(len(NAMES)), '--scale', '0.05',
                                       '--seed', '4')
        self.assertEqual(status, 0, output)
        self.assertEqual(figures['rounds'], dict.fromkeys(NAMES, 1))
        self.assertEqual(figures['sent'], figures['received'] + sum(figures['lost'].values()))
        self.assertEqual((figures['unaccounted'], figures['twice'], figures['wrong']), (0, 0, 0))
        self.assertTrue(figures['good'])
        # Something did go wrong on purpose.
        self.assertTrue(any(reason.startswith('hit: ') for reason in figures['lost']))
        for reason in ('not a pdu', 'bad datagram', 'bad frame', 'further receiver', 'bad setting'):
            self.assertGreater(figures['refused'][reason], 0, reason)

    def test_full_queues(self):
        status, figures, output = soak('--scenario', 'crowded', '--rounds', '6', '--scale', '0.3')
        self.assertEqual(status, 0, output)
        self.assertGreater(figures['lost']['queue full: source'], 0)
        self.assertEqual(figures['sent'], figures['received'] + sum(figures['lost'].values()))

    def test_a_burst_that_disappears_is_found(self):
        status, figures, output = soak('--scenario', 'clean', '--rounds', '2', '--scale', '0.02',
                                       '--swallow')
        self.assertEqual(status, 1, output)
        self.assertEqual((figures['sent'], figures['received'], figures['unaccounted']), (80, 78, 2))
        self.assertFalse(figures['good'])
        self.assertIn('clean', figures['failures'][0])

    def test_restarts(self):
        status, figures, output = soak('--restarts', '5')
        self.assertEqual(status, 0, output)
        self.assertEqual((figures['rounds'], figures['sent']), ({'starts': 5}, figures['received']))

    def test_bad_arguments(self):
        for bad in (['--bursts', '0'], ['--scenario', 'rain'], ['--minutes', 'x'], ['--seed', '-1']):
            self.assertEqual(soak(*bad)[0], 2, bad)


class Accounts(unittest.TestCase):

    def ledger(self, sent):
        ledger = Ledger()
        for serial in range(sent):
            ledger.send(serial)
        return ledger

    def closed(self, ledger):
        ledger.close()
        return ledger.received, dict(ledger.reasons), ledger.unaccounted, ledger.twice, ledger.wrong

    def test_each_burst_has_one_end(self):
        ledger = self.ledger(6)
        ledger.arrive(0)
        ledger.excuse([0, 1], 'hit')  # 0 came all the same
        ledger.count('queue full', 2)
        self.assertEqual(ledger.owed(), 2)
        self.assertEqual(self.closed(ledger), (1, {'hit': 1, 'queue full': 2}, 2, 0, 0))

    def test_twice_and_wrong(self):
        ledger = self.ledger(2)
        for serial in (0, 0, 7):
            ledger.arrive(serial)
        ledger.arrive_wrong()
        self.assertEqual(self.closed(ledger), (1, {}, 1, 1, 2))
        account = Account()
        account.add(ledger, 'round 3')
        self.assertFalse(account.balanced())
        self.assertIn('round 3', account.failures[0])

    def test_what_blocks_count_beyond_it_is_no_burst(self):
        ledger = self.ledger(1)
        ledger.count('stopped', 5)
        self.assertEqual(self.closed(ledger), (0, {'stopped': 1}, 0, 0, 0))
        self.assertTrue(ledger.balanced())

    def test_payloads(self):
        mine, others = Payloads(1), Payloads(2)
        for filling in (0, 3, 100):
            data = mine.data(9, filling)
            self.assertEqual(mine.serial_of(data), 9)
            self.assertIsNone(others.serial_of(data))
            self.assertIsNone(mine.serial_of(data[:-1]))
            self.assertIsNone(mine.serial_of(bytes([data[0] ^ 1]) + data[1:]))


class MemoryFigures(unittest.TestCase):

    def growing(self, kib_per_1000, noise_mib, samples=200, bursts=5000):
        """What is told of memory that grows like that."""
        rng = random.Random(1)
        memory = Memory()
        for i in range(samples):
            done = (i + 1) * bursts
            held = 200 * MIB + kib_per_1000 * done / 1000 * 1024
            memory.add(done, [held + rng.uniform(-noise_mib, noise_mib) * MIB] * len(KINDS))
        return memory

    def test_flat(self):
        memory = self.growing(0, 3)
        self.assertEqual(memory.growing(), [])
        slope = memory.slopes()['resident']
        self.assertLess(abs(slope.kib), 2 * slope.interval)

    def test_a_leak(self):
        memory = self.growing(32, 3)  # the smallest piece of a heap, each burst
        self.assertEqual(memory.growing(), ['resident', 'heap'])
        self.assertAlmostEqual(memory.slopes()['heap'].kib, 32, delta=2)

    def test_too_little_to_say(self):
        self.assertEqual(self.growing(32, 3, samples=10).slopes(), {})


if __name__ == '__main__':
    unittest.main()
