// SPDX-License-Identifier: GPL-3.0-or-later
#include "contrastive.h"

namespace udeepsc_core {

namespace {

constexpr double TEMPERATURE = 0.1; // of the cosines

torch::Tensor unit(const torch::Tensor& x)
{
    return torch::nn::functional::normalize(
        x.to(torch::kFloat), torch::nn::functional::NormalizeFuncOptions().dim(1));
}

} // namespace

torch::Tensor contrastive_loss(const torch::Tensor& a, const torch::Tensor& b)
{
    const auto cosines = torch::matmul(unit(a), unit(b).t()) / TEMPERATURE;
    const auto right = torch::arange(a.size(0), cosines.options().dtype(torch::kLong));
    return 0.5
        * (torch::nn::functional::cross_entropy(cosines, right)
           + torch::nn::functional::cross_entropy(cosines.t(), right));
}

} // namespace udeepsc_core
