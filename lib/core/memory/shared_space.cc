// SPDX-License-Identifier: GPL-3.0-or-later
#include "learnt_file.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/shared_space.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace udeepsc_core {
namespace {

constexpr LearntFormat FORMAT { "shared space", "udeepsc-shared-space", "1" };

void require(const char* field, double value, double low, double high)
{
    if (!(value >= low && value <= high))
        throw Error(std::string("shared space: ") + field + " is " + std::to_string(value)
                    + ", expected " + std::to_string(low) + ".." + std::to_string(high));
}

// y = W x + b; [n, x.size()] and [n]
std::vector<float> linear(const std::vector<float>& weights,
                          const std::vector<float>& bias,
                          const float* x,
                          std::size_t size)
{
    auto y = bias;
    for (std::size_t i = 0; i < y.size(); ++i)
        for (std::size_t k = 0; k < size; ++k)
            y[i] += weights[i * size + k] * x[k];
    return y;
}

} // namespace

void SharedSpaceOptions::validate() const
{
    require("size", size, 1, 1024);
    require("hidden", hidden, 1, 4096);
    require("steps", steps, 1, 1e9);
    require("batch", batch, 2, 65536);
    require("learning_rate", learning_rate, 1e-9, 10);
}

std::vector<float> SharedSpace::operator()(const FeatureBlock& block) const
{
    const auto found = d_projections.find(block.modality);
    if (found == d_projections.end())
        return {};
    const auto& p = found->second;
    const auto& features = block.features;
    if (features.cols != p.cols || features.rows < 1)
        throw Error("shared space: " + block.modality + " features of "
                    + std::to_string(features.cols) + " columns, expected "
                    + std::to_string(p.cols));
    const auto cols = static_cast<std::size_t>(p.cols);
    std::vector<float> mean(static_cast<std::size_t>(p.hidden));
    for (std::size_t row = 0; row < features.data.size(); row += cols) {
        const auto h = linear(p.inner, p.inner_bias, &features.data[row], cols);
        for (std::size_t i = 0; i < h.size(); ++i)
            mean[i] += std::max(0.0f, h[i]) / static_cast<float>(features.rows);
    }
    auto place = linear(p.outer, p.outer_bias, mean.data(), mean.size());
    double square = 0;
    for (const float x : place)
        square += static_cast<double>(x) * x;
    for (float& x : place)
        x = square > 0 ? static_cast<float>(x / std::sqrt(square)) : 0;
    return place;
}

void SharedSpace::embed(ContextStore& store) const
{
    const auto space = std::make_shared<const SharedSpace>(*this);
    store.set_embedder([space](const ContextEntry& e) { return (*space)(e.block); });
}

void SharedSpace::save(const std::string& path) const
{
    std::vector<RawTensor> tensors;
    for (const auto& [modality, p] : d_projections)
        for (const auto& [name, values] : { std::pair { "inner", &p.inner },
                                            { "inner_bias", &p.inner_bias },
                                            { "outer", &p.outer },
                                            { "outer_bias", &p.outer_bias } })
            tensors.push_back(tensor_of(modality + "." + name, *values));
    write_learnt(path, FORMAT, d_model_id, std::move(tensors));
}

SharedSpace SharedSpace::load(const std::string& path, const std::string& model_id)
{
    const auto file = read_learnt(path, FORMAT, model_id);
    SharedSpace space;
    space.d_model_id = model_id;
    for (const auto& modality : modalities_with(file, ".inner")) {
        auto& p = space.d_projections[modality];
        p.inner = values_of(file, modality + ".inner");
        p.inner_bias = values_of(file, modality + ".inner_bias");
        p.outer = values_of(file, modality + ".outer");
        p.outer_bias = values_of(file, modality + ".outer_bias");
        const auto hidden = p.inner_bias.size(), size = p.outer_bias.size();
        if (space.d_size == 0)
            space.d_size = static_cast<int>(size);
        if (hidden < 1 || size < 1 || size != static_cast<std::size_t>(space.d_size)
            || p.inner.empty() || p.inner.size() % hidden != 0
            || p.outer.size() != size * hidden)
            throw Error("shared space '" + path + "': the tensors' sizes do not fit");
        p.hidden = static_cast<int>(hidden);
        p.cols = static_cast<int>(p.inner.size() / hidden);
    }
    if (space.d_projections.empty())
        throw Error("shared space '" + path + "': holds no modality");
    return space;
}

} // namespace udeepsc_core
