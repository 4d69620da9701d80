# SPDX-License-Identifier: GPL-3.0-or-later
"""zmq:ADDRESS - samples to and from another process, through ZeroMQ.

The transmitter binds the address, the receiver connects to it; which of them is there first
does not matter, and each may end and come back.
"""

from gnuradio import blocks, gr, zeromq

from .radio_settings import RadioError

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
        make = zeromq.push_sink if settings['pattern'] == 'push' else zeromq.rep_sink
        try:
            self.sink = make(gr.sizeof_gr_complex, 1, settings.target, TIMEOUT_MS, False, WAITING)
        except RuntimeError as error:
            raise readable_error(settings, error) from None
        self.pace = blocks.throttle(gr.sizeof_gr_complex, settings.rate, True)
        self.connect(self, self.pace, self.sink)

    def sent(self):
        """Samples that were handed to a receiver."""
        return self.sink.nitems_read(0)

    def faults(self):
        return {}

    def description(self):
        return f'ZeroMQ {self.settings.target}, {self.settings.rate / 1e6:g} Msps'


class ZmqReceiver(gr.hier_block2):
    """Out 0: samples, as long as a transmitter is there."""

    def __init__(self, settings):
        gr.hier_block2.__init__(self, 'zmq_receiver', gr.io_signature(0, 0, 0),
                                gr.io_signature(1, 1, gr.sizeof_gr_complex))
        self.settings = settings
        try:
            self.source = self.make(settings)
        except RuntimeError as error:
            raise readable_error(settings, error) from None
        self.connect(self.source, self)

    @staticmethod
    def make(settings):
        if settings['pattern'] == 'push':
            return zeromq.pull_source(gr.sizeof_gr_complex, 1, settings.target, TIMEOUT_MS,
                                      False, WAITING)
        from .zmq_request_source import zmq_request_source
        return zmq_request_source(settings.target, TIMEOUT_MS)

    def faults(self):
        return {}

    def finished(self):
        return False

    def description(self):
        return f'ZeroMQ {self.settings.target}, {self.settings.rate / 1e6:g} Msps'
