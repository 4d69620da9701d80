#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Sets up, builds, and runs a flowgraph of GNU Radio Companion: run.sh FILE.grc [ARGUMENTS]
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
case ${1:-} in
*.grc) [ -f "$1" ] || die "run: $1: there is no such file" ;;
-h | --help | '')
    echo "gr-udeepsc run FILE.grc [ARGUMENTS]: compiles a flowgraph and runs it; --help behind"
    echo "FILE.grc lists the flowgraph's own arguments"
    exit 0
    ;;
*) die "run: got '$1', expected a flowgraph, FILE.grc" ;;
esac
"$UDEEPSC_ROOT/scripts/setup.sh"
"$UDEEPSC_ROOT/scripts/build.sh" "${BLOCKS[@]}"
use_build_tree
exec /usr/bin/python3 -B "$UDEEPSC_ROOT/apps/flowgraph.py" "$@"
