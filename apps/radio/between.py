# SPDX-License-Identifier: GPL-3.0-or-later
"""gr-udeepsc channel"""

import time

from console import snr_text
from ending import print_faults
from gnuradio.udeepsc.radio_faults import FATAL
from running import running


def between(options):
    from flowgraphs import channel_process
    top, source, sink, _ = channel_process(options)
    print(f'{source.description()} \u2192 {snr_text(options.snr)} \u2192 {sink.description()}')
    end = None if options.seconds is None else time.monotonic() + options.seconds
    try:
        with running(top):
            while not (source.finished() or ended(source, sink)) \
                    and (end is None or time.monotonic() < end):
                time.sleep(0.1)
    except KeyboardInterrupt:
        print()
    for radio in (source, sink):
        print_faults(radio.faults())
    return 1 if ended(source, sink) else 0


def ended(*radios):
    """Whether one is broken or gone."""
    return any(kind in radio.faults() for radio in radios for kind in FATAL)
