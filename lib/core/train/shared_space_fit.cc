// SPDX-License-Identifier: GPL-3.0-or-later
// Learning a SharedSpace; what it does afterwards needs no LibTorch.
#include "contrastive.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/shared_space.h>

#include <algorithm>
#include <cmath>

namespace udeepsc_core {

namespace {

/*! Features of one side of all pairs, each number of mean 0 and variance 1. */
struct Side {
    torch::Tensor features; // [pairs, rows, cols]
    torch::Tensor mean, scale; // [cols]
};

void check(const FeatureBlock& block, const FeatureBlock& first)
{
    const auto& f = block.features;
    const bool whole = f.rows >= 1 && f.rows == first.features.rows && f.cols >= 1
        && f.cols == first.features.cols
        && f.data.size()
            == static_cast<std::size_t>(f.rows) * static_cast<std::size_t>(f.cols);
    if (!whole || block.modality != first.modality
        || !std::all_of(
            f.data.begin(), f.data.end(), [](float x) { return std::isfinite(x); }))
        throw Error("shared space: a pair's " + block.modality
                    + " is of another size or modality than the first one's "
                    + first.modality + ", or not finite");
}

Side side_of(const std::vector<MomentPair>& pairs, FeatureBlock MomentPair::*which)
{
    const auto& first = pairs[0].*which;
    std::vector<torch::Tensor> all;
    for (const auto& pair : pairs) {
        const auto& block = pair.*which;
        check(block, first);
        all.push_back(torch::tensor(block.features.data)
                          .view({ block.features.rows, block.features.cols }));
    }
    Side side;
    side.features = torch::stack(all);
    const auto rows = side.features.reshape({ -1, first.features.cols });
    side.mean = rows.mean(0);
    side.scale = rows.std(0, false).clamp_min(1e-6).reciprocal();
    side.features = (side.features - side.mean) * side.scale;
    return side;
}

/*! A hidden layer on each vector, their mean, a linear layer. */
struct Layers {
    Layers(std::int64_t cols, const SharedSpaceOptions& o)
        : inner(cols, o.hidden)
        , outer(o.hidden, o.size)
    { }

    torch::Tensor forward(const torch::Tensor& x)
    {
        return outer(torch::relu(inner(x)).mean(1));
    }

    torch::nn::Linear inner, outer;
};

std::vector<float> values(const torch::Tensor& tensor)
{
    const auto flat = tensor.detach().contiguous();
    return { flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel() };
}

} // namespace

SharedSpace SharedSpace::fit(const std::vector<MomentPair>& pairs,
                             const std::string& model_id,
                             const SharedSpaceOptions& options)
{
    options.validate();
    if (pairs.size() < static_cast<std::size_t>(options.batch))
        throw Error("shared space: " + std::to_string(pairs.size())
                    + " pairs, expected a batch of " + std::to_string(options.batch)
                    + " or more");
    if (pairs[0].first.modality == pairs[0].second.modality)
        throw Error("shared space: pairs of two " + pairs[0].first.modality
                    + ", expected two modalities");
    torch::manual_seed(options.seed);
    const Side sides[]
        = { side_of(pairs, &MomentPair::first), side_of(pairs, &MomentPair::second) };
    Layers layers[] = { { sides[0].features.size(2), options },
                        { sides[1].features.size(2), options } };
    std::vector<torch::Tensor> parameters;
    for (auto& one : layers)
        for (const auto& p :
             { one.inner->weight, one.inner->bias, one.outer->weight, one.outer->bias })
            parameters.push_back(p);
    torch::optim::AdamW optimizer(
        parameters, torch::optim::AdamWOptions(options.learning_rate).weight_decay(0.01));
    for (int step = 0; step < options.steps; ++step) {
        const auto chosen
            = torch::randperm(static_cast<std::int64_t>(pairs.size()), torch::kLong)
                  .narrow(0, 0, options.batch);
        const auto loss = contrastive_loss(
            layers[0].forward(sides[0].features.index_select(0, chosen)),
            layers[1].forward(sides[1].features.index_select(0, chosen)));
        optimizer.zero_grad();
        loss.backward();
        for (auto& group : optimizer.param_groups()) // half a cosine, down to 0
            static_cast<torch::optim::AdamWOptions&>(group.options())
                .lr(options.learning_rate * 0.5
                    * (1 + std::cos(M_PI * step / options.steps)));
        optimizer.step();
    }
    SharedSpace space;
    space.d_model_id = model_id;
    space.d_size = options.size;
    torch::NoGradGuard no_grad;
    for (int s = 0; s < 2; ++s) {
        // The standardisation goes into the first layer.
        const auto weight = layers[s].inner->weight * sides[s].scale;
        const auto bias = layers[s].inner->bias - torch::mv(weight, sides[s].mean);
        auto& p = space.d_projections[s == 0 ? pairs[0].first.modality
                                             : pairs[0].second.modality];
        p.cols = static_cast<int>(weight.size(1));
        p.hidden = options.hidden;
        p.inner = values(weight);
        p.inner_bias = values(bias);
        p.outer = values(layers[s].outer->weight);
        p.outer_bias = values(layers[s].outer->bias);
    }
    return space;
}

} // namespace udeepsc_core
