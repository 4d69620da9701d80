// SPDX-License-Identifier: GPL-3.0-or-later
#include "root_raised_cosine.h"

#include "math/constants.h"

#include <cmath>
#include <cstddef>

namespace udeepsc_phy {
namespace detail {

namespace {

//! The pulse at \p t symbols from its centre, up to a factor.
double pulse(double t, double rolloff)
{
    if (std::abs(t) < 1e-9) {
        return 1.0 - rolloff + 4.0 * rolloff / PI;
    }
    // At t = 1 / (4 rolloff) numerator and denominator vanish together.
    if (rolloff > 0.0 && std::abs(std::abs(4.0 * rolloff * t) - 1.0) < 1e-9) {
        const double angle = PI / (4.0 * rolloff);
        return rolloff / std::sqrt(2.0)
            * ((1.0 + 2.0 / PI) * std::sin(angle) + (1.0 - 2.0 / PI) * std::cos(angle));
    }
    const double x = 4.0 * rolloff * t;
    return (std::sin(PI * t * (1.0 - rolloff)) + x * std::cos(PI * t * (1.0 + rolloff)))
        / (PI * t * (1.0 - x * x));
}

} // namespace

std::vector<float>
root_raised_cosine(unsigned samples_per_symbol, double rolloff, unsigned span)
{
    const std::size_t n = std::size_t(span) * samples_per_symbol + 1;
    std::vector<double> exact(n);
    double energy = 0.0;
    for (std::size_t i = 0; i < n; i++) {
        exact[i] = pulse(double(i) / samples_per_symbol - span / 2.0, rolloff);
        energy += exact[i] * exact[i];
    }
    std::vector<float> taps(n);
    for (std::size_t i = 0; i < n; i++) {
        taps[i] = static_cast<float>(exact[i] / std::sqrt(energy));
    }
    return taps;
}

} // namespace detail
} // namespace udeepsc_phy
