#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws a flowgraph as GNU Radio Companion shows it: canvas.py FILE.grc OUT.png. Without a
display: xvfb-run -a scripts/canvas.py ..."""

import sys

import gi

for library, version in (('Gtk', '3.0'), ('Gdk', '3.0'), ('PangoCairo', '1.0')):
    gi.require_version(library, version)
from gi.repository import GLib, Gtk  # noqa: E402
from gnuradio import gr  # noqa: E402
from gnuradio.grc.gui.Platform import Platform  # noqa: E402, before the others of gui
from gnuradio.grc.gui import Utils  # noqa: E402
from gnuradio.grc.gui.Application import Application  # noqa: E402
from PIL import Image  # noqa: E402

START_MS = 500  # for the window, without which Companion draws nothing
COLOURS = 64  # of the picture: a third of the bytes
MARGIN = 24  # pixels, for connections that bend beyond the blocks


def make_platform():
    platform = Platform(version=gr.version(), prefs=gr.prefs(), install_prefix=gr.prefix(),
                        version_parts=(gr.major_version(), gr.api_version(),
                                       gr.minor_version()))
    platform.build_library()
    return platform


def main():
    path, out = sys.argv[1:]
    if not Gtk.init_check(sys.argv)[0]:
        sys.exit('canvas.py: there is no display; xvfb-run -a scripts/canvas.py ... makes one')
    application = Application([path], make_platform())

    def draw():
        flowgraph = application.main_window.current_page.flow_graph
        left, top, right, bottom = flowgraph.get_extents()
        flowgraph.get_extents = lambda: (left, top, right + MARGIN, bottom + MARGIN)
        Utils.make_screenshot(flowgraph, out)
        Image.open(out).convert('RGB').quantize(COLOURS).save(out, optimize=True)
        application.quit()

    GLib.timeout_add(START_MS, draw)
    application.run()


if __name__ == '__main__':
    main()
