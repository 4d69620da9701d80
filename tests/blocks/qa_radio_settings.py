#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Radios by one line of text: what the text may hold, and devices that are not there."""

import os
import unittest
from unittest import mock

import pmt
from gnuradio import blocks, gr
from gnuradio.udeepsc import radio_soapy, radios
from gnuradio.udeepsc.radio_faults import RadioFaults

import fixture as fx

# What the Linux drivers of an AD936x call themselves.
CONTEXT = '''<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE context [<!ELEMENT context ANY><!ELEMENT device ANY><!ELEMENT channel ANY>
<!ELEMENT scan-element EMPTY><!ATTLIST context name CDATA #REQUIRED description CDATA #IMPLIED>
<!ATTLIST device id CDATA #REQUIRED name CDATA #IMPLIED>
<!ATTLIST channel id CDATA #REQUIRED type (input|output) #REQUIRED>
<!ATTLIST scan-element index CDATA #REQUIRED format CDATA #REQUIRED>]>
<context name="xml" description="no device">
<device id="iio:device0" name="ad9361-phy">
<channel id="voltage0" type="input"/><channel id="voltage0" type="output"/></device>
<device id="iio:device1" name="cf-ad9361-lpc">
<channel id="voltage0" type="input"><scan-element index="0" format="le:S12/16&gt;&gt;0"/></channel>
<channel id="voltage1" type="input"><scan-element index="1" format="le:S12/16&gt;&gt;0"/></channel>
</device>
<device id="iio:device2" name="cf-ad9361-dds-core-lpc">
<channel id="voltage0" type="output"><scan-element index="0" format="le:S16/16&gt;&gt;0"/></channel>
<channel id="voltage1" type="output"><scan-element index="1" format="le:S16/16&gt;&gt;0"/></channel>
</device>
</context>
'''


