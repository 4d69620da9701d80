#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets up, builds and runs the demonstration; arguments go to apps/demo.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
demo() { /usr/bin/python3 -B "$UDEEPSC_ROOT/apps/demo" "$@"; }

"$UDEEPSC_ROOT/scripts/setup.sh"
# A mistake in the arguments is better told before minutes of building.
demo --check "$@" || exit $?
for argument; do
    case $argument in -h | --help) exit 0 ;; esac
done
"$UDEEPSC_ROOT/scripts/build.sh" "${BLOCKS[@]}"
use_build_tree
# In place of the shell, so that a signal reaches the program.
exec /usr/bin/python3 -B "$UDEEPSC_ROOT/apps/demo" "$@"
