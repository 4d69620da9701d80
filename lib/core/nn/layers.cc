// SPDX-License-Identifier: GPL-3.0-or-later
#include "layers.h"

#include <cmath>

namespace udeepsc_core {

namespace nn = torch::nn;
namespace F = torch::nn::functional;

torch::Tensor masked_softmax(const torch::Tensor& scores, const torch::Tensor& mask)
{
    const auto s = scores.to(torch::kFloat);
    const auto m = mask.to(torch::kFloat);
    const auto top = s.detach().masked_fill(m.detach() <= 0, -1e9).amax(-1, true);
    // A masked key may score far above every kept one. Clamped, exp() cannot overflow,
    // and the mask's gradient (what one more key would have changed) stays bounded: a
    // dropped key counts for no more than the best kept one.
    const auto e = torch::exp(torch::clamp_max(s - top, 0.0)) * m;
    return (e / (e.sum(-1, true) + 1e-20)).to(scores.scalar_type());
}

AttentionImpl::AttentionImpl(int dim, int memory_dim, int heads, double dropout)
    : d_heads(heads)
    , d_dropout(dropout)
{
    d_query = register_module("query", Linear(dim, dim));
    d_key_value = register_module("key_value", Linear(memory_dim, 2 * dim));
    d_out = register_module("out", Linear(dim, dim));
}

torch::Tensor AttentionImpl::forward(const torch::Tensor& x,
                                     const torch::Tensor& memory,
                                     const torch::Tensor& key_mask,
                                     bool keep_self)
{
    const auto batch = x.size(0), queries = x.size(1), dim = x.size(2);
    const auto keys = memory.size(1), head_dim = dim / d_heads;
    const auto from = d_query->rounded(x);
    const auto q
        = d_query(from).view({ batch, queries, d_heads, head_dim }).transpose(1, 2);
    const auto kv = d_key_value(memory.is_same(x) ? from : memory)
                        .view({ batch, keys, 2, d_heads, head_dim })
                        .permute({ 2, 0, 3, 1, 4 });
    const auto scores = torch::matmul(q, kv[0].transpose(2, 3))
        / std::sqrt(static_cast<double>(head_dim));
    torch::Tensor weights;
    if (key_mask.defined()) {
        auto mask = key_mask.view({ batch, 1, 1, keys }).to(torch::kFloat);
        if (keep_self) {
            const auto eye = torch::eye(keys, mask.options());
            mask = mask * (1 - eye) + eye;
        }
        weights = masked_softmax(scores, mask);
    } else {
        weights = torch::softmax(scores, -1);
    }
    weights = torch::dropout(weights, d_dropout, is_training());
    const auto mixed
        = torch::matmul(weights, kv[1]).transpose(1, 2).reshape({ batch, queries, dim });
    return torch::dropout(d_out(mixed), d_dropout, is_training());
}

FeedForwardImpl::FeedForwardImpl(int dim, int hidden, double dropout)
    : d_dropout(dropout)
{
    d_in = register_module("in", Linear(dim, hidden));
    d_out = register_module("out", Linear(hidden, dim));
}

torch::Tensor FeedForwardImpl::forward(const torch::Tensor& x)
{
    return torch::dropout(d_out(d_in->forward_gelu(x, *d_out)), d_dropout, is_training());
}

EncoderLayerImpl::EncoderLayerImpl(
    int dim, int heads, int ffn, double dropout, LayerNormPlace place)
    : d_place(place)
{
    d_norm1 = register_module("norm1", nn::LayerNorm(nn::LayerNormOptions({ dim })));
    d_norm2 = register_module("norm2", nn::LayerNorm(nn::LayerNormOptions({ dim })));
    d_attention = register_module("attention", Attention(dim, dim, heads, dropout));
    d_feed_forward = register_module("feed_forward", FeedForward(dim, ffn, dropout));
}

torch::Tensor EncoderLayerImpl::forward(const torch::Tensor& x,
                                        const torch::Tensor& key_mask)
{
    if (d_place == LayerNormPlace::last) {
        const auto y = d_norm1(x + d_attention(x, x, key_mask, true));
        return d_norm2(y + d_feed_forward(y));
    }
    const auto normed = d_norm1(x);
    const auto y = x + d_attention(normed, normed, key_mask, true);
    return y + d_feed_forward(d_norm2(y));
}

DecoderLayerImpl::DecoderLayerImpl(int dim, int heads, int ffn, double dropout)
{
    d_norm1 = register_module("norm1", nn::LayerNorm(nn::LayerNormOptions({ dim })));
    d_norm2 = register_module("norm2", nn::LayerNorm(nn::LayerNormOptions({ dim })));
    d_norm3 = register_module("norm3", nn::LayerNorm(nn::LayerNormOptions({ dim })));
    d_self = register_module("self", Attention(dim, dim, heads, dropout));
    d_cross = register_module("cross", Attention(dim, dim, heads, dropout));
    d_feed_forward = register_module("feed_forward", FeedForward(dim, ffn, dropout));
}

torch::Tensor DecoderLayerImpl::forward(const torch::Tensor& x,
                                        const torch::Tensor& memory,
                                        const torch::Tensor& query_mask,
                                        const torch::Tensor& memory_mask)
{
    const auto normed = d_norm1(x);
    auto y = x + d_self(normed, normed, query_mask, true);
    y = y + d_cross(d_norm2(y), memory, memory_mask, false);
    return y + d_feed_forward(d_norm3(y));
}

NoiseFeatureImpl::NoiseFeatureImpl(int dim, bool start_at_zero)
{
    d_in = register_module("in", Linear(1, 32));
    d_out = register_module("out", Linear(32, dim));
    if (start_at_zero) {
        torch::NoGradGuard no_grad;
        d_out->weight.zero_();
        d_out->bias.zero_();
    }
}

torch::Tensor NoiseFeatureImpl::forward(const torch::Tensor& noise)
{
    const auto x = noise.to(d_in->weight.scalar_type()).view({ -1, 1, 1 });
    return d_out(d_in->forward_gelu(x));
}

ResidualBlockImpl::ResidualBlockImpl(int channels)
{
    const nn::Conv2dOptions options(channels, channels, 3);
    d_conv1 = register_module("conv1", Conv2d(options, 1));
    d_conv2 = register_module("conv2", Conv2d(options, 1));
}

torch::Tensor ResidualBlockImpl::forward(const torch::Tensor& x)
{
    return torch::relu(x + d_conv2(torch::relu(d_conv1(x))));
}

torch::Tensor mean_sent(const torch::Tensor& x, const torch::Tensor& mask)
{
    const auto weight = mask.to(torch::kFloat).unsqueeze(-1);
    return (x * weight).sum(1) / weight.sum(1).clamp_min(1.0);
}

} // namespace udeepsc_core
