// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "channel_estimator.h"

#include <complex>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * Carrier offset, cycles a symbol, that a detector left: maximum likelihood over the
 * preamble, at the delays that hold most energy. At most one turn over the preamble
 * either way. \param y matched filter's output each half symbol, from estimator.margin()
 * symbols before the preamble to as many behind it
 */
double estimate_carrier_offset(const std::vector<float>& preamble,
                               const std::vector<std::complex<float>>& y,
                               const ChannelEstimator& estimator);

} // namespace detail
} // namespace udeepsc_phy
