// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "../nn/normalized_conv.h"
#include "../nn/parameter_groups.h"

namespace udeepsc_core {

/*!
 * \brief Deep convolutions that tell what a picture shows, for tasks that need no pixels.
 *
 * Stages of two normalised convolutions (the second around a skip connection), each of
 * which halves the picture: few vectors, each of a large part of it. Outside training,
 * for the tasks that ask for it, the mean of what it makes of the picture and of its
 * mirror image (mirrored back): most pictures show the same either way round, and what
 * differs between the two is mostly error.
 */
class LabelStemImpl : public torch::nn::Module, public WithoutDecay {
public:
    //! channels: one a stage; side: of the picture, pixels; tasks, those mirrored: by
    //! name
    LabelStemImpl(int dim,
                  const std::vector<int>& channels,
                  int side,
                  const std::vector<std::string>& tasks,
                  const std::vector<std::string>& mirrored = {});
    //! x: [batch, 3, side, side], centred -> [batch, (side / 2^stages)^2, dim]
    torch::Tensor forward(const torch::Tensor& x, const std::string& task);

    std::vector<std::string> without_decay() const override { return { "position" }; }

private:
    //! [batch, channels, side / 2^stages, the same]
    torch::Tensor look(const torch::Tensor& x, const std::string& task);

    std::vector<std::string> d_mirrored;
    NormalizedConv d_entry { nullptr };
    torch::nn::ModuleList d_stages; // two convolutions each
    Conv2d d_out { nullptr };
    torch::Tensor d_position; // [1, vectors, dim]
};
TORCH_MODULE(LabelStem);

} // namespace udeepsc_core
