// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Symbols -> samples: y[n] = sum_k x[k] taps[n - k samples_per_symbol].
 *
 * One FIR filter for each phase of a symbol, so that none of the zeros between symbols is
 * multiplied. Safe to share between threads.
 */
class PulseShaper {
public:
    PulseShaper(const std::vector<float>& taps, unsigned samples_per_symbol);

    //! All of the convolution: (symbols - 1) samples_per_symbol + taps samples.
    std::vector<std::complex<float>>
    shape(const std::vector<std::complex<float>>& symbols) const;

private:
    std::size_t d_taps;
    unsigned d_phases;
    std::size_t d_phase_taps;
    std::vector<float> d_polyphase; //!< shape [phases, phase taps], last tap first
};

} // namespace detail
} // namespace udeepsc_phy
