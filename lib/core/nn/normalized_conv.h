// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "packed_conv.h"

#include <map>
#include <string>
#include <vector>

namespace udeepsc_core {

/*!
 * \brief 3x3 convolution, batch normalisation, ReLU.
 *
 * Each task has statistics, scale and shift of its own (Ioffe and Szegedy 2015): the
 * mean over photographs says nothing of drawn shapes. In inference they are part of the
 * packed weights.
 */
class NormalizedConvImpl : public torch::nn::Module, public Packable {
public:
    NormalizedConvImpl(int in, int out, const std::vector<std::string>& tasks);
    //! x: [batch, in, height, width] -> [batch, out, height, width]
    torch::Tensor forward(const torch::Tensor& x, const std::string& task);

    void pack(torch::ScalarType type) override;

private:
    torch::nn::Conv2d d_conv { nullptr };
    std::map<std::string, std::shared_ptr<const PackedConv>> d_packed; // by task
};
TORCH_MODULE(NormalizedConv);

} // namespace udeepsc_core
