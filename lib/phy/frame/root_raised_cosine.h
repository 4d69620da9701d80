// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Root raised cosine of \p span symbols, span * samples_per_symbol + 1 taps of
 * energy 1, centred and symmetric.
 *
 * Being both the transmitter's pulse and the receiver's matched filter, energy 1 means
 * that a symbol comes back with gain 1 and white noise keeps its variance.
 */
std::vector<float>
root_raised_cosine(unsigned samples_per_symbol, double rolloff, unsigned span);

} // namespace detail
} // namespace udeepsc_phy
