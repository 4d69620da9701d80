// SPDX-License-Identifier: GPL-3.0-or-later
#include "memory_reader.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_core {

// Of the sines of time beside what the entries say, which must not drown in them.
constexpr double CODE_SIZE = 0.3;

torch::Tensor sinusoidal_codes(std::int64_t positions, std::int64_t dim)
{
    const auto position = torch::arange(positions, torch::kFloat).view({ -1, 1 });
    const auto column = torch::arange(dim, torch::kFloat).view({ 1, -1 });
    const auto rate = torch::exp(torch::floor(column / 2)
                                 * (-2.0 * std::log(10000.0) / static_cast<double>(dim)));
    const auto angle = position * rate;
    return torch::where(
        torch::remainder(column, 2) < 0.5, torch::sin(angle), torch::cos(angle));
}

RowNormImpl::RowNormImpl(int dim)
{
    d_norm = register_module("norm", torch::nn::BatchNorm1d(dim));
}

torch::Tensor RowNormImpl::forward(const torch::Tensor& x)
{
    const auto rows = x.reshape({ -1, x.size(2) }).to(torch::kFloat);
    const bool learns = is_training() && rows.size(0) > 1;
    return torch::batch_norm(rows,
                             d_norm->weight,
                             d_norm->bias,
                             d_norm->running_mean,
                             d_norm->running_var,
                             learns,
                             d_norm->options.momentum().value(),
                             d_norm->options.eps(),
                             true)
        .view(x.sizes())
        .to(x.scalar_type());
}

MemoryReaderImpl::MemoryReaderImpl(const ModelConfig& model)
{
    const auto& c = model.decoder;
    int memory = 0;
    for (const auto& t : model.tasks)
        for (const auto& m : t.inputs)
            memory = std::max(memory, m.memory);
    const auto codes = CODE_SIZE * sinusoidal_codes(1 + memory, c.dim);
    // The learnt code starts from the other: neighbours in time are alike from the start.
    d_moment = c.temporal == "learnt" ? register_parameter("moment", codes)
                                      : register_buffer("moment", codes);
    d_step = register_parameter("step", 0.1 * torch::randn({ c.memory_steps, c.dim }));
    d_layer = register_module("layer", EncoderLayer(c.dim, c.heads, c.ffn, c.dropout));
    // Rows that are alike attend to each other from the start.
    torch::NoGradGuard no_grad;
    auto layer = d_layer->named_parameters();
    layer["attention.key_value.weight"]
        .narrow(0, 0, c.dim)
        .copy_(layer["attention.query.weight"]);
}

std::pair<torch::Tensor, torch::Tensor>
MemoryReaderImpl::arranged(const MemoryRows& rows, std::int64_t samples) const
{
    const auto& x = rows.features;
    const auto entries = x.size(0), vectors = x.size(1), dim = x.size(2);
    const auto mask = rows.mask.defined()
        ? rows.mask.to(torch::kFloat)
        : torch::ones({ entries, vectors }, x.options().dtype(torch::kFloat));
    if (!rows.place.defined())
        return { x + d_moment[0].to(x.scalar_type()), mask };
    const auto places = samples * rows.moments;
    const auto placed = torch::zeros({ places, vectors * dim }, x.options())
                            .index_copy(0, rows.place, x.reshape({ entries, -1 }));
    const auto codes
        = d_moment.narrow(0, 0, rows.moments).view({ 1, rows.moments, 1, dim });
    return { (placed.view({ samples, rows.moments, vectors, dim })
              + codes.to(x.scalar_type()))
                 .view({ samples, -1, dim }),
             torch::zeros({ places, vectors }, mask.options())
                 .index_copy(0, rows.place, mask)
                 .view({ samples, -1 }) };
}

torch::Tensor MemoryReaderImpl::forward(const std::vector<MemoryRows>& rows,
                                        const torch::Tensor& query,
                                        std::int64_t samples)
{
    const auto queries = query.size(0);
    auto start = query.unsqueeze(0).expand({ samples, -1, -1 });
    std::vector<torch::Tensor> parts, masks;
    for (const auto& r : rows) {
        const auto [features, mask] = arranged(r, samples);
        // A query starts from what came of the present frame.
        const auto vectors = r.features.size(1);
        const auto weight = mask.narrow(1, 0, vectors).unsqueeze(-1);
        const auto present
            = (features.narrow(1, 0, vectors) * weight.to(features.scalar_type()))
                  .sum(1, true);
        start = start + present / weight.sum(1, true).clamp_min(1.0);
        parts.push_back(features);
        masks.push_back(mask);
    }
    parts.insert(parts.begin(), start.to(parts[0].scalar_type()));
    masks.insert(masks.begin(), torch::ones({ samples, queries }, masks[0].options()));
    auto x = torch::cat(parts, 1);
    const auto mask = torch::cat(masks, 1);
    for (std::int64_t step = 0; step < d_step.size(0); ++step)
        x = d_layer(x + d_step[step].to(x.scalar_type()), mask);
    return x.narrow(1, 0, queries);
}

} // namespace udeepsc_core
