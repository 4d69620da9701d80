#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Model files that must not be taken, and what is said about them (docs/model-format.md)."""

import copy
import json
import os
import re
import resource
import struct
import unittest

import numpy as np

import small_data as sd
from safetensors_file import SafetensorsFile

SHOP = None
MODEL = None  # a good file
MEGABYTE = 1 << 20


def setUpModule():
    global SHOP, MODEL
    SHOP = sd.Workshop()
    MODEL = SHOP.train('model', sd.config(2)) / 'model.safetensors'


def tearDownModule():
    SHOP.close()


def limit_memory():
    # LibTorch's own libraries map about 1 GiB.
    resource.setrlimit(resource.RLIMIT_AS, (3072 * MEGABYTE,) * 2)


def info(*paths):
    return sd.run('info', *paths, preexec_fn=limit_memory)


def verdicts(paths):
    """What `info` says about each of many files, in one process; None: it takes the file."""
    done = info(*paths)
    assert done.returncode in (0, 1), f'exit status {done.returncode}: {done.stderr[-2000:]}'
    faults = re.split(r'^udeepsc: ', done.stderr, flags=re.M)[1:]
    found = {}
    for path in paths:
        of_path = [f for f in faults if re.search(re.escape(str(path)) + "[':]", f)]
        assert len(of_path) <= 1, of_path
        found[path] = of_path[0].strip() if of_path else None
    assert len(faults) == sum(f is not None for f in found.values()), done.stderr[-2000:]
    taken = done.stdout.count('\nmodulation ')
    assert taken + len(faults) == len(paths), done.stderr[-2000:]
    return found


