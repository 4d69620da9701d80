#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU Radio Companion with the blocks of the build tree; arguments go to it.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
"$UDEEPSC_ROOT/scripts/setup.sh"
"$UDEEPSC_ROOT/scripts/build.sh" "${BLOCKS[@]}"
use_build_tree
# Of two descriptions of a block Companion takes the last: ours, also where others are installed.
known=$(/usr/bin/python3 -c 'from gnuradio import gr; print(gr.prefs().get_string("grc", "global_blocks_path", ""))')
export GR_CONF_GRC_GLOBAL_BLOCKS_PATH=$known:$UDEEPSC_ROOT/grc
# By its whole path, or Companion says at the first Execute that there is none.
xterm=$(command -v xterm || true)
[ -z "$xterm" ] || export GR_CONF_GRC_XTERM_EXECUTABLE=${GR_CONF_GRC_XTERM_EXECUTABLE:-$xterm}
exec gnuradio-companion "$@"
