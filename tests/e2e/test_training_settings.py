#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`udeepsc train`: what single settings do, and what a training begins with."""

import unittest

import numpy as np
import small_data as sd
from safetensors_file import SafetensorsFile

SHOP = None


def setUpModule():
    global SHOP
    SHOP = sd.Workshop()


def tearDownModule():
    SHOP.close()


class ReceiverAuxiliary(unittest.TestCase):
    """A loss after the channel decoder alone teaches transmitter and channel decoder."""

    def told(self, name, rate, weight=1):
        task = 'text_classification'
        training = sd.config(150, [task], auxiliary_weight=0, receiver_auxiliary_weight=weight,
                             learning_rate=rate, final_learning_rate=rate / 100)
        training['training']['tasks'][task]['loss_weight'] = 0
        return sd.log_of(SHOP.train(name, training))[-1][task]

    def test_is_learnt(self):
        self.assertGreater(self.told('received', 4e-3)['received'], 0.9)
        self.assertLess(self.told('received-control', 1e-9)['received'], 0.8)
        self.assertNotIn('received', self.told('not-received', 4e-3, weight=0))


class SelectionLeftAlone(unittest.TestCase):

    def test_its_modules_alone_stay(self):
        before = SHOP.train('before-frozen', sd.config(2)) / 'model.safetensors'
        training = sd.config(6)
        training['training']['phases'][0].update(top_selection=True, train_selection=False)
        after = SHOP.train('frozen', training, '--start-from', before) / 'model.safetensors'
        a, b = SafetensorsFile(before), SafetensorsFile(after)
        changed = {t for t in a.tensors if a.tensors[t] != b.tensors[t]}
        self.assertEqual({t for t in changed if '.selection.' in t}, set())
        self.assertTrue(any('.channel.' in t for t in changed))


class LearntRatio(unittest.TestCase):
    """f_n with a target for its mean over the phase's Es/N0."""

    def mean_ratio(self, target):
        training = sd.config(150, ['text_classification'], ratio_target=target, ratio_weight=100,
                             learning_rate=2e-2)
        out = SHOP.train(f'ratio-{target}', training)
        tensors = SafetensorsFile(out / 'checkpoint.safetensors').tensors

        def weights(name):
            _, shape, content = tensors[f'network.encoder.text.ratio.text_classification.{name}']
            return np.abs(np.frombuffer(content, np.float32).reshape(shape))

        low, high = training['training']['phases'][0]['snr_db']
        noise = 10 ** (-np.linspace(low, high, 19) / 10)
        x = (noise / (1 + noise))[:, None]  # as the network takes it
        return float(np.tanh(np.tanh(x @ weights('w1').T) @ weights('w2').T).mean())

    def test_is_near_it(self):
        few, many = self.mean_ratio(0.2), self.mean_ratio(0.6)
        self.assertLess(abs(few - 0.2), 0.05)
        self.assertLess(abs(many - 0.6), 0.05)


class SomeTasksOnly(unittest.TestCase):
    """Training pictures alone leaves a model that has its text encoder's tokenizer."""

    def test_pictures(self):
        pictures = sd.config(2, ['image_classification'])
        first = SHOP.train('pictures', pictures) / 'model.safetensors'
        command = SHOP.train_command('more-pictures', pictures, '--start-from', first)
        given = command.index('--tokenizer')
        del command[given:given + 2] # now it is the first model's
        done = sd.run(*command)
        self.assertEqual(done.returncode, 0, done.stderr)
        for model in (first, SHOP.folder / 'more-pictures' / 'model.safetensors'):
            done = sd.run('info', model)
            self.assertEqual(done.returncode, 0, done.stderr)


class FewerTasks(unittest.TestCase):
    """A training of some tasks begins with what they need of a model that has more."""

    def test_begins_where_the_model_stood(self):
        every = SHOP.train('every-task', sd.config(4)) / 'model.safetensors'
        kept = ['image_reconstruction', 'text_classification']
        model = {**sd.MODEL, 'tasks': [t for t in sd.MODEL['tasks'] if t['name'] in kept]}
        training = sd.config(1, kept, model, learning_rate=1e-9, final_learning_rate=1e-9)
        few = SHOP.train('two-tasks', training, '--start-from', every) / 'model.safetensors'
        a, b = SafetensorsFile(every).tensors, SafetensorsFile(few).tensors
        self.assertEqual(set(b) - set(a), set())
        self.assertLess(len(b), len(a))
        # As good as not trained; what is counted on the way, such as normalisation, may move.
        same = [name for name in b if a[name] == b[name]]
        self.assertGreater(len(same), 0.9 * len(b))
        served = {'image': ['image_classification', 'image_reconstruction'],
                  'text': ['text_classification', 'text_reconstruction']}
        for modality, tasks in served.items():
            name = f'encoder.{modality}.task_embedding'
            wanted = [i for i, task in enumerate(tasks) if task in kept]
            (_, shape, old), (_, one, new) = a[name], b[name]
            self.assertEqual((shape[0], one[0]), (2, 1))
            size = len(new)
            self.assertEqual(old[wanted[0] * size:(wanted[0] + 1) * size], new)


if __name__ == '__main__':
    unittest.main()
