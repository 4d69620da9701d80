# SPDX-License-Identifier: GPL-3.0-or-later
"""What transmitter and receiver have in common: counters, and letting go of the radio."""

import pmt
from gnuradio import gr

from .radio_faults import FATAL


class radio_end(gr.hier_block2):
    """A chain of blocks with a radio at one end.

    A subclass sets `chain` (its blocks with counters), `radio`, `recorder` and `feedback`, the
    last three None where there is none.
    """

    feedback = None
    _own_edges = ()  # connections with a port of this block

    def msg_connect(self, *edge):
        gr.hier_block2.msg_connect(self, *edge)
        if any(end is self for end in edge):
            self._own_edges += (edge,)

    def dropped(self):
        """Payloads and bursts that came to nothing, for whatever reason; stats() says where."""
        return sum(block.dropped() for block in self.chain)

    def stats(self):
        """The counters of every block."""
        return [pmt.to_python(block.stats()) for block in self.chain]

    def feedback_stats(self):
        """The counters of csi_feedback; of a transmitter, whose reports it did not take."""
        return [pmt.to_python(self.feedback.stats())] if self.feedback else []

    def faults(self):
        """What went wrong at the radio and the recording: kind -> how often."""
        counts = dict(self.radio.faults()) if self.radio else {}
        if self.recorder:
            counts.update(self.recorder.faults())
        return counts

    def ended(self):
        """Whether the radio is broken or gone: no sample comes or goes any more."""
        return any(kind in self.faults() for kind in FATAL)

    def set_freq(self, freq):
        """Another carrier frequency, Hz, while it runs; None leaves it. False, counted and
        logged, where the radio cannot: it stays where it was."""
        return self._set_radio('set_freq', freq)

    def set_gain(self, gain):
        """Another gain, dB; as set_freq()."""
        return self._set_radio('set_gain', gain)

    def _set_radio(self, setter, value):
        if value in (None, ''):
            return True
        if not hasattr(self.radio, setter):
            gr.log.warn(f'{self.settings}: this radio has no {setter[4:]}')
            return False
        return getattr(self.radio, setter)(value)

    def close(self):
        """Lets go of the radio, for another one in the same program, and of the memory; the
        flowgraph has ended. Who makes many in one program has to call it: a hierarchical block
        with message ports holds on to itself (GNU Radio issue 7706)."""
        for edge in self._own_edges:
            try:
                self.msg_disconnect(*edge)
            except RuntimeError:
                pass  # the edge is gone all the same; no such subscription is what it complains of
        self._own_edges = ()
        self.disconnect_all()
        self.radio = None
