#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""SigMF recordings made by others, by mistake or on purpose: each is refused with one line that
names the file, or played to its end."""

import json
import os
import unittest

import numpy as np
from gnuradio import blocks, gr
from gnuradio.udeepsc import radios

import fixture as fx

GOOD = {'global': {'core:datatype': 'cf32_le', 'core:version': '1.0.0',
                   'core:sample_rate': 1e6},
        'captures': [{'core:sample_start': 0, 'core:frequency': 915e6}], 'annotations': []}
SAMPLES = 100
# What a field may hold instead, as JSON.
VALUES = ('true', '"x"', '"' + 1000 * 'x' + '"', '[]', '[1]', '{}', '-1', '-1e6', '0', '1e15', '1e308',
          '1e999', 'NaN', 'Infinity', '-Infinity', '1' + 400 * '0', '1' + 5000 * '0',
          500 * '[' + 500 * ']', 200_000 * '[' + 200_000 * ']')


def write(name, text):
    with open(name + '.sigmf-meta', 'wb') as file:
        file.write(text.encode() if isinstance(text, str) else text)
    with open(name + '.sigmf-data', 'wb') as file:
        file.write(np.ones(SAMPLES, np.complex64).tobytes())


def with_value(path, value):
    """GOOD as text, with `value` (JSON) where `path` leads."""
    meta = json.loads(json.dumps(GOOD))
    *parents, last = path
    parts = meta
    for parent in parents:
        parts = parts[parent]
    parts[last] = 'PLACE'
    return json.dumps(meta).replace('"PLACE"', value)


def play(name):
    """Samples of the recording."""
    sink = blocks.vector_sink_c()
    player = radios.make_receiver(f'sigmf:{name},pace=fast')
    top = gr.top_block()
    top.connect(player, sink)
    top.run()
    return np.array(sink.data())[:SAMPLES]


class Refused(unittest.TestCase):

    def refused(self, name, *words):
        with self.assertRaises(radios.RadioError) as caught:
            radios.make_receiver(f'sigmf:{name}')
        text = str(caught.exception)
        self.assertLess(len(text), 400)
        self.assertNotIn('\n', text)
        for word in (os.path.basename(name), *words):
            self.assertIn(word, text)

    def each(self, path, fine, *words):
        """`fine`: values that are understood."""
        name = fx.temporary('value')
        for value in VALUES:
            write(name, with_value(path, value))
            with self.subTest(path=path, value=value[:20]):
                if value in fine:
                    self.assertTrue((play(name) == 1).all())
                else:
                    self.refused(name)

    def test_rate(self):
        self.each(('global', 'core:sample_rate'), ())
        name = fx.temporary('rate')
        write(name, with_value(('global', 'core:sample_rate'), '1e15'))
        self.refused(name, 'core:sample_rate', '1000000000000000', '1000 to 1e+09')

    def test_frequency(self):
        self.each(('captures', 0, 'core:frequency'), ('-1', '-1e6', '0'))

    def test_datatype(self):
        self.each(('global', 'core:datatype'), ())

    def test_channels(self):
        self.each(('global', 'core:num_channels'), ('true',))

    def test_captures(self):
        self.each(('captures',), ('[]',))
        self.each(('captures', 0), ('{}',))

    def test_global(self):
        self.each(('global',), ())

    def test_what_is_no_json(self):
        name = fx.temporary('no-json')
        for text in ('', '{', '3', '[]', '"x"', 'null', b'\xff\xfe{', b'\0', 1000 * '{"a":'):
            with self.subTest(text[:10]):
                write(name, text)
                self.refused(name, 'no SigMF metadata')

    def test_metadata_that_is_too_long(self):
        name = fx.temporary('long')
        write(name, '{}')
        os.truncate(name + '.sigmf-meta', 1 << 40)  # takes no room on the disk
        self.refused(name, str(1 << 40), 'at most')

    def test_what_is_no_file(self):
        """A pipe would be waited for, a device has no end."""
        for ending in ('.sigmf-meta', '.sigmf-data'):
            for kind, make in (('pipe', os.mkfifo), ('folder', os.mkdir),
                               ('device', lambda path: os.symlink('/dev/zero', path))):
                with self.subTest(ending + ' ' + kind):
                    name = fx.temporary(kind + ending[7:])
                    write(name, json.dumps(GOOD))
                    os.remove(name + ending)
                    make(name + ending)
                    self.refused(name, ending)

    def test_recording_into_a_pipe(self):
        for ending in ('.sigmf-meta', '.sigmf-data'):
            with self.subTest(ending):
                name = fx.temporary('into' + ending[7:])
                os.mkfifo(name + ending)
                with self.assertRaises(radios.RadioError) as caught:
                    radios.make_transmitter(f'sigmf:{name}')
                self.assertIn(ending + ': is a pipe', str(caught.exception))


class Played(unittest.TestCase):

    def test_what_is_no_business_of_ours(self):
        name = fx.temporary('other')
        for path in (('annotations',), ('global', 'core:author'), ('x:y',)):
            write(name, with_value(path, '[{"a": -1}]'))
            self.assertTrue((play(name) == 1).all())

    def test_a_disk_that_goes_away(self):
        """What cannot be read any more ends the replay, and is told."""
        name = fx.temporary('gone')
        write(name, json.dumps(GOOD))
        player = radios.make_receiver(f'sigmf:{name},pace=fast')

        def fail(count):
            raise OSError(5, 'Input/output error')

        player._reader.read = fail
        top = gr.top_block()
        top.connect(player, blocks.null_sink(gr.sizeof_gr_complex))
        top.run()
        self.assertEqual(player.faults(), {'broken': 1})


if __name__ == '__main__':
    unittest.main()
