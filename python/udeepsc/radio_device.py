# SPDX-License-Identifier: GPL-3.0-or-later
"""A radio with an antenna: settings, checked against what the device can do.

Each kind of device is a Driver (radio_usrp.py, radio_soapy.py, radio_pluto.py): a thin layer
around the blocks of GNU Radio for it. DeviceTransmitter and DeviceReceiver are the same over all.
"""

import math
import time

from gnuradio import blocks, gr

from .radio_faults import RadioFaults
from .radio_level import LevelMeter
from .radio_settings import RadioError

# The receiver follows a clock that is 20 ppm off; most of that belongs to the crystals.
RATE_TOLERANCE = 2e-6

# Without samples from a device that has given some: it is gone.
SILENCE_S = 2.0

# A reference that is there is locked to within a second or two.
LOCK_S = 5.0

# The carrier may be rounded to the steps of a synthesiser.
TUNING_TOLERANCE_HZ = 1000.0


class Driver:
    """One end ('tx' or 'rx') of a device. Ranges are lists of (low, high); what a device has not
    got is an empty list. Calls throw RuntimeError, IndexError or ValueError of their library."""

    BLOCK = None  # what is connected to

    def rates(self):
        return []

    def set_rate(self, rate):
        """The rate that it has now."""
        raise NotImplementedError

    def frequencies(self):
        return []

    def tune(self, freq, lo_offset):
        """The carrier frequency that it has now. Without an oscillator that can be apart,
        lo_offset is 0."""
        raise NotImplementedError

    def widest_offset(self):
        """The most that the oscillator may be apart from the carrier, Hz; 0: not at all."""
        return 0.0

    def gains(self):
        return []

    def set_gain(self, gain):
        raise NotImplementedError

    def gain(self):
        raise NotImplementedError

    def antennas(self):
        return []

    def set_antenna(self, name):
        pass

    def antenna(self):
        return ''

    def set_bandwidth(self, bandwidth):
        pass

    def set_correction(self, automatic):
        """Of the line at 0 Hz and the image; a device without does nothing."""

    def clocks(self):
        return []

    def set_clock(self, name):
        pass

    def times(self):
        return []

    def set_time(self, name):
        pass

    def locked(self):
        """Whether it is locked to its reference; None where it does not say."""
        return None

    def description(self):
        return ''


def readable_ranges(ranges):
    return ' or '.join(f'{low:g} to {high:g}' if low != high else f'{low:g}'
                       for low, high in ranges)


