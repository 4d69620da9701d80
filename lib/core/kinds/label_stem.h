// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "../nn/normalized_conv.h"
#include "../nn/parameter_groups.h"

namespace udeepsc_core {

/*!
 * \brief Deep convolutions that tell what a picture shows, for tasks that need no pixels.
 *
 * Stages of two normalised convolutions (the second around a skip connection), each of
 * which halves the picture: few vectors, each of a large part of it.
 */
class LabelStemImpl : public torch::nn::Module, public WithoutDecay {
public:
    //! channels: one a stage; side: of the picture, pixels; tasks: by name
    LabelStemImpl(int dim,
                  const std::vector<int>& channels,
                  int side,
                  const std::vector<std::string>& tasks);
    //! x: [batch, 3, side, side], centred -> [batch, (side / 2^stages)^2, dim]
    torch::Tensor forward(const torch::Tensor& x, const std::string& task);

    std::vector<std::string> without_decay() const override { return { "position" }; }

private:
    NormalizedConv d_entry { nullptr };
    torch::nn::ModuleList d_stages; // two convolutions each
    Conv2d d_out { nullptr };
    torch::Tensor d_position; // [1, vectors, dim]
};
TORCH_MODULE(LabelStem);

} // namespace udeepsc_core
