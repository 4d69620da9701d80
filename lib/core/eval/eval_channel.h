// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/evaluator.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <random>

namespace udeepsc_core {

/*!
 * \brief Noise and block fading with a gain that the receiver knows: what arrives is
 * equalised.
 */
class EvalChannel {
public:
    EvalChannel(const EvalOptions& o, double snr_db)
        : d_fading(o.channel == "rayleigh" || o.channel == "rician")
        , d_k(o.channel == "rician" ? std::pow(10.0, o.k_factor_db / 10.0) : 0.0)
        , d_noise_var(o.channel == "none" ? 0.0 : std::pow(10.0, -snr_db / 10.0))
        , d_random(o.seed * 1000003
                   + static_cast<std::uint64_t>(std::llround(100 * (snr_db + 1000))))
    { }

    // |h|^2 of the next block
    double draw_gain()
    {
        if (!d_fading)
            return 1.0;
        const double scattered = std::sqrt(0.5 / (d_k + 1));
        const double a = std::sqrt(d_k / (d_k + 1)) + scattered * d_normal(d_random);
        const double b = scattered * d_normal(d_random);
        return std::max(1e-6, a * a + b * b);
    }

    // Of a frame of the past
    bool loses(double share)
    {
        return share > 0 && std::uniform_real_distribution<double>()(d_random) < share;
    }

    // Replaces the block's symbols by y/h and gives them the noise variance that then
    // holds.
    void pass(LinkBlock& block, double gain)
    {
        const double noise_var = d_noise_var / gain;
        const double sigma = std::sqrt(0.5 * noise_var);
        for (auto& s : block.symbols)
            s += std::complex<float>(static_cast<float>(sigma * d_normal(d_random)),
                                     static_cast<float>(sigma * d_normal(d_random)));
        block.noise_var = { static_cast<float>(noise_var) };
    }

private:
    bool d_fading;
    double d_k; // line of sight to scatter; Rayleigh: 0
    double d_noise_var;
    std::mt19937_64 d_random;
    std::normal_distribution<double> d_normal;
};

} // namespace udeepsc_core
