// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/trainer.h>

#include <cstdint>

namespace udeepsc_core {

/*! How far the training has come within a phase. */
struct StepContext {
    PhaseConfig phase;
    std::int64_t step_in_phase = 0;
};

StepContext context_at(const TrainConfig& config, std::int64_t step);

//! Warm-up, then half a cosine from learning_rate to final_learning_rate.
double learning_rate_at(const TrainConfig& config, std::int64_t step);

//! Number of the task that a step trains, among config.tasks.
int task_at(const TrainConfig& config, std::int64_t step, int rank);

//! All randomness of a step hangs on numbers like seed, step and rank: a resumed run
//! draws what the interrupted one would have drawn.
std::uint64_t mix_seed(std::uint64_t a, std::uint64_t b, std::uint64_t c);

} // namespace udeepsc_core