class Text(unittest.TestCase):

    def test_understood(self):
        usrp = radios.parse_radio('uhd:type=b200,serial=31F,freq=915M,gain=40,antenna=TX/RX')
        self.assertEqual((usrp.kind, usrp.target), ('uhd', 'type=b200,serial=31F'))
        self.assertEqual((usrp['freq'], usrp['gain'], usrp['antenna'], usrp.rate),
                         (915e6, 40, 'TX/RX', 1e6))
        self.assertEqual(radios.parse_radio('uhd:').target, '')
        link = radios.parse_radio('zmq:tcp://127.0.0.1:5555,rate=250k')
        self.assertEqual((link.target, link.rate), ('tcp://127.0.0.1:5555', 250e3))
        self.assertEqual(radios.parse_radio('zmq:tcp://[::1]:5555').target, 'tcp://[::1]:5555')
        file = radios.parse_radio('sigmf:/a,b/d e.x,rate=2e6')
        self.assertEqual((file.target, file.rate), ('/a,b/d e.x', 2e6))
        self.assertEqual(radios.parse_radio('sim,rate=2e6').rate, 2e6)
        self.assertEqual(radios.parse_radio('sim').kind, 'sim')

    def test_errors_name_what_is_wrong_and_what_is_expected(self):
        for text, words in (
                ('', ["no kind ''", 'uhd:ARGS']),
                ('usrp:type=b200', ["no kind 'usrp'", 'uhd:ARGS']),
                ('uhd:gian=3', ["'gian'", "'gain'"]),
                ('uhd:gain=lots', ['gain', "'lots'", '-100 to 200 dB']),
                ('uhd:gain=1,gain=2', ['gain', 'twice']),
                ('uhd:rate=0', ['rate', "'0'", 'samples per second']),
                ('uhd:rate=nan', ['rate', "'nan'"]),
                ('uhd:freq=-1', ['freq', 'Hz']),
                ('zmq:5555', ["'5555'", 'tcp://HOST:PORT']),
                ('zmq:tcp://host', ['tcp://HOST:PORT']),
                ('zmq:tcp://host:0', ['host:0', 'port from 1 to 65535']),
                ('zmq:tcp://127.0.0.1:65536', ['port from 1 to 65535']),
                ('zmq:tcp://127.0.0.1:99999', ['99999', 'port from 1 to 65535']),
                ('zmq:tcp://[::1]:99999', ['port from 1 to 65535']),
                ('zmq:tcp://host:\u0661', ['tcp://HOST:PORT']),
                ('zmq:tcp://host:1,pattern=pub', ['pattern', "'pub'", 'push or request']),
                ('zmq:tcp://host:1,gain=3', ["'gain'", 'pattern, rate']),
                ('sigmf:', ['sigmf:FILE']),
                ('sigmf:f,pace=slow', ['pace', 'real or fast']),
                ('sim:loud', ["'loud'"])):
            with self.subTest(text):
                with self.assertRaises(radios.RadioError) as caught:
                    radios.parse_radio(text)
                for word in words + [repr(text)]:
                    self.assertIn(word, str(caught.exception))


    def test_devices(self):
        lime = radios.parse_radio('soapy:driver=lime,serial=1D,freq=915M,tx_gain=40,gain=10')
        self.assertEqual((lime.target, str(lime)), ('driver=lime,serial=1D',
                                                    'soapy:driver=lime,serial=1D'))
        self.assertEqual((lime.of('tx', 'gain'), lime.of('rx', 'gain')), (40, 10))
        pluto = radios.parse_radio('pluto:uri=ip:192.168.2.1,freq=2.4G,rx_gain=3')
        self.assertEqual((pluto['uri'], str(pluto), pluto.target, pluto['freq']),
                         ('ip:192.168.2.1', 'pluto:uri=ip:192.168.2.1', '', 2.4e9))
        self.assertEqual(radios.parse_radio('pluto:').kind, 'pluto')
        usrp = radios.parse_radio('uhd:addr=10.0.0.2,clock=external,time=gpsdo,rx_subdev=A:B')
        self.assertEqual((usrp['clock'], usrp['time'], usrp.of('rx', 'subdev'),
                          usrp.of('tx', 'subdev')), ('external', 'gpsdo', 'A:B', ''))
        for text, words in (('pluto:10.0.0.2', ["'10.0.0.2'", 'uri']),
                            ('pluto:antenna=A', ["'antenna'", 'uri']),
                            ('soapy:driver=lime,gian=3', ["'gian'", "'gain'"]),
                            ('uhd:correction=manual', ['correction', 'auto or off'])):
            with self.subTest(text), self.assertRaises(radios.RadioError) as caught:
                radios.parse_radio(text)
            for word in words:
                self.assertIn(word, str(caught.exception))

    def test_options_in_place_of_those_of_a_text(self):
        text = 'uhd:type=b200,gain=20,tx_gain=3,freq=1e9'
        for options, expected in (
                ({}, text), ({'gain': None, 'antenna': ''}, text),
                ({'gain': 0.0}, 'uhd:type=b200,freq=1e9,gain=0.0'),
                ({'freq': 2e9, 'antenna': 'RX2'},
                 'uhd:type=b200,gain=20,tx_gain=3,freq=2000000000.0,antenna=RX2')):
            self.assertEqual(radios.radio_with(text, **options), expected)
        self.assertEqual(radios.radio_with('uhd:', rate=1e6), 'uhd:rate=1000000.0')
        self.assertEqual(radios.radio_with('sim,rate=2e6', rate=1e6), 'sim,rate=1000000.0')
        self.assertEqual(radios.radio_with('sim', rate=1e6), 'sim,rate=1000000.0')
        self.assertEqual(radios.radio_with('sim'), 'sim')


