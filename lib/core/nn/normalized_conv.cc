// SPDX-License-Identifier: GPL-3.0-or-later
#include "normalized_conv.h"

namespace udeepsc_core {

namespace nn = torch::nn;

namespace {
constexpr double s_epsilon = 1e-5;
constexpr double s_momentum = 0.1; // of the running statistics
}

NormalizedConvImpl::NormalizedConvImpl(int in,
                                       int out,
                                       const std::vector<std::string>& tasks)
{
    d_conv = register_module(
        "conv", nn::Conv2d(nn::Conv2dOptions(in, out, 3).padding(1).bias(false)));
    for (const auto& task : tasks) {
        register_parameter("scale_" + task, torch::ones({ out }));
        register_parameter("shift_" + task, torch::zeros({ out }));
        register_buffer("mean_" + task, torch::zeros({ out }));
        register_buffer("variance_" + task, torch::ones({ out }));
        d_packed[task] = nullptr;
    }
}

torch::Tensor NormalizedConvImpl::forward(const torch::Tensor& x, const std::string& task)
{
    if (const auto& packed = d_packed.at(task))
        return torch::relu(packed->apply(x));
    // By name: moving a module to a device replaces its buffers.
    const auto parameters = named_parameters(false);
    const auto buffers = named_buffers(false);
    return torch::relu(torch::batch_norm(d_conv(x),
                                         parameters["scale_" + task],
                                         parameters["shift_" + task],
                                         buffers["mean_" + task],
                                         buffers["variance_" + task],
                                         is_training(),
                                         s_momentum,
                                         s_epsilon,
                                         true));
}

void NormalizedConvImpl::pack(torch::ScalarType type)
{
    const auto parameters = named_parameters(false);
    const auto buffers = named_buffers(false);
    for (auto& t : d_packed) {
        const auto slope = parameters["scale_" + t.first]
            * torch::rsqrt(buffers["variance_" + t.first] + s_epsilon);
        const auto weight = d_conv->weight * slope.view({ -1, 1, 1, 1 });
        const auto bias
            = parameters["shift_" + t.first] - buffers["mean_" + t.first] * slope;
        t.second = PackedConv::make(weight.detach(), bias.detach(), 1, 1, type);
    }
}

} // namespace udeepsc_core
