# SPDX-License-Identifier: GPL-3.0-or-later
"""pluto:uri=URI - an ADALM-PLUTO, or another AD936x behind IIO, through gr-iio."""

import ctypes

from .radio_device import DeviceReceiver, DeviceTransmitter, Driver
from .radio_settings import RadioError

CHANNEL = 0
BUFFER = 32768  # samples
# Of the AD9364; a Pluto that was not told to be one does 325 MHz to 3.8 GHz.
FREQUENCIES = (70e6, 6e9)
# The converter's least rate, 25e6 / 12, through the chip's filter by 4 and the logic's by 8.
RATES = (25e6 / 12 / 4 / 8, 61.44e6)
RX_GAINS = (0.0, 71.0)
# The chip attenuates by 0 to 89.75 dB; more gain is less of that.
MOST_ATTENUATION = 89.75


def readable_error(settings, error):
    text = str(error).strip()
    if 'Unable to create context' in text:
        where = settings['uri'] or 'USB'
        text = f'no answer at {where}. Is the Pluto plugged in, and started (15 s)? Its address is ' \
               'ip:192.168.2.1 as delivered; iio_info -s (package libiio-utils) lists what is there'
    elif 'not found' in text or 'Device not' in text:
        text = f'what answers at {settings["uri"]} is no AD936x ({text})'
    elif 'Unable to set BB rate' in text:
        text = f'rate: got {settings.rate:g}, which the device refuses'
    elif 'Unable to create buffer' in text:
        text = f'another program uses it, or it ran out of memory ({text})'
    return RadioError(f"radio '{settings}': {text}")


class PlutoDriver(Driver):
    """gr-iio reads nothing back: rate, frequency and gain are those that were asked for."""

    def __init__(self, settings, end):
        from gnuradio import iio
        self._settings, self._end, self._gain = settings, end, 0.0
        uri = settings['uri'] or iio.get_pluto_uri()
        first_of_two = [True, True]  # I and Q of the first channel
        self.BLOCK = self.iio = iio.fmcomms2_sink_fc32(uri, first_of_two, BUFFER, False) \
            if end == 'tx' else iio.fmcomms2_source_fc32(uri, first_of_two, BUFFER)
        if end == 'rx':
            # A source of gr-iio 3.10.5 that never ran waits for ever when it is destroyed, for a
            # thread that waits for it to run. So it is never destroyed; the device itself is let
            # go when the flowgraph stops.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self.iio))

    def rates(self):
        return [RATES]

    def set_rate(self, rate):
        if self._end == 'tx':
            self.iio.set_bandwidth(int(self._settings['bandwidth'] or rate))
        self.iio.set_samplerate(round(rate))
        # The chip's filter for this rate, which sets the bandwidth too.
        self.iio.set_filter_params('Auto', '', 0, 0)
        return float(round(rate))

    def frequencies(self):
        return [FREQUENCIES]

    def tune(self, freq, lo_offset):
        self.iio.set_frequency(round(freq))
        return float(round(freq))

    def gains(self):
        return [(0.0, MOST_ATTENUATION) if self._end == 'tx' else RX_GAINS]

    def set_gain(self, gain):
        if self._end == 'tx':
            self.iio.set_attenuation(CHANNEL, MOST_ATTENUATION - gain)
        else:
            # Twice: gr-iio 3.10.5 sends the mode that it had before.
            self.iio.set_gain_mode(CHANNEL, 'manual')
            self.iio.set_gain_mode(CHANNEL, 'manual')
            self.iio.set_gain(CHANNEL, gain)
        self._gain = gain

    def gain(self):
        return self._gain

    def set_correction(self, automatic):
        if self._end == 'rx':
            for correct in (self.iio.set_quadrature, self.iio.set_rfdc, self.iio.set_bbdc):
                correct(automatic)

    def description(self):
        return f'Pluto {self._settings["uri"] or "on USB"}'


class PlutoTransmitter(DeviceTransmitter):
    """It is sent zeros between bursts: its buffer wants samples all the time."""

    def __init__(self, settings):
        DeviceTransmitter.__init__(self, settings, lambda: PlutoDriver(settings, 'tx'),
                                   readable_error)


class PlutoReceiver(DeviceReceiver):

    def __init__(self, settings):
        DeviceReceiver.__init__(self, settings, lambda: PlutoDriver(settings, 'rx'),
                                readable_error)