class Devices(unittest.TestCase):
    """Without one, but with the libraries; tests/usrp_sim and tests/soapy_loopback have simulated
    ones."""

    def refused(self, text, *words):
        for make in (radios.make_transmitter, radios.make_receiver):
            with self.assertRaises(radios.RadioError) as caught:
                make(f'{text},freq=915e6')
            for word in words:
                self.assertIn(word, str(caught.exception))

    def test_no_usrp(self):
        self.refused('uhd:type=b200,serial=no_such_thing', 'no such USRP', 'uhd_find_devices')

    def test_no_pluto(self):
        self.refused('pluto:uri=ip:127.0.0.1', 'no answer at ip:127.0.0.1', 'plugged in')

    def test_what_is_like_a_pluto_but_does_nothing(self):
        """A context of libiio from a file: its devices are found, and take no setting."""
        path = fx.temporary('context.xml')
        with open(path, 'w') as file:
            file.write(CONTEXT)
        for make, words in ((radios.make_receiver, 'rate: got 1e+06, which the device refuses'),
                            (radios.make_transmitter, 'another program uses it')):
            with self.assertRaises(radios.RadioError) as caught:
                make(f'pluto:uri=xml:{path},freq=915e6')
            self.assertIn(words, str(caught.exception))

    def test_no_device_of_soapy(self):
        self.refused('soapy:driver=no_such_thing', "no driver 'no_such_thing'", 'hackrf, lime')
        self.refused('soapy:driver=plutosdr', 'pluto:uri=')
        self.refused('soapy:serial=1', 'no driver named', 'driver=NAME')

    def test_a_driver_that_is_not_installed_names_its_package(self):
        folder = fx.temporary('soapy-modules')
        os.makedirs(folder)
        here = radio_soapy.module_files
        try:
            radio_soapy.module_files = lambda: []
            self.refused('soapy:driver=hackrf', 'apt-get install soapysdr-module-hackrf')
            radio_soapy.module_files = lambda: ['liblms7support.so']
            self.refused('soapy:driver=lime', 'soapysdr-module-lms7 finds no', 'plugged in')
        finally:
            radio_soapy.module_files = here
        with open(os.path.join(folder, 'libHackRFSupport.so'), 'wb'):
            pass
        with mock.patch.dict(os.environ, SOAPY_SDR_PLUGIN_PATH=folder):
            self.assertIn('libhackrfsupport.so', radio_soapy.module_files())

    def test_a_transmitter_wants_a_frequency(self):
        for text in ('uhd:type=b200', 'soapy:driver=lime', 'pluto:'):
            with self.assertRaises(radios.RadioError) as caught:
                radios.make_transmitter(text)
            self.assertIn('freq: got nothing, expected the frequency to transmit on',
                          str(caught.exception))

    def test_calls_of_gr_iio(self):
        """There is no Pluto here: at least what its driver calls is there."""
        from gnuradio import iio
        for name in ('set_frequency', 'set_samplerate', 'set_filter_params'):
            for block in (iio.fmcomms2_source_fc32, iio.fmcomms2_sink_fc32):
                self.assertTrue(callable(getattr(block, name)))
        for name in ('set_gain', 'set_gain_mode', 'set_quadrature', 'set_rfdc', 'set_bbdc'):
            self.assertTrue(callable(getattr(iio.fmcomms2_source_fc32, name)))
        for name in ('set_attenuation', 'set_bandwidth'):
            self.assertTrue(callable(getattr(iio.fmcomms2_sink_fc32, name)))
        self.assertTrue(callable(iio.get_pluto_uri))

    def test_faults_are_counted_by_kind(self):
        faults = RadioFaults('a test')
        top = gr.top_block()
        # A block of messages alone runs when something is joined to it.
        strobe = blocks.message_strobe(pmt.PMT_NIL, 100)
        top.msg_connect((strobe, 'strobe'), (faults, 'in'))

        def asynchronous(*codes):
            return pmt.cons(pmt.intern('uhd_async_msg'), fx.meta(
                channel=0, event_code=pmt.list1(pmt.intern(codes[0])) if len(codes) == 1 else
                pmt.list2(*map(pmt.intern, codes))))

        top.start()
        for message in (asynchronous('underflow'), asynchronous('underflow', 'time_error'),
                        asynchronous('burst_ack'), asynchronous('seq_error'),
                        fx.meta(overflows=3), pmt.from_long(3), pmt.PMT_NIL,
                        pmt.intern('underflow_in_packet')):
            faults.to_basic_block()._post(pmt.intern('in'), message)
        expected = {'underflow': 3, 'late': 1, 'sequence': 1, 'overflow': 3}
        self.assertTrue(fx.wait_until(lambda: faults.counts() == expected), faults.counts())
        top.stop()
        top.wait()


if __name__ == '__main__':
    unittest.main()
