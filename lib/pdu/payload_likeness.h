// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/burst_demodulator.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

namespace gr {
namespace udeepsc {

/*!
 * \brief Tells whether two received payloads were one and the same at the transmitter, by
 * the first of their symbols.
 */
class payload_likeness {
public:
    explicit payload_likeness(const udeepsc_phy::ReceivedPayload& payload)
        : d_length(payload.symbols.size())
        , d_symbols(payload.symbols.begin(),
                    payload.symbols.begin() + std::min(d_length, s_most))
        , d_noise_var(payload.noise_var.begin(),
                      payload.noise_var.begin() + std::min(d_length, s_most))
    { }

    /*!
     * A test of likelihoods. Two copies of a symbol differ by their noise, of variance
     * N = N1 + N2; two independent symbols of energy 1 by N + 2. Noise leaves short
     * payloads undecided; these count as alike, as their number says.
     */
    bool like(const payload_likeness& other) const
    {
        if (d_length != other.d_length) {
            return false;
        }
        double evidence = 0; // nats for two different payloads
        for (std::size_t k = 0; k < d_symbols.size(); k++) {
            const double noise
                = std::max<double>(s_least_noise, d_noise_var[k] + other.d_noise_var[k]);
            const double apart = std::norm(d_symbols[k] - other.d_symbols[k]);
            evidence += apart * (1 / noise - 1 / (noise + 2)) - std::log1p(2 / noise);
        }
        return evidence < s_enough;
    }

private:
    static constexpr std::size_t s_most = 256; // symbols, which decide at any SNR
    static constexpr double s_enough = 3; // 20 to 1
    static constexpr double s_least_noise = 1e-2; // equalisers leave about as much

    std::size_t d_length;
    std::vector<std::complex<float>> d_symbols;
    std::vector<float> d_noise_var;
};

} // namespace udeepsc
} // namespace gr
