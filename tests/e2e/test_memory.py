#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver that remembers: trained on small stories, with and without what came before."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

import small_data as sd

PEOPLE = ['Mary', 'John', 'Daniel', 'Sandra']
PLACES = ['kitchen', 'garden', 'office', 'hallway']
WAYS = ['went to', 'moved to', 'ran to']
STORIES = {'train': 700, 'test': 60}
TASK = 'story_question_answering'
FOLDER = MODEL = None


def story(random):
    """Six sentences with a question after every second one, as bAbI's first task."""
    lines, where = [], {}
    for _ in range(3):
        for _ in range(2):
            person, place = random.choice(PEOPLE), random.choice(PLACES)
            where[person] = place
            lines.append(f'{person} {random.choice(WAYS)} the {place}.')
        person = random.choice(list(where))
        lines.append(f'Where is {person}? \t{where[person]}\t1')
    return ''.join(f'{number} {line}\n' for number, line in enumerate(lines, 1))


def write_stories(folder):
    random = np.random.default_rng(5)
    babi = Path(folder) / 'babi' / 'en-10k'
    babi.mkdir(parents=True)
    for task in range(1, 21):
        for split, count in STORIES.items():
            many = count if task == 1 else 10
            (babi / f'qa{task}_x_{split}.txt').write_text(
                ''.join(story(random) for _ in range(many)))


def config():
    text = {'kind': 'text', 'dim': 48, 'heads': 2, 'semantic_layers': 0, 'selection_modules': 1,
            'ffn': 64, 'tokenizer': 'words', 'vector_of': 'sentence', 'vocabulary': 40,
            'max_tokens': 8}
    return {
        'model': {
            'name': 'remembers', 'encoders': {'sentence': text, 'question': text},
            'decoder': {'dim': 48, 'heads': 2, 'layers': 1, 'ffn': 96, 'memory_steps': 2},
            'codebook': {'entries': 16, 'subvector_dim': 2},
            'modulation': '16qam', 'mapping': 'symbol',
            'tasks': [{'name': TASK, 'output': 'label', 'data': ['babi'], 'classes': PLACES,
                       'inputs': {'sentence': {'subvectors': 16, 'memory': 6},
                                  'question': {'subvectors': 16}}}]},
        'training': {
            'tasks': {TASK: {'batch': 64, 'data': ['babi-1']}},
            'phases': [{'steps': 400, 'digital': True, 'train_ratio': False, 'snr_db': [4, 14]}],
            'learning_rate': 3e-3, 'final_learning_rate': 1e-4, 'warmup_steps': 20,
            'word_dropout': 0.0, 'rayleigh': 0.1, 'seed': 2, 'checkpoint_every': 1000}}


def trained(name, configuration):
    """The model file of a training in a folder of this name."""
    training = sd.write_json(Path(FOLDER.name) / f'{name}.json', configuration)
    done = sd.run('train', training, '--data', FOLDER.name, '--out', Path(FOLDER.name) / name,
                  '--quiet', '--precision', 'fp32')
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Path(FOLDER.name) / name / 'model.safetensors'


def setUpModule():
    global FOLDER, MODEL
    FOLDER = tempfile.TemporaryDirectory(prefix='udeepsc-e2e-')
    write_stories(FOLDER.name)
    MODEL = trained('run', config())


def tearDownModule():
    FOLDER.cleanup()


