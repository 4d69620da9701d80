// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "phy_figures.h"

/*! One point of a curve of the burst modem against Es/N0. */
struct PhyPoint {
    std::string curve; //!< "detection", "header error" or "symbol error"
    std::string name; //!< which profile, channel and modulation
    double esn0_db;
    double value;
    double theory; //!< of a symbol error; NaN for the others, which
                   //!< scripts/reproduce/phy.py knows
    double ci95[2];
    std::uint64_t n; //!< bursts
    std::uint64_t seed;
    unsigned preamble_symbols, header_repetition;
    double threshold; //!< of the detector's statistic
};

//! Detection, header and symbol errors over Es/N0, point by point as they are measured.
void measure_phy_curves(const PhyFigureOptions& options,
                        const std::function<void(const PhyPoint&)>& report);
