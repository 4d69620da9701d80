// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_conventional/coded_link.h>

#include <cstdint>

/*! Where a channel code begins to work. */
struct CodeThreshold {
    double esn0_db = 0; //!< least, in steps of 1/16 dB, at which at most 1 % are lost
    std::size_t payloads = 0; //!< that were sent at each Es/N0
};

/*!
 * \brief Measures udeepsc_conventional::threshold_db() over AWGN, by bisection.
 *
 * The same payloads and the same noise, scaled, at each Es/N0.
 */
CodeThreshold measure_code_threshold(udeepsc_conventional::CodeFamily family,
                                     const udeepsc_conventional::Mcs& mcs,
                                     std::size_t symbols,
                                     std::uint64_t seed);
