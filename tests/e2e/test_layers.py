#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`udeepsc train` and `eval` of outputs that come in layers, on a model trained for it."""

import copy
import json
import struct
import unittest

import numpy as np

import small_data as sd

SHOP = None
MODEL = None
LAYERS = [6, 26, 32]

TASK = {'name': 'cifar10_layers', 'output': 'layered_picture', 'data': ['cifar10'],
        'queries': 17, 'aligned': True, 'classes': sd.CLASSES,
        'picture_weights': [0.2, 1, 1], 'label_weights': [1, 0.5, 0.5],
        'inputs': {'image': {'layers': LAYERS}}}


def model(**task):
    small = copy.deepcopy(sd.MODEL)
    small['encoders'] = {'image': {
        'dim': 32, 'heads': 2, 'semantic_layers': 1, 'selection_modules': 1, 'ffn': 64,
        'image_size': 16, 'patch': 4, 'embedding': 'conv', 'stem': [8, 16],
        'label_stem': [8, 16, 16]}}
    small['tasks'] = [{**TASK, **task}]
    return small


def setUpModule():
    global SHOP, MODEL
    SHOP = sd.Workshop()
    training = sd.config(250, [TASK['name']], model())
    training['training']['phases'].insert(
        0, {'steps': 30, 'digital': False, 'snr_db': [10, 14]})
    MODEL = SHOP.train('layers', training) / 'model.safetensors'


def tearDownModule():
    SHOP.close()


def evaluate(*arguments):
    return sd.run('eval', '--model', MODEL, '--data', SHOP.data, '--task', 'cifar10_layers',
                  '--json', *arguments)


