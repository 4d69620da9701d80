// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "path_fit.h"
#include "symbol_clock.h"
#include "math/dot_product.h"
#include "frame/pulse.h"

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Matched filter for pulse and channel: u_k = sum_i conj(h_i) y(k + tau_i), y
 * being the pulse's matched filter. One value a symbol, and a sufficient statistic.
 *
 * Follows a clock that is not a multiple of the samples: the taps are made anew whenever
 * the symbols have moved by 1/512 symbol against the samples. What is left of the error,
 * below -55 dB, is beyond what any channel reaches here.
 */
class SymbolFilter {
public:
    explicit SymbolFilter(const Pulse& pulse);

    void set_paths(const std::vector<ChannelPath>& paths);

    //! Writes symbols first .. first + n - 1; those too near an end of samples become 0.
    void apply(const std::vector<std::complex<float>>& samples,
               const SymbolClock& clock,
               std::ptrdiff_t first,
               std::size_t n,
               std::complex<float>* out);

    //! Output at symbol 0 for exp(2 pi j frequency t), t in symbols.
    std::complex<double> response(double frequency) const;

private:
    static constexpr unsigned STEPS = 512; //!< of timing, a symbol

    void make_taps(double fraction);

    const Pulse& d_pulse;
    std::vector<ChannelPath> d_paths;
    std::ptrdiff_t d_first_tap = 0; //!< samples from the symbol's whole sample
    std::vector<std::complex<float>> d_taps;
    std::vector<float> d_real_taps; //!< of a single path, without its gain
    std::complex<float> d_gain; //!< that gain's conjugate, or 1
    DotProduct d_product;
};

} // namespace detail
} // namespace udeepsc_phy
