// SPDX-License-Identifier: GPL-3.0-or-later
#include "selection.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_core {

namespace nn = torch::nn;

FeatureSelectionImpl::FeatureSelectionImpl(int dim, int hidden)
{
    d_norm = register_module("norm", nn::LayerNorm(nn::LayerNormOptions({ dim })));
    d_local = register_module("local", Linear(dim, hidden));
    d_global = register_module("global", Linear(dim, hidden));
    d_noise = register_module("noise", NoiseFeature(hidden, false));
    d_hidden = register_module("hidden", Linear(3 * hidden, hidden));
    d_out = register_module("out", Linear(hidden, 2));
}

torch::Tensor FeatureSelectionImpl::forward(const torch::Tensor& x,
                                            const torch::Tensor& kept,
                                            const torch::Tensor& noise)
{
    const auto normed = d_norm(x);
    const auto local = d_local->forward_gelu(normed);
    const auto global_each = d_global->forward_gelu(normed);
    const auto weight = kept.unsqueeze(-1).to(global_each.scalar_type());
    const auto global = (global_each * weight).sum(1, true)
        / torch::clamp_min(weight.sum(1, true), 1.0); // eq. 12
    const auto all
        = torch::cat({ local,
                       global.expand_as(local),
                       d_noise(noise).to(local.scalar_type()).expand_as(local) },
                     -1); // eq. 13
    return torch::log_softmax(d_out(d_hidden->forward_gelu(all)).to(torch::kFloat), -1);
}

RatioNetworkImpl::RatioNetworkImpl()
{
    // Start with a curve that already spans most of the range between 12 and -6 dB.
    const int width = 8;
    d_w1 = register_parameter("w1", torch::linspace(1.0, 3.0, width).view({ width, 1 }));
    d_w2 = register_parameter("w2", torch::full({ 1, width }, 2.0 / width));
}

torch::Tensor RatioNetworkImpl::forward(const torch::Tensor& noise)
{
    const auto x = noise.to(torch::kFloat).view({ -1, 1 });
    const auto hidden = torch::tanh(torch::matmul(x, d_w1.to(torch::kFloat).abs().t()));
    return torch::tanh(torch::matmul(hidden, d_w2.to(torch::kFloat).abs().t()))
        .view({ -1 });
}

torch::Tensor gumbel_keep(const torch::Tensor& log_p, double temperature)
{
    const auto u = torch::rand_like(log_p).clamp(1e-9, 1.0 - 1e-7);
    const auto gumbel = -torch::log(-torch::log(u));
    const auto soft = torch::softmax((log_p + gumbel) / temperature, -1).select(-1, 0);
    const auto hard = (soft > 0.5).to(soft.scalar_type());
    return hard + (soft - soft.detach()); // in this order the value is exactly 0 or 1
}

torch::Tensor top_keep(const torch::Tensor& log_p,
                       const torch::Tensor& allowed,
                       const torch::Tensor& count)
{
    const auto soft = torch::exp(log_p.select(-1, 0));
    const auto score = soft.detach().masked_fill(allowed.detach() <= 0, -1.0);
    const auto order = std::get<1>(torch::sort(score, true, 1, true));
    const auto rank = torch::arange(score.size(1), order.options()).view({ 1, -1 });
    const auto chosen = (rank < count.view({ -1, 1 })).to(soft.scalar_type());
    const auto hard = torch::zeros_like(soft).scatter(1, order, chosen);
    return hard + (soft - soft.detach()); // in this order the value is exactly 0 or 1
}

torch::Tensor keep_also(const torch::Tensor& keep, const torch::Tensor& forced)
{
    return keep + forced * (1 - keep.detach());
}

int vectors_at(const TaskModality& input, int candidates, double keep_ratio)
{
    const double count
        = input.min_vectors + (input.max_vectors - input.min_vectors) * keep_ratio;
    return std::min(candidates, std::max(1, static_cast<int>(std::lround(count))));
}

int vectors_after_stage(int candidates, int count, int stage, int stages)
{
    if (stage + 1 == stages)
        return count;
    const double share = static_cast<double>(count) / candidates;
    const double kept
        = candidates * std::pow(share, static_cast<double>(stage + 1) / stages);
    return std::max(count, static_cast<int>(std::lround(kept)));
}

} // namespace udeepsc_core
