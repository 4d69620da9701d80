// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/random.h>

#include "constants.h"

#include <cmath>

namespace udeepsc_phy {

std::complex<double> Xoshiro256pp::complex_gaussian()
{
    const double radius = std::sqrt(-std::log(uniform()));
    const double phase = 2.0 * detail::PI * uniform();
    return { radius * std::cos(phase), radius * std::sin(phase) };
}

} // namespace udeepsc_phy
