# SPDX-License-Identifier: GPL-3.0-or-later
"""sigmf:FILE - a recording in place of a radio, or beside one."""

import threading

import numpy as np
import pmt
from gnuradio import blocks, gr

from . import sigmf_file
from .radio_faults import RadioFaults
from .radio_settings import RadioError


def text_of(value):
    return '' if pmt.is_null(value) else str(pmt.to_python(value))


def key(dictionary, name):
    return pmt.dict_ref(dictionary, pmt.intern(name), pmt.PMT_NIL) \
        if pmt.is_dict(dictionary) else pmt.PMT_NIL


class SigmfRecorder(gr.sync_block):
    """In 0: samples, all written. Annotated is, of a transmitter, what lies between the tags
    tx_sob and tx_eob, described by the tag burst; of a receiver, what the port "frames" is
    told by burst_demodulator.

    What goes wrong with the file ends the recording, not the flowgraph.
    """

    def __init__(self, settings, file=None, description='', end='transmitter', occupied=0.0):
        """file: one beside the radio of the settings; end: transmitter or receiver; occupied:
        bandwidth, Hz."""
        gr.sync_block.__init__(self, 'sigmf_recorder', [np.complex64], None)
        self.settings = settings
        self._file = file or settings.target
        self._fault_counter = RadioFaults(f'recording {self._file}')
        self._lock = threading.Lock()
        self._begun, self._about = None, pmt.PMT_NIL
        self._last_start = None  # of a receiver's frames
        self._bursts = 0
        self._edges = None
        frequency = settings.options.get('freq', 0.0)
        if occupied and frequency:
            self._edges = (frequency - occupied / 2, frequency + occupied / 2)
        try:
            self._writer = sigmf_file.Writer(self._file, settings.rate, frequency, description)
        except OSError as error:
            raise RadioError(f'recording {self._file}: {error.filename or self._file}: '
                             f'{error.strerror}') from None
        self._whole = True
        # In a simulation a transmitter's tags reach the receiver; they say too much there.
        self._end = end
        self.message_port_register_in(pmt.intern('frames'))
        self.set_msg_handler(pmt.intern('frames'), self._take_frame)

    def work(self, inputs, _):
        samples = inputs[0]
        with self._lock:
            if self._whole:
                if self._end == 'transmitter':
                    self._annotate_bursts(len(samples))
                try:
                    self._writer.write(samples)
                except OSError as error:
                    self._give_up(error)
        return len(samples)

    def _annotate_bursts(self, count):
        start = self.nitems_read(0)
        tags = sorted(self.get_tags_in_range(0, start, start + count), key=lambda t: t.offset)
        for tag in tags:
            name = pmt.symbol_to_string(tag.key)
            if name == 'tx_sob':
                self._begun = tag.offset
            elif name == 'burst':
                self._about = tag.value
            elif name == 'tx_eob' and self._begun is not None:
                self._annotate(self._begun, tag.offset + 1, self._about)
                self._begun, self._about = None, pmt.PMT_NIL

    def _take_frame(self, message):
        """A payload as burst_demodulator sends it: where its frame lies in the stream."""
        about = pmt.car(message) if pmt.is_pair(message) else message
        start, end = key(about, 'sample'), key(about, 'end_sample')
        if pmt.is_null(start) or pmt.is_null(end):
            return
        start = pmt.to_python(start)
        with self._lock:
            # Of a frame's payloads the first one tells of all.
            if self._whole and start != self._last_start:
                self._last_start = start
                self._annotate(start, pmt.to_python(end), about)

    def _annotate(self, start, end, about):
        if end <= start:
            return
        words = [f'{name} {text}' for name, text in
                 ((n, text_of(key(about, n))) for n in ('profile', 'task', 'frame_id', 'symbols'))
                 if text]
        snr_db = key(about, 'snr_db')
        if not pmt.is_null(snr_db):
            words.append(f'Es/N0 {pmt.to_python(snr_db):.1f} dB')
        self._bursts += 1
        self._writer.annotate(start, end - start, f'burst {self._bursts}', ', '.join(words),
                              self._edges)

    def _give_up(self, error):
        self._whole = False
        self._fault_counter.count('disk', detail=f'{self._writer.data_path}: {error.strerror}; '
                                  f'{self._writer.samples} samples are kept')
        self._close()

    def _close(self):
        try:
            self._writer.close()
        except OSError as error:
            self._fault_counter.count('disk', detail=f'{self._writer.meta_path}: '
                                      f'{error.strerror}')

    def stop(self):
        with self._lock:
            self._whole = False
            self._close()
        return True

    def faults(self):
        return self._fault_counter.counts()

    def samples(self):
        return self._writer.samples

    def bursts(self):
        return self._bursts

    def description(self):
        return f'recording to {self._writer.data_path}'


class _Player(gr.sync_block):
    """Out 0: a recording, then silence in which the receiver finishes its last burst."""

    def __init__(self, reader, silence, faults):
        gr.sync_block.__init__(self, 'sigmf_player', None, [np.complex64])
        self._reader = reader
        self._faults = faults
        self._silence = silence
        self.finished = False

    def work(self, _, outputs):
        out = outputs[0]
        try:
            samples = self._reader.read(len(out))
        except OSError as error:  # a disk that is gone
            self._faults.count('broken', detail=f'{self._reader.data_path}: {error.strerror}')
            return -1
        if samples.size:
            out[:samples.size] = samples
            return samples.size
        if self._silence:
            count = min(len(out), self._silence)
            out[:count] = 0
            self._silence -= count
            return count
        self.finished = True
        return -1  # the end

    def stop(self):
        self._reader.close()
        return True


class SigmfPlayer(gr.hier_block2):
    """Out 0: the samples of a recording at the pace at which they were taken, or as fast as
    the receiver takes them."""

    def __init__(self, settings):
        gr.hier_block2.__init__(self, 'sigmf_replay', gr.io_signature(0, 0, 0),
                                gr.io_signature(1, 1, gr.sizeof_gr_complex))
        self.settings = settings
        reader = self._reader = sigmf_file.Reader(settings.target)
        if 'rate' in settings.given and reader.rate not in (None, settings.rate):
            reader.close()
            raise RadioError(f"radio '{settings}': rate: got {settings.rate:g}, expected "
                             f'{reader.rate:g}, at which the recording was made')
        self.rate = reader.rate or settings.rate
        self._faults = RadioFaults(settings)
        self._player = _Player(reader, int(0.1 * self.rate), self._faults)
        if settings['pace'] == 'real':
            self.connect(self._player, blocks.throttle(gr.sizeof_gr_complex, self.rate, True), self)
        else:
            self.connect(self._player, self)

    def finished(self):
        return self._player.finished

    def faults(self):
        return self._faults.counts()

    def description(self):
        return (f'{self._reader.data_path}, {self._reader.samples} samples at '
                f'{self.rate / 1e6:g} Msps')
