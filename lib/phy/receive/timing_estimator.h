// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gain_tracker.h"

#include <complex>
#include <vector>

namespace udeepsc_phy {
namespace detail {

//! How late symbols are sampled: offset + slope (k - middle), in symbols.
struct TimingError {
    double offset, slope, middle;
};

/*!
 * Least squares for timing offset and slope, from the interference that late sampling
 * makes between neighbouring reference symbols. The clock's usual spread is prior
 * knowledge: a short frame says less. \param reference symbols, 0 where there is none
 * \param z equalised symbols
 * \param response Equalizer::timing_response()
 * \param noise_var of the equalised symbols
 * \param clock_error of the clock in use, relative
 */
TimingError estimate_timing_error(const std::vector<float>& reference,
                                  const std::vector<std::complex<float>>& z,
                                  const GainTracker& gains,
                                  const std::vector<std::complex<float>>& response,
                                  double noise_var,
                                  double clock_error);

} // namespace detail
} // namespace udeepsc_phy
