# SPDX-License-Identifier: GPL-3.0-or-later
"""uhd:ARGS - a USRP through gr-uhd."""

import re
import threading
import time
import weakref

from .radio_device import DeviceReceiver, DeviceTransmitter, Driver
from .radio_settings import RadioError

# Two clocks drift apart by some 10 us a second; a lead of 5 ms stands that for minutes.
CLOCK_PERIOD_S = 10.0

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


def one_range(allowed):
    return [(allowed.start(), allowed.stop())]


class UsrpDriver(Driver):

    def __init__(self, settings, end):
        from gnuradio import uhd
        self._uhd, self._end = uhd, end
        stream = uhd.stream_args(cpu_format='fc32', otw_format='sc16',
                                 channels=[int(settings['channel'])])
        self.BLOCK = self.usrp = uhd.usrp_sink(settings.target, stream, '') if end == 'tx' \
            else uhd.usrp_source(settings.target, stream)
        if settings.of(end, 'subdev'):
            self.usrp.set_subdev_spec(settings.of(end, 'subdev'))

    def rates(self):
        return one_range(self.usrp.get_samp_rates())

    def set_rate(self, rate):
        self.usrp.set_samp_rate(rate)
        return self.usrp.get_samp_rate()

    def frequencies(self):
        return one_range(self.usrp.get_freq_range())

    def tune(self, freq, lo_offset):
        self.usrp.set_center_freq(self._uhd.tune_request(freq, lo_offset) if lo_offset
                                  else self._uhd.tune_request(freq))
        return self.usrp.get_center_freq()

    def widest_offset(self):
        return self.usrp.get_bandwidth_range().stop() / 3

    def gains(self):
        return one_range(self.usrp.get_gain_range())

    def set_gain(self, gain):
        self.usrp.set_gain(gain)

    def gain(self):
        return self.usrp.get_gain()

    def antennas(self):
        return list(self.usrp.get_antennas())

    def set_antenna(self, name):
        self.usrp.set_antenna(name)

    def antenna(self):
        return self.usrp.get_antenna()

    def set_bandwidth(self, bandwidth):
        self.usrp.set_bandwidth(bandwidth)

    def set_correction(self, automatic):
        # A transmitter has values to set, found by uhd_cal_tx_dc_offset and its like, and
        # nothing that follows by itself.
        if self._end != 'rx':
            return
        for correct in (self.usrp.set_auto_dc_offset, self.usrp.set_auto_iq_balance):
            try:
                correct(automatic)
            except RuntimeError:  # a board without
                pass

    def clocks(self):
        return list(self.usrp.get_clock_sources(0))

    def set_clock(self, name):
        self.usrp.set_clock_source(name, 0)

    def times(self):
        return list(self.usrp.get_time_sources(0))

    def set_time(self, name):
        self.usrp.set_time_source(name, 0)

    def locked(self):
        if 'ref_locked' not in self.usrp.get_mboard_sensor_names(0):
            return None
        return self.usrp.get_mboard_sensor('ref_locked', 0).to_bool()

    def now(self):
        return self.usrp.get_time_now(0).get_real_secs()

    def description(self):
        return self.usrp.get_usrp_info()['mboard_id']


class UsrpTransmitter(DeviceTransmitter):
    """Between bursts the device sends nothing."""

    def __init__(self, settings):
        DeviceTransmitter.__init__(self, settings, lambda: UsrpDriver(settings, 'tx'),
                                   readable_error)
        self.msg_connect(self.device, 'async_msgs', self.fault_counter, 'in')

    def follow_clock(self, tell):
        """Calls tell(seconds) with what the device's clock shows, now and every 10 s, for as long
        as there is someone to tell."""
        tell(self.driver.now())
        follower = ClockFollower(self.driver.now, tell)
        follower.start()


class ClockFollower(threading.Thread):
    """Ends by itself when the one to be told or the clock is gone."""

    def __init__(self, now, tell):
        threading.Thread.__init__(self, name='usrp_clock', daemon=True)
        self._now, self._tell = weakref.WeakMethod(now), tell

    def run(self):
        while True:
            time.sleep(CLOCK_PERIOD_S)
            if not self._tell_once():
                return

    def _tell_once(self):
        now = self._now()
        if now is None:
            return False
        try:
            self._tell(now())
        except (RuntimeError, ValueError):  # a device that is gone says so elsewhere
            return False
        return True


class UsrpReceiver(DeviceReceiver):

    def __init__(self, settings):
        DeviceReceiver.__init__(self, settings, lambda: UsrpDriver(settings, 'rx'),
                                readable_error)
        self.msg_connect(self.device, 'async_msgs', self.fault_counter, 'in')