def lines(*arguments):
    done = evaluate(*arguments)
    if done.returncode:
        raise AssertionError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Quality(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.results = lines('--snr', '0,14')

    def test_a_line_a_layer_and_snr(self):
        self.assertEqual([(r['snr_db'], r['layer']) for r in self.results],
                         [(snr, layer) for snr in (0, 14) for layer in (1, 2, 3)])
        for r in self.results:
            self.assertEqual(r['symbols_mean'], sum(LAYERS[:r['layer']]))
            self.assertEqual(r['bits_mean'], 4 * r['symbols_mean'])
            self.assertEqual(r['value'], r['psnr_db'])
            self.assertAlmostEqual(r['energy_mean'], 1, delta=0.05)
            # Every class has as many samples.
            self.assertAlmostEqual(r['recall'], r['accuracy'], places=6)

    def test_pictures_get_better_with_each_layer(self):
        good = [r['psnr_db'] for r in self.results if r['snr_db'] == 14]
        self.assertGreater(good[1], good[0] + 0.5)
        self.assertGreater(good[2], good[1])
        for r in self.results:
            if r['layer'] > 1 and r['snr_db'] == 14:
                self.assertGreater(r['gain'], r['gain_ci95'])

    def test_the_class_comes_with_the_first(self):
        first = [r for r in self.results if r['layer'] == 1]
        self.assertGreater(first[1]['recall'], 0.5)  # of ten classes
        self.assertGreater(first[0]['recall'], 0.2)

    def test_chosen_layers(self):
        chosen = lines('--snr', '14', '--layers', '1,3')
        self.assertEqual([r['layer'] for r in chosen], [1, 3])
        again = {r['layer']: r for r in self.results if r['snr_db'] == 14}
        for r in chosen:
            self.assertAlmostEqual(r['psnr_db'], again[r['layer']]['psnr_db'], places=4)
        done = evaluate('--layers', '4')
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('has 1 to 3', done.stderr)


    def test_without_a_codebook(self):
        found = lines('--snr', '14', '--decode', 'analog')
        self.assertEqual([r['symbols_mean'] for r in found], [6, 32, 64])
        for r in found:
            self.assertAlmostEqual(r['energy_mean'], 1, delta=0.05)
            self.assertEqual(r['codebook_use'], 0)
        # Untrained for it, yet the receiver makes pictures of it.
        self.assertGreater(found[2]['psnr_db'], found[0]['psnr_db'])


class Damage(unittest.TestCase):
    """Bursts cut short, layers that are not what was sent, and unequal protection."""

    def test_a_cut_burst_loses_whole_layers(self):
        whole = {r['layer']: r for r in lines('--snr', '14')}
        found = lines('--snr', '14', '--cut', '0,10,40,50,60,90')
        # Of 64 symbols 64, 57, 38, 32, 25 and 6 are left.
        self.assertEqual([(r['cut'], r['layer']) for r in found],
                         [(0, 3), (0.1, 2), (0.4, 2), (0.5, 2), (0.6, 1), (0.9, 1)])
        for r in found:
            self.assertAlmostEqual(r['psnr_db'], whole[r['layer']]['psnr_db'], places=4)
        for arguments, said in ((('--cut', '91'), 'expected those of layer 1 at least, 6'),
                                (('--cut', '10', '--layers', '2'), 'no --layers'),
                                (('--cut', '110'), 'not in range')):
            done = evaluate(*arguments)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(said, done.stderr)

    def test_a_replaced_layer(self):
        whole = {r['layer']: r for r in lines('--snr', '14')}
        for how in ('noise', 'other', 'lost'):
            found = {r['layer']: r for r in lines('--snr', '14', '--replace', f'2:{how}')}
            self.assertEqual(found[2]['replaced'], f'2:{how}')
            self.assertAlmostEqual(found[1]['psnr_db'], whole[1]['psnr_db'], delta=0.3)
            self.assertLess(found[2]['psnr_db'], whole[2]['psnr_db'] - 0.3)
        for wrong in ('2', '9:noise', '2:nothing', '4:noise', 'x:noise'):
            done = evaluate('--replace', wrong)
            self.assertNotEqual(done.returncode, 0, wrong)
            self.assertTrue(done.stderr.strip(), wrong)

    def test_protection_is_found_and_used(self):
        table = SHOP.data / 'protection.json'
        done = sd.run('bench', 'protection', '--model', MODEL, '--data', SHOP.data, '--task',
                      'cifar10_layers', '--snr', '4', '--energy=-6,0,6', '--limit', '30',
                      '--out', table, '--json')
        self.assertEqual(done.returncode, 0, done.stderr)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        damage = {(r['layer'], r['energy_db']): r for r in found if 'energy_db' in r}
        self.assertEqual(len(damage), 9)
        # No layer gets better with less energy, and all are the same where none is changed.
        self.assertLess(damage[2, -6]['psnr_db'], damage[2, 6]['psnr_db'])
        self.assertEqual(damage[1, 0]['psnr_db'], damage[3, 0]['psnr_db'])
        layers = json.loads(table.read_text())['layers']
        self.assertEqual(found[9]['chosen'], layers)
        spent = sum(n * layer['repetitions'] * 10 ** (layer['power_db'] / 10)
                    for n, layer in zip(LAYERS, layers))
        self.assertLessEqual(spent, sum(LAYERS) * 1.0001)
        check = found[10]
        self.assertLessEqual(check['energy'], check['energy_equal'] * 1.1)
        used = lines('--snr', '4', '--protection', table)
        self.assertTrue(used[2]['protected'])
        self.assertAlmostEqual(used[2]['symbols_mean'],
                               sum(n * layer['repetitions'] for n, layer in zip(LAYERS, layers)))

    def test_energy_helps(self):
        table = SHOP.data / 'strong.json'
        table.write_text('{"layers": [{"power_db": 12}, {"repetitions": 8}, {"power_db": 9}]}')
        plain, strong = lines('--snr', '0')[2], lines('--snr', '0', '--protection', table)[2]
        self.assertGreater(strong['psnr_db'], plain['psnr_db'] + 0.3)
        self.assertEqual(strong['symbols_mean'], 6 + 8 * 26 + 32)
        table.write_text('{"layers": [{"power_db": 1}]}')
        done = evaluate('--protection', table)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('protection of 1 layers, task cifar10_layers has 3', done.stderr)


class Training(unittest.TestCase):

    def test_at_one_rate_from_a_model_in_layers(self):
        """Layers taken together are at once about as good as they were apart."""
        training = sd.config(2, [TASK['name']], model())
        training['training']['phases'] = [{'steps': 2, 'digital': True, 'snr_db': [10, 14]}]
        training['training'].update(learning_rate=1e-6, final_learning_rate=1e-6)
        apart = {r['layer']: r['psnr_db'] for r in lines('--snr', '14')}

        def trained(name, symbols, *start):
            folder = SHOP.train(name, training, '--one-rate', str(symbols), *start)
            done = sd.run('eval', '--model', folder / 'model.safetensors', '--data', SHOP.data,
                          '--task', 'cifar10_layers', '--snr', '14', '--layers', '2', '--json')
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)['psnr_db']

        self.assertLess(trained('from-nothing', 32), apart[2] - 4.0)
        for symbols, layer in ((32, 2), (64, 3)):
            together = trained(f'from-{symbols}', symbols, '--start-from', MODEL)
            self.assertAlmostEqual(together, apart[layer], delta=2.0)
        done = sd.run(*SHOP.train_command('odd', training, '--one-rate', '50', '--start-from',
                                          MODEL))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('do not fit', done.stderr)

    def test_pooled_classes_from_a_model_that_tells_all(self):
        pooled = model(pooled=['bird', 'cat'])
        folder = SHOP.train('start-pooled', sd.config(2, [TASK['name']], pooled),
                            '--start-from', MODEL)
        self.assertTrue((folder / 'model.safetensors').exists())

    def test_at_one_rate(self):
        training = sd.config(5, [TASK['name']], model())
        folder = SHOP.train('one', training, '--one-rate', '32')
        found = [r for r in map(json.loads, sd.run(
            'eval', '--model', folder / 'model.safetensors', '--data', SHOP.data, '--task',
            'cifar10_layers', '--snr', '10', '--json').stdout.splitlines())]
        self.assertEqual([r['symbols_mean'] for r in found], [6, 32])
        log = (folder / 'log.jsonl').read_text().splitlines()
        scores = json.loads(log[-1])['cifar10_layers']
        self.assertIn('psnr_2', scores)
        self.assertNotIn('psnr_1', scores)
        done = sd.run(*SHOP.train_command('two', training, '--one-rate', '6'))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('layer 1 of task cifar10_layers has 6 symbols', done.stderr)

    def test_pooled_classes(self):
        pooled = model(pooled=['bird', 'cat'])
        training = sd.config(5, [TASK['name']], pooled)
        folder = SHOP.train('pooled', training)
        done = sd.run('eval', '--model', folder / 'model.safetensors', '--data', SHOP.data,
                      '--task', 'cifar10_layers', '--snr', '10', '--layers', '1', '--json')
        self.assertEqual(done.returncode, 0, done.stderr)
        line = json.loads(done.stdout)
        self.assertEqual(sum(key.startswith('recall_class_') for key in line), 9)

    def test_digits(self):
        """MNIST's files, a receiver near and one far."""
        folder = SHOP.data / 'mnist'
        folder.mkdir()
        random = np.random.default_rng(1)
        for name, count in (('train', 60), ('t10k', 20)):
            labels = np.arange(count, dtype=np.uint8) % 10
            grey = random.integers(0, 40, (count, 28, 28)).astype(np.uint8)
            for i, label in enumerate(labels):
                grey[i, 2 * label:2 * label + 6] += 200
            (folder / f'{name}-images-idx3-ubyte').write_bytes(
                struct.pack('>4I', 0x803, count, 28, 28) + grey.tobytes())
            (folder / f'{name}-labels-idx1-ubyte').write_bytes(
                struct.pack('>2I', 0x801, count) + labels.tobytes())
        training = sd.config(10, ['mnist_layers'],
                             model(name='mnist_layers', data=['mnist'], classes=10))
        training['training']['tasks']['mnist_layers'].update(mirror=False, receivers=[
            {'snr_db': [-2, 2], 'picture_weights': [1, 0, 0]}, {'snr_db': [8, 12]}])
        out = SHOP.train('digits', training)
        done = sd.run('eval', '--model', out / 'model.safetensors', '--data', SHOP.data,
                      '--task', 'mnist_layers', '--snr', '10', '--json')
        self.assertEqual(done.returncode, 0, done.stderr)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([(r['dataset'], r['layer'], r['n']) for r in found],
                         [('mnist', layer, 20) for layer in (1, 2, 3)])


if __name__ == '__main__':
    unittest.main()
