#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Configures and builds in build/; arguments go to ninja.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# A file that sees LibTorch takes 1.5 GB to compile.
kib_per_job=1500000
available=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
jobs=$((available / kib_per_job))
cores=$(nproc)
[ "$jobs" -le "$cores" ] || jobs=$cores
[ "$jobs" -ge 1 ] || jobs=1

# Two shells, tx in one and rx in the other, must not build at the same time.
mkdir -p "$UDEEPSC_BUILD"
exec 9>"$UDEEPSC_BUILD/.lock"
flock 9
if [ ! -f "$UDEEPSC_BUILD/build.ninja" ]; then
    say "configuring in $UDEEPSC_BUILD"
    cmake -S "$UDEEPSC_ROOT" -B "$UDEEPSC_BUILD" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DENABLE_GNURADIO=ON -DPYTHON_EXECUTABLE=/usr/bin/python3
fi
say "building with $jobs jobs"
ninja -C "$UDEEPSC_BUILD" -j "$jobs" "$@"
