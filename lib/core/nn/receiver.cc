// SPDX-License-Identifier: GPL-3.0-or-later
#include "receiver.h"

#include <udeepsc_core/error.h>

#include <cmath>

namespace udeepsc_core {

namespace nn = torch::nn;

namespace {

Conv2d conv3x3(int in, int out)
{
    return Conv2d(nn::Conv2dOptions(in, out, 3), 1);
}

} // namespace

PictureHeadImpl::PictureHeadImpl(const ModelConfig& model)
    : d_grid(model.encoder("image").image_size / model.encoder("image").patch),
      d_patch(model.encoder("image").patch)
{
    const int dim = model.decoder.dim;
    if (model.decoder.picture_head == "linear") {
        d_linear = register_module("linear", Linear(dim, 3 * d_patch * d_patch));
        return;
    }
    const int half = 64, full = 24; // channels at half and at full resolution
    d_spread = register_module("spread", conv3x3(dim, dim));
    d_up1 = register_module("up1", conv3x3(dim, 4 * half));
    d_block1 = register_module("block1", ResidualBlock(half));
    d_up2 = register_module("up2", conv3x3(half, 4 * full));
    d_mix = register_module("mix", conv3x3(full, full));
    d_out = register_module("out", conv3x3(full, 3));
    d_linear = register_module("linear", Linear(dim, 3 * d_patch * d_patch));
}

torch::Tensor PictureHeadImpl::forward(const torch::Tensor& x)
{
    const auto to_grid = [&](const torch::Tensor& t) {
        return t.transpose(1, 2).reshape({ t.size(0), t.size(2), d_grid, d_grid });
    };
    const auto patches =
        torch::pixel_shuffle(to_grid(d_linear(x)), d_patch) + 0.5; // each from its own vector
    if (!d_spread)
        return patches;
    auto y = to_grid(x);
    y = y + torch::relu(d_spread(y));
    y = d_block1(torch::relu(torch::pixel_shuffle(d_up1(y), 2)));
    y = torch::relu(torch::pixel_shuffle(d_up2(y), 2));
    y = y + torch::relu(d_mix(y));
    return patches + d_out(y);
}

WordHeadImpl::WordHeadImpl(int dim, torch::nn::Embedding words) : d_words(std::move(words))
{
    const auto& table = d_words->weight;
    d_to_word = register_module("to_word", Linear(dim, table.size(1)));
    d_bias = register_parameter("bias", torch::zeros({ table.size(0) }));
}

torch::Tensor WordHeadImpl::forward(const torch::Tensor& x)
{
    const auto word = d_to_word(x) * std::sqrt(static_cast<double>(d_words->weight.size(1)));
    if (d_packed)
        return d_packed->apply(word, PackedLinear::Activation::none, torch::kFloat);
    return torch::nn::functional::linear(word, d_words->weight, d_bias);
}

void WordHeadImpl::pack(torch::ScalarType type)
{
    d_packed = PackedLinear::make(d_words->weight, d_bias, type);
}

ReceiverImpl::ReceiverImpl(const ModelConfig& model, torch::nn::Embedding words) : d_config(model)
{
    const auto& c = model.decoder;
    torch::OrderedDict<std::string, std::shared_ptr<nn::Module>> from, refine, norms, heads;
    for (const auto& e : model.encoders) {
        refine.insert(e.modality, FeedForward(c.dim, c.ffn, 0.0).ptr());
        norms.insert(e.modality, nn::LayerNorm(nn::LayerNormOptions({ c.dim })).ptr());
        d_position->insert(e.modality, 0.3 * torch::randn({ 1, e.max_positions() + 1, c.dim }));
    }
    for (const auto& t : model.tasks) {
        for (const auto& m : t.inputs)
            from.insert(t.name + "-" + m.modality,
                        Linear(m.subvectors * model.codebook.subvector_dim, c.dim).ptr());
        d_query->insert(t.name, 0.3 * torch::randn({ t.queries, c.dim }));
        if (t.output == "label")
            heads.insert(t.name, Linear(c.dim, static_cast<int>(t.classes.size())).ptr());
        else if (t.output == "picture")
            heads.insert(t.name, PictureHead(model).ptr());
        else
            heads.insert(t.name, WordHead(c.dim, words).ptr());
    }
    for (int i = 0; i < c.layers; ++i)
        d_layers->push_back(DecoderLayer(c.dim, c.heads, c.ffn, c.dropout));
    d_from_channel->update(from);
    d_refine->update(refine);
    d_refine_norm->update(norms);
    d_head->update(heads);
    register_module("from_channel", d_from_channel);
    register_module("refine", d_refine);
    register_module("refine_norm", d_refine_norm);
    register_module("position", d_position);
    register_module("query", d_query);
    register_module("layers", d_layers);
    register_module("head", d_head);
    d_norm = register_module("norm", nn::LayerNorm(nn::LayerNormOptions({ c.dim })));
    if (model.noise_conditioning)
        d_noise = register_module("noise", NoiseFeature(c.dim, true));
}

torch::Tensor ReceiverImpl::channel_decode(const std::string& task,
                                           const ReceivedFeatures& received,
                                           const torch::Tensor& noise)
{
    const auto linear =
        d_from_channel[task + "-" + received.modality]->as<LinearImpl>();
    auto x = linear->forward(received.features.to(linear->weight.scalar_type()));

    // A vector's place among those that arrived: with vectors masked out this is the count
    // of kept ones before it, so that masked and dropped give the same.
    const auto table = d_position[received.modality][0];
    if (received.mask.defined()) {
        const auto rank =
            (torch::cumsum((received.mask.detach() > 0.5).to(torch::kLong), 1) - 1).clamp_min(0);
        x = x + table.index_select(0, rank.reshape({ -1 })).view({ x.size(0), x.size(1), -1 });
    } else {
        x = x + table.narrow(0, 0, x.size(1)).unsqueeze(0);
    }
    if (d_noise)
        x = x + d_noise(noise).to(x.scalar_type());
    const auto normed = d_refine_norm[received.modality]->as<nn::LayerNormImpl>()->forward(x);
    return x + d_refine[received.modality]->as<FeedForwardImpl>()->forward(normed);
}

torch::Tensor ReceiverImpl::forward(const std::string& task,
                                    const std::vector<ReceivedFeatures>& received,
                                    const torch::Tensor& noise)
{
    const auto& t = d_config.task(task);
    std::vector<torch::Tensor> parts, masks;
    bool any_mask = false;
    for (const auto& r : received) {
        parts.push_back(channel_decode(task, r, noise));
        masks.push_back(r.mask.defined()
                            ? r.mask.to(torch::kFloat)
                            : torch::ones({ r.features.size(0), r.features.size(1) },
                                          parts.back().options().dtype(torch::kFloat)));
        any_mask = any_mask || r.mask.defined();
    }
    const auto memory = torch::cat(parts, 1); // U_cd
    const auto mask = any_mask ? torch::cat(masks, 1) : torch::Tensor();
    const auto batch = memory.size(0);

    auto query = d_query[task];
    torch::Tensor query_mask;
    if (t.output == "sentence") {
        query = query.narrow(0, 0, parts.back().size(1));
        query_mask = received.back().mask;
    }
    auto x = query.unsqueeze(0).expand({ batch, -1, -1 });
    if (t.aligned)
        x = x + memory;
    for (const auto& layer : *d_layers)
        x = layer->as<DecoderLayerImpl>()->forward(x, memory, query_mask, mask);
    if (t.output == "picture") // not normalised: a vector's size is its patch's contrast
        return d_head[task]->as<PictureHeadImpl>()->forward(x);
    x = d_norm(x);
    if (t.output == "label")
        return d_head[task]->as<LinearImpl>()->forward(x.mean(1));
    return d_head[task]->as<WordHeadImpl>()->forward(x);
}

} // namespace udeepsc_core
