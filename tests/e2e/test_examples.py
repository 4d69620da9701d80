#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The flowgraphs of examples/ without a window: each runs with a small picture, and what it
shows is there. test_companion presses Execute for all of them, those with a window too."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(os.environ['UDEEPSC_SOURCE_DIR'])
EXAMPLES = ROOT / 'examples'
TIMEOUT_S = 120  # for what takes seconds: only a hang reaches it
SENTENCES = ['a film with heart , humor and a dash of magic', 'too long by half , and dull']
TILES = 16

sys.path.append(str(ROOT / 'apps'))
from flowgraph import compile_flowgraph  # noqa: E402

folder = tempfile.TemporaryDirectory(prefix='udeepsc-examples-')
sys.path.insert(0, folder.name)  # embedded Python blocks lie beside their flowgraph


def load(example, name):
    """The flowgraph's class."""
    program = compile_flowgraph(EXAMPLES / example / f'{name}.grc', folder.name)
    spec = importlib.util.spec_from_file_location(name, program)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def picture():
    """File with a picture of 16 tiles: shapes with edges, on a background that changes."""
    path = Path(folder.name) / 'picture.png'
    if not path.exists():
        y, x = np.mgrid[:128, :128]
        pixels = np.stack([x + y, 255 - x, 128 + 60 * np.sin(y / 9)], axis=-1).clip(0, 255)
        for row, column, radius, colour in ((30, 40, 20, (220, 40, 40)), (90, 80, 30, (30, 60, 200)),
                                            (40, 100, 14, (240, 230, 60))):
            pixels[(y - row)**2 + (x - column)**2 < radius**2] = colour
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    return str(path)


def wait_until(condition):
    end = time.monotonic() + TIMEOUT_S
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class Running:
    """Flowgraphs, for the time of a with statement."""

    def __init__(self, *tops):
        self.tops = tops

    def __enter__(self):
        for top in self.tops:
            top.start()

    def __exit__(self, *_):
        for top in self.tops:
            top.stop()
        for top in self.tops:
            top.wait()


def sentences(sink):
    return [r.sentence for r in sink.results() if r.output == 'sentence']


