#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
set -ex

# Boost, Python and GNU Radio are the environment's, not the system's.
cmake -S . -B build -G Ninja \
    -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_INSTALL_PREFIX="$PREFIX" \
    -DCMAKE_PREFIX_PATH="$PREFIX" \
    -DCMAKE_INSTALL_LIBDIR=lib \
    -DGR_PYTHON_DIR="$SP_DIR" \
    -DPYTHON_EXECUTABLE="$PYTHON" \
    -DENABLE_GNURADIO=ON \
    -DENABLE_TESTING=OFF
cmake --build build -j "${CPU_COUNT:-2}"
cmake --install build
