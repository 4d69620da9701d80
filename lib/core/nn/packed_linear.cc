// SPDX-License-Identifier: GPL-3.0-or-later
#include "packed_linear.h"

namespace udeepsc_core {

torch::Tensor LinearImpl::forward(const torch::Tensor& x)
{
    if (d_packed)
        return d_packed->apply(x, PackedLinear::Activation::none);
    return torch::nn::LinearImpl::forward(x);
}

torch::Tensor LinearImpl::forward_gelu(const torch::Tensor& x)
{
    if (d_packed)
        return d_packed->apply(x, PackedLinear::Activation::gelu);
    return torch::gelu(torch::nn::LinearImpl::forward(x));
}

} // namespace udeepsc_core
