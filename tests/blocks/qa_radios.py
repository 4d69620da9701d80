#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings and links between processes. No network blocks here; qa_radio_chain.py has them."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr
from gnuradio.udeepsc import radios, sigmf_file
from gnuradio.udeepsc.radio_sigmf import SigmfRecorder

import fixture as fx
import sigmf_rules

CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'radio_child.py')


def noise(count, seed=1):
    return np.random.default_rng(seed).standard_normal(2 * count).astype(np.float32).view(
        np.complex64)


def tag(offset, key, value=pmt.PMT_T):
    made = gr.tag_t()
    made.offset, made.key, made.value = offset, pmt.intern(key), value
    return made


def run(*chain):
    top = gr.top_block()
    top.connect(*chain)
    top.run()


def record(name, samples, tags=(), radio_options=''):
    recorder = radios.make_transmitter(f'sigmf:{name}{radio_options}')
    run(blocks.vector_source_c(samples.tolist(), False, 1, list(tags)), recorder)
    return recorder


def replay(name, options=',pace=fast'):
    sink = blocks.vector_sink_c()
    player = radios.make_receiver(f'sigmf:{name}{options}')
    run(player, sink)
    return np.array(sink.data(), np.complex64), player


class Recordings(unittest.TestCase):

    def test_round_trip(self):
        name = fx.temporary('round')
        about = fx.meta(task='image_reconstruction', frame_id=7, symbols=512)
        samples = noise(60000)
        recorder = record(name, samples, [
            tag(100, 'tx_sob'), tag(100, 'burst', about), tag(30099, 'tx_eob'),
            tag(40000, 'tx_sob'), tag(40999, 'tx_eob'),
            tag(59000, 'tx_sob')], ',rate=250k,freq=915M')  # the last burst never ends
        self.assertEqual(recorder.faults(), {})
        meta, faults = sigmf_rules.check(name + '.sigmf-meta', name + '.sigmf-data')
        self.assertEqual(faults, [])
        self.assertEqual(meta['global']['core:datatype'], 'cf32_le')
        self.assertEqual(meta['global']['core:sample_rate'], 250e3)
        self.assertEqual(meta['captures'][0]['core:frequency'], 915e6)
        first, second = meta['annotations']
        self.assertEqual((first['core:sample_start'], first['core:sample_count']), (100, 30000))
        self.assertEqual(first['core:comment'],
                         'task image_reconstruction, frame_id 7, symbols 512')
        self.assertEqual((second['core:sample_start'], second['core:sample_count']),
                         (40000, 1000))
        got, player = replay(name)
        np.testing.assert_array_equal(got[:60000], samples)
        self.assertFalse(got[60000:].any())  # silence, for the receiver's last burst
        self.assertTrue(player.finished())
        self.assertEqual(player.rate, 250e3)

    def test_frames_of_the_receiver_are_annotated(self):
        name = fx.temporary('frames')
        settings = radios.parse_radio('zmq:tcp://127.0.0.1:5599')
        recorder = SigmfRecorder(settings, name, end='receiver')
        top = gr.top_block()
        top.connect(blocks.vector_source_c(noise(5000).tolist()), recorder)
        for start, end in ((3000, 4000), (1000, 2000), (4500, 5500)):  # the last is not there
            recorder.to_basic_block()._post(pmt.intern('frames'), pmt.cons(fx.meta(
                sample=start, end_sample=end, snr_db=-3.25), pmt.init_c32vector(1, [0])))
        recorder.to_basic_block()._post(pmt.intern('frames'), pmt.PMT_NIL)
        top.start()
        self.assertTrue(fx.wait_until(lambda: recorder.bursts() == 3))
        self.assertTrue(fx.wait_until(lambda: recorder.samples() == 5000))
        top.stop()
        top.wait()
        meta, faults = sigmf_rules.check(name + '.sigmf-meta', name + '.sigmf-data')
        self.assertEqual(faults, [])
        self.assertEqual([a['core:sample_start'] for a in meta['annotations']], [1000, 3000])
        self.assertIn('Es/N0 -3.2 dB', meta['annotations'][0]['core:comment'])

    def test_the_rules_can_fail(self):
        name = fx.temporary('rules')
        record(name, noise(100), [tag(10, 'tx_sob'), tag(20, 'tx_eob')])
        with open(name + '.sigmf-meta') as file:
            text = file.read()
        data = noise(100).tobytes()
        self.assertEqual(sigmf_rules.faults_of(json.loads(text), data), [])
        for old, new in (('cf32_le', 'cf32'), ('"core:version"', '"core:versoin"'),
                         ('Z"', '"'), ('"core:sample_start": 10', '"core:sample_start": 95'),
                         ('core:recorder', 'my:recorder')):
            self.assertIn(old, text)
            self.assertNotEqual(
                sigmf_rules.faults_of(json.loads(text.replace(old, new)), data), [], old)
        self.assertNotEqual(sigmf_rules.faults_of(json.loads(text), data[:-4]), [])

    def test_other_datatypes(self):
        wanted = noise(1000) / 8
        parts = wanted.view(np.float32)
        for datatype, data, tolerance in (
                ('ci16_le', np.round(parts * 32768).astype('<i2'), 1 / 32768),
                ('cf64_le', parts.astype('<f8'), 1e-7),
                ('cf32_be', parts.astype('>f4'), 0),
                ('ci8', np.round(parts * 128).astype('i1'), 1 / 128)):
            with self.subTest(datatype):
                name = fx.temporary(datatype)
                with open(name + '.sigmf-data', 'wb') as file:
                    file.write(data.tobytes() + b'\x01')  # torn off in a sample
                with open(name + '.sigmf-meta', 'w') as file:
                    json.dump({'global': {'core:datatype': datatype, 'core:version': '1.0.0',
                                          'core:sample_rate': 1e6},
                               'captures': [], 'annotations': []}, file)
                got, _ = replay(name + '.sigmf-meta')
                np.testing.assert_allclose(got[:1000], wanted, atol=tolerance)

    def test_what_cannot_be_replayed(self):
        name = fx.temporary('bad')

        def meta(text):
            with open(name + '.sigmf-meta', 'w') as file:
                file.write(text)

        def refused(*words, options=''):
            with self.assertRaises(radios.RadioError) as caught:
                radios.make_receiver(f'sigmf:{name}{options}')
            for word in words:
                self.assertIn(word, str(caught.exception))

        refused('bad.sigmf-meta', 'no such file')
        meta('{')
        refused('no SigMF metadata')
        meta('[]')
        refused("no object 'global'")
        meta('{"global": {"core:datatype": "rf32_le"}}')
        refused('core:datatype', 'rf32_le', 'cf32_le')
        meta('{"global": {"core:datatype": "cf32_le", "core:num_channels": 2}}')
        refused('core:num_channels', '2')
        meta('{"global": {"core:datatype": "cf32_le", "core:sample_rate": 250000}}')
        refused('bad.sigmf-data')
        record(name, noise(10), (), ',rate=250k')
        refused('rate', '1e+06', '250000', options=',rate=1M')

    def test_a_folder_that_is_not_there(self):
        with self.assertRaises(radios.RadioError) as caught:
            radios.make_transmitter('sigmf:/no/such/folder/x')
        self.assertIn('No such file', str(caught.exception))

    def test_full_disk(self):
        """A limit on the size of files stands for a full disk. What was recorded stays and
        is valid, and the flowgraph around the recorder goes on."""
        name = fx.temporary('full')
        whole = 20000
        samples = noise(100000)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        recorder = radios.make_transmitter(f'sigmf:{name}')
        others = blocks.null_sink(gr.sizeof_gr_complex)
        source = blocks.vector_source_c(samples.tolist(), False, 1, [
            tag(0, 'tx_sob'), tag(9999, 'tx_eob'), tag(15000, 'tx_sob'), tag(25000, 'tx_eob')])
        top = gr.top_block()
        top.connect(source, recorder)
        top.connect(source, others)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (whole * 8 + 4, before[1]))
            top.run()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        self.assertEqual(others.nitems_read(0), len(samples))
        self.assertEqual(recorder.faults(), {'disk': 1})
        meta, faults = sigmf_rules.check(name + '.sigmf-meta', name + '.sigmf-data')
        self.assertEqual(faults, [])
        self.assertEqual(len(meta['annotations']), 1)
        got, _ = replay(name)
        np.testing.assert_array_equal(got[:whole], samples[:whole])

    def test_a_recording_is_valid_while_it_is_made(self):
        """Where the program is killed, nothing but the annotations is missing."""
        name = fx.temporary('killed')
        writer = sigmf_file.Writer(name, 1e6)
        writer.write(noise(1000))
        _, faults = sigmf_rules.check(name + '.sigmf-meta', name + '.sigmf-data')
        self.assertEqual(faults, [])
        writer.close()

    def test_many_annotations(self):
        name = fx.temporary('many')
        writer = sigmf_file.Writer(name, 1e6)
        writer.write(noise(10000))
        for i in range(2000):  # more than what is reserved for them
            writer.annotate(i, 1, 'burst', 'x' * 40)
        writer.close()
        meta, faults = sigmf_rules.check(name + '.sigmf-meta', name + '.sigmf-data')
        self.assertEqual(faults, [])
        self.assertEqual(len(meta['annotations']), 2000)


