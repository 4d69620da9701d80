// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>

namespace udeepsc_phy {
namespace detail {

/*!
 * Multiplies sample i of \p n by e^(j \p turn (i + \p first)): a carrier offset of
 * \p turn radians a sample. The phase is exact however long the stream is.
 */
void turn_samples(std::complex<float>* samples, std::size_t n, double turn, double first);

} // namespace detail
} // namespace udeepsc_phy
