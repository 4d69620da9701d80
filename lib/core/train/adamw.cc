// SPDX-License-Identifier: GPL-3.0-or-later
#include "adamw.h"

#include <cmath>

namespace udeepsc_core {

namespace {
constexpr double s_beta1 = 0.9, s_beta2 = 0.99, s_epsilon = 1e-8;
}

void AdamW::add(const std::string& name,
                const torch::Tensor& parameter,
                double weight_decay,
                double rate)
{
    Slot slot;
    slot.name = name;
    slot.parameter = parameter;
    slot.mean = torch::zeros_like(parameter);
    slot.variance = torch::zeros_like(parameter);
    slot.weight_decay = weight_decay;
    slot.rate = rate;
    d_slots.push_back(slot);
}

void AdamW::zero_gradients()
{
    for (auto& slot : d_slots)
        slot.parameter.mutable_grad() = torch::Tensor();
}

std::vector<torch::Tensor> AdamW::gradients() const
{
    std::vector<torch::Tensor> all;
    for (const auto& slot : d_slots)
        if (slot.parameter.grad().defined())
            all.push_back(slot.parameter.grad());
    return all;
}

double AdamW::gradient_norm() const
{
    torch::NoGradGuard no_grad;
    const auto all = gradients();
    if (all.empty())
        return 0.0;
    return torch::stack(at::_foreach_norm(all)).norm().item<double>();
}

void AdamW::scale_gradients(double factor)
{
    torch::NoGradGuard no_grad;
    const auto all = gradients();
    if (!all.empty())
        at::_foreach_mul_(all, factor);
}

// All tensors of a kind in one call: on a GPU a call costs more than what it computes.
void AdamW::step(double learning_rate)
{
    torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> parameters, means, variances;
    std::vector<at::Scalar> shrink, root_of_bias, rate;
    for (auto& slot : d_slots) {
        if (!slot.parameter.grad().defined())
            continue;
        ++slot.steps;
        const auto steps = static_cast<double>(slot.steps);
        const double slot_rate = learning_rate * slot.rate;
        parameters.push_back(slot.parameter);
        means.push_back(slot.mean);
        variances.push_back(slot.variance);
        shrink.emplace_back(1 - slot_rate * slot.weight_decay);
        root_of_bias.emplace_back(std::sqrt(1 - std::pow(s_beta2, steps)));
        rate.emplace_back(-slot_rate / (1 - std::pow(s_beta1, steps)));
    }
    if (parameters.empty())
        return;
    const auto all = gradients();
    at::_foreach_mul_(means, s_beta1);
    at::_foreach_add_(means, all, 1 - s_beta1);
    at::_foreach_mul_(variances, s_beta2);
    at::_foreach_addcmul_(variances, all, all, 1 - s_beta2);
    auto sizes = at::_foreach_sqrt(variances);
    at::_foreach_div_(sizes, root_of_bias);
    at::_foreach_add_(sizes, s_epsilon);
    at::_foreach_mul_(parameters, shrink);
    at::_foreach_addcdiv_(parameters, means, sizes, rate);
}

} // namespace udeepsc_core
