#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a flowgraph with a window and saves the window as a picture:
screenshot.py FILE.grc OUT.png [SECONDS [WIDTHxHEIGHT [DB,DB,...]]]. The slider of a QT Task View
goes through these Es/N0 one after another. Without a display: xvfb-run -a scripts/screenshot.py
..."""

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


def task_views(top):
    return [part for part in vars(top).values()
            if hasattr(part, 'set_snr_db') and hasattr(part, 'widget')]


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
    values = [float(db) for db in rest[2].split(',')] if rest[2:] else [None]
    for db in values:
        for view in task_views(top) if db is not None else []:
            view.set_snr_db(db)
        end = time.monotonic() + seconds / len(values)
        while time.monotonic() < end:
            app.processEvents()
            time.sleep(0.01)
    top.grab().save(out)
    top.stop()
    top.wait()


if __name__ == '__main__':
    main()
