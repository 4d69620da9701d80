#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU Radio Companion with the blocks of the build tree; arguments go to it.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
"$UDEEPSC_ROOT/scripts/setup.sh"
"$UDEEPSC_ROOT/scripts/build.sh" "${BLOCKS[@]}"
use_build_tree
# By its whole path, or Companion says at the first Execute that there is none.
xterm=$(command -v xterm || true)
[ -z "$xterm" ] || export GR_CONF_GRC_XTERM_EXECUTABLE=${GR_CONF_GRC_XTERM_EXECUTABLE:-$xterm}
exec gnuradio-companion "$@"
