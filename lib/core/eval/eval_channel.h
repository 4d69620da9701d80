// SPDX-License-Identifier: GPL-3.0-or-later
// What happens to a block between the transmitter and the receiver of an evaluation.
#pragma once

#include <udeepsc_core/error.h>
#include <udeepsc_core/evaluator.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <random>
#include <utility>
#include <vector>

namespace udeepsc_core {

// What a lost payload leaves to the decoder: no symbol says anything.
constexpr float NOTHING_KNOWN = 1e6f;

/*! Noise and block fading with a gain that the receiver knows: what arrives is equalised.
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

    // What a layer says is wrong (noise of the symbols' energy, of which the receiver
    // knows nothing), or it says nothing (lost).
    void replace(LinkBlock& block, const std::string& by)
    {
        if (by == "lost") {
            block.symbols.assign(block.symbols.size(), {});
            block.noise_var = { NOTHING_KNOWN };
        } else if (by == "noise") {
            const double sigma = std::sqrt(0.5 + 0.5 * block.noise_var.front());
            for (auto& s : block.symbols)
                s = { static_cast<float>(sigma * d_normal(d_random)),
                      static_cast<float>(sigma * d_normal(d_random)) };
        }
    }

private:
    bool d_fading;
    double d_k; // line of sight to scatter; Rayleigh: 0
    double d_noise_var;
    std::mt19937_64 d_random;
    std::normal_distribution<double> d_normal;
};

// Each sample gets the layer of the one after it, the last one that of the first.
inline void pass_layer_on(std::vector<std::vector<LinkBlock>>& samples, int layer)
{
    if (samples.size() < 2)
        throw Error("evaluation: a sample is alone in its batch, there is no other whose "
                    "layer could replace its own; expected another limit or batch");
    const auto of = [layer](std::vector<LinkBlock>& blocks) {
        return std::find_if(blocks.begin(), blocks.end(), [layer](const auto& block) {
            return block.layer == layer;
        });
    };
    for (std::size_t i = 0; i + 1 < samples.size(); ++i) {
        const auto a = of(samples[i]), b = of(samples[i + 1]);
        if (a != samples[i].end() && b != samples[i + 1].end()) {
            std::swap(a->symbols, b->symbols);
            std::swap(a->noise_var, b->noise_var);
        }
    }
}

} // namespace udeepsc_core