class Simulated(unittest.TestCase):

    def test_03_symbol_errors_are_those_of_theory(self):
        from gnuradio import udeepsc
        top = load('03_burst_modem', 'burst_modem')(modulation='qpsk', snr_db=4.0)
        with Running(top):
            self.assertTrue(wait_until(lambda: len(top.symbol_counter.last) >= 40
                                       and len(top.symbol_counter.counters) == 2))
        rate, theory = top.symbol_counter.error_rate(), udeepsc.phy.symbol_error_rate_awgn('qpsk', 4.0)
        symbols = 512 * len(top.symbol_counter.last)
        # Four standard deviations, and 0.2 dB for synchronisation.
        allowed = 4 * (theory * (1 - theory) / symbols)**0.5
        self.assertGreater(rate, theory - allowed)
        self.assertLess(rate, udeepsc.phy.symbol_error_rate_awgn('qpsk', 3.8) + allowed)
        measured = np.mean([snr_db for _, snr_db, _, _ in top.symbol_counter.last])
        self.assertAlmostEqual(measured, 4.0, delta=0.5)

    def psnr_of_04(self, **options):
        top = load('04_ofdm_multipath', 'ofdm_multipath')(pictures=picture(), snr_db=18.0, **options)
        sinks = top.udeepsc_task_sink_a, top.udeepsc_task_sink_b
        with Running(top):
            for sink in sinks:
                self.assertTrue(sink.wait_for(TILES, TIMEOUT_S))
        return [sink.mean_score('image_reconstruction') for sink in sinks]

    def test_04_ofdm_hears_through_a_late_echo(self):
        ofdm, standard = self.psnr_of_04()
        self.assertGreater(ofdm, standard + 1.5)
        ofdm, standard = self.psnr_of_04(echo_gain=0.0)
        self.assertAlmostEqual(ofdm, standard, delta=1.0)

    def test_05_results_cross_to_the_other_flowgraph(self):
        address = f'ipc://{folder.name}/05'
        receiver = load('05_two_flowgraphs', 'receiver')(address=address)
        transmitter = load('05_two_flowgraphs', 'transmitter')(address=address, pictures=picture())
        sink = receiver.udeepsc_task_sink_0
        with Running(receiver, transmitter):
            self.assertTrue(wait_until(lambda: sink.count('text_reconstruction') >= 2
                                       and sink.count('image_reconstruction') >= TILES))
        self.assertEqual(set(sentences(sink)), set(SENTENCES))
        self.assertEqual(sink.scored(), 0)  # a radio does not carry the truth

    def test_06_a_recording_is_received_again(self):
        recording = f'{folder.name}/shot'
        record = load('06_sigmf_replay', 'record')(recording=recording, pictures=picture(), snr_db=12.0)
        with Running(record):
            self.assertTrue(record.udeepsc_task_sink_0.wait_for(TILES + 2, TIMEOUT_S))
        replay = load('06_sigmf_replay', 'replay')(recording=recording)
        replay.run()  # a recording ends
        sink = replay.udeepsc_task_sink_0
        self.assertEqual(sink.count('image_reconstruction'), TILES)
        self.assertEqual(sentences(sink), sentences(record.udeepsc_task_sink_0))

    def test_08_the_transmitter_follows_the_channel(self):
        top = load('08_closed_loop', 'closed_loop')(period=5.0)
        top.udeepsc_image_source_0.set_pace(30.0)
        with Running(top):
            self.assertTrue(top.udeepsc_task_sink_0.wait_for(200, TIMEOUT_S))
        results = top.udeepsc_task_sink_0.results()
        good = [r.symbols for r in results if r.snr_db > 10]
        bad = [r.symbols for r in results if r.snr_db < -4]
        self.assertGreater(min(len(good), len(bad)), 10)
        self.assertLess(np.mean(good), 6)
        self.assertGreater(np.mean(bad), 7.5)
        self.assertGreater(top.udeepsc_task_sink_0.mean_score('image_classification'), 0.7)

    def memory_model(self):
        """A tiny model with random weights that spells: its 24 tokens are single characters."""
        from gnuradio import udeepsc
        path = Path(folder.name) / 'tiny-memory.safetensors'
        if not path.exists():
            udeepsc.write_random_model(str(ROOT / 'tests/data/tiny-memory.json'), 1, str(path))
        return str(path)

    def test_12_questions_are_asked_of_both_receivers(self):
        story = Path(folder.name) / 'story.txt'
        story.write_text('1 Ann is in.\n2 Bob is out.\n3 Is Ann in?\tkitchen\n'
                         '1 Eve is out.\n2 Is Eve in?\tgarden\n', encoding='utf-8')
        top = load('12_memory', 'memory')(model=self.memory_model(), story=str(story))
        with Running(top):
            for sink in (top.sink_on, top.sink_off):
                self.assertTrue(sink.wait_for(2, TIMEOUT_S))
            self.assertTrue(wait_until(lambda: len(top.side_by_side.printed) == 2))
        questions = list(top.side_by_side.state.questions.values())
        self.assertEqual([q.words for q in questions], ['Is Ann in?', 'Is Eve in?'])
        self.assertEqual([q.expected for q in questions], ['kitchen', 'garden'])
        self.assertEqual([q.remembered for q in questions], [2, 1])  # a new story each
        self.assertEqual(top.memory_off.without_context(), 0)
        self.assertEqual((top.decoder_on.dropped(), top.decoder_off.dropped()), (0, 0))

    def test_12_pictures_are_remembered(self):
        """The present picture reaches both receivers, those before it one."""
        top = load('12_memory', 'pictures')(model=self.memory_model(), limit=4)
        with Running(top):
            for sink in (top.sink_on, top.sink_off):
                self.assertTrue(sink.wait_for(4, TIMEOUT_S))
            self.assertTrue(wait_until(lambda: len(top.side_by_side.printed) == 4))
        questions = top.side_by_side.state.questions.values()
        self.assertTrue(all(q.expected for q in questions))
        self.assertLessEqual({q.remembered for q in questions}, {1, 2},
                             [(q.words, q.remembered) for q in questions])
        self.assertEqual([d.incomplete() for d in (top.decoder_on, top.decoder_off)], [0, 0])
        self.assertEqual(top.memory_on.size(), list(questions)[-1].remembered + 1)

    def test_12_each_question_has_its_plan(self):
        """Weights at random: what they say is no number, and such a plan is given up."""
        top = load('12_memory', 'plan')(model=self.memory_model(), limit=4, pace=50.0)
        planner = top.udeepsc_question_planner_0
        with Running(top):
            self.assertTrue(wait_until(lambda: top.show_plan.answered
                                       + planner.dropped('bad sample') == 4))
        self.assertEqual(planner.dropped(), planner.dropped('bad sample'))

    def test_09_lost_features_cost_quality(self):
        scores = {}
        for share in (0.0, 0.3):
            top = load('09_own_block', 'own_block')(pictures=picture(), share=share)
            with Running(top):
                self.assertTrue(wait_until(lambda: top.count_lost.results == TILES))
            scores[share] = top.udeepsc_task_sink_0.mean_score('image_reconstruction')
            # Of 16 x 64 vectors; four standard deviations are 59.
            self.assertAlmostEqual(top.count_lost.lost, share * 1024, delta=59 * (share > 0))
        self.assertGreater(scores[0.0], scores[0.3] + 3)

    def test_10_network_and_radio_apart(self):
        """On an address of the loopback that nothing else takes."""
        radio = load('10_network_and_radio', 'radio')(address='127.0.0.10', snr_db=3.0)
        network = load('10_network_and_radio', 'network')(radio='127.0.0.10', pictures=picture())
        sink = network.udeepsc_task_sink_0
        with Running(radio, network):
            self.assertTrue(wait_until(lambda: sink.scored('image_reconstruction') >= 2 * TILES
                                       and sink.scored('text_reconstruction') >= 1))
            # What the radio measures is what the network sends for.
            self.assertTrue(wait_until(
                lambda: abs(network.udeepsc_feature_selector_0.snr_db() - 3.0) < 1.0))
        self.assertGreater(sink.mean_score('image_reconstruction'), 24)


    def test_11_three_receivers_of_one_transmission(self):
        from gnuradio import udeepsc
        config = json.loads((ROOT / 'configs' / 'layers.json').read_text())['model']
        config['encoders']['image'].update(dim=24, heads=2, semantic_layers=1, ffn=32, stem=[8, 8],
                                           label_stem=[8, 8, 8])
        config['decoder'].update(dim=24, heads=2, layers=1, ffn=32)
        model = f'{folder.name}/small.safetensors'
        udeepsc.write_random_model(json.dumps(config), 1, model)
        top = load('11_layers', 'layers')(model=model, pictures=picture(), layers_sent=3)
        sinks = top.sink_far, top.sink_middle, top.sink_near
        with Running(top):
            for sink in sinks:
                self.assertTrue(sink.wait_for(TILES, TIMEOUT_S))
        for sink, snr_db in zip(sinks, (0, 6, 14)):
            results = sink.results()
            self.assertEqual({r.symbols for r in results}, {512})
            self.assertAlmostEqual(np.mean([r.snr_db for r in results]), snr_db, delta=1.0)


