#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Figures and tables, measured: reproduce.sh FIGURE [OPTIONS]
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ -x "$UDEEPSC_BUILD/apps/udeepsc" ] || "$UDEEPSC_ROOT/scripts/build.sh"
export UDEEPSC=$UDEEPSC_BUILD/apps/udeepsc
use_build_tree
exec /usr/bin/python3 -B "$UDEEPSC_ROOT/scripts/reproduce" "$@"
