#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`udeepsc train` and `prepare`: learning, exact resumption, several processes, bad input."""

import json
import shutil
import signal
import subprocess
import time
import unittest
from pathlib import Path

import small_data as sd
from safetensors_file import SafetensorsFile

SHOP = None


def setUpModule():
    global SHOP
    SHOP = sd.Workshop()


def tearDownModule():
    SHOP.close()


def train_and_kill(name, training, at_step, *more):
    """Starts a training and kills it once its log has reached `at_step`."""
    out = SHOP.folder / name
    command = [sd.UDEEPSC, *map(str, SHOP.train_command(name, training, *more))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               text=True)
    log = out / 'log.jsonl'
    deadline = time.monotonic() + 240
    try:
        while not (log.exists() and any(f'"step":{at_step},' in line
                                        for line in log.read_text().splitlines())):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f'never reached step {at_step}: {process.stderr.read()}')
            time.sleep(0.002)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return out


class Resumption(unittest.TestCase):
    """A run that was killed and started again ends in the very same bits."""

    def assert_same_files(self, out, expected):
        for name in ('checkpoint.safetensors', 'model.safetensors'):
            a, b = SafetensorsFile(out / name), SafetensorsFile(expected / name)
            self.assertEqual(a.metadata, b.metadata)
            self.assertEqual(list(a.tensors), list(b.tensors))
            differ = [t for t in a.tensors if a.tensors[t] != b.tensors[t]]
            self.assertEqual(differ, [], f'{name}: tensors that differ')

    def killed_and_resumed(self, name, training, *more):
        whole = SHOP.train(name + '-whole', training, *more)
        killed = train_and_kill(name + '-killed', training, 150, *more)
        checkpoint = SafetensorsFile(killed / 'checkpoint.safetensors')
        self.assertEqual(json.loads(checkpoint.metadata['counters'])['step'], 130)
        done = sd.run(*SHOP.train_command(name + '-killed', training, *more))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('resuming at step 130', done.stderr)
        return whole, killed

    # More than 200 digital steps: dead codewords are looked for every 200.
    TRAINING = dict(checkpoint_every=130, learning_rate=2e-3)

    def test_all_tasks(self):
        training = sd.config(160, **self.TRAINING)
        training['training']['phases'].insert(
            0, {'steps': 40, 'digital': False, 'snr_db': [10, 12]})
        whole, killed = self.killed_and_resumed('all', training)
        self.assert_same_files(killed, whole)
        self.assertEqual([line['step'] for line in sd.log_of(whole)], [50, 100, 150, 200])
        # What came after the checkpoint was done twice.
        self.assertEqual([line['step'] for line in sd.log_of(killed)], [50, 100, 150, 150, 200])

    def test_across_the_revival_of_codewords(self):
        training = sd.config(260, sd.TEXT_TASKS, **self.TRAINING)
        whole, killed = self.killed_and_resumed('revival', training)
        self.assert_same_files(killed, whole)

    def test_two_workers(self):
        # Worker 1 goes on from worker 0's weights after the resumption, from its own without
        # it: the results are equal only if the workers' weights are.
        training = sd.config(160, sd.TEXT_TASKS, **self.TRAINING)
        whole, killed = self.killed_and_resumed('two', training, '--workers', 2)
        self.assert_same_files(killed, whole)
        alone = SHOP.train('one', training)
        a = SafetensorsFile(whole / 'model.safetensors')
        b = SafetensorsFile(alone / 'model.safetensors')
        self.assertNotEqual(a.tensors, b.tensors, 'the second worker changed nothing')

    def test_two_workers_across_the_revival_of_codewords(self):
        training = sd.config(260, sd.TEXT_TASKS, **self.TRAINING)
        whole, killed = self.killed_and_resumed('two-revival', training, '--workers', 2)
        self.assert_same_files(killed, whole)


class Learning(unittest.TestCase):

    def losses(self, name, **training):
        log = sd.log_of(SHOP.train(name, sd.config(300, **training)))
        self.assertEqual([line['step'] for line in log], [50, 100, 150, 200, 250, 300])
        return {task: [line[task]['loss'] for line in log] for task in sd.TASKS}

    def test_loss_falls(self):
        # By how much at least: of cross-entropies that begin near ln 10, ln 2 and ln 80; the
        # loss of a picture is ln(MSE), so that 0.5 are 2.2 dB.
        least = {'image_classification': 0.3, 'image_reconstruction': 0.5,
                 'text_classification': 0.2, 'text_reconstruction': 1.0}
        learning = self.losses('learning')
        control = self.losses('control', learning_rate=1e-9, final_learning_rate=1e-9)
        for task in sd.TASKS:
            with self.subTest(task=task):
                self.assertLess(learning[task][-1], learning[task][0] - least[task])
                # Batches of 16 and the noise make a mean of 12 steps uncertain by less.
                self.assertGreater(control[task][-1], control[task][0] - 0.5 * least[task])


