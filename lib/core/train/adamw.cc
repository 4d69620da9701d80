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
    std::vector<torch::Tensor> squares;
    for (const auto& g : gradients())
        squares.push_back(g.to(torch::kFloat).pow(2).sum());
    return squares.empty() ? 0.0 : torch::stack(squares).sum().sqrt().item<double>();
}

void AdamW::scale_gradients(double factor)
{
    torch::NoGradGuard no_grad;
    for (auto& g : gradients())
        g.mul_(factor);
}

void AdamW::step(double learning_rate)
{
    torch::NoGradGuard no_grad;
    for (auto& slot : d_slots) {
        const auto gradient = slot.parameter.grad();
        if (!gradient.defined())
            continue;
        ++slot.steps;
        const double rate = learning_rate * slot.rate;
        const double bias1 = 1 - std::pow(s_beta1, static_cast<double>(slot.steps));
        const double bias2 = 1 - std::pow(s_beta2, static_cast<double>(slot.steps));
        slot.mean.lerp_(gradient, 1 - s_beta1);
        slot.variance.mul_(s_beta2).addcmul_(gradient, gradient, 1 - s_beta2);
        const auto size = (slot.variance.sqrt() / std::sqrt(bias2)).add_(s_epsilon);
        slot.parameter.mul_(1 - rate * slot.weight_decay);
        slot.parameter.addcdiv_(slot.mean, size, -rate / bias1);
    }
}

} // namespace udeepsc_core
