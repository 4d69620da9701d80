// SPDX-License-Identifier: GPL-3.0-or-later
#include "packed_conv.h"

namespace udeepsc_core {

torch::Tensor Conv2dImpl::forward(const torch::Tensor& x)
{
    return d_packed ? d_packed->apply(x) : torch::nn::Conv2dImpl::forward(x);
}

void Conv2dImpl::pack(torch::ScalarType type)
{
    const auto stride = static_cast<int>(options.stride()->at(0));
    d_packed = PackedConv::make(weight, bias, stride, d_padding, type);
}

} // namespace udeepsc_core
