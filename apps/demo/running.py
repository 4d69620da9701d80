# SPDX-License-Identifier: GPL-3.0-or-later
"""A flowgraph from start to stop."""

import contextlib


@contextlib.contextmanager
def running(top):
    """The flowgraph runs within the block, and is stopped however that ends: a signal that comes
    while it starts, too, would leave its threads behind."""
    try:
        top.start()
        yield top
    finally:
        top.stop()
        top.wait()
