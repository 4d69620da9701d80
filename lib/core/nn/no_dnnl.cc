// SPDX-License-Identifier: GPL-3.0-or-later
// Where there is no oneDNN, layers are left to LibTorch.
#include "packed_conv.h"
#include "packed_linear.h"

namespace udeepsc_core {

std::shared_ptr<const PackedLinear>
PackedLinear::make(const torch::Tensor&, const torch::Tensor&, torch::ScalarType)
{
    return nullptr;
}

std::shared_ptr<const PackedConv>
PackedConv::make(const torch::Tensor&, const torch::Tensor&, int, int, torch::ScalarType)
{
    return nullptr;
}

} // namespace udeepsc_core
