#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""GNU Radio Companion: every block description is sound, the examples generate and run."""

import ast
import glob
import importlib.util
import os
import pathlib
import re
import tempfile
import unittest

import numpy as np
import yaml
from gnuradio import gr, udeepsc
from gnuradio.grc.core.platform import Platform

import fixture as fx
from qa_sources import write_ppm, write_wav

GRC_DIR = os.path.join(fx.SOURCE_DIR, 'grc')
EXAMPLES = sorted(glob.glob(os.path.join(fx.SOURCE_DIR, 'examples', '*', '*.grc')))
DESCRIPTIONS = sorted(glob.glob(os.path.join(GRC_DIR, 'udeepsc_*.block.yml')))
BLOCK_IDS = [os.path.basename(d).split('.')[0] for d in DESCRIPTIONS]
# Parameters that have to name something which is there.
PARAMETERS = {'sample_source': {'task': 'text_reconstruction', 'data_dir': fx.temporary('grc')},
              'camera_source': {'camera': fx.temporary('grc/camera.ppm')},
              'microphone_source': {'device': fx.temporary('grc/microphone.wav')},
              'result_file_sink': {'folder': fx.temporary('grc/results')}}
WINDOWS = ('udeepsc_qt_memory_view', 'udeepsc_qt_task_view')
# What ends an open port, by its domain.
SOURCES = {'message': 'blocks_message_strobe', 'stream': 'blocks_null_source'}
SINKS = {'message': 'blocks_message_debug', 'stream': 'blocks_null_sink'}


def class_name(block_id):
    """udeepsc_vq_lookup is vq_lookup; udeepsc_tx is udeepsc_tx."""
    return block_id if hasattr(udeepsc, block_id) else block_id[len('udeepsc_'):]


def make_platform():
    # GRC_BLOCKS_PATH, set by the test, adds the descriptions of the source tree.
    platform = Platform(version=gr.version(), version_parts=gr.version().split('.')[:3],
                        prefs=gr.prefs())
    platform.build_library()
    return platform


PLATFORM = make_platform()


def generate(flow_graph, folder):
    flow_graph.rewrite()
    flow_graph.validate()
    if not flow_graph.is_valid():
        raise AssertionError(list(map(str, flow_graph.get_error_messages())))
    generator = PLATFORM.Generator(flow_graph, folder)
    generator.write()
    path = os.path.join(folder, flow_graph.get_option('id') + '.py')
    return path, pathlib.Path(path).read_text()


