// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "symbol_filter.h"

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Linear equaliser of least mean square error, its output scaled to gain 1.
 *
 * A filter matched to pulse and channel, sampled once a symbol, loses nothing
 * (SymbolFilter). Its output has the spectrum of the channel's energy
 *
 *     S(f) = sum_l S_l exp(-2 pi j f l),   S_l = sum_ij conj(h_i) h_j rho(l + tau_i -
 * tau_j)
 *
 * for the symbols, and noise of density N0 S(f); 1 / (S(f) + N0) then minimises the
 * error. This is the fractionally spaced MMSE equaliser of any length, and the best that
 * a linear receiver knowing the channel does has an output SNR of 1 / mean(N0 / (S + N0))
 * - 1. The filter is cut where that costs 0.5 % of the error.
 */
class Equalizer {
public:
    explicit Equalizer(const Pulse& pulse);

    /*!
     * \param noise_var N0 per sample that the samples have
     * \param uncertainty what the channel estimate's own error adds to the noise,
     * relative
     */
    void
    design(const std::vector<ChannelPath>& paths, double noise_var, double uncertainty);

    //! Error variance at the output that the design expects, for symbols of energy 1.
    double error_var() const { return d_error_var; }

    //! Writes symbols first .. first + n - 1: gain 1, phase 0.
    void apply(const std::vector<std::complex<float>>& samples,
               const SymbolClock& clock,
               std::ptrdiff_t first,
               std::size_t n,
               std::complex<float>* out);

    //! Output at symbol 0 for exp(2 pi j frequency t), t in symbols.
    std::complex<double> response(double frequency) const;

    /*!
     * What a timing error adds to the output: for symbols late by a small eps,
     * z_k = s_k + eps sum_m timing_response()[m + TIMING_SPAN] s_(k - m).
     */
    static constexpr int TIMING_SPAN = 4;
    const std::vector<std::complex<float>>& timing_response() const { return d_timing; }

private:
    const Pulse& d_pulse;
    SymbolFilter d_matched;
    DotProduct d_product; //!< taps reversed, 2 d_half + 1
    std::size_t d_half = 0;
    std::vector<std::complex<float>> d_taps; //!< reversed, without padding
    std::complex<float> d_only_tap; //!< where d_half is 0
    double d_error_var = 0;
    std::vector<std::complex<float>> d_timing;
    std::vector<std::complex<float>> d_work;
};

} // namespace detail
} // namespace udeepsc_phy
