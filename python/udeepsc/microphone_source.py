# SPDX-License-Identifier: GPL-3.0-or-later
"""What is spoken into a microphone."""

import os

from gnuradio import audio, blocks, gr

from .voice_activity_detector import voice_activity_detector


class microphone_source(gr.hier_block2):
    """audio.source > voice_activity_detector: each spoken piece as sound_source sends a file.

    Ports
      out "out"  f32vector [frames, 1] with frame_id, task, modality, shape, sample_rate, t_source

    Parameters
      device       of ALSA ("hw:1,0", "plughw:1,0"; "" for the one that is set), or in place of
                   a microphone a WAV file, which is read as fast as the next block takes it
      sample_rate  to ask the device for, Hz; a file has its own
      task, threshold_db, silence_s, shortest_s, longest_s, margin_s
                   as in voice_activity_detector

    Throws ValueError for a parameter, and for a microphone that is not there.
    """

    def __init__(self, device='', sample_rate=48000, task='speech_classification',
                 threshold_db=-50.0, silence_s=0.25, shortest_s=0.08, longest_s=3.0,
                 margin_s=0.05):
        gr.hier_block2.__init__(self, 'microphone_source', gr.io_signature(0, 0, 0),
                                gr.io_signature(0, 0, 0))
        self.source, sample_rate, channels = self._open(device, int(sample_rate))
        self.detector = voice_activity_detector(
            sample_rate, task, threshold_db, silence_s, shortest_s, longest_s, margin_s)
        if channels == 1:
            self.connect(self.source, self.detector)
        else:
            self._mix = blocks.add_ff()
            self._mean = blocks.multiply_const_ff(1 / channels)
            for channel in range(channels):
                self.connect((self.source, channel), (self._mix, channel))
            self.connect(self._mix, self._mean, self.detector)
        self.message_port_register_hier_out('out')
        self.msg_connect(self.detector, 'out', self, 'out')

    @staticmethod
    def _open(device, sample_rate):
        """(block, Hz, channels)"""
        if os.path.isfile(device):
            try:
                source = blocks.wavfile_source(device, False)
            except RuntimeError:
                raise ValueError(f'microphone {device!r}: is no WAV file') from None
            return source, source.sample_rate(), source.channels()
        try:
            return audio.source(sample_rate, device, True), sample_rate, 1
        except RuntimeError as error:
            raise ValueError(
                f'microphone {device or "default"!r}: ALSA cannot open it at {sample_rate} Hz '
                f'({error}). Is one plugged in? "arecord -L" lists what is there') from None

    def set_threshold_db(self, threshold_db):
        self.detector.set_threshold_db(threshold_db)

    def set_task(self, task):
        self.detector.set_task(task)

    def sent(self):
        """Pieces that went out."""
        return self.detector.sent()

    def dropped(self, reason=None):
        """What was dropped for a reason, or for any."""
        return self.detector.dropped(reason)

    def stats(self):
        """The counters as a pmt dict."""
        return self.detector.stats()