class MixedPrecision(unittest.TestCase):

    def test_every_task_trains_in_bf16(self):
        command = SHOP.train_command('bf16', sd.config(30))
        command[command.index('fp32')] = 'bf16'
        done = sd.run(*command)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((SHOP.folder / 'bf16' / 'model.safetensors').exists())


class TokenizerOfATraining(unittest.TestCase):
    """A training goes on with the tokenizer that it began with, however it came by it."""

    def go_on(self, steps, *more):
        """Without --tokenizer."""
        training = sd.config(steps, ['text_classification'], checkpoint_every=2)
        command = SHOP.train_command('own-words', training, *more)
        given = command.index('--tokenizer')
        del command[given:given + 2]
        return sd.run(*command)

    def test_is_the_start_models(self):
        first = SHOP.train('first-words', sd.config(2, ['text_classification']))
        done = self.go_on(2, '--start-from', first / 'model.safetensors')
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.go_on(4, '--resume')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn('learning a tokenizer', done.stderr)
        a, b = (SafetensorsFile(SHOP.folder / name / 'model.safetensors').tensors['tokenizer']
                for name in ('first-words', 'own-words'))
        self.assertEqual(a, b)

        other = SHOP.folder / 'other-vocab.txt'
        other.write_text(SHOP.vocabulary.read_text() + 'otherwise\n')
        done = self.go_on(6, '--resume', '--tokenizer', other)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn('began with another one', done.stderr)

        (SHOP.folder / 'own-words' / 'tokenizer.model').unlink()
        done = self.go_on(6, '--resume')
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn('no ' + str(SHOP.folder / 'own-words' / 'tokenizer.model'), done.stderr)


class BadInput(unittest.TestCase):

    def refused(self, name, training, *words, data=None, tokenizer=None, more=(), out=None):
        command = [str(a) for a in SHOP.train_command(name, training, *more, out=out)]
        for option, value in (('--data', data), ('--tokenizer', tokenizer)):
            if value:
                command[command.index(option) + 1] = str(value)
        done = sd.run(*command)
        self.assertEqual(done.returncode, 1, done.stderr)
        for word in words:
            self.assertIn(str(word), done.stderr)
        self.assertNotIn('unexpected', done.stderr)
        return done

    def damaged_data(self, name):
        folder = SHOP.folder / name
        shutil.copytree(SHOP.data, folder)
        return folder

    def test_unknown_fields(self):
        good = sd.config(1)
        for name, change in {
                'learning_rte': lambda c: c['training'].update(learning_rte=1),
                'widen': lambda c: c['training']['phases'][0].update(widen=1),
                'headz': lambda c: c['model']['encoders']['image'].update(headz=2),
                'wait': lambda c: c['training']['tasks']['text_classification'].update(wait=1),
                'no_such_task': lambda c: c['training']['tasks'].update(no_such_task={})}.items():
            with self.subTest(field=name):
                training = json.loads(json.dumps(good))
                change(training)
                self.refused('field', training, 'field.json', f'"{name}"')

    def test_sizes_that_no_machine_has(self):
        training = sd.config(1)
        training['model']['encoders']['image'].update(dim=8192, ffn=32768, semantic_layers=64)
        self.refused('huge', training, 'huge.json', 'parameters')

    def test_data_folder_that_lacks_a_file(self):
        for file in ('cifar-10-batches-bin/data_batch_3.bin', 'SST-2/train.tsv',
                     'cifar-10-batches-bin/batches.meta.txt'):
            with self.subTest(file=file):
                data = self.damaged_data('lacks-' + Path(file).stem)
                (data / file).unlink()
                self.refused('lacks', sd.config(1), data / file, 'No such file', data=data)
        self.refused('lacks', sd.config(1), '/no/such/folder', data='/no/such/folder')

    def test_damaged_data(self):
        data = self.damaged_data('damaged')
        batch = data / 'cifar-10-batches-bin' / 'data_batch_2.bin'
        whole = batch.read_bytes()
        batch.write_bytes(whole[:-1])
        self.refused('damaged', sd.config(1), batch, 'multiple of 3073', data=data)
        batch.write_bytes(whole[:3073] + b'\x0b' + whole[3074:])
        self.refused('damaged', sd.config(1), batch, 'record 1', '11', data=data)
        batch.write_bytes(whole)
        train = data / 'SST-2' / 'train.tsv'
        train.write_bytes(train.read_bytes() + b'fine \xff words\t1\n')
        self.refused('damaged', sd.config(1), train, 'UTF-8', data=data)

    def test_workers_and_prepare_refuse_too(self):
        data = self.damaged_data('workers')
        (data / 'SST-2' / 'train.tsv').unlink()
        self.refused('workers', sd.config(1), 'train.tsv', data=data, more=('--workers', 2))
        done = sd.run('prepare', SHOP.folder / 'workers.json', '--data', data,
                      '--out', SHOP.folder / 'prepared', '--tokenizer', SHOP.vocabulary)
        self.assertEqual(done.returncode, 1)
        self.assertIn('train.tsv', done.stderr)

    def test_prepare_counts(self):
        training = sd.write_json(SHOP.folder / 'prepare.json', sd.config(1))
        done = sd.run('prepare', training, '--data', SHOP.data, '--out', SHOP.folder / 'prepared',
                      '--tokenizer', SHOP.vocabulary)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r'image_classification +cifar10, train: 240 samples, 10 classes')
        self.assertRegex(done.stdout, r'text_reconstruction +sst2, train: 200 samples')

    def test_tokenizer_that_is_none(self):
        wrong = SHOP.folder / 'wrong.txt'
        wrong.write_text('first\nsecond\n')
        self.refused('none', sd.config(1), '[PAD]', tokenizer=wrong)
        missing = SHOP.folder / 'missing.txt'
        self.refused('none', sd.config(1), missing, 'No such file', tokenizer=missing)

    def test_output_that_cannot_be_a_folder(self):
        self.refused('nowhere', sd.config(1), '/proc/nowhere', out='/proc/nowhere')
        self.refused('file', sd.config(1), SHOP.vocabulary, out=SHOP.vocabulary)


