// SPDX-License-Identifier: GPL-3.0-or-later
#include "channel_draw.h"

namespace udeepsc_core {

namespace {

//! |h|^2 below which training does not go: a few hopeless samples must not rule the
//! batch.
constexpr double LEAST_FADING_GAIN = 0.05; // -13 dB

} // namespace

torch::Tensor
draw_noise_var(std::int64_t batch, const StepContext& context, double low, double high)
{
    if (context.step_in_phase < context.phase.widen_steps)
        low = high
            + (low - high) * static_cast<double>(context.step_in_phase)
                / static_cast<double>(context.phase.widen_steps);
    const auto snr_db = low + (high - low) * torch::rand({ batch });
    return torch::pow(10.0, -snr_db / 10.0);
}

torch::Tensor fade(const torch::Tensor& channel, double share)
{
    // |h|^2 of a Rayleigh gain is exponential with mean 1.
    const auto gain = (-torch::log(torch::rand_like(channel).clamp_min(1e-9)))
                          .clamp_min(LEAST_FADING_GAIN);
    const auto fades = torch::rand_like(channel) < share;
    return torch::where(fades, channel / gain, channel);
}

} // namespace udeepsc_core
