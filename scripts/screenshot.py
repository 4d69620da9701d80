#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a flowgraph with a window and saves the window as a picture:
screenshot.py FILE.grc OUT.png [SECONDS [WIDTHxHEIGHT]]. Without a display:
xvfb-run -a scripts/screenshot.py ..."""

import importlib.util
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / 'apps'))

from flowgraph import compile_flowgraph  # noqa: E402
from PyQt5 import QtWidgets  # noqa: E402

SIZE = '1280x860'


def load(program):
    sys.path.insert(0, str(program.parent))  # embedded Python blocks lie beside it
    spec = importlib.util.spec_from_file_location(program.stem, program)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, program.stem)


def main():
    flowgraph, out, *rest = sys.argv[1:]
    seconds = float(rest[0]) if rest else 10
    width, height = map(int, (rest[1] if rest[1:] else SIZE).split('x'))
    app = QtWidgets.QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        top = load(compile_flowgraph(flowgraph, folder))()
    top.start()
    top.resize(width, height)
    top.show()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.01)
    top.grab().save(out)
    top.stop()
    top.wait()


if __name__ == '__main__':
    main()
