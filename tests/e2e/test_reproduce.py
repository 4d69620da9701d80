#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./gr-udeepsc reproduce`: figures and tables of a small model, on small data."""

import csv
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import small_data as sd

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
SCRIPT = ROOT / 'scripts' / 'reproduce'
SHIPPED = ROOT / 'models' / 'udeepsc-lite.safetensors'
PYTHON = '/usr/bin/python3' if os.path.exists('/usr/bin/python3') else sys.executable
COLUMNS = ['task', 'dataset', 'scheme', 'train_snr_db', 'channel', 'snr_db', 'metric', 'value',
           'ci95', 'symbols_mean', 'n', 'seed']
NO_MATPLOTLIB = importlib.util.find_spec('matplotlib') is None
SHOP = None
MODEL = OTHER = None


def setUpModule():
    global SHOP, MODEL, OTHER
    if NO_MATPLOTLIB:
        raise unittest.SkipTest('no matplotlib here')
    SHOP = sd.Workshop()
    MODEL = SHOP.train('model', sd.config(60)) / 'model.safetensors'
    OTHER = SHOP.train('other', sd.config(20, seed=4)) / 'model.safetensors'


def tearDownModule():
    if SHOP:
        SHOP.close()


def reproduce(figure, out, *more, model=None, data=None):
    return subprocess.run(
        [PYTHON, '-B', SCRIPT, figure, '--udeepsc', sd.UDEEPSC, '--model', model or MODEL,
         '--data', data or SHOP.data, '--quick', '--limit', '12', '--out', SHOP.folder / out,
         *map(str, more)], capture_output=True, text=True, timeout=500)


def table(out, figure):
    with open(SHOP.folder / out / f'{figure}.csv', newline='') as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    return reader.fieldnames, rows


