# SPDX-License-Identifier: GPL-3.0-or-later
"""The transmitter as one block: payloads in, radio out."""

import pmt
from gnuradio import blocks, gr

from . import radios
from . import udeepsc_python as udeepsc
from .radio_end import radio_end
from .radio_settings import parse_radio

# Samples of silence after a burst, in which the filters of a radio run empty.
GAP = 256


class udeepsc_tx(radio_end):
    """The transmitter as one block: payloads in, radio out.

    semantic_encoder > feature_selector > vq_indexer > digital_modulator > burst_framer >
    burst_source > radio.

    Ports
      in "in"     payloads, as semantic_encoder takes them: u8vector pictures [h, w, 3] or
                  UTF-8, f32vector speech, with the keys task, modality, shape, frame_id
      in "snr"    Es/N0 in dB at the receiver, as feature_selector takes it
      out 0       with the radio "sim" only: complex samples at the pace of a radio
      out "symbols"  payloads as digital_modulator gives them

    Parameters
      model       path of a model file
      radio       "uhd:ARGS", "soapy:ARGS", "pluto:uri=URI", "zmq:ADDRESS", "sigmf:FILE" or
                  "sim": radio_settings.py
      profile     "standard", "multipath", "short" or "ofdm"; the receiver's must be the same
      snr_db      Es/N0 to send for until "snr" says otherwise, dB, -100..100; with copies that
                  of their sum, 10 lg(copies) above that of one
      batch       payloads in one pass through the network, 1..1024
      amplitude   factor on the samples; a USRP has one of its own, in `radio`
      record      SigMF recording of what is sent; "" for none
      feedback    "HOST:PORT" on which to listen for the receiver's Es/N0 (udeepsc_rx's
                  feedback); "" for none
      key         file with the key that signs the frames, and that the feedback must be signed
                  with; "" for none
      dtype       "fp32", or "bf16" where the processor has it
      threads     threads per operator of the network, 1..256
      address     this transmitter's, 0..255
      destination  the receiver's address, 0..255; 255: all
      max_frame_symbols  payload symbols up to which samples share a frame, 0..32768; 0: each
                  sample has its own
      hold_ms     longest that a sample waits for others to share its frame, 0..10000
      layers      of tasks in layers send the first so many, 0..8; 0: all of them
      gate        block with ports "in" and "out" through which bursts go on their way to the
                  radio (listen_before_talk.burst_gate); None: none
      protection  file with the power and repetitions of each layer (udeepsc bench protection);
                  "": all are sent alike
      first_frame  added to the samples' numbers on the air, 0..255; -1: another one at each start,
                  as burst_framer does it, and 0 with the radio "sim", where both ends are one
                  flowgraph; 0 also where a block compares what was sent with results by number
      copies      how often each frame is sent, 1..8; the receiver's must be the same

    Throws ValueError (RadioError for the radio) that names what is wrong.
    """

    def __init__(self, model, radio='sim', profile='standard', snr_db=12.0, batch=8,
                 amplitude=1.0, record='', feedback='', key='', dtype='fp32', threads=1, address=0,
                 destination=255, max_frame_symbols=16384, hold_ms=50.0, layers=0, gate=None,
                 protection='', first_frame=-1, copies=1):
        self.settings = parse_radio(radio)
        simulated = self.settings.kind == 'sim'
        gr.hier_block2.__init__(
            self, 'udeepsc_tx', gr.io_signature(0, 0, 0),
            gr.io_signature(1, 1, gr.sizeof_gr_complex) if simulated
            else gr.io_signature(0, 0, 0))
        network = {'dtype': dtype, 'threads': threads, 'batch': batch}
        self.encoder = udeepsc.semantic_encoder(model, **network)
        self.selector = udeepsc.feature_selector(model, snr_db, **network)
        self.indexer = udeepsc.vq_indexer(model, layers, **network)
        self.modulator = udeepsc.digital_modulator()
        self.framer = udeepsc.burst_framer(
            model, profile, address=address, destination=destination,
            max_frame_symbols=max_frame_symbols, hold_ms=hold_ms, key=key,
            protection=protection, first_frame=0 if simulated and first_frame < 0 else first_frame,
            copies=copies)
        self.source = self._make_source(amplitude)
        self.radio = radios.make_transmitter(self.settings)
        if self.settings.options.get('lead'):
            self.radio.follow_clock(self.source.set_device_time)
        self.recorder = None
        self._connect_messages(gate)
        self._connect_samples(simulated)
        if record:
            self._add_recorder(record, profile)
        if feedback:
            self.feedback = udeepsc.csi_feedback(
                link=udeepsc.feedback_link.udp_receiver, address=feedback, key=key)
            self.msg_connect(self.feedback, 'snr', self.selector, 'snr')

    def _make_source(self, amplitude):
        # A USRP and a recording are told where bursts begin and end; the others want samples
        # all the time.
        told = self.settings.kind in ('uhd', 'sigmf')
        # Only a USRP has times.
        timed = {name: self.settings.options.get(name, 0.0) for name in ('lead', 'lead_in')}
        return udeepsc.burst_source(
            idle=udeepsc.burst_idle.nothing if told else udeepsc.burst_idle.zeros,
            tags=udeepsc.burst_tags.sob_eob, amplitude=amplitude, gap=GAP,
            lead_in=round(1e-6 * timed['lead_in'] * self.settings.rate), lead=timed['lead'],
            rate=self.settings.rate)

    def _connect_messages(self, gate):
        self.message_port_register_hier_in('in')
        self.message_port_register_hier_in('snr')
        self.msg_connect(self, 'in', self.encoder, 'in')
        self.msg_connect(self, 'snr', self.selector, 'snr')
        chain = [self.encoder, self.selector, self.indexer, self.modulator, self.framer,
                 self.source]
        way = [*chain[:-1], gate, chain[-1]] if gate else chain
        for sender, receiver in zip(way, way[1:]):
            self.msg_connect(sender, 'out', receiver, 'in')
        self.message_port_register_hier_out('symbols')
        self.msg_connect(self.modulator, 'out', self, 'symbols')
        self.chain = chain

    def _connect_samples(self, simulated):
        if simulated:
            self.pace = blocks.throttle(gr.sizeof_gr_complex, self.settings.rate, False)
            self.connect(self.source, self.pace, self)
        else:
            self.connect(self.source, self.radio)

    def _add_recorder(self, record, profile):
        from .radio_sigmf import SigmfRecorder
        self.recorder = SigmfRecorder(self.settings, record, f'gr-udeepsc transmitter, {profile}')
        self.connect(self.source, self.recorder)

    def post(self, payload):
        """Sends a payload from Python; the flowgraph runs."""
        self.encoder.to_basic_block()._post(pmt.intern('in'), payload)

    def set_snr_db(self, snr_db):
        self.selector.set_snr_db(snr_db)

    def set_profile(self, profile):
        self.framer.set_profile(profile)

    def set_destination(self, destination):
        self.framer.set_destination(destination)

    def set_layers(self, layers):
        self.indexer.set_layers(layers)

    def set_amplitude(self, amplitude):
        self.source.set_amplitude(amplitude)

    def bursts_sent(self):
        """Bursts that left for the radio whole."""
        return self.source.sent()
