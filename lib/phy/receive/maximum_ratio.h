// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/burst_demodulator.h>

#include <algorithm>
#include <complex>
#include <cstddef>
#include <functional>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * The same symbols once more, in independent noise: together they have the noise of the
 * best weighted mean. \param again, noise_var shape [payload.symbols.size()]
 */
inline void add_by_maximum_ratio(ReceivedPayload& payload,
                                 const std::complex<float>* again,
                                 const float* noise_var)
{
    for (std::size_t i = 0; i < payload.symbols.size(); i++) {
        const float sum = payload.noise_var[i] + noise_var[i];
        if (!(sum > 0.0f)) {
            continue; // without noise they are the same
        }
        const float share = payload.noise_var[i] / sum; // of the one that came again
        payload.symbols[i] += share * (again[i] - payload.symbols[i]);
        payload.noise_var[i] *= noise_var[i] / sum;
    }
}

//! Log likelihood ratios of the same symbols, one of the vectors maybe longer.
inline void add_llrs(std::vector<float>& sum, const std::vector<float>& llrs)
{
    sum.resize(std::max(sum.size(), llrs.size()), 0.0f);
    std::transform(llrs.begin(), llrs.end(), sum.begin(), sum.begin(), std::plus<>());
}

//! Compares the CRC-16 that came along with the nearest constellation points.
void check_labels(ReceivedPayload& payload);

} // namespace detail
} // namespace udeepsc_phy
