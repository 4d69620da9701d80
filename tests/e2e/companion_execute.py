# SPDX-License-Identifier: GPL-3.0-or-later
"""GNU Radio Companion with a flowgraph, Execute pressed, and what became of it:
companion_execute.py FILE.grc SECONDS SCREENSHOT.png. Prints a line of JSON."""

import json
import sys

import gi

for library, version in (('Gtk', '3.0'), ('Gdk', '3.0'), ('PangoCairo', '1.0')):
    gi.require_version(library, version)
from gi.repository import Gdk, GLib  # noqa: E402
from gnuradio import gr  # noqa: E402
from gnuradio.grc.core import Messages  # noqa: E402
from gnuradio.grc.gui.Platform import Platform  # noqa: E402, before the others of gui
from gnuradio.grc.gui import Actions  # noqa: E402
from gnuradio.grc.gui.Application import Application  # noqa: E402

START_MS = 2000  # for the window to be drawn


class Session:

    def __init__(self, path, seconds, screenshot):
        self.seconds, self.screenshot = seconds, screenshot
        self.found, self.said = {'path': path}, []
        Messages.register_messenger(self.said.append)
        platform = Platform(version=gr.version(), prefs=gr.prefs(), install_prefix=gr.prefix(),
                            version_parts=(gr.major_version(), gr.api_version(),
                                           gr.minor_version()))
        platform.build_library()
        self.app = Application([path], platform)
        GLib.timeout_add(START_MS, self.press)

    def press(self):
        page = self.app.main_window.current_page
        self.found['missing'] = [b.key for b in page.flow_graph.blocks if b.is_dummy_block]
        self.found['errors'] = [f'{e}: {m}' for e, m in page.flow_graph.iter_error_messages()]
        Actions.FLOW_GRAPH_EXEC()
        self.process = page.process
        GLib.timeout_add(1000 * self.seconds, self.look)

    def look(self):
        self.found['started'] = self.process is not None
        self.found['running'] = self.process is not None and self.process.poll() is None
        root = Gdk.get_default_root_window()
        Gdk.pixbuf_get_from_window(root, 0, 0, root.get_width(), root.get_height()) \
            .savev(self.screenshot, 'png', [], [])
        if self.found['running']:
            Actions.FLOW_GRAPH_KILL()
        GLib.timeout_add(1500, self.end)

    def end(self):
        self.found['said'] = ''.join(self.said)
        print(json.dumps(self.found), flush=True)
        # The window asks about unsaved changes otherwise.
        sys.stdout.flush()
        GLib.idle_add(self.app.quit)


def main():
    session = Session(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    return session.app.run()


if __name__ == '__main__':
    sys.exit(main())
