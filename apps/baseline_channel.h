// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/evaluator.h>
#include <udeepsc_phy/random.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

/*! Noise, and a gain for each payload that the receiver knows. */
class BaselineChannel {
public:
    BaselineChannel(const udeepsc_core::EvalOptions& options, double esn0_db)
        : d_fading(options.channel != "awgn")
        , d_k(options.channel == "rician" ? std::pow(10.0, options.k_factor_db / 10.0)
                                          : 0.0)
        , d_esn0_db(esn0_db)
        , d_random(options.seed)
    { }

    //! Es/N0 in dB of the next payload.
    double draw_esn0_db()
    {
        if (!d_fading)
            return d_esn0_db;
        const auto gain = std::sqrt(d_k / (d_k + 1))
            + std::sqrt(1 / (d_k + 1)) * d_random.complex_gaussian();
        return d_esn0_db + 10 * std::log10(std::max(1e-6, std::norm(gain)));
    }

    //! Equalised symbols; gives their noise variance.
    float pass(std::vector<std::complex<float>>& symbols, double esn0_db)
    {
        const double noise_var = std::pow(10.0, -esn0_db / 10.0);
        for (auto& symbol : symbols)
            symbol += std::complex<float>(d_random.complex_gaussian()
                                          * std::sqrt(noise_var));
        return static_cast<float>(noise_var);
    }

private:
    bool d_fading;
    double d_k; // line of sight to scatter; Rayleigh: 0
    double d_esn0_db;
    udeepsc_phy::Xoshiro256pp d_random;
};
