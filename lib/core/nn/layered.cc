// SPDX-License-Identifier: GPL-3.0-or-later
#include "layered.h"

#include <algorithm>

namespace udeepsc_core {

namespace nn = torch::nn;

namespace {

int codewords_each(int indices, int vectors)
{
    return (indices + vectors - 1) / vectors;
}

} // namespace

torch::Tensor spread_over_layers(const torch::Tensor& values,
                                 const std::vector<int>& sizes)
{
    std::vector<torch::Tensor> parts;
    for (std::size_t l = 0; l < sizes.size(); ++l) {
        auto shape = values.sizes().vec();
        shape.back() = sizes[l];
        parts.push_back(values.narrow(-1, static_cast<std::int64_t>(l), 1).expand(shape));
    }
    return torch::cat(parts, -1);
}

torch::Tensor normalize_layers(const torch::Tensor& x, const std::vector<int>& sizes)
{
    const auto v = x.to(torch::kFloat);
    std::vector<torch::Tensor> parts;
    std::int64_t at = 0;
    for (int size : sizes) {
        const auto layer = v.narrow(1, at, size);
        const auto mean_square = (layer * layer).mean({ 1, 2 }, true);
        parts.push_back(layer * torch::rsqrt(2.0 * mean_square + 1e-8));
        at += size;
    }
    return torch::cat(parts, 1);
}

LayerHeadsImpl::LayerHeadsImpl(int dim,
                               int size,
                               int vectors,
                               const std::vector<int>& layers)
    : d_size(size)
    , d_layers(layers)
{
    int each = 0;
    for (std::size_t l = 1; l < layers.size(); ++l) {
        d_each.push_back(codewords_each(layers[l], vectors));
        each += d_each.back();
    }
    d_gist = register_module("gist", Linear(dim, layers[0] * size));
    if (each > 0)
        d_rest = register_module("rest", Linear(dim, each * size));
}

torch::Tensor LayerHeadsImpl::forward(const torch::Tensor& features,
                                      const torch::Tensor& last)
{
    const auto batch = features.size(0), vectors = features.size(1);
    std::vector<torch::Tensor> layers { d_gist(last).view(
        { batch, d_layers[0], d_size }) };
    if (!d_rest)
        return layers[0];
    const auto rest = d_rest(features).view({ batch, vectors, -1, d_size });
    std::int64_t at = 0;
    for (std::size_t l = 1; l < d_layers.size(); ++l) {
        const int each = d_each[l - 1];
        const auto layer
            = rest.narrow(2, at, each).transpose(1, 2).reshape({ batch, -1, d_size });
        layers.push_back(layer.narrow(1, 0, d_layers[l]).to(layers[0].scalar_type()));
        at += each;
    }
    return torch::cat(layers, 1);
}

LayerMergeImpl::LayerMergeImpl(int dim,
                               int size,
                               int vectors,
                               const std::vector<int>& layers,
                               bool noise_conditioning)
    : d_vectors(vectors)
    , d_layers(layers)
{
    d_gist = register_module("gist", Linear(layers[0] * size, dim));
    d_gist_for_all = register_module("gist_for_all", Linear(layers[0] * size, dim));
    for (std::size_t l = 1; l < layers.size(); ++l)
        d_rest->push_back(Linear(codewords_each(layers[l], vectors) * size, dim));
    register_module("rest", d_rest);
    const auto count = static_cast<int>(layers.size());
    d_count = register_parameter("count", 0.02 * torch::randn({ count, dim }));
    if (!noise_conditioning)
        return;
    d_noise_in = register_module("noise_in", Linear(count, dim));
    d_noise_out = register_module("noise_out", Linear(dim, dim));
    torch::NoGradGuard no_grad; // adding it changes nothing until it is trained
    d_noise_out->weight.zero_();
    d_noise_out->bias.zero_();
}

torch::Tensor LayerMergeImpl::of_layer(const torch::Tensor& received,
                                       std::size_t layer,
                                       int begin,
                                       int length)
{
    const int each = codewords_each(length, d_vectors);
    const auto batch = received.size(0), size = received.size(2);
    const auto padded = torch::constant_pad_nd(received.narrow(1, begin, length),
                                               { 0, 0, 0, each * d_vectors - length });
    const auto by_vector = padded.view({ batch, each, d_vectors, size })
                               .transpose(1, 2)
                               .reshape({ batch, d_vectors, each * size });
    return d_rest[layer - 1]->as<LinearImpl>()->forward(by_vector);
}

torch::Tensor LayerMergeImpl::condition(const torch::Tensor& noise, int p)
{
    const auto count = d_count.narrow(0, p - 1, 1).unsqueeze(0);
    if (!d_noise_in)
        return count;
    // A layer that did not come says nothing: sigma^2 is infinite, normalised 1.
    const auto missing = static_cast<std::int64_t>(d_layers.size()) - p;
    const auto all = torch::constant_pad_nd(noise.narrow(1, 0, p), { 0, missing }, 1.0);
    const auto x = all.to(d_noise_in->weight.scalar_type());
    return d_noise_out(d_noise_in->forward_gelu(x)).unsqueeze(1) + count;
}

torch::Tensor LayerMergeImpl::forward(const torch::Tensor& received,
                                      const torch::Tensor& noise,
                                      int first,
                                      int last)
{
    const auto x = received.to(d_gist->weight.scalar_type());
    const auto first_layer = x.narrow(1, 0, d_layers[0]).flatten(1);
    const auto gist = d_gist(first_layer).unsqueeze(1);
    auto vectors = d_gist_for_all(first_layer).unsqueeze(1).expand({ -1, d_vectors, -1 });
    std::vector<torch::Tensor> prefixes;
    int begin = d_layers[0];
    for (int p = 1; p <= last; ++p) {
        if (p > 1) {
            const auto layer = static_cast<std::size_t>(p - 1);
            vectors = vectors + of_layer(x, layer, begin, d_layers[layer]);
            begin += d_layers[layer];
        }
        if (p < first)
            continue;
        const auto rows = torch::cat({ vectors, gist }, 1);
        prefixes.push_back(rows + condition(noise, p).to(rows.scalar_type()));
    }
    return torch::cat(prefixes, 0);
}

} // namespace udeepsc_core
