// SPDX-License-Identifier: GPL-3.0-or-later
#include "schedule.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace udeepsc_core {

StepContext context_at(const TrainConfig& config, std::int64_t step)
{
    for (const auto& phase : config.phases) {
        if (step < phase.steps)
            return { phase, step };
        step -= phase.steps;
    }
    return { config.phases.back(), config.phases.back().steps };
}

double learning_rate_at(const TrainConfig& config, std::int64_t step)
{
    if (step < config.warmup_steps)
        return config.learning_rate * static_cast<double>(step + 1)
            / static_cast<double>(config.warmup_steps);
    const double part
        = static_cast<double>(step - config.warmup_steps)
        / std::max<double>(
              1, static_cast<double>(config.total_steps() - config.warmup_steps));
    return config.final_learning_rate
        + (config.learning_rate - config.final_learning_rate) * 0.5
        * (1 + std::cos(M_PI * part));
}

int task_at(const TrainConfig& config, std::int64_t step, int rank)
{
    double all = 0;
    for (const auto& t : config.tasks)
        all += t.second.weight;
    // One task for all ranks, unless each is to draw its own.
    const std::uint64_t own
        = config.mixed_ranks ? static_cast<std::uint64_t>(rank) << 8 : 0;
    std::mt19937_64 random(
        mix_seed(config.seed, static_cast<std::uint64_t>(step), 1 + own));
    double at = all * (static_cast<double>(random() >> 11) * 0x1.0p-53);
    int i = 0;
    for (const auto& t : config.tasks) {
        at -= t.second.weight;
        if (at < 0)
            return i;
        ++i;
    }
    return i - 1;
}

std::uint64_t mix_seed(std::uint64_t a, std::uint64_t b, std::uint64_t c)
{
    std::uint64_t x = a * 0x9e3779b97f4a7c15ull ^ (b + 0x7f4a7c15) * 0xbf58476d1ce4e5b9ull
        ^ (c + 0x1ce4e5b9) * 0x94d049bb133111ebull;
    x ^= x >> 31;
    x *= 0xd6e8feb86659fd93ull;
    return x ^ (x >> 32);
}

} // namespace udeepsc_core
