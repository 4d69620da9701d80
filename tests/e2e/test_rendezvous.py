#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`udeepsc train` in processes that meet: how they find each other, and what if one is gone.

On the loopback device, and between network namespaces with a link that can be cut, where
these may be made.
"""

import json
import os
import re
import signal
import socket
import subprocess
import time
import unittest

import numpy as np

import small_data as sd
from safetensors_file import SafetensorsFile

STEPS, CHECKPOINT = 40, 10
WITHIN = 100  # seconds for what takes three on a machine that does nothing else
SLACK = 15    # seconds that a process may take to start and to end, beside its --timeout
LAUNCHERS = ('RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT', 'TORCHELASTIC_USE_AGENT_STORE',
             'SLURM_PROCID', 'SLURM_NTASKS', 'SLURM_LAUNCH_NODE_IPADDR')
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in LAUNCHERS}

SHOP = EXPECTED = None


def setUpModule():
    global SHOP, EXPECTED
    SHOP = sd.Workshop()
    EXPECTED = SHOP.train('expected', training(), '--workers', 2)


def tearDownModule():
    SHOP.close()


def training(**more):
    return sd.config(STEPS, sd.TEXT_TASKS, checkpoint_every=CHECKPOINT, **more)


def free_ports(count=1):
    """The first of so many neighbouring ports that nobody uses now."""
    while True:
        with socket.socket() as first:
            first.bind(('127.0.0.1', 0))
            port = first.getsockname()[1]
            try:
                for other in range(port + 1, port + count):
                    with socket.socket() as s:
                        s.bind(('127.0.0.1', other))
                return port
            except (OSError, OverflowError):
                pass


def end(process):
    if process.poll() is None:
        process.kill()
    process.communicate()


class Loopback:
    """Where two ranks meet: on this machine."""

    def __init__(self):
        self.address = f'127.0.0.1:{free_ports()}'

    def prefix(self, rank):
        return []


class Ranks(unittest.TestCase):
    """Starts ranks, each with a folder of its own, and ends those that a test leaves."""

    def start(self, name, rank, *more, config=None, prefix=(), variables=None):
        out = SHOP.folder / f'{name}-{rank}'
        command = SHOP.train_command(name, config or training(), *more, out=out)
        if rank > 0:  # rank 0 sends its tokenizer
            given = command.index('--tokenizer')
            del command[given:given + 2]
        process = subprocess.Popen([*prefix, sd.UDEEPSC, *map(str, command)],
                                   env={**ENVIRONMENT, **(variables or {})}, text=True,
                                   errors='replace', stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        self.addCleanup(end, process)
        process.out = out
        return process

    def start_both(self, name, place, *more, **options):
        return [self.start(name, rank, '--rendezvous', place.address, '--rank', rank,
                           '--world-size', 2, *more, prefix=place.prefix(rank), **options)
                for rank in (0, 1)]

    def wait_for_checkpoint(self, ranks):
        """In mid-training, one way or the other."""
        deadline = time.monotonic() + WITHIN
        while not (ranks[0].out / 'checkpoint.safetensors').exists():
            for rank in ranks:
                if rank.poll() is not None:
                    self.fail(f'ended early: {rank.communicate()[1]}')
            self.assertLess(time.monotonic(), deadline, 'no checkpoint')
            time.sleep(0.002)

    def finish(self, ranks):
        """Both train to the end; gives what rank 0 said."""
        said = [rank.communicate(timeout=WITHIN)[1] for rank in ranks]
        self.assertEqual([rank.returncode for rank in ranks], [0, 0], said)
        return said[0]

    def refused(self, process, *words, within=WITHIN):
        """Ends by itself with status 1 and one line that has these words."""
        try:
            said = process.communicate(timeout=within)[1]
        except subprocess.TimeoutExpired:
            self.fail(f'still runs after {within} s')
        lines = [line for line in said.splitlines()
                 if not re.match(r'\[?[IWE]\d{4,8} |WARNING: Logging before', line)]  # c10d's log
        self.assertEqual(process.returncode, 1, said)
        self.assertEqual(len(lines), 1, said)
        self.assertTrue(lines[0].startswith('udeepsc: '), said)
        self.assertNotIn('unexpected', said)
        for word in words:
            self.assertIn(word, lines[0])
        return lines[0]

    def assert_as_expected(self, out, expected=None):
        for name in ('model.safetensors', 'checkpoint.safetensors'):
            same = (out / name).read_bytes() == ((expected or EXPECTED) / name).read_bytes()
            self.assertTrue(same, f'{name} differs')

    def assert_only_rank_0_wrote(self, ranks):
        self.assertEqual(sorted(f.name for f in ranks[0].out.iterdir()),
                         ['checkpoint.safetensors', 'log.jsonl', 'model.safetensors',
                          'tokenizer.model'])
        self.assertEqual(list(ranks[1].out.iterdir()), [])

    def meet(self, name, place):
        ranks = self.start_both(name, place)
        self.finish(ranks)
        self.assert_as_expected(ranks[0].out)
        self.assert_only_rank_0_wrote(ranks)

    def kill_and_resume(self, name, place, victim):
        ranks = self.start_both(name, place)
        self.wait_for_checkpoint(ranks)
        ranks[victim].kill()
        self.refused(ranks[1 - victim], f'rank {1 - victim} of 2 lost the others', within=SLACK)
        ranks[victim].wait()
        ranks = self.start_both(name, place, '--resume')
        self.assertRegex(self.finish(ranks), r'resuming at step [123]0')
        # Equal only if the ranks had the same weights, because rank 1 now went on from rank 0's.
        self.assert_as_expected(ranks[0].out)


class Meeting(Ranks):

    def test_by_options(self):
        self.meet('options', Loopback())

    def test_by_variables_of_torchrun(self):
        """In a job of SLURM, where its agent listens at MASTER_PORT itself."""
        port = free_ports(2)
        common = dict(WORLD_SIZE='2', MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port),
                      TORCHELASTIC_USE_AGENT_STORE='True', SLURM_PROCID='0', SLURM_NTASKS='1',
                      SLURM_LAUNCH_NODE_IPADDR='192.0.2.1')
        with socket.create_server(('127.0.0.1', port)):
            ranks = [self.start('torchrun', rank, '--timeout', 60,
                                variables=dict(common, RANK=str(rank))) for rank in (0, 1)]
            self.finish(ranks)
        self.assert_as_expected(ranks[0].out)
        self.assert_only_rank_0_wrote(ranks)

    def test_by_variables_of_slurm(self):
        common = dict(SLURM_NTASKS='2', SLURM_LAUNCH_NODE_IPADDR='127.0.0.1',
                      MASTER_PORT=str(free_ports()))
        ranks = [self.start('slurm', rank, variables=dict(common, SLURM_PROCID=str(rank)))
                 for rank in (0, 1)]
        self.finish(ranks)
        self.assert_as_expected(ranks[0].out)
        self.assert_only_rank_0_wrote(ranks)

    def test_nobody_comes(self):
        places = [Loopback(), Loopback()]
        started = time.monotonic()
        ranks = [self.start('alone', rank, '--rendezvous', places[rank].address, '--rank', rank,
                            '--world-size', 2, '--timeout', 3) for rank in (0, 1)]
        self.refused(ranks[0], places[0].address, 'rank 1 of 2 did not come within 3 s')
        self.refused(ranks[1], f'rank 1 of 2 found no rank 0 at {places[1].address}')
        self.assertLess(time.monotonic() - started, 3 + SLACK)

    def test_something_else_answers(self):
        """That is not a rank that is missing: LibTorch 1.13 knows at once; 2.6 asks again
        until its time is over."""
        with socket.create_server(('127.0.0.1', 0)) as server:
            address = f'127.0.0.1:{server.getsockname()[1]}'
            rank = self.start('else', 1, '--rendezvous', address, '--rank', 1, '--world-size', 2,
                              '--timeout', 3)
            server.settimeout(WITHIN)
            server.accept()[0].close()
            said = self.refused(rank, address)
            self.assertRegex(said, 'rank 1 of 2 (lost|found no) rank 0')

    def test_a_rank_that_is_there_already(self):
        place = Loopback()
        ranks = [self.start('twice', rank, '--rendezvous', place.address, '--rank', rank,
                            '--world-size', 3) for rank in (0, 1, 1)]
        deadline = time.monotonic() + WITHIN
        while not (ended := [r for r in ranks if r.poll() is not None]):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.refused(ended[0], place.address, 'another process is rank 1 already')

    def test_configurations_that_differ(self):
        for place, (part, other) in [(Loopback(), ('training', training(seed=4))),
                                     (Loopback(), ('phases', sd.config(STEPS + 1, sd.TEXT_TASKS,
                                                                       checkpoint_every=CHECKPOINT)))]:
            with self.subTest(part=part):
                ranks = [self.start(f'differ-{rank}', rank, '--rendezvous', place.address,
                                    '--rank', rank, '--world-size', 2, config=config)
                         for rank, config in enumerate((training(), other))]
                self.refused(ranks[1], f'rank 1 of 2 has other {part} than rank 0')
                self.refused(ranks[0], 'rank 0 of 2 lost the others')

    def test_bad_values(self):
        torchrun = dict(RANK='1', WORLD_SIZE='2', MASTER_ADDR='127.0.0.1', MASTER_PORT='29500')
        two = ('--rank', 1, '--world-size', 2, '--rendezvous')
        cases = [
            (('--rank', 5, '--world-size', 2, '--rendezvous', '127.0.0.1:29500'), {},
             'rank is 5, expected 0 to 1'),
            ((*two, '127.0.0.1'), {}, '"127.0.0.1", expected HOST:PORT'),
            ((*two, '127.0.0.1:'), {}, 'expected HOST:PORT'),
            ((*two, '127.0.0.1:0'), {}, 'port is "0", expected a number from 1 to 65535'),
            ((*two, '127.0.0.1:70000'), {}, 'port is "70000"'),
            ((), dict(torchrun, RANK='abc'), 'RANK is "abc"'),
            ((), dict(torchrun, WORLD_SIZE=''), 'WORLD_SIZE is ""'),
            ((), dict(torchrun, MASTER_PORT='99999'), 'MASTER_PORT is "99999"'),
            ((), dict(SLURM_PROCID='1', SLURM_NTASKS='2'), '--rendezvous HOST:PORT of rank 0'),
        ]
        started = [self.start('bad', 1, *more, variables=variables)
                   for more, variables, _ in cases]
        for process, (more, variables, words) in zip(started, cases):
            with self.subTest(options=more, variables=variables):
                self.refused(process, words)


class Losing(Ranks):

    def test_one_killed_and_both_resumed(self):
        self.kill_and_resume('killed', Loopback(), victim=1)

    def test_one_stopped(self):
        """One that sleeps is given up; when it wakes, it finds that out itself."""
        ranks = self.start_both('stopped', Loopback(), '--timeout', 2)
        self.wait_for_checkpoint(ranks)
        ranks[0].send_signal(signal.SIGSTOP)
        self.refused(ranks[1], 'rank 1 of 2 lost the others', within=2 + SLACK)
        ranks[0].send_signal(signal.SIGCONT)
        self.refused(ranks[0], 'rank 0 of 2 lost the others', within=2 + SLACK)

    def test_nothing_to_resume(self):
        ranks = self.start_both('nothing', Loopback(), '--resume')
        self.refused(ranks[0], f'no {ranks[0].out}/checkpoint.safetensors to resume from')
        self.refused(ranks[1], 'rank 1 of 2 lost the others')


class MixedRanks(Ranks):
    """Each rank draws a task of its own in each step."""

    def test_trains(self):
        config = training(mixed_ranks=True)
        whole = SHOP.train('mixed-whole', config, '--workers', 2)
        checkpoint = SafetensorsFile(whole / 'checkpoint.safetensors')
        steps = json.loads(checkpoint.metadata['counters'])['optimizer_steps']
        of_tasks = [steps[f'encoder.text.project.{task}.weight'] for task in sd.TEXT_TASKS]
        self.assertGreater(sum(of_tasks), STEPS, 'both ranks drew the same tasks')
        for name, (kind, _, content) in checkpoint.tensors.items():
            self.assertEqual(kind, 'F32')
            self.assertTrue(np.isfinite(np.frombuffer(content, '<f4')).all(), name)
        # Stopped at its first checkpoint and resumed, rank 1 goes on from rank 0's weights.
        variables = dict(WORLD_SIZE='2', MASTER_ADDR='127.0.0.1', MASTER_PORT=str(free_ports()))
        for more in (('--max-minutes', 1e-6), ('--resume',)):
            ranks = [self.start('mixed', rank, *more, config=config,
                                variables=dict(variables, RANK=str(rank))) for rank in (0, 1)]
            said = self.finish(ranks)
        self.assertIn(f'resuming at step {CHECKPOINT}', said)
        self.assert_as_expected(ranks[0].out, whole)


class Namespaces:
    """Where two ranks meet: 10.77.0.1 and 10.77.0.2, at the ends of one link."""

    NAMES = [f'udeepsc-{os.getpid()}-{rank}' for rank in (0, 1)]
    address = '10.77.0.1:29500'

    def make(self):
        """Raises SkipTest with the reason where this may not be done."""
        first, second = self.NAMES
        for name in self.NAMES:
            self._ip('netns', 'add', name)
        self._ip('link', 'add', 'link0', 'netns', first, 'type', 'veth',
                 'peer', 'name', 'link1', 'netns', second)
        for rank, name in enumerate(self.NAMES):
            self._ip('-n', name, 'address', 'add', f'10.77.0.{rank + 1}/24', 'dev', f'link{rank}')
            self._ip('-n', name, 'link', 'set', 'lo', 'up')
            self._ip('-n', name, 'link', 'set', f'link{rank}', 'up')
            self._ip('netns', 'exec', name, 'true')

    def remove(self):
        for name in self.NAMES:
            subprocess.run(['ip', 'netns', 'del', name], stderr=subprocess.DEVNULL, check=False)

    def set_link(self, state):
        subprocess.run(['ip', '-n', self.NAMES[1], 'link', 'set', 'link1', state], check=True)

    def prefix(self, rank):
        return ['ip', 'netns', 'exec', self.NAMES[rank]]

    @staticmethod
    def _ip(*arguments):
        done = subprocess.run(['ip', *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise unittest.SkipTest(f'no network namespaces here: ip {" ".join(arguments)}: '
                                    f'{done.stderr.strip()}')


class BetweenNamespaces(Ranks):

    @classmethod
    def setUpClass(cls):
        cls.place = Namespaces()
        cls.addClassCleanup(cls.remove)
        try:
            cls.place.make()
        except FileNotFoundError:
            raise unittest.SkipTest('no network namespaces here: iproute2 is missing') from None

    @classmethod
    def remove(cls):
        try:
            cls.place.remove()
        except FileNotFoundError:
            pass

    def test_same_weights(self):
        self.meet('namespaces', self.place)

    def test_one_killed_and_both_resumed(self):
        self.kill_and_resume('namespaces-killed', self.place, victim=0)

    def test_link_is_cut(self):
        ranks = self.start_both('cut', self.place, '--timeout', 3)
        self.wait_for_checkpoint(ranks)
        self.place.set_link('down')
        self.addCleanup(self.place.set_link, 'up')
        for number, rank in enumerate(ranks):
            self.refused(rank, f'rank {number} of 2 lost the others', within=3 + SLACK)


if __name__ == '__main__':
    unittest.main()
