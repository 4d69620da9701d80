// SPDX-License-Identifier: GPL-3.0-or-later
#include "pulse.h"

#include "root_raised_cosine.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

constexpr double REACH = 20.0;

} // namespace

Pulse::Pulse(const FrameProfile& profile)
    : d_samples_per_symbol(profile.samples_per_symbol)
    , d_half_length(0.5 * profile.filter_span)
    , d_reach(std::min<double>(REACH, profile.filter_span))
    , d_pulse(root_raised_cosine(STEPS, profile.rolloff, profile.filter_span))
{
    // The fine table has energy 1 at its own rate.
    std::vector<double> fine(d_pulse.begin(), d_pulse.end());
    const auto scale
        = static_cast<float>(std::sqrt(double(STEPS) / profile.samples_per_symbol));
    for (auto& value : d_pulse) {
        value *= scale;
    }

    // Band-limited to (1 + rolloff) / 2 <= 1 cycle a symbol, so that p^2 needs 4 points a
    // symbol; 16 leave room for what the truncation spills over.
    const std::size_t stride = STEPS / 16;
    const auto half = static_cast<std::ptrdiff_t>(d_reach * STEPS);
    std::vector<double> rho(2 * half + 1);
    const auto n = static_cast<std::ptrdiff_t>(fine.size());
    for (std::ptrdiff_t lag = 0; lag <= half; lag++) {
        double sum = 0.0;
        for (std::ptrdiff_t i = 0; i + lag < n; i += stride) {
            sum += fine[i] * fine[i + lag];
        }
        rho[half + lag] = rho[half - lag] = sum * stride;
    }

    d_rho.assign(rho.begin(), rho.end());
    d_slope.assign(rho.size(), 0.0f);
    d_curvature.assign(rho.size(), 0.0f);
    for (std::size_t i = 1; i + 1 < rho.size(); i++) {
        d_slope[i] = static_cast<float>(0.5 * STEPS * (rho[i + 1] - rho[i - 1]));
        d_curvature[i] = static_cast<float>(double(STEPS) * STEPS
                                            * (rho[i + 1] - 2.0 * rho[i] + rho[i - 1]));
    }
}

} // namespace detail
} // namespace udeepsc_phy