def measured(command, *more, model=None):
    done = sd.run(command, '--model', model or MODEL, '--data', FOLDER.name, '--task', TASK, '--json', *more)
    if done.returncode:
        raise AssertionError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Stories(unittest.TestCase):

    def test_answers_come_from_what_was_said_before(self):
        with_memory = measured('eval', '--dataset', 'babi-1', '--snr', '12')[0]
        without = measured('eval', '--dataset', 'babi-1', '--snr', '12', '--memory', 'off')[0]
        self.assertEqual((with_memory['memory'], without['memory']), (True, False))
        self.assertEqual(with_memory['n'], 180)
        self.assertGreater(with_memory['value'], 0.85)
        self.assertLess(without['value'], 0.5)  # one place of four, by chance
        self.assertEqual(without['symbols_mean'], 16)
        self.assertEqual(with_memory['symbols_mean'], 16 * 5)  # 2, 4 or 6 sentences, a question

    def test_lost_sentences_cost_some_answers(self):
        values = {}
        for share in ('0', '0.3', '1'):
            line = measured('eval', '--dataset', 'babi-1', '--snr', '12', '--lose', share)[0]
            values[share] = line['value']
            self.assertEqual(line['lose'], float(share))
        self.assertGreater(values['0'], values['0.3'])
        self.assertGreater(values['0.3'], values['1'])

    def test_every_task_and_their_mean(self):
        lines = measured('eval', '--snr', '0,12', '--limit', '20')
        sets = [line['dataset'] for line in lines]
        self.assertEqual(sets[:2], ['babi-1', 'babi-1'])
        self.assertEqual(len(lines), 2 * 20)
        self.assertNotIn('babi-3', sets)
        for snr in (0, 12):
            each = [line['value'] for line in lines
                    if line['snr_db'] == snr and line['dataset'] != 'babi']
            mean = [line for line in lines if line['snr_db'] == snr and line['dataset'] == 'babi']
            self.assertEqual(len(mean), 1)
            self.assertAlmostEqual(mean[0]['value'], sum(each) / 19, 9)
            self.assertEqual(mean[0]['n'], 19 * 20)

    def test_separate_design(self):
        few = measured('baseline', '--dataset', 'babi-1', '--scheme', 'huffman-turbo', '--snr',
                       '12', '--limit', '60')[0]
        many = measured('baseline', '--dataset', 'babi-1', '--scheme', 'huffman-turbo', '--snr',
                        '12', '--limit', '60', '--symbols', '200')[0]
        whole = measured('eval', '--dataset', 'babi-1', '--channel', 'none', '--limit', '60')[0]
        # With symbols enough every text arrives, and the network is as good as without noise.
        self.assertEqual(many['lost'], 0)
        self.assertAlmostEqual(many['value'], whole['value'], delta=0.05)
        self.assertLess(few['value'], many['value'] - 0.2)
        self.assertAlmostEqual(few['symbols_mean'] / 16, many['symbols_mean'] / 200, 9)

    def test_trained_apart(self):
        """No gradient over the air: the transmitter learns by itself, the receiver from it."""
        apart = config()
        apart['training']['air_gradient'] = False
        apart['training']['auxiliary_weight'] = 0
        line = measured('eval', '--dataset', 'babi-1', '--snr', '12', '--limit', '90',
                        model=trained('apart', apart))[0]
        self.assertGreater(line['value'], 0.6)  # one place of four, by chance

    def test_what_cannot_be_measured_is_said(self):
        for more, says in ((['--dataset', 'babi-77'], 'babi-20'),
                           (['--dataset', 'babi-1', '--lose', '3'], 'lose'),
                           (['--dataset', 'picture_memory'], 'no modality of kind image')):
            done = sd.run('eval', '--model', MODEL, '--data', FOLDER.name, '--task', TASK, *more)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(says, done.stderr)


class Masks(unittest.TestCase):
    """Fewer symbols: 8 of each frame's 16, or 3."""

    @classmethod
    def setUpClass(cls):
        cls.file = Path(FOLDER.name) / 'learnt.safetensors'
        done = sd.run('bench', 'masks', '--model', MODEL, '--data', FOLDER.name, '--dataset',
                      'babi-1', '--learn', '60', '--save', cls.file, '--questions', '20',
                      '--symbols', '8', '--json')
        if done.returncode:
            raise AssertionError(done.stderr)
        cls.lines = [json.loads(line) for line in done.stdout.splitlines()]

    def measured(self, rule, symbols, file=None):
        return measured('eval', '--dataset', 'babi-1', '--snr', '12', '--mask',
                        rule, '--mask-symbols', str(symbols), '--mask-file', file or self.file)[0]

    def test_what_was_not_sent_is_estimated(self):
        half = self.measured('order', 8)
        self.assertEqual((half['mask'], half['symbols_mean']), ('order', 5 * 8))
        self.assertGreater(half['value'], 0.75)
        self.assertLess(self.measured('theory', 8, 'none')['value'], half['value'])  # zeros
        self.assertLess(self.measured('order', 2)['value'], half['value'])

    def test_telling_which_costs_symbols(self):
        line = self.measured('learnt', 8)
        # 16 over 4 is 1820: 11 bits, of which a symbol at 12 dB carries 4. One element more would
        # take 13 bits, and 9 symbols.
        self.assertEqual((line['symbols_mean'], line['mask_symbols']), (5 * 7, 5 * 3))
        self.assertEqual([found['mask'] for found in self.lines],
                         ['learnt', 'order', 'theory', 'random'])

    def test_a_learnt_file_beside_the_model_is_found(self):
        done = sd.run('eval', '--model', MODEL, '--data', FOLDER.name, '--task', TASK,
                      '--dataset', 'babi-1', '--mask', 'learnt')
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('bench masks', done.stderr)
        beside = MODEL.with_suffix('.masks.safetensors')
        beside.write_bytes(self.file.read_bytes())
        self.addCleanup(beside.unlink)
        self.assertEqual(self.measured('order', 8, 'auto'), self.measured('order', 8))


if __name__ == '__main__':
    unittest.main()
