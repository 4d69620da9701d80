// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "layers.h"
#include "parameter_groups.h"

#include <udeepsc_core/config.h>

namespace udeepsc_core {

/*!
 * \brief Feature selection module (FSM), Section IV.B.1, eq. 11-14.
 *
 * Local features of each vector, the mean of those still kept, and the noise level give
 * the probability of keeping each vector.
 */
class FeatureSelectionImpl : public torch::nn::Module {
public:
    FeatureSelectionImpl(int dim, int hidden);

    //! x: [batch, vectors, dim], kept: [batch, vectors] (m^{q-1}), noise: [batch]
    //! -> log P: [batch, vectors, 2], keep first
    torch::Tensor forward(const torch::Tensor& x,
                          const torch::Tensor& kept,
                          const torch::Tensor& noise);

private:
    torch::nn::LayerNorm d_norm { nullptr };
    Linear d_local { nullptr }, d_global { nullptr };
    Linear d_hidden { nullptr }, d_out { nullptr };
    NoiseFeature d_noise { nullptr };
};
TORCH_MODULE(FeatureSelection);

/*!
 * \brief f_n: the keep ratio, of vectors to send, as a monotone function of the noise,
 * eq. 18.
 *
 * tanh(|W2| tanh(|W1| noise)) for one task and modality: 0 without noise, rising with it,
 * below 1.
 */
class RatioNetworkImpl : public torch::nn::Module, public WithoutDecay {
public:
    RatioNetworkImpl();
    std::vector<std::string> without_decay() const override { return { "w1", "w2" }; }
    //! noise: [batch], normalised -> [batch] in [0, 1)
    torch::Tensor forward(const torch::Tensor& noise);

private:
    torch::Tensor d_w1, d_w2;
};
TORCH_MODULE(RatioNetwork);

//! Straight-through Gumbel-softmax over the last dimension's two entries, eq. 15-17:
//! 0/1 going forward, the soft sample's gradient going back. log_p: [..., 2] -> [...]
torch::Tensor gumbel_keep(const torch::Tensor& log_p, double temperature);

//! 0/1 mask of the `count[b]` highest scores among allowed ones, with the gradient of the
//! soft probability. log_p: [batch, vectors, 2], allowed: [batch, vectors], count:
//! [batch]
torch::Tensor top_keep(const torch::Tensor& log_p,
                       const torch::Tensor& allowed,
                       const torch::Tensor& count);

//! keep, with those of `forced` (0/1, no gradient) kept as well. Not max(): where both
//! are equal, which they are for every dropped vector, that halves the gradient.
torch::Tensor keep_also(const torch::Tensor& keep, const torch::Tensor& forced);

//! Vectors that a task sends of so many candidates: fewest + (most - fewest) keep_ratio,
//! rounded, at least 1.
int vectors_at(const TaskModality& input, int candidates, double keep_ratio);

/*!
 * \brief Vectors that remain behind selection module `stage` (0 ...) of `stages`, when
 * `count` of `candidates` remain in the end: each keeps the same share, eq. 19.
 *
 * The one schedule of training's masks and of inference's removal.
 */
int vectors_after_stage(int candidates, int count, int stage, int stages);

} // namespace udeepsc_core