class Case(unittest.TestCase):

    def made(self, figure, out, *more, **options):
        """The rows, and how many of them the program measured now."""
        done = reproduce(figure, out, *more, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        columns, rows = table(out, figure)
        self.assertEqual(columns, COLUMNS)
        png = (SHOP.folder / out / f'{figure}.png').read_bytes()
        self.assertTrue(png.startswith(b'\x89PNG') and len(png) > 5000)
        measured = [line for line in done.stderr.splitlines() if 'rows measured' in line]
        return rows, int(measured[0].split()[1]) if measured else None

    def refused(self, figure, out, *more, says, **options):
        done = reproduce(figure, out, *more, **options)
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn('Traceback', done.stderr)
        self.assertIn(says, done.stderr)


class Figures(Case):

    def test_fig6(self):
        rows, measured = self.made('fig6', 'all')
        unified = {(r['task'], r['snr_db']) for r in rows if r['scheme'] == 'U-DeepSC'}
        self.assertEqual(unified, {(t, s) for t in sd.TASKS for s in ('-6', '3', '12')})
        bounds = [r for r in rows if r['scheme'] == 'upper bound']
        self.assertEqual([(r['task'], r['channel'], r['snr_db']) for r in bounds],
                         [(task, 'none', '') for task in sd.TASKS])
        self.assertEqual({r['train_snr_db'] for r in rows if r['scheme'] == 'U-DeepSC'}, {'-2..14'})
        self.assertGreaterEqual(measured, 16)
        for r in rows:
            self.assertEqual((r['n'], r['seed']), ('12', '1'))
            self.assertGreaterEqual(float(r['ci95']), 0)
            self.assertGreater(float(r['symbols_mean']), 0)

    def test_a_second_run_measures_nothing(self):
        for figure in ('fig6', 'fig7', 'fig8', 'fig10', 'table2'):
            with self.subTest(figure=figure):
                first, _ = self.made(figure, 'twice')
                again, measured = self.made(figure, 'twice')
                self.assertEqual(measured, 0)
                self.assertEqual(again, first)

    def test_fig7_divides_by_the_noiseless_score(self):
        rows, _ = self.made('fig7', 'all')
        value = {(r['channel'], r['snr_db']): float(r['value']) for r in rows
                 if r['task'] == 'image_reconstruction' and r['metric'] == 'psnr_db'}
        share = {(r['channel'], r['snr_db']): float(r['value']) for r in rows
                 if r['metric'] == 'psnr_db_normalised'}
        self.assertLessEqual({('awgn', '3'), ('rayleigh', '3')}, set(share))
        for key, found in share.items():
            self.assertAlmostEqual(found, value[key] / value['none', ''], 3)

    def test_fig8_sends_the_most_where_it_is_told_to(self):
        rows, _ = self.made('fig8', 'all')
        fixed = [r for r in rows if r['scheme'] == 'U-DeepSC, always the most'
                 and r['task'] == 'image_classification']
        self.assertEqual({float(r['symbols_mean']) for r in fixed}, {6})  # max_vectors
        self.assertIn('accuracy_normalised_loss', {r['metric'] for r in fixed})
        self.assertNotIn('image_reconstruction', {r['task'] for r in rows})

    def test_fig10_pairs_equal_numbers(self):
        rows, _ = self.made('fig10', 'all')
        points = {}
        for r in rows:
            points.setdefault((r['task'], r['snr_db'], r['symbols_mean']), {})[r['scheme']] = \
                float(r['value'])
        self.assertEqual({(t, float(n)) for t, _, n in points},
                         {('image_classification', 3), ('image_classification', 6),
                          ('text_classification', 2), ('text_classification', 4)})
        for point in points.values():
            self.assertAlmostEqual(point['FSM - random'], point['FSM'] - point['random selection'],
                                   4)

    def test_smrc(self):
        from test_layers import LAYERS, TASK, model
        training = sd.config(5, [TASK['name']], model())
        layers = SHOP.train('layers', training) / 'model.safetensors'
        models = SHOP.folder / 'smrc-models'
        models.mkdir()
        total = sum(LAYERS)
        SHOP.train('rate', training, '--one-rate', total)
        shutil.copy(SHOP.folder / 'rate' / 'model.safetensors', models / f'rate-{total}.safetensors')
        rows, _ = self.made('smrc', 'smrc', '--models', models, model=layers)
        of = {(r['scheme'], r['metric'], r['snr_db']): r for r in rows}
        for layer, name in enumerate(('layer 1', 'layers 1 to 2', 'layers 1 to 3'), 1):
            row = of[f'one model, {name}', 'psnr_db', '3']
            self.assertEqual(float(row['symbols_mean']), sum(LAYERS[:layer]))
            self.assertIn((f'one model, {name}', 'recall', '12'), of)
            self.assertEqual((f'one model, {name}', 'psnr_db_gain', '12') in of, layer > 1)
        self.assertEqual(float(of[f'one rate, {total} symbols', 'psnr_db', '3']['symbols_mean']), total)
        self.assertIn((f'JPEG 2000 and LDPC, {total} symbols', 'psnr_db', '12'), of)
        self.assertNotIn((f'JPEG 2000 and LDPC, {total} symbols', 'recall', '12'), of)
        # Of 64 symbols 6 are left; layer 2 says less without layer 1.
        self.assertIn(('cut, 0 % lost', 'recall', '3'), of)
        self.assertEqual(float(of['cut, 90 % lost', 'psnr_db', '3']['value']),
                         float(of['one model, layer 1', 'psnr_db', '3']['value']))
        self.assertIn(('layer 2 lost, layers 1 to 3', 'psnr_db', '12'), of)
        count = [float(of[f'receiver, {n} layers', 'multiplications_million', '']['value'])
                 for n in (1, 2, 3)]
        self.assertTrue(0 < count[0] < count[1] < count[2], count)
        self.assertTrue((SHOP.folder / 'smrc' / 'smrc_cut.png').exists())
        self.assertTrue((SHOP.folder / 'smrc' / 'smrc_rates.png').exists())
        again, measured = self.made('smrc', 'smrc', '--models', models, model=layers)
        self.assertEqual((again, measured), (rows, 0))
        self.refused('smrc', 'none', says='no task of it comes in layers')

    def test_smrc_trains_from_a_model(self):
        """--train --start-from: each of the others begins with the model's weights."""
        from test_layers import LAYERS, TASK, model
        training = sd.config(5, [TASK['name']], model())
        layers = SHOP.train('begun', training) / 'model.safetensors'
        config = SHOP.folder / 'begun.json'
        config.write_text(json.dumps(training))
        models = SHOP.folder / 'smrc-trained'
        rows, _ = self.made('smrc', 'trained', '--models', models, '--train', '--start-from', layers,
                            '--batch', '3', '--device', 'cpu', '--steps', '4', '--config', config,
                            '--snr', '3', model=layers)
        found = {path.stem for path in models.glob('*.safetensors')}
        self.assertLessEqual({'agile', 'beta', 'pooled', 'alpha-0', 'alpha-1',
                              f'rate-{sum(LAYERS)}'}, found)
        schemes = {r['scheme'] for r in rows if r['metric'].startswith('recall_class_')}
        self.assertIn('beta, layer 1', schemes)
        for name in ('smrc_rates', 'smrc_weights'):
            self.assertTrue((SHOP.folder / 'trained' / f'{name}.png').exists())
        settings = json.loads((models / 'agile.json').read_text())['training']['tasks'].values()
        self.assertEqual({s['batch'] for s in settings}, {3})
        self.refused('fig6', 'none', '--start-from', layers, says='expected --train')
        self.refused('fig6', 'none', '--batch', '3', says='expected --start-from')

    def test_smrc_with_a_classifier(self):
        from test_layers import TASK, model
        layers = SHOP.train('told', sd.config(5, [TASK['name']], model())) / 'model.safetensors'
        told = sd.config(5, ['image_classification'], {
            **sd.MODEL, 'tasks': [t for t in sd.MODEL['tasks'] if t['name'] == 'image_classification'],
            'encoders': {'image': {**sd.MODEL['encoders']['image'], 'image_size': 16, 'patch': 4}}})
        classifier = SHOP.train('classifier', told) / 'model.safetensors'
        done = sd.run('baseline', '--scheme', 'jpeg-ldpc', '--model', layers, '--data', SHOP.data,
                      '--task', TASK['name'], '--symbols', '600', '--snr', '12', '--limit', '20',
                      '--classifier', classifier, '--classifier-task', 'image_classification', '--json')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('recall', done.stdout)
        done = sd.run('baseline', '--scheme', 'jpeg-ldpc', '--model', layers, '--data', SHOP.data,
                      '--task', TASK['name'], '--classifier', classifier)
        self.assertIn('--classifier needs --classifier-task', done.stderr)

    def test_table2(self):
        rows, _ = self.made('table2', 'all')
        own = [r for r in rows if r['scheme'] == 'U-DeepSC']
        self.assertEqual({(r['metric'], float(r['value'])) for r in own
                          if r['task'] == 'image_reconstruction'}, {('symbols_per_patch', 6)})
        self.assertEqual(len([r for r in rows if r['scheme'] == 'published']), 6)

    def test_table3_adds_up(self):
        rows, _ = self.made('table3', 'all', model=SHIPPED)
        value = {(r['scheme'], r['task']): float(r['value']) for r in rows}
        single = [value['T-DeepSC, model lite', task] for task in sd.TASKS]
        self.assertTrue(all(0 < v < value['U-DeepSC, model lite', 'all tasks'] for v in single))
        whole = value.pop(('T-DeepSC, model lite', 'all tasks'))
        self.assertAlmostEqual(whole, sum(v for (scheme, _), v in value.items()
                                          if scheme == 'T-DeepSC, model lite'), 6)
        self.assertEqual(value['T-DeepSC, published', 'all tasks'], 153.67)

    @unittest.skipIf(importlib.util.find_spec('gnuradio') is None, 'no GNU Radio here')
    def test_fig9(self):
        rows, _ = self.made('fig9', 'all', model=SHIPPED)
        patches = [r for r in rows if r['task'] == 'image_classification']
        self.assertEqual(len(patches), 17)  # 4 x 4, and the vector of the task
        # Shares of all vectors add up to the number of those that are sent.
        self.assertAlmostEqual(sum(float(r['value']) for r in patches),
                               float(patches[0]['symbols_mean']), 3)
        words = [r for r in rows if r['dataset'] == 'sentence 2']
        self.assertEqual(words[4]['metric'], 'kept share, word 5: to')

    @unittest.skipIf(importlib.util.find_spec('gnuradio') is None, 'no GNU Radio here')
    def test_fig9_of_a_model_of_short_sentences(self):
        rows, _ = self.made('fig9', 'short')
        self.assertEqual({r['task'] for r in rows}, {'image_classification'})


class Parts(Case):

    def test_shards_are_put_together(self):
        for i in (1, 2, 3):
            done = reproduce('table2', 'shards', '--shard', f'{i}/3')
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertFalse((SHOP.folder / 'shards' / 'table2.csv').exists())
        rows, measured = self.made('table2', 'shards')
        self.assertEqual(measured, 0)
        self.assertEqual(rows, self.made('table2', 'whole')[0])

    def test_rows_of_another_model_do_not_mix(self):
        own, _ = self.made('table2', 'mixed')
        other, measured = self.made('table2', 'mixed', model=OTHER)
        self.assertEqual(measured, 12)
        again, measured = self.made('table2', 'mixed')
        self.assertEqual((again, measured), (own, 0))

    def test_other_seeds_and_counts_are_measured(self):
        self.made('table2', 'seeds')
        self.assertEqual(self.made('table2', 'seeds', '--seed', 2)[1], 12)
        self.assertEqual(self.made('table2', 'seeds', '--limit', 13)[1], 12)

    def test_a_damaged_part_file_is_mended(self):
        first, _ = self.made('table2', 'damaged')
        part = SHOP.folder / 'damaged' / 'parts' / 'table2.jsonl'
        lines = part.read_bytes().splitlines()
        # A line in the middle is no JSON, the last was cut off.
        part.write_bytes(b'\n'.join([*lines[:3], b'\xff\x00', *lines[4:-1], lines[-1][:40]]))
        done = reproduce('table2', 'damaged')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f'{part}: line 4 and 1 more', done.stderr)
        self.assertEqual(table('damaged', 'table2')[1], first)


