// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/burst_detector.h>

namespace udeepsc_phy {
namespace detail {

//! Threshold of rho for the false alarm rate a sample that the configuration asks for,
//! where the maximum is taken over continuous time and carrier offset.
double detection_threshold(const DetectorConfig& config);

} // namespace detail
} // namespace udeepsc_phy