class OldCheckpoint(unittest.TestCase):
    """What a run finds in its folder, and what a full disk leaves there."""

    def test_of_another_model(self):
        training = sd.config(2, sd.TEXT_TASKS)
        out = SHOP.train('other', training)
        before = (out / 'checkpoint.safetensors').read_bytes()
        training['model']['decoder']['ffn'] = 48
        done = sd.run(*SHOP.train_command('other', training))
        self.assertEqual(done.returncode, 1)
        self.assertIn('another model configuration', done.stderr)
        self.assertIn(str(out / 'checkpoint.safetensors'), done.stderr)
        self.assertEqual((out / 'checkpoint.safetensors').read_bytes(), before)

    def test_of_other_tasks(self):
        out = SHOP.train('fewer', sd.config(2, sd.TEXT_TASKS[:1]))
        done = sd.run(*SHOP.train_command('fewer', sd.config(4, sd.TEXT_TASKS)))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(str(out / 'checkpoint.safetensors'), done.stderr)

    def test_cut_short(self):
        training = sd.config(2, sd.TEXT_TASKS)
        path = SHOP.train('cut', training) / 'checkpoint.safetensors'
        path.write_bytes(path.read_bytes()[:-100])
        done = sd.run(*SHOP.train_command('cut', training))
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(path), done.stderr)

    def test_full_disk(self):
        training = sd.config(4, sd.TEXT_TASKS)
        first = SHOP.train('full', sd.config(2, sd.TEXT_TASKS))
        disk = SHOP.folder / 'disk'
        disk.mkdir()
        mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk],
                                 capture_output=True).returncode == 0
        if not mounted:
            self.skipTest('a small file system can be mounted by root only')
        try:
            for file in first.iterdir():
                shutil.copy(file, disk)
            before = {f.name: f.read_bytes() for f in disk.iterdir() if f.suffix != '.jsonl'}
            with open(disk / 'filler', 'wb', buffering=0) as filler:
                try:
                    while filler.write(bytes(4096)) == 4096:
                        pass
                except OSError:
                    pass
            done = sd.run(*SHOP.train_command('full', training, out=disk))
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(f"writing '{disk}/checkpoint.safetensors'", done.stderr)
            self.assertIn('No space left on device', done.stderr)
            left = {f.name: f.read_bytes() for f in disk.iterdir()
                    if f.suffix != '.jsonl' and f.name != 'filler'}
            self.assertEqual(left, before)
            (disk / 'filler').unlink()  # with room again, it goes on
            done = sd.run(*SHOP.train_command('full', training, out=disk))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn('resuming at step 2', done.stderr)
        finally:
            subprocess.run(['umount', disk], check=True)


if __name__ == '__main__':
    unittest.main()
