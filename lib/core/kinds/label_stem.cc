// SPDX-License-Identifier: GPL-3.0-or-later
#include "label_stem.h"

#include <algorithm>

namespace udeepsc_core {

namespace nn = torch::nn;

namespace {
constexpr int ENTRY_CHANNELS = 24;
}

LabelStemImpl::LabelStemImpl(int dim,
                             const std::vector<int>& channels,
                             int side,
                             const std::vector<std::string>& tasks,
                             const std::vector<std::string>& mirrored)
    : d_mirrored(mirrored)
{
    d_entry = register_module("entry", NormalizedConv(3, ENTRY_CHANNELS, tasks));
    int in = ENTRY_CHANNELS;
    for (int out : channels) {
        d_stages->push_back(NormalizedConv(in, out, tasks));
        d_stages->push_back(NormalizedConv(out, out, tasks));
        in = out;
        side /= 2;
    }
    register_module("stages", d_stages);
    d_out = register_module("out", Conv2d(nn::Conv2dOptions(in, dim, 1)));
    d_position
        = register_parameter("position", 0.02 * torch::randn({ 1, side * side, dim }));
}

torch::Tensor LabelStemImpl::look(const torch::Tensor& x, const std::string& task)
{
    auto y = d_entry(x, task);
    for (std::size_t i = 0; i < d_stages->size(); i += 2) {
        const auto half = torch::max_pool2d(
            d_stages[i]->as<NormalizedConvImpl>()->forward(y, task), 2);
        y = half + d_stages[i + 1]->as<NormalizedConvImpl>()->forward(half, task);
    }
    return y;
}

torch::Tensor LabelStemImpl::forward(const torch::Tensor& x, const std::string& task)
{
    const bool mirrored = !is_training()
        && std::find(d_mirrored.begin(), d_mirrored.end(), task) != d_mirrored.end();
    auto y = look(mirrored ? torch::cat({ x, x.flip({ 3 }) }) : x, task);
    if (mirrored) {
        const auto both = y.chunk(2);
        y = (both[0] + both[1].flip({ 3 })) * 0.5;
    }
    return d_out(y).flatten(2).transpose(1, 2) + d_position;
}

} // namespace udeepsc_core
