# SPDX-License-Identifier: GPL-3.0-or-later
"""GNU Radio's log without the warnings that are asked for here."""


def quiet():
    from gnuradio import gr
    gr.logging().set_default_level(gr.log_levels.err)
