# SPDX-License-Identifier: GPL-3.0-or-later
"""Radios by one line of text; radio_settings.py says what it may hold.

A transmitter takes complex samples with the tags tx_sob and tx_eob, a receiver gives complex
samples. Both have
    settings        what was asked for
    faults()        what went wrong so far, kind -> how often
    description()   what it is, for a person
and a receiver has finished(): whether it has nothing more to give. What has an antenna
(radio_settings.DEVICES) has set_freq() and set_gain() too, which give False where it cannot.
"""

import importlib

from .radio_settings import (DEFAULT_RATE, DEVICES, RadioError, RadioSettings,  # noqa: F401
                             parse_radio, radio_with)

# kind -> (module, transmitter, receiver); a module needs its library only when it is used.
_CLASSES = {
    'uhd': ('radio_usrp', 'UsrpTransmitter', 'UsrpReceiver'),
    'soapy': ('radio_soapy', 'SoapyTransmitter', 'SoapyReceiver'),
    'pluto': ('radio_pluto', 'PlutoTransmitter', 'PlutoReceiver'),
    'zmq': ('radio_zmq', 'ZmqTransmitter', 'ZmqReceiver'),
    'sigmf': ('radio_sigmf', 'SigmfRecorder', 'SigmfPlayer'),
}


def _make(radio, end):
    settings = radio if isinstance(radio, RadioSettings) else parse_radio(radio)
    if settings.kind not in _CLASSES:
        return None
    module, *classes = _CLASSES[settings.kind]
    return getattr(importlib.import_module(f'.{module}', __package__), classes[end])(settings)


def make_transmitter(radio):
    """A block with one input; None for "sim"."""
    return _make(radio, 0)


def make_receiver(radio):
    """A block with one output; None for "sim"."""
    return _make(radio, 1)