def load(path):
    spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Descriptions(unittest.TestCase):

    def test_all_blocks_are_there(self):
        described = {class_name(block) for block in BLOCK_IDS}
        bound = {name for name, value in vars(udeepsc).items()
                 if isinstance(value, type)
                 and issubclass(value, (udeepsc.pdu_block, gr.hier_block2, gr.basic_block,
                                        gr.sync_block))}
        self.assertEqual(described, bound - {'pdu_block'})

    def test_sound(self):
        for path in DESCRIPTIONS:
            with self.subTest(os.path.basename(path)):
                description = yaml.safe_load(pathlib.Path(path).read_text())
                parameters = {p['id']: p for p in description['parameters']}
                asserts = ' '.join(description.get('asserts', []))
                for name, parameter in parameters.items():
                    if parameter['dtype'] in ('int', 'float'):
                        self.assertRegex(asserts, rf'\b{name}\b', 'number without assert')
                    if parameter['dtype'] == 'enum':
                        self.assertEqual(len(parameter['options']),
                                         len(parameter['option_labels']))
                block = getattr(udeepsc, class_name(description['id']))
                setters = {s for s in dir(block) if s.startswith('set_')
                           and s[4:] in parameters}
                called = {c.split('(')[0] for c in
                          description['templates'].get('callbacks', [])}
                # set_faults() takes several parameters at once.
                self.assertEqual(called - {'set_faults'}, setters, 'a setter without callback')
                self.assertIn('Tip:', description['documentation'])
                self.assertRegex(description['category'], r'^\[UDeepSC\]/')

    def test_every_block_generates_and_constructs(self):
        """With its defaults, the shipped model among them."""
        os.makedirs(fx.temporary('grc/SST-2'), exist_ok=True)
        with open(fx.temporary('grc/SST-2/dev.tsv'), 'w', encoding='utf-8') as table:
            table.write('sentence\tlabel\na good film\t1\n')
        write_ppm('grc/camera.ppm', fx.picture())
        write_wav('grc/microphone.wav', np.zeros((8000, 1)), 8000)
        for block_id in BLOCK_IDS:
            if block_id in WINDOWS:
                continue  # tests/blocks/qa_qt_*_view.py
            with self.subTest(block_id), tempfile.TemporaryDirectory() as folder:
                name = class_name(block_id)
                flow_graph = PLATFORM.make_flow_graph()
                options = flow_graph.options_block
                options.params['id'].set_value('qa_' + name)
                options.params['generate_options'].set_value('no_gui')
                block = flow_graph.new_block(block_id)
                block.params['id'].set_value('dut')
                for key, value in PARAMETERS.get(name, {}).items():
                    block.params[key].set_value(value)
                # An input port wants a connection.
                for i, sink in enumerate(block.sinks):
                    if not sink.optional and not sink.hidden:
                        other = flow_graph.new_block(SOURCES[sink.domain])
                        other.params['id'].set_value(f'source_{i}')
                        if sink.domain == 'stream':
                            other.params['type'].set_value(sink.dtype)
                            flow_graph.rewrite()
                        flow_graph.connect(other.sources[0], sink)
                for i, source in enumerate(block.sources):
                    if not source.optional and not source.hidden:
                        other = flow_graph.new_block(SINKS[source.domain])
                        other.params['id'].set_value(f'sink_{i}')
                        flow_graph.connect(source, other.sinks[0])
                path, text = generate(flow_graph, folder)
                ast.parse(text)
                top = getattr(load(path), 'qa_' + name)()
                top.start()
                top.stop()
                top.wait()

    def test_menus_list_what_the_shipped_model_has(self):
        tasks = udeepsc.transceiver('lite').info().tasks
        for name, wanted in (
                ('image_source', {t.name for t in tasks if 'image' in t.modalities}),
                ('text_source', {t.name for t in tasks if 'text' in t.modalities}),
                ('sound_source', {t.name for t in tasks if 'speech' in t.modalities}),
                ('camera_source', {t.name for t in tasks if 'image' in t.modalities}),
                ('microphone_source', {t.name for t in tasks if 'speech' in t.modalities}),
                ('voice_activity_detector', {t.name for t in tasks if 'speech' in t.modalities}),
                ('question_source', {t.name for t in tasks
                                     if {'image', 'text'} == set(t.modalities)}),
                ('result_file_sink', {'', *(t.name for t in tasks)}),
                ('task_sink', {'', *(t.name for t in tasks)})):
            path = os.path.join(GRC_DIR, f'udeepsc_{name}.block.yml')
            parameters = yaml.safe_load(pathlib.Path(path).read_text())['parameters']
            task = next(p for p in parameters if p['id'] == 'task')
            self.assertEqual(set(task['options']), wanted)

    def test_numbers_out_of_range_are_refused(self):
        flow_graph = PLATFORM.make_flow_graph()
        block = flow_graph.new_block('udeepsc_block_fading_channel')
        for value in ('1000', "float('nan')"):
            block.params['snr_db'].set_value(value)
            flow_graph.rewrite()
            block.validate()
            self.assertTrue(any('snr_db' in re.sub(r'\s', '', str(m)) or 'assert' in str(m)
                                .lower() for m in block.get_error_messages()),
                            block.get_error_messages())


class Examples(unittest.TestCase):

    def test_examples_generate_and_compile(self):
        self.assertTrue(EXAMPLES)
        for path in EXAMPLES:
            with self.subTest(path), tempfile.TemporaryDirectory() as folder:
                flow_graph = PLATFORM.make_flow_graph()
                flow_graph.import_data(PLATFORM.parse_flow_graph(path))
                _, text = generate(flow_graph, folder)
                compile(text, path, 'exec')

    def run_example(self, name, snr_db):
        """A picture of four tiles and two sentences through an example; its flowgraph."""
        path = [p for p in EXAMPLES if p.endswith(f'/{name}.grc')][0]
        with tempfile.TemporaryDirectory() as folder:
            flow_graph = PLATFORM.make_flow_graph()
            flow_graph.import_data(PLATFORM.parse_flow_graph(path))
            generated, _ = generate(flow_graph, folder)
            top = getattr(load(generated), name)(
                model=fx.model_path(), pictures=write_ppm('e.ppm', fx.picture(1, 64)),
                snr_db=snr_db)
            top.start()
            arrived = top.udeepsc_task_sink_0.wait_for(5, fx.TIMEOUT_S)
            top.stop()
            top.wait()
        self.assertTrue(arrived)
        return top

    def test_first_example_runs(self):
        top = self.run_example('picture_and_sentence', snr_db=3.0)
        self.assertEqual(top.udeepsc_task_sink_0.count('image_reconstruction'), 4)
        # The tiny model spells: the longer of the two sentences is beyond its 24 tokens.
        self.assertEqual(top.udeepsc_task_sink_0.count('text_reconstruction'), 1)
        self.assertEqual(top.udeepsc_semantic_encoder_0.dropped('bad sample'), 1)

    def test_over_the_air_runs(self):
        """Every burst arrives, with the truth that the sink scores against."""
        top = self.run_example('over_the_air', snr_db=0.0)
        self.assertEqual(top.udeepsc_task_sink_0.scored('image_reconstruction'), 4)
        self.assertEqual(top.udeepsc_task_sink_0.scored('text_reconstruction'), 1)
        # The way back to the selector: a report for each frame, of one sample or of several.
        self.assertGreaterEqual(top.udeepsc_csi_feedback_0.received(), 1)


if __name__ == '__main__':
    unittest.main()
