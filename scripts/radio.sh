#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets up, builds and runs apps/radio: radio.sh tx|rx|sim|node|chat|channel ARGUMENTS
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
radio() { /usr/bin/python3 -B "$UDEEPSC_ROOT/apps/radio" "$@"; }

"$UDEEPSC_ROOT/scripts/setup.sh"
# A mistake in the arguments is better told before minutes of building.
radio "$@" --check || exit $?
for argument; do
    case $argument in -h | --help) exit 0 ;; esac
done
"$UDEEPSC_ROOT/scripts/build.sh" "${BLOCKS[@]}"
use_build_tree
# In place of the shell, so that a signal reaches the program.
exec /usr/bin/python3 -B "$UDEEPSC_ROOT/apps/radio" "$@"
