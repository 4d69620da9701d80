# SPDX-License-Identifier: GPL-3.0-or-later
"""Radios by one line of text; radio_settings.py says what it may hold.

A transmitter takes complex samples with the tags tx_sob and tx_eob, a receiver gives complex
samples. Both have
    settings        what was asked for
    faults()        what went wrong so far, kind -> how often
    description()   what it is, for a person
and a receiver has finished(): whether it has nothing more to give.
"""

from .radio_settings import DEFAULT_RATE, RadioError, RadioSettings, parse_radio  # noqa: F401


def _settings(radio):
    return radio if isinstance(radio, RadioSettings) else parse_radio(radio)


def make_transmitter(radio):
    """A block with one input; None for "sim"."""
    settings = _settings(radio)
    if settings.kind == 'uhd':
        from .radio_usrp import UsrpTransmitter
        return UsrpTransmitter(settings)
    if settings.kind == 'zmq':
        from .radio_zmq import ZmqTransmitter
        return ZmqTransmitter(settings)
    if settings.kind == 'sigmf':
        from .radio_sigmf import SigmfRecorder
        return SigmfRecorder(settings)
    return None


def make_receiver(radio):
    """A block with one output; None for "sim"."""
    settings = _settings(radio)
    if settings.kind == 'uhd':
        from .radio_usrp import UsrpReceiver
        return UsrpReceiver(settings)
    if settings.kind == 'zmq':
        from .radio_zmq import ZmqReceiver
        return ZmqReceiver(settings)
    if settings.kind == 'sigmf':
        from .radio_sigmf import SigmfPlayer
        return SigmfPlayer(settings)
    return None