class Missing(unittest.TestCase):
    """What an example says without what it needs."""

    def run_example(self, example, name, *arguments):
        return subprocess.run(
            [sys.executable, '-B', ROOT / 'apps' / 'flowgraph.py', EXAMPLES / example / f'{name}.grc',
             *arguments], cwd=folder.name, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=TIMEOUT_S)

    def test_06_no_recording(self):
        done = self.run_example('06_sigmf_replay', 'replay', '--recording', 'none')
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertNotIn('Traceback', done.stderr)
        self.assertIn('none.sigmf-meta: there is no such recording', done.stdout)

    def test_07_no_usrp(self):
        for name in ('usrp_transmitter', 'usrp_receiver'):
            done = self.run_example('07_usrp', name, '--args', 'serial=none')
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertNotIn('Traceback', done.stderr)
            self.assertIn("No USRP found with the arguments 'serial=none'", done.stdout)


class Readmes(unittest.TestCase):

    def test_every_example_is_explained_and_in_the_table(self):
        table = (ROOT / 'README.md').read_text()
        for example in sorted(p for p in EXAMPLES.iterdir() if re.match(r'\d', p.name)):
            with self.subTest(example.name):
                text = (example / 'README.md').read_text()
                for flowgraph in example.glob('*.grc'):
                    self.assertIn(flowgraph.name, text)
                for link in re.findall(r'\]\(([^):]+)\)', text):
                    self.assertTrue((example / link).exists(), link)
                self.assertIn(f'(examples/{example.name})', table)


if __name__ == '__main__':
    unittest.main()