class MoreModels(Case):

    def test_single_task_models_are_trained_and_drawn(self):
        config = sd.write_json(SHOP.folder / 'base.json', sd.config(40))
        models = SHOP.folder / 'models'
        rows, _ = self.made('fig8', 'trained', '--models', models, '--train', '--steps', 20,
                            '--config', config, '--tokenizer', SHOP.vocabulary)
        self.assertEqual({p.name for p in models.glob('*.safetensors')},
                         {f't-{task}.safetensors' for task in sd.TASKS})
        single = {r['task'] for r in rows if r['scheme'] == 'T-DeepSC'}
        self.assertEqual(single, {'image_classification', 'text_classification'})

    def test_models_at_one_snr(self):
        models = SHOP.folder / 'fixed'
        models.mkdir()
        shutil.copyfile(OTHER, models / 'snr--2.safetensors')
        rows, _ = self.made('fig6', 'fixed-out', '--models', models)
        found = [r for r in rows if r['scheme'] == 'U-DeepSC trained at -2 dB']
        self.assertEqual(len(found), 12)
        self.assertEqual({r['train_snr_db'] for r in found}, {'-2'})


class BadInput(Case):

    def test_one_data_set_missing(self):
        data = SHOP.folder / 'half'
        data.mkdir()
        (data / 'SST-2').symlink_to(SHOP.data / 'SST-2')
        done = reproduce('table2', 'half-out', data=data)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('CIFAR-10, binary version is to be had at https://', done.stderr)
        self.assertEqual({r['task'] for r in table('half-out', 'table2')[1]
                          if r['scheme'] == 'U-DeepSC'}, set(sd.TEXT_TASKS))

    def test_all_missing(self):
        empty = SHOP.folder / 'empty'
        empty.mkdir()
        self.refused('fig6', 'none', data=empty, says='nothing could be measured')
        self.refused('fig6', 'none', data=empty / 'nowhere', says='there is no such folder')

    def test_arguments(self):
        self.refused('fig5', 'none', says="'fig5'")
        self.refused('fig6', 'none', '--shard', '4/3', says="'4/3'")
        self.refused('fig6', 'none', '--snr=1,two', says="'1,two'")
        self.refused('fig6', 'none', '--train', says='--models DIR')
        self.refused('fig6', 'none', '--models', SHOP.folder / 'nowhere', says='nowhere')

    def test_files(self):
        (SHOP.folder / 'file').write_text('no folder')
        self.refused('fig6', 'file', says='cannot be written')
        self.refused('fig6', 'none', model=SHOP.vocabulary, says='vocab.txt')


if __name__ == '__main__':
    unittest.main()
