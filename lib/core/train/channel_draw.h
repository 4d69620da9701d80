// SPDX-License-Identifier: GPL-3.0-or-later
// The channels that training draws.
#pragma once

#include "schedule.h"

#include <torch/torch.h>

namespace udeepsc_core {

//! Noise variance per complex symbol of each sample: [batch], on the CPU. Es/N0 lies
//! between low and high dB; low begins at high where the phase widens.
torch::Tensor
draw_noise_var(std::int64_t batch, const StepContext& context, double low, double high);

//! What block Rayleigh fading, known at the receiver, makes of this share of the noise
//! variances; each value fades for itself.
torch::Tensor fade(const torch::Tensor& channel, double share);

} // namespace udeepsc_core
