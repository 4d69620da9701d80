# SPDX-License-Identifier: GPL-3.0-or-later
"""zmq:ADDRESS - samples to and from another process, through ZeroMQ.

The transmitter binds the address, the receiver connects to it; which of them is there first
does not matter, and each may end and come back. One receiver is served at a time.
"""

import zmq
from gnuradio import blocks, gr

from .radio_faults import RadioFaults
from .radio_settings import RadioError
from .zmq_sample_sink import zmq_sample_sink
from .zmq_sample_source import zmq_sample_source

TIMEOUT_MS = 100  # that a block waits for its peer before it looks whether it is to stop
# Messages that may wait for a slow peer, a few thousand samples each. ZeroMQ's own default
# of 1000 at each end hides seconds of samples.
WAITING = 16


def readable_error(settings, error):
    text = str(error)
    if 'Address already in use' in text:
        text = 'another transmitter has this address. Take another port, or end it'
    elif 'Cannot assign requested address' in text or 'No such device' in text:
        text = 'the host is not this computer; a transmitter binds an address of its own, ' \
               'like tcp://0.0.0.0:5555 for all of them'
    return RadioError(f"radio '{settings}': {text}")


class ZmqTransmitter(gr.hier_block2):
    """In 0: samples. Keeps the pace of a radio; without a receiver it waits for one."""

    def __init__(self, settings):
        gr.hier_block2.__init__(self, 'zmq_transmitter', gr.io_signature(1, 1, gr.sizeof_gr_complex),
                                gr.io_signature(0, 0, 0))
        self.settings = settings
        self._faults = RadioFaults(settings)
        try:
            self.sink = zmq_sample_sink(settings.target, settings['pattern'], TIMEOUT_MS, WAITING,
                                        self._faults)
        except zmq.ZMQError as error:
            raise readable_error(settings, error) from None
        self.pace = blocks.throttle(gr.sizeof_gr_complex, settings.rate, True)
        self.connect(self, self.pace, self.sink)

    def sent(self):
        """Samples that were handed to a receiver."""
        return self.sink.nitems_read(0)

    def serving(self):
        """Whether a receiver is there."""
        return self.sink.serving()

    def faults(self):
        return self._faults.counts()

    def description(self):
        return f'ZeroMQ {self.settings.target}, {self.settings.rate / 1e6:g} Msps'


class ZmqReceiver(gr.hier_block2):
    """Out 0: samples, as long as a transmitter is there."""

    def __init__(self, settings):
        gr.hier_block2.__init__(self, 'zmq_receiver', gr.io_signature(0, 0, 0),
                                gr.io_signature(1, 1, gr.sizeof_gr_complex))
        self.settings = settings
        self._faults = RadioFaults(settings)
        self.source = zmq_sample_source(settings.target, settings['pattern'], TIMEOUT_MS, WAITING,
                                        self._faults)
        self.connect(self.source, self)

    def faults(self):
        return self._faults.counts()

    def finished(self):
        return False

    def description(self):
        return f'ZeroMQ {self.settings.target}, {self.settings.rate / 1e6:g} Msps'
