#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`udeepsc train --bert --vit`: folders as they are downloaded, small."""

import copy
import json
import unittest

import numpy as np
import small_data as sd
from safetensors_file import SafetensorsFile

SHOP = None
DIM, HEADS, FFN, PATCH = 32, 2, 64, 16


def setUpModule():
    global SHOP
    SHOP = sd.Workshop()


def tearDownModule():
    SHOP.close()


class Download:
    """A published model with random weights."""

    def __init__(self, kind, attention, norms):
        self.random = np.random.default_rng(4)
        self.folder = SHOP.folder / kind
        self.folder.mkdir(exist_ok=True)
        self.tensors = {}
        self.configuration = {
            'model_type': kind, 'hidden_size': DIM, 'num_attention_heads': HEADS,
            'intermediate_size': FFN, 'num_hidden_layers': 2, 'hidden_act': 'gelu'}
        for i in range(2):
            layer = f'encoder.layer.{i}.'
            for part in ('query', 'key', 'value'):
                self.add_pair(f'{layer}{attention}.{part}', DIM, DIM)
            self.add_pair(f'{layer}attention.output.dense', DIM, DIM)
            self.add_pair(f'{layer}intermediate.dense', FFN, DIM)
            self.add_pair(f'{layer}output.dense', DIM, FFN)
            for norm in norms:
                self.add_pair(f'{layer}{norm}', DIM)

    def add(self, name, *shape):
        self.tensors[name] = (0.1 * self.random.standard_normal(shape)).astype(np.float32)

    def add_pair(self, name, *shape):
        self.add(name + '.weight', *shape)
        self.add(name + '.bias', shape[0])

    def write(self):
        (self.folder / 'config.json').write_text(json.dumps(self.configuration))
        file = SafetensorsFile.__new__(SafetensorsFile)
        file.metadata = {'format': 'pt'}
        file.tensors = {self.configuration['model_type'] + '.' + name:
                        ('F32', list(value.shape), value.tobytes())
                        for name, value in self.tensors.items()}
        file.write(self.folder / 'model.safetensors')
        return self.folder


def bert():
    made = Download('bert', 'attention.self', ('attention.output.LayerNorm', 'output.LayerNorm'))
    words = SHOP.vocabulary.read_text().splitlines()
    made.configuration.update(vocab_size=len(words), max_position_embeddings=40)
    made.add('embeddings.word_embeddings.weight', len(words), DIM)
    made.add('embeddings.position_embeddings.weight', 40, DIM)
    made.add('embeddings.token_type_embeddings.weight', 2, DIM)
    made.add_pair('embeddings.LayerNorm', DIM)
    (made.folder / 'vocab.txt').write_bytes(SHOP.vocabulary.read_bytes())
    return made


def vit():
    made = Download('vit', 'attention.attention', ('layernorm_before', 'layernorm_after'))
    made.add('embeddings.cls_token', 1, 1, DIM)
    made.add('embeddings.position_embeddings', 1, 14 * 14 + 1, DIM)
    made.add('embeddings.patch_embeddings.projection.weight', DIM, 3, PATCH, PATCH)
    made.add('embeddings.patch_embeddings.projection.bias', DIM)
    made.add_pair('layernorm', DIM)
    return made


def training():
    model = copy.deepcopy(sd.MODEL)
    model['encoders']['text']['layer_norm'] = 'last'
    # Steps too small to change what they begin with by much
    return sd.config(2, model=model, learning_rate=1e-7, final_learning_rate=1e-8)


def command(name, *more):
    """Without --tokenizer: it is the published one."""
    line = SHOP.train_command(name, training(), *more)
    given = line.index('--tokenizer')
    del line[given:given + 2]
    return line


class PublishedWeights(unittest.TestCase):

    def test_both_encoders_begin_with_them(self):
        text, image = bert(), vit()
        done = sd.run(*command('both', '--bert', text.write(), '--vit', image.write()))
        self.assertEqual(done.returncode, 0, done.stderr)
        for modality in ('text', 'image'):
            self.assertIn(f'encoder {modality} begins with 2 of 2 layers', done.stderr)

        model = SafetensorsFile(SHOP.folder / 'both' / 'checkpoint.safetensors')

        def trained(name):
            dtype, shape, content = model.tensors['network.' + name]
            self.assertEqual(dtype, 'F32')
            return np.frombuffer(content, np.float32).reshape(shape)

        for modality, download in (('text', text), ('image', image)):
            published = download.tensors['encoder.layer.0.output.dense.weight']
            np.testing.assert_allclose(
                trained(f'encoder.{modality}.semantic.0.feed_forward.out.weight'), published,
                atol=1e-5)
            published = download.tensors['encoder.layer.1.intermediate.dense.weight']
            np.testing.assert_allclose(
                trained(f'encoder.{modality}.channel.0.feed_forward.in.weight'), published,
                atol=1e-5)

    def test_what_does_not_fit_is_said(self):
        wide = bert()
        wide.configuration.update(hidden_size=768, num_attention_heads=12)
        done = sd.run(*command('wide', '--bert', wide.write()))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn('encoders.text: dim is 32, expected 768; heads is 2, expected 12',
                      done.stderr)

    def test_a_model_of_ours_and_bert_cannot_both_be_begun_with(self):
        model = SHOP.train('ours', sd.config(2)) / 'model.safetensors'
        done = sd.run(*command('two', '--start-from', model, '--bert', bert().write()))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('--start-from', done.stderr)


if __name__ == '__main__':
    unittest.main(verbosity=2)