class Child:
    """tests/blocks/radio_child.py as another process: says how many samples went by."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([sys.executable, '-B', CHILD, *map(str, arguments)],
                                        stdout=subprocess.PIPE, text=True)

    def line(self):
        """The next report. GNU Radio writes lines of its own the first time it is used."""
        line = self.process.stdout.readline()
        while line and not line.startswith('{'):
            line = self.process.stdout.readline()
        return json.loads(line)

    def wait_for(self, condition, timeout_s=fx.TIMEOUT_S):
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            report = self.line()
            if condition(report):
                return report
        raise AssertionError(f'the last was {report}')

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    __enter__ = lambda self: self  # noqa: E731

    def __exit__(self, *_):
        self.kill()


class Links(unittest.TestCase):
    """Two processes; either may be killed and come back."""

    def through_restarts(self, pattern):
        address = f'ipc://{fx.temporary("link-" + pattern)}'
        radio = f'zmq:{address},rate=200k,pattern={pattern}'
        enough = 50000
        receiver = Child('rx', radio)  # before there is a transmitter
        with Child('tx', radio) as transmitter:
            report = receiver.wait_for(lambda r: r['samples'] > enough)
            self.assertEqual(report['jumps'], 0)
            receiver.kill()
            with Child('rx', radio) as second:
                second.wait_for(lambda r: r['samples'] > enough)
                transmitter.kill()
                before = second.line()['samples']
                with Child('tx', radio):
                    report = second.wait_for(lambda r: r['samples'] > before + enough)
                # One jump, from the old transmitter's samples to the new one's.
                self.assertLessEqual(report['jumps'], 1)

    def test_push(self):
        self.through_restarts('push')

    def test_request(self):
        self.through_restarts('request')

    def test_keeps_the_pace_of_a_radio(self):
        radio = f'zmq:ipc://{fx.temporary("pace")},rate=100k'
        with Child('rx', radio) as receiver, Child('tx', radio):
            begin = receiver.wait_for(lambda r: r['samples'] > 20000)
            end = receiver.wait_for(lambda r: r['samples'] > begin['samples'] + 100000)
        rate = (end['samples'] - begin['samples']) / (end['seconds'] - begin['seconds'])
        self.assertLess(rate, 130e3)  # and as near to it as a busy machine comes

    def test_address_that_is_taken(self):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = str(free.getsockname()[1])
        first = radios.make_transmitter(f'zmq:tcp://127.0.0.1:{port}')
        self.assertIn(port, first.description())
        with self.assertRaises(radios.RadioError) as caught:
            radios.make_transmitter(f'zmq:tcp://127.0.0.1:{port}')
        self.assertIn('another transmitter has this address', str(caught.exception))

    def test_address_of_another_computer(self):
        with self.assertRaises(radios.RadioError) as caught:
            radios.make_transmitter('zmq:tcp://192.0.2.1:45972')
        self.assertIn('not this computer', str(caught.exception))


if __name__ == '__main__':
    unittest.main()
