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

# Ninja's words, without those that say nothing: nothing at all where nothing is to be built. A
# step of a build is one line that is written over on a terminal, elsewhere every tenth of them.
show_progress() {
    local line started= tenth=-1
    while IFS= read -r line; do
        case $line in
        'ninja: Entering directory'* | 'ninja: no work to do.' | *'Re-checking globbed directories...')
            continue
            ;;
        esac
        if [[ ! $line =~ ^\[([0-9]+)/([0-9]+)\]\  ]]; then
            echo "$line"
            continue
        fi
        [ "$started" ] || say "building with $jobs jobs"
        started=yes
        if [ -t 1 ]; then
            printf '\r\033[K%.*s' "$((${COLUMNS:-80} - 1))" "$line"
            [ "${BASH_REMATCH[1]}" != "${BASH_REMATCH[2]}" ] || echo
        elif ((10 * BASH_REMATCH[1] / BASH_REMATCH[2] != tenth)); then
            tenth=$((10 * BASH_REMATCH[1] / BASH_REMATCH[2]))
            echo "$line"
        fi
    done
}

# Two shells, tx in one and rx in the other, must not build at the same time.
mkdir -p "$UDEEPSC_BUILD"
exec 9>"$UDEEPSC_BUILD/.lock"
flock 9
if [ ! -f "$UDEEPSC_BUILD/build.ninja" ]; then
    say "configuring in $UDEEPSC_BUILD"
    cmake -S "$UDEEPSC_ROOT" -B "$UDEEPSC_BUILD" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DENABLE_GNURADIO=ON -DPYTHON_EXECUTABLE=/usr/bin/python3 \
        -DSANITIZER="${UDEEPSC_SANITIZER:-}"
fi
ninja -C "$UDEEPSC_BUILD" -j "$jobs" "$@" 2>&1 | show_progress
