# SPDX-License-Identifier: GPL-3.0-or-later
"""gr-udeepsc channel"""

import time

from console import snr_text


def between(options):
    from flowgraphs import channel_process
    top, source, sink, _ = channel_process(options)
    print(f'{source.description()} \u2192 {snr_text(options.snr)} \u2192 {sink.description()}')
    end = None if options.seconds is None else time.monotonic() + options.seconds
    top.start()
    try:
        while not source.finished() and (end is None or time.monotonic() < end):
            time.sleep(0.1)
    except KeyboardInterrupt:
        print()
    finally:
        top.stop()
        top.wait()
    return 0
