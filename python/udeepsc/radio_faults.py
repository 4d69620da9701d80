# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong at a radio while it runs: counted, and logged once per kind."""

import threading

import pmt
from gnuradio import gr

ADVICE = {
    'underflow': 'the computer did not deliver samples in time (UHD prints U): a burst was '
                 'torn. Lower rate=, close other programs',
    'overflow': 'the computer did not take samples in time, some are lost (UHD prints O or D): '
                'lower rate=, close other programs, raise net.core.rmem_max for a network '
                'device',
    'late': 'samples came after the time they were to be sent at (UHD prints L)',
    'sequence': 'packets were lost between computer and device (UHD prints S): check cable, '
                'MTU and net.core.wmem_max',
    'vanished': 'the device gives no more samples: unplugged, or without power? Start again '
                'when it is there',
    'disk': 'the recording stopped',
    'refused': 'the transmitter serves another receiver; asked again until that one is gone',
    'further receiver': 'one is served, and one that came beside it was refused',
    'bad frame': 'a message that holds no samples was passed over',
    'bad request': 'a request that is no number of samples was answered with none',
    'broken': 'the radio has stopped',
    'overloaded': 'the receiver is driven to the end of its converter, and all symbols are bent: '
                  'lower rx_gain=, or put attenuation before it',
    'no signal': 'the receiver hears less than the last bit of its converter: raise rx_gain=, check '
                 'cable, antenna and antenna port',
    'setting': 'the device cannot do what it was asked for and stays as it was',
}

# After these no sample comes or goes any more.
FATAL = ('vanished', 'broken')

# Words of UHD -> kinds of ours.
_KINDS = {'underflow': 'underflow', 'underflow_in_packet': 'underflow',
          'seq_error': 'sequence', 'seq_error_in_burst': 'sequence',
          'time_error': 'late', 'overflow': 'overflow', 'overflows': 'overflow'}


def words(message):
    """All symbols in a message of any shape, a number after its key: [(word, number)]."""
    found = []

    def walk(item):
        if pmt.is_symbol(item):
            found.append((pmt.symbol_to_string(item), 1))
        elif pmt.is_tuple(item):
            for i in range(pmt.length(item)):
                walk(pmt.tuple_ref(item, i))
        elif pmt.is_vector(item):
            for i in range(pmt.length(item)):
                walk(pmt.vector_ref(item, i))
        elif pmt.is_pair(item):
            key, value = pmt.car(item), pmt.cdr(item)
            if pmt.is_symbol(key) and pmt.is_integer(value):
                found.append((pmt.symbol_to_string(key), pmt.to_long(value)))
            else:
                walk(key)
                walk(value)

    walk(message)
    return found


class RadioFaults(gr.basic_block):
    """Input in: the messages of gr-uhd's port async_msgs. count() may come from any thread."""

    def __init__(self, radio):
        gr.basic_block.__init__(self, 'radio_faults', None, None)
        self._radio = str(radio)
        self._lock = threading.Lock()
        self._counts = {}
        self.message_port_register_in(pmt.intern('in'))
        self.set_msg_handler(pmt.intern('in'), self._take)

    def _take(self, message):
        try:
            for word, number in words(message):
                if word in _KINDS and number > 0:
                    self.count(_KINDS[word], number)
        except Exception as error:  # a handler must not throw
            gr.log.warn(f'radio_faults: {error}')

    def count(self, kind, number=1, detail=''):
        with self._lock:
            first = kind not in self._counts
            self._counts[kind] = self._counts.get(kind, 0) + number
        if first:
            advice = ADVICE.get(kind, kind)
            gr.log.warn(f'{self._radio}: {kind}: {advice}{": " + detail if detail else ""}')

    def counts(self):
        with self._lock:
            return dict(self._counts)
