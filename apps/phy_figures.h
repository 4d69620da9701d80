// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/*! A number that the burst modem has to reach, as measured. */
struct PhyFigure {
    enum class Bound { at_least, at_most };
    std::string figure;
    double value;
    double target;
    Bound bound;
    double ci95[2]; //!< of value; of a rate: the runs' 2.5 % and 97.5 % points
    std::uint64_t n; //!< bursts, samples or runs
    std::uint64_t seed;
    std::string unit;

    bool reached() const
    {
        return bound == Bound::at_least ? value >= target : value <= target;
    }
};

struct PhyFigureOptions {
    bool quick = false; //!< seconds instead of minutes, with wide intervals
    std::uint64_t seed = 1;
    std::string only; //!< figures whose name begins so
};

/*!
 * \brief Measures the burst modem: detection, false alarms, header and symbol errors,
 * SNR estimate, throughput. \p report gets each figure when it is there.
 *
 * Every burst has its own carrier offset (uniform, +-0.02 cycles a symbol), delay, phase,
 * gain (50 dB of range) and clock (+-20 ppm). Times are the process's CPU time.
 */
void measure_phy_figures(const PhyFigureOptions& options,
                         const std::function<void(const PhyFigure&)>& report);
