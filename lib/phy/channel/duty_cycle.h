// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/random.h>

#include <algorithm>

namespace udeepsc_phy {
namespace detail {

/*! On for some samples of each period, beginning anywhere in it. */
class DutyCycle {
public:
    //! Samples, 1 or more and 0 to \p period. Where it stands in the period stays.
    void set(double period, double on)
    {
        d_period = std::max(1.0, period);
        d_on = on;
    }

    void restart(Xoshiro256pp& random) { d_at = d_period * random.uniform(); }

    //! Whether it is on at this sample; the next call speaks of the next one.
    bool next()
    {
        while (d_at >= d_period) {
            d_at -= d_period;
        }
        return d_at++ < d_on;
    }

private:
    double d_period = 1.0, d_on = 0.0, d_at = 0.0;
};

} // namespace detail
} // namespace udeepsc_phy
