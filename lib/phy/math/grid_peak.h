// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>

namespace udeepsc_phy {
namespace detail {

//! Where \p f is largest among -steps * step .. steps * step, refined by the parabola
//! through that point and its neighbours.
template <class Function> double grid_peak(const Function& f, double step, int steps)
{
    double best = 0.0, most = -1.0;
    for (int i = -steps; i <= steps; i++) {
        const double value = f(i * step);
        if (value > most) {
            most = value;
            best = i * step;
        }
    }
    const double left = f(best - step), right = f(best + step);
    const double curvature = left - 2.0 * most + right;
    if (curvature < 0.0) {
        best += step * std::clamp(0.5 * (left - right) / curvature, -0.5, 0.5);
    }
    return best;
}

} // namespace detail
} // namespace udeepsc_phy
