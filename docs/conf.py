# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's settings for the documentation site; ./gr-udeepsc docs builds it."""

import re
from pathlib import Path

_cmake = (Path(__file__).resolve().parent.parent / 'CMakeLists.txt').read_text()

project = 'gr-udeepsc'
author = 'The gr-udeepsc maintainers'
copyright = f'{author}, GPL-3.0-or-later'
release = version = re.search(r'project\(gr-udeepsc VERSION ([\d.]+)', _cmake)[1]

extensions = ['myst_parser']
source_suffix = {'.md': 'markdown'}
# Links to headings, named as GitHub names them.
myst_heading_anchors = 6
nitpicky = True
# Blocks of code without a language are no code of Python's; the tutorials' JSON and console
# blocks leave things out.
highlight_language = 'none'
suppress_warnings = ['misc.highlighting_failure']

# A quotation mark is often part of a name: "tx_sob".
smartquotes = False

html_theme = 'furo'
html_title = f'gr-udeepsc {release}'
html_copy_source = False
