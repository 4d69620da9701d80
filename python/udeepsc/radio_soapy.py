# SPDX-License-Identifier: GPL-3.0-or-later
"""soapy:ARGS - what SoapySDR has a driver for, through gr-soapy: soapy:driver=lime,freq=915e6"""

import glob
import os
import re

from .radio_device import DeviceReceiver, DeviceTransmitter, Driver
from .radio_settings import RadioError

CHANNEL = 0  # gr-soapy numbers the channels that it opens from 0

# Drivers: package of Debian, and a part of the module's name in it.
PACKAGES = {
    'airspy': ('soapysdr-module-airspy', 'airspysupport'),
    'bladerf': ('soapysdr-module-bladerf', 'bladerf'),
    'hackrf': ('soapysdr-module-hackrf', 'hackrf'),
    'lime': ('soapysdr-module-lms7', 'lms7'),
    'miri': ('soapysdr-module-mirisdr', 'miri'),
    'redpitaya': ('soapysdr-module-redpitaya', 'redpitaya'),
    'remote': ('soapysdr-module-remote', 'remote'),
    'rtlsdr': ('soapysdr-module-rtlsdr', 'rtlsdr'),
    'uhd': ('soapysdr-module-uhd', 'uhd'),
    'xtrx': ('soapysdr-module-xtrx', 'xtrx'),
}


def driver_name(target):
    found = re.search(r'(?:^|,)\s*driver\s*=\s*([^,\s]+)', target)
    return found[1] if found else ''


def module_files():
    """Of the installed drivers, where SoapySDR looks for them."""
    folders = os.environ.get('SOAPY_SDR_PLUGIN_PATH', '').split(':') + [
        *glob.glob('/usr/lib/*/SoapySDR/modules*'), *glob.glob('/usr/lib/SoapySDR/modules*'),
        *glob.glob('/usr/local/lib/SoapySDR/modules*'),
        *glob.glob('/usr/local/lib/*/SoapySDR/modules*')]
    return [name.lower() for folder in folders if os.path.isdir(folder)
            for name in os.listdir(folder) if '.so' in name]


def advice_without_device(target):
    """Why SoapySDR has no such device, and what to do."""
    driver, modules = driver_name(target), module_files()
    if not driver:
        return 'no driver named, expected soapy:driver=NAME; SoapySDRUtil --find lists devices'
    if driver == 'plutosdr':
        return 'Debian has no SoapySDR driver for it: use pluto:uri=ip:192.168.2.1'
    if driver in PACKAGES:
        package, part = PACKAGES[driver]
        if not any(part in name for name in modules):
            return f'its driver is not installed: sudo apt-get install {package}'
        return f"{package} finds no '{driver}'. Is it plugged in and powered, and used by no " \
               'other program? SoapySDRUtil --find lists what is there'
    return f"no driver '{driver}' of SoapySDR has such a device; Debian has drivers for " \
           f"{', '.join(sorted(PACKAGES))}. SoapySDRUtil --info lists what is installed"


def readable_error(settings, error):
    text = str(error).strip() or type(error).__name__
    if re.search(r'no match|no driver|make\(\)', text):
        text = f'{advice_without_device(settings.target)} (SoapySDR: {text})'
    elif 'number of channels' in text:
        text = 'this device has no such direction: some only receive'
    return RadioError(f"radio '{settings}': {text}")


def pairs(ranges):
    return [(r.minimum(), r.maximum()) for r in ranges]


class SoapyDriver(Driver):

    def __init__(self, settings, end):
        from gnuradio import soapy
        make = soapy.sink if end == 'tx' else soapy.source
        self._target = settings.target
        offset = settings['lo_offset']
        # NaN: SoapySDR's drivers choose for themselves.
        tuning = f'OFFSET={offset:.0f}' if offset == offset and offset else ''
        self.BLOCK = self.soapy = make(settings.target, 'fc32', 1, '', '', [tuning], [''])
        if end == 'rx' and self.soapy.has_gain_mode(CHANNEL):
            # Its own gain control would follow each burst, in the middle of it.
            self.soapy.set_gain_mode(CHANNEL, False)

    def rates(self):
        return pairs(self.soapy.get_sample_rate_range(CHANNEL))

    def set_rate(self, rate):
        self.soapy.set_sample_rate(CHANNEL, rate)
        return self.soapy.get_sample_rate(CHANNEL)

    def frequencies(self):
        return pairs(self.soapy.get_frequency_range(CHANNEL))

    def tune(self, freq, lo_offset):
        self.soapy.set_frequency(CHANNEL, freq)
        return self.soapy.get_frequency(CHANNEL)

    def gains(self):
        return pairs([self.soapy.get_gain_range(CHANNEL)])

    def set_gain(self, gain):
        self.soapy.set_gain(CHANNEL, gain)

    def gain(self):
        return self.soapy.get_gain(CHANNEL)

    def antennas(self):
        return list(self.soapy.list_antennas(CHANNEL))

    def set_antenna(self, name):
        self.soapy.set_antenna(CHANNEL, name)

    def antenna(self):
        return self.soapy.get_antenna(CHANNEL)

    def set_bandwidth(self, bandwidth):
        self.soapy.set_bandwidth(CHANNEL, bandwidth)

    def set_correction(self, automatic):
        if self.soapy.has_dc_offset_mode(CHANNEL):
            self.soapy.set_dc_offset_mode(CHANNEL, automatic)
        if self.soapy.has_iq_balance_mode(CHANNEL):
            self.soapy.set_iq_balance_mode(CHANNEL, automatic)

    def clocks(self):
        return list(self.soapy.list_clock_sources())

    def set_clock(self, name):
        self.soapy.set_clock_source(name)

    def times(self):
        return list(self.soapy.list_time_sources())

    def set_time(self, name):
        self.soapy.set_time_source(name)

    def locked(self):
        """Asked of SoapySDR itself, which shares the device with gr-soapy in one program:
        read_sensor() of gr-soapy 3.10.5 gives the description's value and not the reading."""
        try:
            import SoapySDR
        except ImportError:  # python3-soapysdr
            return None
        device = SoapySDR.Device(self._target)
        for sensor in ('ref_locked', 'clock_locked'):
            if sensor in device.listSensors():
                return device.readSensor(sensor).lower() in ('true', '1', 'locked')
        return None

    def description(self):
        return f'SoapySDR {driver_name(self._target) or self._target}'


class SoapyTransmitter(DeviceTransmitter):
    """It is sent zeros between bursts: not every driver can be told where a burst ends."""

    def __init__(self, settings):
        DeviceTransmitter.__init__(self, settings, lambda: SoapyDriver(settings, 'tx'),
                                   readable_error)


class SoapyReceiver(DeviceReceiver):

    def __init__(self, settings):
        DeviceReceiver.__init__(self, settings, lambda: SoapyDriver(settings, 'rx'),
                                readable_error)
