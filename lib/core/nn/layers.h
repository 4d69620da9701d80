// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "packed_conv.h"
#include "packed_linear.h"

#include <torch/torch.h>

namespace udeepsc_core {

/*!
 * \brief Attention weights with a soft or hard mask over the keys, eq. 30-32.
 *
 * scores: [batch, heads, queries, keys], already scaled; mask: [batch, 1, 1 or queries,
 * keys], 1 = this key counts, 0 = it does not. Gradients reach the mask, masked keys
 * included, which is how the selection modules learn what they should have kept.
 */
torch::Tensor masked_softmax(const torch::Tensor& scores, const torch::Tensor& mask);

/*! Multi-head attention, eq. 7-9 and 25-27, scaled by sqrt(dim/heads). */
class AttentionImpl : public torch::nn::Module {
public:
    //! dim: of queries and output; memory_dim: of keys and values
    AttentionImpl(int dim, int memory_dim, int heads, double dropout);

    //! x: [batch, queries, dim], memory: [batch, keys, memory_dim],
    //! key_mask: [batch, keys] or undefined. keep_self: a query always sees its own key.
    torch::Tensor forward(const torch::Tensor& x,
                          const torch::Tensor& memory,
                          const torch::Tensor& key_mask,
                          bool keep_self);

private:
    int d_heads;
    double d_dropout;
    Linear d_query { nullptr }, d_key_value { nullptr }, d_out { nullptr };
};
TORCH_MODULE(Attention);

/*! Two linear layers with GELU between. */
class FeedForwardImpl : public torch::nn::Module {
public:
    FeedForwardImpl(int dim, int hidden, double dropout);
    torch::Tensor forward(const torch::Tensor& x);

private:
    double d_dropout;
    Linear d_in { nullptr }, d_out { nullptr };
};
TORCH_MODULE(FeedForward);

/*! Where a layer normalises. */
enum class LayerNormPlace {
    first, //!< what goes into attention and feed-forward (pre-LN, as ViT)
    last //!< the sum of what they give and what went in (post-LN, as BERT)
};

/*! Transformer encoder layer, eq. 6. */
class EncoderLayerImpl : public torch::nn::Module {
public:
    EncoderLayerImpl(int dim,
                     int heads,
                     int ffn,
                     double dropout,
                     LayerNormPlace place = LayerNormPlace::first);
    //! x: [batch, tokens, dim], key_mask: [batch, tokens] or undefined
    torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& key_mask);

private:
    LayerNormPlace d_place;
    torch::nn::LayerNorm d_norm1 { nullptr }, d_norm2 { nullptr };
    Attention d_attention { nullptr };
    FeedForward d_feed_forward { nullptr };
};
TORCH_MODULE(EncoderLayer);

/*! Transformer decoder layer, eq. 24: self-attention, masked cross-attention, FFN. */
class DecoderLayerImpl : public torch::nn::Module {
public:
    DecoderLayerImpl(int dim, int heads, int ffn, double dropout);
    //! x: [batch, queries, dim], memory: [batch, vectors, dim]; masks may be undefined
    torch::Tensor forward(const torch::Tensor& x,
                          const torch::Tensor& memory,
                          const torch::Tensor& query_mask,
                          const torch::Tensor& memory_mask);

private:
    torch::nn::LayerNorm d_norm1 { nullptr }, d_norm2 { nullptr }, d_norm3 { nullptr };
    Attention d_self { nullptr }, d_cross { nullptr };
    FeedForward d_feed_forward { nullptr };
};
TORCH_MODULE(DecoderLayer);

/*!
 * \brief Maps the noise level to a feature vector: MLP(sigma^2).
 *
 * The one noise input of the whole network is sigma^2 / (1 + sigma^2), in (0, 1) and
 * rising with sigma^2 (see normalized_noise()).
 */
class NoiseFeatureImpl : public torch::nn::Module {
public:
    //! start_at_zero: the output is 0 until trained, so that adding it changes nothing
    NoiseFeatureImpl(int dim, bool start_at_zero);
    //! noise: [batch] -> [batch, 1, dim]
    torch::Tensor forward(const torch::Tensor& noise);

private:
    Linear d_in { nullptr }, d_out { nullptr };
};
TORCH_MODULE(NoiseFeature);

//! sigma^2 -> sigma^2 / (1 + sigma^2)
inline torch::Tensor normalized_noise(const torch::Tensor& noise_var)
{
    return noise_var / (1.0 + noise_var);
}

/*!
 * \brief Two 3x3 convolutions around a skip connection.
 *
 * No normalisation: a picture's brightness and contrast against its batch's, or a patch's
 * against its own, are what reconstruction has to carry.
 */
class ResidualBlockImpl : public torch::nn::Module {
public:
    explicit ResidualBlockImpl(int channels);
    torch::Tensor forward(const torch::Tensor& x);

private:
    Conv2d d_conv1 { nullptr }, d_conv2 { nullptr };
};
TORCH_MODULE(ResidualBlock);

//! Mean over the vectors that were sent. x: [batch, vectors, n], mask: [batch, vectors],
//! from whose gradient the selection modules learn
torch::Tensor mean_sent(const torch::Tensor& x, const torch::Tensor& mask);

} // namespace udeepsc_core
