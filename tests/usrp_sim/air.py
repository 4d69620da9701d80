# SPDX-License-Identifier: GPL-3.0-or-later
"""The air at the simulated USRP's antennas: what it transmits comes back through a channel.

The simulator makes one ToAir for each stream that it is sent and one FromAir for each that
it is asked for; the .ini names them and their arguments, as strings.
"""

import time

import numpy as np
from usrp_mpm.simulator.sample_source import SampleSink, SampleSource

BYTES_PER_SAMPLE = 4  # 16 bits I, 16 bits Q
FULL_SCALE = 32767.0
MOST_WAITING = 1 << 16  # bytes sent ahead of what is received; then the transmitter waits
NOISES = 1 << 18
QUIET_S = 2.0  # before the first packet: UHD sets up the other stream, and waits 1 s at most
LONGEST_GAP_S = 2.0  # inside a burst the receiver waits so long for the transmitter


class Flight:
    """Samples between ToAir and FromAir; all run in turns in one thread (gevent)."""
    waiting = bytearray()
    in_burst = False
    receivers = 0


class ToAir(SampleSink):

    def accept_packet(self, packet):
        while Flight.receivers and len(Flight.waiting) > MOST_WAITING:
            time.sleep(0.001)
        if Flight.receivers:  # into the void otherwise
            Flight.waiting += bytes(packet.get_payload_bytes())
        Flight.in_burst = not packet.get_header().eob

    def close(self):
        Flight.in_burst = False


class FromAir(SampleSource):
    """amplitude: of the signal; noise: rms of each sample, full scale 1; cfo: cycles a
    sample; delay: samples, not whole ones too; seed: of the noise."""

    TAPS = 32  # of the interpolator that delays by parts of a sample

    def __init__(self, amplitude='1', noise='0', cfo='0', delay='0', seed='1'):
        self.amplitude, self.noise, self.cfo = float(amplitude), float(noise), float(cfo)
        self.random = np.random.default_rng(int(seed))
        # Drawn in advance, and begun somewhere else for every packet.
        self.noises = self.noise / 2**0.5 * self.random.standard_normal(
            2 * NOISES).astype(np.float32).view(np.complex64)
        self.position = 0
        whole, part = divmod(float(delay), 1.0)
        self.plain = not (self.noise or self.cfo or part) and self.amplitude == 1.0
        time_axis = np.arange(self.TAPS) - self.TAPS // 2
        self.taps = np.sinc(time_axis - part) * np.kaiser(self.TAPS, 5.0)
        self.history = np.zeros(self.TAPS - 1 if part else 0, np.complex64)
        Flight.waiting[:0] = bytes(int(whole) * BYTES_PER_SAMPLE)
        Flight.receivers += 1
        self.fresh = True

    def fill_packet(self, packet, payload_size):
        if self.fresh:
            time.sleep(QUIET_S)
            self.fresh = False
        data = self.take(payload_size)
        packet.set_payload_bytes(data if self.plain else self.through_channel(data))
        return packet

    def take(self, size):
        """What was transmitted; silence where nothing was. A transmitter that is late does
        not tear its burst: on a busy machine it is late often."""
        # Everything here takes turns in one thread: without this, a simulator that is behind
        # its schedule would answer nobody.
        time.sleep(0)
        end = time.monotonic() + LONGEST_GAP_S
        while len(Flight.waiting) < size and Flight.in_burst and time.monotonic() < end:
            time.sleep(0.001)
        data = bytes(Flight.waiting[:size])
        del Flight.waiting[:size]
        return data + bytes(size - len(data))

    def through_channel(self, data):
        x = np.frombuffer(data, '<i2').astype(np.float32).view(np.complex64) / FULL_SCALE
        count = x.size
        if self.history.size:
            x = np.concatenate([self.history, x])
            self.history = x[count:]
            x = np.convolve(x, self.taps, 'valid')
        turn = (self.position + np.arange(count)) * self.cfo % 1.0
        self.position += count
        at = self.random.integers(NOISES - count)
        x = self.amplitude * x * np.exp(2j * np.pi * turn) + self.noises[at:at + count]
        whole = np.clip(np.round(x.astype(np.complex64).view(np.float32) * FULL_SCALE),
                        -FULL_SCALE, FULL_SCALE)
        return whole.astype('<i2').tobytes()

    def close(self):
        Flight.receivers -= 1