class ModelFiles(unittest.TestCase):

    def setUp(self):
        self.folder = SHOP.folder / self.id().rsplit('.', 1)[1]
        self.folder.mkdir()
        self.good = SafetensorsFile(MODEL)
        self.raw = MODEL.read_bytes()
        self.header_end = 8 + struct.unpack_from('<Q', self.raw)[0]

    def file(self, name, content):
        path = self.folder / f'{name}.safetensors'
        path.write_bytes(content)
        return path

    def changed(self, name, change, rehash=True):
        """A file whose hash is right and in which `change` is wrong."""
        model = copy.deepcopy(self.good)
        change(model)
        if rehash:
            model.rehash()
        return model.write(self.folder / f'{name}.safetensors')

    def all_refused(self, expected):
        """`expected`: path -> words that the message must have, beside the file's name."""
        found = verdicts(list(expected))
        for path, words in expected.items():
            with self.subTest(file=path.name):
                self.assertIsNotNone(found[path], 'taken')
                for word in (words,) if isinstance(words, str) else words:
                    self.assertIn(word, found[path])
        return found

    def test_good_one_is_taken(self):
        # The control: what these tests write is read when nothing is wrong with it.
        same = self.changed('same', lambda m: None)
        self.assertEqual(verdicts([MODEL, same]), {MODEL: None, same: None})
        done = info('--json', same)
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(told['id'], 'small-' + self.good.metadata['content_hash'])
        self.assertEqual(told['training']['steps'], 2)
        self.assertEqual(set(told['tx_gain']), set(sd.TASKS))
        # Buffers are no parameters: amplitudes, and no other in this configuration.
        counted = sum(int(np.prod(shape)) for name, (_, shape, _) in self.good.tensors.items()
                      if name != 'tokenizer' and not name.startswith('tx_gain'))
        self.assertEqual(told['parameters'], counted)

    def test_no_model_at_all(self):
        fifo = self.folder / 'pipe.safetensors'
        os.mkfifo(fifo)
        self.all_refused({
            self.folder / 'missing.safetensors': 'no such file',
            self.folder: 'directory',
            fifo: 'pipe',
            self.file('empty', b''): 'empty file',
            self.file('png', b'\x89PNG\r\n\x1a\n' + bytes(500)): 'PNG',
            self.file('zip', b'PK\x03\x04' + bytes(500)): 'zip',
            self.file('pickle', b'\x80\x02}q\x00.' + bytes(500)): 'pickle',
            self.file('text', b'once upon a time ' * 30): 'not a safetensors file',
            self.file('zeros', bytes(1000)): 'not a safetensors file',
            self.file('json', b'{"model": {}}' * 9): 'not a safetensors file',
        })

    def test_exit_status_of_every_command(self):
        missing = self.folder / 'missing.safetensors'
        for command in (['info', missing],
                        ['eval', '--model', missing, '--data', SHOP.data, '--task', 'all'],
                        ['bench', '--model', missing]):
            done = sd.run(*command)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stdout, '')
            self.assertEqual(done.stderr.count('\n'), 1, done.stderr)
            self.assertIn(str(missing), done.stderr)

    def test_truncated(self):
        size, end = len(self.raw), self.header_end
        places = {1, 7, 8, 9, 10, 64, end // 2, end - 1, end, end + 1, size - 1,
                  *range(100, size, size // 25)}
        self.all_refused({self.file(f'cut-{n}', self.raw[:n]): '' for n in places})

    def test_appended(self):
        self.all_refused({self.file('longer', self.raw + b'\0'): 'follows the last tensor'})

    def test_flipped_in_the_data(self):
        random = np.random.default_rng(5)
        paths = []
        for at in random.integers(self.header_end, len(self.raw), 40):
            raw = bytearray(self.raw)
            raw[at] ^= 1 << random.integers(8)
            paths.append(self.file(f'data-{at}', raw))
        found = verdicts(paths)
        for path, fault in found.items():
            with self.subTest(file=path.name):
                # NaN is looked for first.
                self.assertRegex(fault or 'taken', 'damaged: its contents hash to|NaN or inf')

    def test_flipped_in_the_header(self):
        # A flip in a text for people may be taken (the hash is of the tensors); all others
        # are refused, and none does harm: verdicts() has looked.
        random = np.random.default_rng(6)
        paths = []
        for at in [*range(8), *random.integers(8, self.header_end, 80)]:
            raw = bytearray(self.raw)
            raw[at] ^= 1 << random.integers(8)
            paths.append(self.file(f'header-{at}-{len(paths)}', raw))
        found = verdicts(paths)
        self.assertGreater(sum(fault is not None for fault in found.values()), 70)

    def test_other_formats(self):
        def metadata(**change):
            def apply(model):
                for key, value in change.items():
                    model.metadata.pop(key)
                    if value is not None:
                        model.metadata[key] = value
            return apply

        self.all_refused({
            self.changed('plain', lambda m: m.metadata.clear(), rehash=False): 'no U-DeepSC model',
            self.changed('foreign', metadata(format='pt')): 'no U-DeepSC model',
            self.changed('version', metadata(format_version='3')): ('format version "3"', '"1"'),
            self.changed('unversioned', metadata(format_version=None)): 'format version',
            self.changed('no-config', metadata(config=None)): 'config',
            self.changed('hash', metadata(content_hash='0' * 16), rehash=False): 'damaged',
            self.changed('no-hash', metadata(content_hash=None), rehash=False): 'content_hash',
            SHOP.folder / 'model' / 'checkpoint.safetensors': 'no U-DeepSC model',
        })

    def test_tensors_that_do_not_fit_are_all_named(self):
        names = [n for n, (_, shape, _) in self.good.tensors.items() if len(shape) == 2][:4]
        missing, renamed, turned, _ = names

        def change(model):
            del model.tensors[missing]
            model.tensors['stranger'] = model.tensors.pop(renamed)
            dtype, shape, data = model.tensors[turned]
            model.tensors[turned] = (dtype, [*shape, 1], data)

        path = self.changed('unfit', change)
        fault = self.all_refused({path: 'tensors do not fit'})[path]
        lines = [line.strip() for line in fault.splitlines()[1:]]
        self.assertEqual(len(lines), 4, fault)
        self.assertTrue(any(x.startswith(f'missing {missing} [') for x in lines), fault)
        self.assertTrue(any(x.startswith(f'missing {renamed} [') for x in lines), fault)
        self.assertTrue(any(x.startswith('extra stranger [') for x in lines), fault)
        self.assertTrue(any(x.startswith(f'{turned} is [') and 'expected [' in x for x in lines),
                        fault)

    def test_numbers_that_are_none(self):
        def with_value(name, value):
            def change(model):
                dtype, shape, data = model.tensors[name]
                kind = {'F16': np.float16, 'F32': np.float32}[dtype]
                numbers = np.frombuffer(data, kind).copy()
                numbers[-1] = value
                model.tensors[name] = (dtype, shape, numbers.tobytes())
            return change

        weight = next(n for n, t in self.good.tensors.items() if t[0] == 'F16')
        gain = next(n for n in self.good.tensors if n.startswith('tx_gain'))
        self.all_refused({
            self.changed('nan', with_value(weight, np.nan)): (weight, 'NaN'),
            self.changed('inf', with_value(weight, -np.inf)): (weight, 'infinite'),
            self.changed('nan-gain', with_value(gain, np.nan)): (gain, 'NaN'),
        })

    def test_header_lengths(self):
        rest = self.raw[8:]
        self.all_refused({self.file(f'length-{i}', struct.pack('<Q', n) + rest): 'header'
                          for i, n in enumerate((0, 1, 2, len(self.raw), 10 ** 8, 2 ** 31,
                                                 2 ** 40, 2 ** 63, 2 ** 64 - 1))})

    def test_headers_that_lie(self):
        header = json.loads(self.raw[8:self.header_end])
        data = self.raw[self.header_end:]
        name = next(n for n in header if n != '__metadata__')

        def lying(key, value):
            lie = copy.deepcopy(header)
            lie[name][key] = value
            text = json.dumps(lie).encode()
            return struct.pack('<Q', len(text)) + text + data

        self.all_refused({self.file(f'lie-{i}', lying(*lie)): name for i, lie in enumerate([
            ('shape', [2 ** 62, 2 ** 62]), ('shape', [-1]), ('shape', 7), ('shape', [1.5]),
            ('shape', [2 ** 40]), ('dtype', 'F8'), ('dtype', 3), ('data_offsets', [0, 2 ** 60]),
            ('data_offsets', [8, 4]), ('data_offsets', [0]), ('data_offsets', [-4, 0])])})
        deep = b'{"a":' * 20000
        self.all_refused({self.file('deep', struct.pack('<Q', len(deep)) + deep): 'nested'})

    def test_configurations_that_lie(self):
        def tampered(name, change):
            config = json.loads(self.good.metadata['config'])
            change(config)

            def apply(model):
                model.metadata['config'] = json.dumps(config)
            return self.changed(name, apply, rehash=False)

        def encoder(modality, **values):
            return lambda c: c['encoders'][modality].update(values)

        def task(number, **values):
            return lambda c: c['tasks'][number].update(values)

        lies = {
            'unknown': (encoder('image', colour=1), 'colour'),
            'without': (lambda c: c['encoders']['image'].pop('dim'), 'dim'),
            'type': (encoder('image', dim='wide'), 'encoders.image.dim'),
            'fraction': (encoder('image', dim=32.5), 'encoders.image.dim'),
            'wraps': (encoder('image', dim=2 ** 32 + 32), 'encoders.image.dim'),
            'negative': (encoder('text', vocabulary=-1), 'vocabulary'),
            'fsm': (encoder('image', fsm_dim=2 * 10 ** 9), 'fsm_dim'),
            'picture': (encoder('image', image_size=2 ** 20, patch=1), 'image_size'),
            'patches': (encoder('image', image_size=1024, patch=1), 'patch'),
            'layers': (encoder('image', dim=8192, ffn=32768, semantic_layers=64), 'parameters'),
            'words': (encoder('text', dim=8192, vocabulary=10 ** 6), 'parameters'),
            'decoder': (lambda c: c['decoder'].update(dim=2 ** 30, heads=1), 'decoder.dim'),
            'queries': (task(0, queries=2 ** 30), 'queries'),
            'classes': (task(0, classes=10 ** 9), 'classes'),
            'pieces': (lambda c: c['tasks'][0]['inputs']['image'].update(subvectors=2 ** 30),
                       'subvectors'),
            'codebook': (lambda c: c['codebook'].update(entries=2 ** 30), 'codebook.entries'),
            'twice': (lambda c: c['tasks'].append(c['tasks'][0]), 'twice'),
            'fits-no-tensor': (encoder('image', ffn=32768), 'needs at least'),
        }
        expected = {tampered(name, change): word for name, (change, word) in lies.items()}
        for name, text in (('no-json', 'hello'), ('array', '[]'), ('nothing', '')):
            def apply(model, text=text):
                model.metadata['config'] = text
            expected[self.changed(name, apply, rehash=False)] = 'configuration'
        self.all_refused(expected)

    def test_training_text_that_is_no_json(self):
        path = self.changed('told', lambda m: m.metadata.update(training='by hand'))
        done = info('--json', path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)['training'], 'by hand')

    def test_texts_nested_too_deep(self):
        deep = '[' * 100000 + ']' * 100000

        def told(**texts):
            return lambda model: model.metadata.update(texts)

        self.all_refused({
            self.changed('config', told(config=deep)): 'nested deeper than 64',
            self.changed('field', told(config=f'{{"name": {deep}}}')): 'nested deeper than 64',
            self.changed('training', told(training=f'{{"data": {deep[50000:150000]}}}')):
                ('training', 'expected at most 65536'),
            self.changed('short', told(training='[' * 200 + ']' * 200)): 'nested deeper than 64',
        })
        # The most that is taken is indented, not drowned in blanks.
        most = self.changed('most', told(training='[' * 64 + '0,' * 32000 + '0' + ']' * 64))
        done = info('--json', most)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(len(done.stdout), 6 * MEGABYTE)

    def test_headers_that_would_fill_the_memory(self):
        # Of 16 MiB, the longest that are looked at; each was 30 times that in memory.
        def header(start, piece, end):
            return start + piece * ((2 ** 24 - len(start + end)) // len(piece)) + end

        kinds = {'zeros': header(b'{"a":[0', b',0', b']}'),
                 'objects': header(b'{"a":[0', b',{"a":0}', b']}'),
                 'blanks': header(b'{"a":[0', b' ', b']}')}
        for name, text in kinds.items():
            with self.subTest(header=name):
                path = self.file(name, struct.pack('<Q', len(text)) + text)
                self.all_refused({path: 'header' if name != 'blanks' else 'expected an object'})
        longer = b'{' + b' ' * 2 ** 24 + b'}'
        self.all_refused({self.file('longer', struct.pack('<Q', len(longer)) + longer):
                          'header length'})

    def test_nothing_a_terminal_would_obey(self):
        def renamed(bad):
            def change(model):
                name = next(n for n in model.tensors if n != 'tokenizer')
                model.tensors[name + bad] = model.tensors.pop(name)
            return change

        def retold(**texts):
            return lambda model: model.metadata.update(texts)

        for i, bad in enumerate(('\x1b]0;title\x07', '\x9b2J', '\x7f')):
            config = json.loads(self.good.metadata['config'])
            config['name'] = bad
            paths = [self.changed(f'tensor-{i}', renamed(bad)),
                     self.changed(f'config-{i}', retold(config=json.dumps(config)), rehash=False),
                     self.changed(f'field-{i}', retold(config=json.dumps({bad: 1})), rehash=False),
                     self.changed(f'hash-{i}', retold(content_hash=bad), rehash=False),
                     self.changed(f'training-{i}', retold(training=bad), rehash=False),
                     self.changed(f'json-{i}', retold(training=json.dumps([bad])), rehash=False),
                     self.changed(f'version-{i}', retold(format_version=bad), rehash=False)]
            done = info('--json', *paths)
            self.assertEqual(done.returncode, 1)
            for text in (done.stdout, done.stderr):
                self.assertNotRegex(text, '[\x00-\x09\x0b-\x1f\x7f-\x9f]')
            self.assertEqual(len(re.findall('^udeepsc: ', done.stderr, flags=re.M)), len(paths))
            self.assertIn('with control characters', done.stderr)

    def tokenizers(self):
        def words(content):
            def change(model):
                if content is None:
                    del model.tensors['tokenizer']
                else:
                    model.tensors['tokenizer'] = ('U8', [len(content)], content)
            return change

        many = b'\n'.join([b'[PAD]', b'[UNK]', *(b'w%d' % i for i in range(200))])
        return {
            self.changed('none', words(None)): 'tokenizer',
            self.changed('many', words(many)): ('202 tokens', '96'),
            self.changed('empty', words(b'')): '[PAD]',
            self.changed('strange', words(b'once\nupon\n')): '[PAD]',
        }

    def test_tokenizers_that_do_not_fit(self):
        self.all_refused(dict(list(self.tokenizers().items())[:2]))

    def test_tokenizers_that_are_none(self):
        self.all_refused(dict(list(self.tokenizers().items())[2:]))

    def test_memory_stays_small(self):
        # The largest child of this process so far; LibTorch alone takes some 150 MB.
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        self.assertLess(peak, 700)


if __name__ == '__main__':
    unittest.main()
