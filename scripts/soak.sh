#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets up, builds and runs apps/soak: soak.sh ARGUMENTS
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
soak() { /usr/bin/python3 -B "$UDEEPSC_ROOT/apps/soak" "$@"; }

# A mistake in the arguments is better told before minutes of building.
soak "$@" --check || exit $?
for argument; do
    case $argument in -h | --help) exit 0 ;; esac
done
"$UDEEPSC_ROOT/scripts/setup.sh"
"$UDEEPSC_ROOT/scripts/build.sh" "${BLOCKS[@]}"
use_build_tree
# In place of the shell, so that a signal reaches the program.
exec /usr/bin/python3 -B "$UDEEPSC_ROOT/apps/soak" "$@"
