# SPDX-License-Identifier: GPL-3.0-or-later
"""gnuradio/__init__.py of a folder that comes first on PYTHONPATH: modules of the folders behind it
are found in their order. GNU Radio's own, of which there is one, looks beside itself first, and a
package udeepsc that is installed there would hide that of a build tree or of another prefix."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
