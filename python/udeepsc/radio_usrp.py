# SPDX-License-Identifier: GPL-3.0-or-later
"""uhd:ARGS - a USRP through gr-uhd."""

import re
import time

from gnuradio import blocks, gr

from .radio_faults import RadioFaults
from .radio_settings import RadioError

# The receiver follows a clock that is 20 ppm off; most of that belongs to the crystals.
RATE_TOLERANCE = 2e-6

# Without samples from a device that has given some: it is gone.
SILENCE_S = 2.0

# What UHD says -> what to do about it. The first that matches counts.
_TROUBLES = [
    (r'No devices found', 'no such USRP. Is it plugged in and powered? uhd_find_devices '
                          'lists what is there'),
    (r'claim', 'another program uses this USRP. End it first'),
    (r'Could not find path for image|image.*not found',
     'its firmware is not on this computer: sudo uhd_images_downloader, then plug in again'),
    (r'compat', 'firmware and UHD do not fit together: sudo uhd_images_downloader, then '
                'uhd_image_loader'),
    (r'Permission|LIBUSB_ERROR_ACCESS|insufficient permissions',
     'this user may not open it: install uhd-host, plug in again'),
    (r'timed? ?out|no response', 'the USRP does not answer: check cable, network and power'),
]


def readable_error(settings, error):
    text = str(error)
    advice = next((advice for pattern, advice in _TROUBLES
                   if re.search(pattern, text, re.IGNORECASE)), None)
    last_line = [line.strip() for line in text.splitlines() if line.strip()][0]
    return RadioError(f"radio '{settings}': {advice or last_line}"
                      + (f' (UHD: {last_line})' if advice else ''))


class _Usrp(gr.hier_block2):
    """What both directions share: settings, checked against what the device can do."""

    def __init__(self, name, settings, inputs, outputs):
        gr.hier_block2.__init__(self, name, gr.io_signature(inputs, inputs, gr.sizeof_gr_complex),
                                gr.io_signature(outputs, outputs, gr.sizeof_gr_complex))
        from gnuradio import uhd
        self._uhd = uhd
        self.settings = settings
        self.fault_counter = RadioFaults(settings)
        stream = uhd.stream_args(cpu_format='fc32', otw_format='sc16',
                                 channels=[int(settings['channel'])])
        try:
            self.device = self.open(stream)
            self.set_up()
        except RadioError:
            raise
        except (RuntimeError, IndexError, ValueError) as error:
            raise readable_error(settings, error) from None
        self.msg_connect(self.device, 'async_msgs', self.fault_counter, 'in')

    def complain(self, name, got, expected):
        raise RadioError(f"radio '{self.settings}': {name}: got {got}, expected {expected}")

    def within(self, name, value, allowed):
        """For ranges of UHD, with an allowance for rounding."""
        low, high = allowed.start(), allowed.stop()
        if not low - 1e-6 * abs(low) <= value <= high + 1e-6 * abs(high):
            self.complain(name, f'{value:g}', f'{low:g} to {high:g} for this device')

    def set_up(self):
        settings, device = self.settings, self.device
        self.within('rate', settings.rate, device.get_samp_rates())
        device.set_samp_rate(settings.rate)
        actual = device.get_samp_rate()
        if abs(actual / settings.rate - 1) > RATE_TOLERANCE:
            self.complain('rate', f'{settings.rate:g}', f'one that this device can do, like '
                          f'{actual:.10g}; it has to be the same at both ends')
        self.within('freq', settings['freq'], device.get_freq_range())
        self.within('gain', settings['gain'], device.get_gain_range())
        antennas = list(device.get_antennas())
        if settings['antenna']:
            if settings['antenna'] not in antennas:
                self.complain('antenna', f"'{settings['antenna']}'", ' or '.join(antennas))
            device.set_antenna(settings['antenna'])
        device.set_gain(settings['gain'])
        if settings['bandwidth']:
            device.set_bandwidth(settings['bandwidth'])
        device.set_center_freq(
            self._uhd.tune_request(settings['freq'], settings['lo_offset'])
            if settings['lo_offset'] else self._uhd.tune_request(settings['freq']))
        self.carrier = device.get_center_freq()

    def faults(self):
        return self.fault_counter.counts()

    def description(self):
        device = self.device
        return (f'{device.get_usrp_info()["mboard_id"]}, {self.carrier / 1e6:.3f} MHz, '
                f'{device.get_samp_rate() / 1e6:g} Msps, {device.get_gain():g} dB, '
                f'antenna {device.get_antenna()}')


class UsrpTransmitter(_Usrp):
    """In 0: samples with tx_sob and tx_eob; between bursts the device sends nothing."""

    def __init__(self, settings):
        _Usrp.__init__(self, 'usrp_transmitter', settings, 1, 0)
        # Unit-energy pulses have peaks of 2 and more; the converter ends at 1.
        scale = blocks.multiply_const_cc(settings['amplitude'])
        self.connect(self, scale, self.device)

    def open(self, stream):
        return self._uhd.usrp_sink(self.settings.target, stream, '')


class UsrpReceiver(_Usrp):
    """Out 0: samples, without end."""

    def __init__(self, settings):
        _Usrp.__init__(self, 'usrp_receiver', settings, 0, 1)
        self.connect(self.device, self)
        self._samples, self._since, self._gone = 0, time.monotonic(), False

    def open(self, stream):
        return self._uhd.usrp_source(self.settings.target, stream)

    def faults(self):
        """UHD itself says nothing of a device that gives no more samples."""
        samples, now = self.device.nitems_written(0), time.monotonic()
        if samples != self._samples:
            self._samples, self._since, self._gone = samples, now, False
        elif samples and not self._gone and now - self._since > SILENCE_S:
            self._gone = True
            self.fault_counter.count('vanished')
        return _Usrp.faults(self)

    def finished(self):
        return False
