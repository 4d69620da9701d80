// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace udeepsc_phy {
namespace detail {

//! Standard deviation of clocks that one may expect, relative.
constexpr double CLOCK_SPREAD = 20e-6;

//! When symbols arrive: symbol k at sample start + k period.
struct SymbolClock {
    double start = 0;
    double period = 2;

    double position(double symbol) const { return start + symbol * period; }

    //! Every symbol arrives \p late symbols later, and \p slope more with each after k0.
    void correct(double late, double slope, double k0)
    {
        start += (late - slope * k0) * period;
        period += slope * period;
    }
};

} // namespace detail
} // namespace udeepsc_phy
