#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`udeepsc eval` and `bench`, on a model that was trained for it."""

import json
import unittest

import small_data as sd

SHOP = None
MODEL = None

# What the model's configuration says of a task: sub-vectors a vector; vectors, None: all.
SUBVECTORS = {'image_classification': 1, 'image_reconstruction': 6,
              'text_classification': 1, 'text_reconstruction': 3}
BITS = 4  # an index, 16 codewords


def setUpModule():
    global SHOP, MODEL
    SHOP = sd.Workshop()
    # The last phase selects as inference does and settles the amplitudes.
    training = sd.config(500)
    training['training']['phases'].append(
        {'steps': 700, 'digital': True, 'snr_db': [-2, 14], 'top_selection': True})
    MODEL = SHOP.train('model', training) / 'model.safetensors'


def tearDownModule():
    SHOP.close()


def evaluate(*arguments, model=None):
    return sd.run('eval', '--model', model or MODEL, '--data', SHOP.data, *arguments)


def results(*arguments):
    done = evaluate('--json', *arguments)
    if done.returncode:
        raise AssertionError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def values(*arguments):
    return [r['value'] for r in results(*arguments)]


class Quality(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.lines = results('--task', 'all', '--snr', '-20,6,20')

    def of(self, task):
        return {line['snr_db']: line for line in self.lines if line['task'] == task}

    def test_every_task_and_snr_has_a_line(self):
        self.assertEqual([(r['task'], r['snr_db']) for r in self.lines],
                         [(task, snr) for task in sd.TASKS for snr in (-20, 6, 20)])

    def test_fields(self):
        metrics = {'image_classification': 'accuracy', 'image_reconstruction': 'psnr_db',
                   'text_classification': 'accuracy', 'text_reconstruction': 'bleu4'}
        for r in self.lines:
            self.assertEqual(r['channel'], 'awgn')
            self.assertEqual(r['metric'], metrics[r['task']])
            self.assertEqual(r['n'], 60 if r['task'].startswith('image') else 70)
            self.assertEqual(r['skipped'], 0)
            self.assertEqual((r['seed'], r['split'], r['decode']), (1, 'test', 'soft'))
            self.assertGreaterEqual(r['ci95'], 0)
            self.assertEqual('bleu1' in r, r['task'] == 'text_reconstruction')
            self.assertTrue(0 < r['codebook_use'] <= 1)
            if r['metric'] != 'psnr_db':
                self.assertTrue(0 <= r['value'] <= 1)

    def test_counts(self):
        for r in self.lines:
            with self.subTest(task=r['task'], snr=r['snr_db']):
                # One index is one symbol in this configuration.
                self.assertAlmostEqual(r['symbols_mean'],
                                       r['vectors_mean'] * SUBVECTORS[r['task']], 9)
                self.assertAlmostEqual(r['bits_mean'], BITS * r['symbols_mean'], 9)
        self.assertEqual(self.of('image_reconstruction')[20]['vectors_mean'], 16)
        self.assertTrue(3 <= self.of('image_classification')[20]['vectors_mean'] <= 6)

    def test_energy_is_one(self):
        # Es/N0 is what it says only where the mean symbol energy is 1. The amplitudes are
        # settled on other samples, over -2 to 14 dB; 60 samples here, partly beyond.
        for r in self.lines:
            with self.subTest(task=r['task'], snr=r['snr_db']):
                self.assertAlmostEqual(r['energy_mean'], 1, delta=0.05)

    def test_quality_rises_with_snr(self):
        # -20 dB is the control: next to nothing gets through. Least values at 20 dB are far
        # above chance (0.1; a flat picture; 0.5; no four words in a row).
        least = {'image_classification': 0.4, 'image_reconstruction': 16,
                 'text_classification': 0.9, 'text_reconstruction': 0.6}
        for task in sd.TASKS:
            with self.subTest(task=task):
                low, high = self.of(task)[-20], self.of(task)[20]
                self.assertGreater(high['value'], low['value'] + low['ci95'] + high['ci95'])
                self.assertGreater(high['value'], least[task])

    def test_fewer_vectors_in_a_better_channel(self):
        for task in ('image_classification', 'text_classification'):
            self.assertLessEqual(self.of(task)[20]['vectors_mean'],
                                 self.of(task)[-20]['vectors_mean'])

    def test_without_noise(self):
        r = results('--task', 'image_reconstruction', '--channel', 'none', '--snr', '0')[0]
        self.assertIsNone(r['snr_db'])
        self.assertGreater(r['value'], self.of('image_reconstruction')[-20]['value'])

    def test_rayleigh_is_worse(self):
        fading = results('--task', 'image_reconstruction', '--channel', 'rayleigh',
                         '--snr', '6')[0]
        self.assertEqual(fading['channel'], 'rayleigh')
        self.assertLess(fading['value'], self.of('image_reconstruction')[6]['value'])

    def test_rician_lies_between(self):
        """Without a line of sight it is Rayleigh, draw for draw; with nothing else, AWGN."""
        def value(*more):
            return results('--task', 'image_reconstruction', '--snr', '6', *more)[0]['value']
        rayleigh = value('--channel', 'rayleigh')
        self.assertAlmostEqual(value('--channel', 'rician', '--k-factor', '-100'), rayleigh, 3)
        awgn = self.of('image_reconstruction')[6]
        self.assertAlmostEqual(value('--channel', 'rician', '--k-factor', '100'), awgn['value'],
                               delta=awgn['ci95'])
        self.assertGreater(value('--channel', 'rician'), rayleigh)

    def test_through_the_modem(self):
        radio = ('--task', 'image_reconstruction', '--channel', 'radio', '--snr')
        good = results(*radio, '6')[0]
        self.assertEqual((good['channel'], good['lost']), ('radio', 0))
        # Synchronisation may cost half a dB of PSNR.
        self.assertGreater(good['value'], self.of('image_reconstruction')[6]['value'] - 0.5)
        # The control: where no burst is found, all are lost, and said to be.
        gone = results(*radio, '-20')[0]
        self.assertEqual(gone['lost'], gone['n'])
        self.assertLess(gone['value'], good['value'] - 3)

    def test_unknown_profile(self):
        done = evaluate('--task', 'image_reconstruction', '--channel', 'radio', '--profile', 'tall')
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('tall', done.stderr)


class Options(unittest.TestCase):

    def test_seed(self):
        low = ('--task', 'image_reconstruction,text_reconstruction', '--snr', '-3')
        first = results(*low, '--seed', 5)
        self.assertEqual(results(*low, '--seed', 5), first)
        other = results(*low, '--seed', 6)
        for a, b in zip(first, other):
            self.assertNotEqual(a['value'], b['value'])
            # The same model on the same data: only the noise differs.
            self.assertLess(abs(a['value'] - b['value']), a['ci95'] + b['ci95'])

    def test_batch_does_not_matter(self):
        # Up to rounding: a sum in another order may tip a pixel.
        task = ('--task', 'image_reconstruction,text_classification', '--snr', '6')
        for a, b in zip(results(*task), results(*task, '--batch', 7)):
            self.assertAlmostEqual(a['value'], b['value'], 2)
            self.assertEqual(a['symbols_mean'], b['symbols_mean'])

    def test_decode(self):
        # Pictures at 6 dB and words at -3 dB: where some symbols are taken for neighbours.
        for task, snr in (('image_reconstruction', '6,60'), ('text_reconstruction', '-3,60')):
            with self.subTest(task=task):
                asked = ('--task', task, '--snr', snr)
                soft, hard = values(*asked), values(*asked, '--decode', 'hard')
                self.assertGreater(soft[0], hard[0])
                # Where the noise is negligible the posterior is certain.
                self.assertAlmostEqual(soft[1], hard[1], 3)

    def test_limit_and_splits(self):
        task = ('--task', 'image_classification,text_classification', '--snr', '12')
        self.assertEqual([r['n'] for r in results(*task, '--limit', 13)], [13, 13])
        self.assertEqual([r['n'] for r in results(*task, '--limit', 10 ** 6)], [60, 70])
        self.assertEqual([r['n'] for r in results(*task, '--split', 'val')], [60, 50])

    def test_splits_are_their_files(self):
        for split, file in (('test', 'dev.tsv'), ('val', 'val.tsv'), ('train', 'train.tsv')):
            (SHOP.data / 'SST-2' / file).rename(SHOP.folder / 'away')
            try:
                done = evaluate('--task', 'text_classification', '--split', split)
            finally:
                (SHOP.folder / 'away').rename(SHOP.data / 'SST-2' / file)
            self.assertEqual(done.returncode, 1)
            self.assertIn(str(SHOP.data / 'SST-2' / file), done.stderr)

    def test_symbols(self):
        r = results('--task', 'image_classification', '--snr', '-6,20', '--symbols', 5)
        self.assertEqual([x['symbols_mean'] for x in r], [5, 5])
        random = results('--task', 'image_classification', '--snr', '20', '--symbols', 5,
                         '--selection', 'random')[0]
        self.assertEqual((random['symbols_mean'], random['selection']), (5, 'random'))
        done = evaluate('--task', 'image_reconstruction', '--symbols', 48)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn('image_reconstruction', done.stderr)
        done = evaluate('--task', 'image_reconstruction', '--symbols', 7)
        self.assertEqual(done.returncode, 1)
        self.assertIn('7 symbols', done.stderr)

    def test_random_selection_sends_as_much(self):
        task = ('--task', 'text_classification', '--snr', '0')
        self.assertEqual(results(*task)[0]['symbols_mean'],
                         results(*task, '--selection', 'random')[0]['symbols_mean'])

    def test_gain_of_selection(self):
        task = ('--task', 'image_classification', '--snr', '20', '--symbols', 5)
        fsm, random, gain = results(*task, '--selection', 'both')
        self.assertEqual([r['selection'] for r in (fsm, random, gain)],
                         ['fsm', 'random', 'fsm - random'])
        self.assertEqual(fsm['value'], results(*task)[0]['value'])
        again = results(*task, '--selection', 'both')
        self.assertEqual((random['value'], gain['value']), (again[1]['value'], again[2]['value']))
        self.assertAlmostEqual(gain['value'], fsm['value'] - random['value'])
        # Paired: no wider than two independent intervals together.
        self.assertLess(gain['ci95'], 1.2 * (fsm['ci95'] ** 2 + random['ci95'] ** 2) ** 0.5)
        # What sends every vector has nothing to gain.
        sentences = results('--task', 'text_reconstruction', '--snr', '20', '--selection', 'both')
        self.assertEqual([r['selection'] for r in sentences], ['fsm'])

    def test_table_for_people(self):
        done = evaluate('--task', 'text_classification', '--snr', '12')
        self.assertRegex(done.stdout, r'text_classification +awgn +12\.0 dB +accuracy')


class BadInput(unittest.TestCase):

    def test_refused(self):
        for arguments, words in {
                ('--snr', 'nan'): 'SNR', ('--snr', '0,-inf'): 'SNR', ('--snr', '1e9'): 'SNR',
                ('--split', 'dev'): 'dev', ('--channel', 'rice'): 'rice',
                ('--decode', 'maybe'): 'maybe', ('--limit', -1): 'limit',
                ('--dtype', 'int3'): 'int3'}.items():
            with self.subTest(arguments=arguments):
                done = evaluate('--task', 'text_classification', *arguments)
                self.assertEqual((done.returncode, done.stdout), (1, ''))
                self.assertIn(words, done.stderr)
                self.assertNotIn('unexpected', done.stderr)

    def test_words_that_are_no_numbers(self):
        done = evaluate('--task', 'text_classification', '--snr', 'much')
        self.assertGreater(done.returncode, 0)
        self.assertIn('much', done.stderr)

    def test_unknown_task(self):
        done = evaluate('--task', 'image_clasification')
        self.assertEqual(done.returncode, 1)
        self.assertIn('"image_clasification"', done.stderr)
        self.assertIn('text_reconstruction', done.stderr)  # it says which there are


class Bench(unittest.TestCase):

    STAGES = ['encode', 'select', 'quantise', 'modulate', 'look_up', 'decode',
              'total_tx', 'total_rx', 'total']

    def test_lines(self):
        done = sd.run('bench', '--config', sd.CONFIGS / 'tiny.json', '--repeat', 5, '--batch', 2,
                      '--json')
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        tasks = [t['name'] for t in json.loads((sd.CONFIGS / 'tiny.json').read_text())['model']['tasks']]
        self.assertEqual([(r['task'], r['stage']) for r in lines],
                         [(task, stage) for task in tasks for stage in self.STAGES])
        least = {}
        for r in lines:
            self.assertEqual((r['config'], r['threads'], r['batch'], r['n']), ('tiny', 1, 2, 5))
            self.assertTrue(0 < r['ms_min'] <= r['ms_median'])
            least[r['task'], r['stage']] = r['ms_min']
        for task in tasks:
            # In every pass total_tx is the sum of its stages, so its least is no less than the
            # sum of their least.
            for total, parts in (('total_tx', self.STAGES[:4]), ('total_rx', self.STAGES[4:6]),
                                 ('total', self.STAGES[:6])):
                self.assertGreaterEqual(least[task, total] * (1 + 1e-9),
                                        sum(least[task, part] for part in parts))

    def test_a_model_and_one_task(self):
        done = sd.run('bench', '--model', MODEL, '--task', 'text_classification', '--repeat', 1,
                      '--json')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({json.loads(line)['task'] for line in done.stdout.splitlines()},
                         {'text_classification'})

    def test_bad_input(self):
        for arguments, word in {('--config', 'no_such'): 'no_such',
                                ('--config', 'tiny', '--task', 'no_task'): 'no_task',
                                ('--config', 'tiny', '--snr', 'nan'): 'nan'}.items():
            done = sd.run('bench', *arguments, '--repeat', 1, cwd=sd.CONFIGS.parent)
            self.assertEqual((done.returncode, done.stdout), (1, ''), done.stderr)
            self.assertIn(word, done.stderr)


if __name__ == '__main__':
    unittest.main()
