// SPDX-License-Identifier: GPL-3.0-or-later
// What a transmission in layers adds to both ends of the network.
#pragma once

#include "layers.h"
#include "parameter_groups.h"

#include <udeepsc_core/config.h>

namespace udeepsc_core {

//! values [..., layers], one a layer -> [..., indices], one an index
torch::Tensor spread_over_layers(const torch::Tensor& values,
                                 const std::vector<int>& sizes);

//! x [batch, indices, n] scaled so that each layer of each sample has mean square 1/2 per
//! real: a receiver of few layers then has the power of all of them too.
torch::Tensor normalize_layers(const torch::Tensor& x, const std::vector<int>& sizes);

/*!
 * \brief The encoder's heads: from feature vectors to the codebook vectors of each layer.
 *
 * Layer 1 is a linear map of the last vector, which tells of the whole. The others are
 * linear maps of every other vector: layer l's map gives s_l = ceil(n_l / vectors)
 * codebook vectors of each, of which the first n_l are sent, in the order first codebook
 * vector of each feature vector, second of each, and so on.
 */
class LayerHeadsImpl : public torch::nn::Module {
public:
    //! dim: of the feature vectors; size: of a codebook vector
    LayerHeadsImpl(int dim, int size, int vectors, const std::vector<int>& layers);

    //! features: [batch, vectors, dim], last: [batch, dim] -> [batch, indices, size], one
    //! layer after the other
    torch::Tensor forward(const torch::Tensor& features, const torch::Tensor& last);

private:
    int d_size;
    std::vector<int> d_layers, d_each; // n_l, s_l
    Linear d_gist { nullptr }, d_rest { nullptr };
};
TORCH_MODULE(LayerHeads);

/*!
 * \brief The receiver's end of them: from the codebook vectors of the first m layers to
 * the decoder's memory.
 *
 * Each layer's linear map adds to what those before it gave.
 */
class LayerMergeImpl : public torch::nn::Module, public WithoutDecay {
public:
    LayerMergeImpl(int dim,
                   int size,
                   int vectors,
                   const std::vector<int>& layers,
                   bool noise_conditioning);

    /*!
     * \param received: [batch, indices of the first m layers, size]
     * \param noise: [batch, m], normalised, of each layer
     * \param first, last: as if only layers 1 to p had come, for p = first ... last <= m
     * Gives [(last - first + 1) batch, vectors + 1, dim], one p after the other; the last
     * row is layer 1's.
     */
    torch::Tensor forward(const torch::Tensor& received,
                          const torch::Tensor& noise,
                          int first,
                          int last);

    std::vector<std::string> without_decay() const override { return { "count" }; }

private:
    // What layer l > 1 says of each vector: [batch, vectors, dim]
    torch::Tensor
    of_layer(const torch::Tensor& received, std::size_t layer, int begin, int length);
    // Noise and count of the layers as far as p: [batch, 1, dim]
    torch::Tensor condition(const torch::Tensor& noise, int p);

    int d_vectors;
    std::vector<int> d_layers;
    Linear d_gist { nullptr }, d_gist_for_all { nullptr };
    torch::nn::ModuleList d_rest;
    torch::Tensor d_count; // [layers, dim]
    Linear d_noise_in { nullptr }, d_noise_out { nullptr };
};
TORCH_MODULE(LayerMerge);

} // namespace udeepsc_core
