// SPDX-License-Identifier: GPL-3.0-or-later
#include "packed_linear.h"

namespace udeepsc_core {

torch::Tensor LinearImpl::forward(const torch::Tensor& x)
{
    if (d_packed)
        return d_packed->apply(x, PackedLinear::Activation::none, torch::kFloat);
    return torch::nn::LinearImpl::forward(x);
}

torch::Tensor LinearImpl::forward_gelu(const torch::Tensor& x)
{
    if (d_packed)
        return d_packed->apply(x, PackedLinear::Activation::gelu, torch::kFloat);
    return torch::gelu(torch::nn::LinearImpl::forward(x));
}

torch::Tensor LinearImpl::forward_gelu(const torch::Tensor& x, const LinearImpl& next)
{
    if (d_packed && next.d_packed)
        return d_packed->apply(x, PackedLinear::Activation::gelu, next.d_packed->type());
    return forward_gelu(x);
}

torch::Tensor LinearImpl::rounded(const torch::Tensor& x) const
{
    return d_packed ? x.to(d_packed->type()) : x;
}

} // namespace udeepsc_core