class _Device(gr.hier_block2):
    """A driver that is set up, and may be tuned anew while it runs."""

    def __init__(self, settings, end, make_driver, readable_error):
        ends = {'tx': (1, 0), 'rx': (0, 1)}[end]
        gr.hier_block2.__init__(self, f'{settings.kind}_{end}', *(
            gr.io_signature(count, count, gr.sizeof_gr_complex) for count in ends))
        self.settings, self.end = settings, end
        self.carrier = None  # Hz, when it is tuned
        self.fault_counter = RadioFaults(settings)
        if end == 'tx' and 'freq' not in settings.given:
            self.complain('freq', 'nothing', 'the frequency to transmit on, like freq=915e6')
        try:
            self.driver = make_driver()
            self.device = self.driver.BLOCK
            self.set_up()
        except RadioError:
            raise
        except (RuntimeError, IndexError, ValueError) as error:
            raise readable_error(settings, error) from None

    def complain(self, name, got, expected):
        raise RadioError(f"radio '{self.settings}': {name}: got {got}, expected {expected}")

    def within(self, name, value, ranges):
        """For ranges of a device, with an allowance for rounding."""
        if ranges and not any(low - 1e-6 * abs(low) <= value <= high + 1e-6 * abs(high)
                              for low, high in ranges):
            self.complain(name, f'{value:g}', f'{readable_ranges(ranges)} for this device')

    def one_of(self, name, value, allowed):
        if value not in allowed:
            self.complain(name, f"'{value}'", ' or '.join(allowed) if allowed
                          else 'nothing: this device has no choice')

    def set_up(self):
        settings, driver = self.settings, self.driver
        self.set_references()
        self.within('rate', settings.rate, driver.rates())
        actual = driver.set_rate(settings.rate)
        if abs(actual / settings.rate - 1) > RATE_TOLERANCE:
            self.complain('rate', f'{settings.rate:g}', f'one that this device can do, like '
                          f'{actual:.10g}; it has to be the same at both ends')
        antenna = settings.of(self.end, 'antenna') if 'antenna' in settings.options else ''
        if antenna:
            self.one_of('antenna', antenna, driver.antennas())
            driver.set_antenna(antenna)
        self._set_gain(settings.of(self.end, 'gain'))
        if settings['bandwidth']:
            driver.set_bandwidth(settings['bandwidth'])
        self._set_freq(settings['freq'])
        driver.set_correction(settings['correction'] == 'auto')

    def set_references(self):
        driver, settings = self.driver, self.settings
        for name, allowed, choose in (('clock', driver.clocks, driver.set_clock),
                                      ('time', driver.times, driver.set_time)):
            if settings.options.get(name):
                self.one_of(name, settings[name], allowed())
                choose(settings[name])
        if settings.options.get('clock'):
            self.wait_for_lock(settings['clock'])

    def wait_for_lock(self, clock):
        end = time.monotonic() + LOCK_S
        while self.driver.locked() is False:
            if time.monotonic() > end:
                self.complain('clock', f"'{clock}'", f'one that the device can lock to: it did '
                              f'not within {LOCK_S:g} s. Is the reference connected, and switched '
                              'on?')
            time.sleep(0.1)

    def _set_freq(self, freq):
        self.within('freq', freq, self.driver.frequencies())
        wanted = self.settings.options.get('lo_offset', 0.0)
        offset = wanted
        if math.isnan(wanted):
            # The oscillator's line out of the signal, and no farther than the filters let it: on
            # either side of it there are half a filter, the offset and half the signal.
            widest = self.driver.widest_offset()
            if self.settings['bandwidth']:
                widest = min(widest, self.settings['bandwidth'] / 3)
            offset = self.settings.rate if self.settings.rate <= widest else 0.0
        carrier = self.driver.tune(freq, offset)
        if math.isnan(wanted) and offset and abs(carrier - freq) > TUNING_TOLERANCE_HZ:
            carrier = self.driver.tune(freq, 0.0)
        if abs(carrier - freq) > TUNING_TOLERANCE_HZ:
            if self.carrier is not None:  # it runs: back to where it was
                self.driver.tune(self.carrier, 0.0 if math.isnan(wanted) else wanted)
            self.complain('lo_offset' if offset else 'freq', f'{offset or freq:g}',
                          f'one with which the device gets to {freq:g} Hz; it is at {carrier:g}')
        self.carrier = carrier

    def _set_gain(self, gain):
        self.within('gain', gain, self.driver.gains())
        self.driver.set_gain(gain)

    def _change(self, setter, value):
        try:
            setter(float(value))
        except (RuntimeError, IndexError, ValueError) as error:  # RadioError among them
            self.fault_counter.count('setting', detail=str(error))
            return False
        return True

    def set_freq(self, freq):
        """Another carrier frequency, Hz, while it runs. False, counted and logged, where the
        device cannot: it stays where it was."""
        return self._change(self._set_freq, freq)

    def set_gain(self, gain):
        """Another gain, dB, while it runs; as set_freq()."""
        return self._change(self._set_gain, gain)

    def gain(self):
        """dB, as the device has it."""
        return self.driver.gain()

    def faults(self):
        return self.fault_counter.counts()

    def description(self):
        antenna = self.driver.antenna()
        return (f'{self.driver.description()}, {self.carrier / 1e6:.3f} MHz, '
                f'{self.settings.rate / 1e6:g} Msps, {self.gain():g} dB'
                + (f', antenna {antenna}' if antenna else ''))


class DeviceTransmitter(_Device):
    """In 0: samples, with tx_sob and tx_eob where the device sends nothing between bursts."""

    def __init__(self, settings, make_driver, readable_error):
        _Device.__init__(self, settings, 'tx', make_driver, readable_error)
        # Unit-energy pulses have peaks of 2 and more; the converter ends at 1.
        scale = blocks.multiply_const_cc(settings['amplitude'])
        self.connect(self, scale, self.device)


class DeviceReceiver(_Device):
    """Out 0: samples, without end."""

    def __init__(self, settings, make_driver, readable_error):
        _Device.__init__(self, settings, 'rx', make_driver, readable_error)
        self.level = LevelMeter(settings.rate, self.fault_counter)
        self.connect(self.device, self)
        self.connect(self.device, self.level)
        self._samples, self._since, self._gone = 0, time.monotonic(), False

    def faults(self):
        """No driver says anything of a device that gives no more samples."""
        samples, now = self.level.samples(), time.monotonic()
        if samples != self._samples:
            self._samples, self._since, self._gone = samples, now, False
        elif samples and not self._gone and now - self._since > SILENCE_S:
            self._gone = True
            self.fault_counter.count('vanished')
        return _Device.faults(self)

    def finished(self):
        return False
