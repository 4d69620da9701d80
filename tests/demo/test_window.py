#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""--show where no window can be opened: said, before Qt ends the process."""

import os
import unittest
from unittest import mock

import fixture as fx  # noqa: F401, finds the demonstration's modules
import window
from material import BadInput

DISPLAYS = ('DISPLAY', 'WAYLAND_DISPLAY', 'QT_QPA_PLATFORM')


def has_wayland():
    from PyQt5.QtCore import QLibraryInfo
    platforms = os.path.join(QLibraryInfo.location(QLibraryInfo.PluginsPath), 'platforms')
    return any('wayland' in name for name in os.listdir(platforms))


class Display(unittest.TestCase):

    def check(self, **displays):
        bare = {k: v for k, v in os.environ.items() if k not in DISPLAYS}
        with mock.patch.dict(os.environ, {**bare, **displays}, clear=True):
            window.check_display()

    def test_none(self):
        with self.assertRaisesRegex(BadInput, 'no display here'):
            self.check()

    def test_a_server_that_is_not_there(self):
        with self.assertRaisesRegex(BadInput, 'DISPLAY=:4242.*could not connect'):
            self.check(DISPLAY=':4242')

    def test_a_platform_that_does_not_exist(self):
        with self.assertRaisesRegex(BadInput, 'QT_QPA_PLATFORM=nonsense'):
            self.check(QT_QPA_PLATFORM='nonsense')

    def test_a_platform_without_display(self):
        self.check(QT_QPA_PLATFORM='offscreen')

    @unittest.skipIf(has_wayland(), 'Qt knows Wayland here')
    def test_wayland_alone_without_its_plugin(self):
        with self.assertRaisesRegex(BadInput, 'qtwayland5'):
            self.check(WAYLAND_DISPLAY='wayland-0')


if __name__ == '__main__':
    unittest.main()
