# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiver as one block: radio in, results out."""

from gnuradio import gr

from . import radios
from . import udeepsc_python as udeepsc
from .radio_end import radio_end
from .radio_settings import DEVICES, parse_radio


class udeepsc_rx(radio_end):
    """The receiver as one block: radio in, results out.

    radio > burst_detector > burst_demodulator > vq_lookup > unified_decoder.

    Ports
      in 0          with the radio "sim" only: complex samples
      out "out"     results, as unified_decoder gives them, with the keys of
                    burst_demodulator (frame_id, snr_db, cfo, sample, ...)
      out "snr"     measured Es/N0 of every frame, for csi_feedback or feature_selector
      out "frames"  payloads as burst_demodulator gives them
      out "control" short messages, likewise

    Parameters
      model             path of the transmitter's model file
      radio             "uhd:ARGS", "soapy:ARGS", "pluto:uri=URI", "zmq:ADDRESS", "sigmf:FILE" or
                        "sim": radio_settings.py
      profile           "standard", "multipath", "short" or "ofdm": the transmitter's
      batch             payloads in one pass through the network, 1..1024
      false_alarm_rate  probability of a detection in noise, per sample, 1e-15..1e-2
      window            frames among which a number that comes again is a repetition, 0..128
      lookup            "soft" or "hard"
      record            SigMF recording of what is received; "" for none
      feedback          "HOST:PORT" to send the measured Es/N0 to; "" for none
      key               file with the key that frames must be signed with, and that signs the
                        feedback, the transmitter's; "" for none
      dtype             "fp32", or "bf16" where the processor has it
      threads           threads per operator of the network, 1..256
      address           this receiver's, 0..254: frames for others are dropped and counted
      layers            of tasks in layers wait for the first so many and leave the others
                        alone, 0..8; 0: for all that the task has
      gather_ms         longest that a sample waits for its other modalities or layers, 0..60000
      max_cfo           carrier offset searched, +-cycles a symbol, 0..0.2
      copies            how often the transmitter sends each frame, udeepsc_tx's, 1..8: the
                        copies are added up, and a result comes for all of them

    Throws ValueError (RadioError for the radio) that names what is wrong.
    """

    def __init__(self, model, radio='sim', profile='standard', batch=8, false_alarm_rate=1e-6,
                 window=8, lookup='soft', record='', feedback='', key='', dtype='fp32', threads=1,
                 address=0, layers=0, gather_ms=200.0, max_cfo=0.02,
                 copies=1):
        self.settings = parse_radio(radio)
        simulated = self.settings.kind == 'sim'
        gr.hier_block2.__init__(
            self, 'udeepsc_rx',
            gr.io_signature(1, 1, gr.sizeof_gr_complex) if simulated
            else gr.io_signature(0, 0, 0), gr.io_signature(0, 0, 0))
        if lookup not in ('soft', 'hard'):
            raise ValueError(f"lookup: got '{lookup}', expected soft or hard")
        network = {'dtype': dtype, 'threads': threads, 'batch': batch}
        # A radio goes on while the network is busy: better lose a burst whole than samples
        # in the middle of several. What can wait is made to.
        policy = udeepsc.overflow_policy.drop_newest if self.settings.kind in DEVICES \
            else udeepsc.overflow_policy.block
        self.detector = udeepsc.burst_detector(profile, false_alarm_rate, policy, max_cfo, copies)
        self.demodulator = udeepsc.burst_demodulator(model, profile, window, address=address,
                                                    key=key, copies=copies)
        self.lookup = udeepsc.vq_lookup(model, getattr(udeepsc.lookup_mode, lookup), **network)
        self.decoder = udeepsc.unified_decoder(
            model, gather_ms=gather_ms, layers=layers, **network)
        self.radio = radios.make_receiver(self.settings)
        self.recorder = None
        self._connect_messages()
        samples = self if simulated else self.radio
        self.connect(samples, self.detector)
        if record:
            self._add_recorder(record, profile, samples)
        if feedback:
            self.feedback = udeepsc.csi_feedback(
                link=udeepsc.feedback_link.udp_sender, address=feedback, key=key)
            self.msg_connect(self.demodulator, 'snr', self.feedback, 'snr')

    def _connect_messages(self):
        chain = [self.detector, self.demodulator, self.lookup, self.decoder]
        for sender, receiver in zip(chain, chain[1:]):
            self.msg_connect(sender, 'out', receiver, 'in')
        for port, block, name in (('out', self.decoder, 'out'), ('snr', self.demodulator, 'snr'),
                                  ('frames', self.demodulator, 'out'),
                                  ('control', self.demodulator, 'control')):
            self.message_port_register_hier_out(port)
            self.msg_connect(block, name, self, port)
        self.chain = chain

    def _add_recorder(self, record, profile, samples):
        from .radio_sigmf import SigmfRecorder
        self.recorder = SigmfRecorder(self.settings, record, f'gr-udeepsc receiver, {profile}',
                                      'receiver')
        self.connect(samples, self.recorder)
        self.msg_connect(self.demodulator, 'out', self.recorder, 'frames')

    def set_profile(self, profile):
        self.detector.set_profile(profile)
        self.demodulator.set_profile(profile)

    def set_layers(self, layers):
        self.decoder.set_layers(layers)

    def set_false_alarm_rate(self, rate):
        self.detector.set_false_alarm_rate(rate)

    def set_max_cfo(self, max_cfo):
        self.detector.set_max_cfo(max_cfo)

    def finished(self):
        """Whether the radio has nothing more to give: the end of a recording."""
        return bool(self.radio) and self.radio.finished()

    def sample_rate(self):
        """Samples a second; a recording has its own."""
        return self.radio.rate if self.settings.kind == 'sigmf' else self.settings.rate

    def bursts(self):
        """Preambles that were found."""
        return self.detector.sent()
