// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "burst_runs.h"

#include <functional>
#include <string>

/*! What a fault costs the payload. */
struct FaultFigure {
    std::string name;
    double snr_db; //!< of the payload's symbols, 1 / mean |received - sent|^2
    double loss_db; //!< against the same bursts without the fault
    double half_db; //!< of the 95 % interval of loss_db
    double lost; //!< share of the bursts that did not arrive
    burst_runs::Interval lost_ci95;
    std::uint64_t bursts;
};

/*!
 * \brief Bursts of 256-QAM through every fault by itself; \p report gets each figure when
 * it is there, the one without any fault first.
 *
 * \p link: profile, Es/N0, symbols and number of bursts; its faults are overwritten.
 */
void measure_faults(burst_runs::Link link,
                    std::uint64_t seed,
                    const std::function<void(const FaultFigure&)>& report);
