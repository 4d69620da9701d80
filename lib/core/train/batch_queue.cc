// SPDX-License-Identifier: GPL-3.0-or-later
#include "batch_queue.h"

namespace udeepsc_core {

BatchQueue::BatchQueue(const TrainConfig& config,
                       std::vector<TrainingTask>& tasks,
                       int rank,
                       int world_size,
                       std::int64_t step,
                       std::size_t ahead,
                       bool pinned)
    : d_config(config)
    , d_tasks(tasks)
    , d_rank(rank)
    , d_world_size(world_size)
    , d_step(step)
    , d_ahead(ahead)
    , d_pinned(pinned)
{
    for (const auto& task : tasks)
        d_drawn.push_back(task.drawn);
}

BatchQueue::Step BatchQueue::next()
{
    while (d_steps.size() <= d_ahead)
        d_steps.push_back(plan());
    auto first = std::move(d_steps.front());
    d_steps.pop_front();
    return first;
}

BatchQueue::Step BatchQueue::plan()
{
    const auto index = static_cast<std::size_t>(task_at(d_config, d_step, d_rank));
    auto& task = d_tasks[index];
    const int each = d_config.tasks.at(task.name).batch;
    const auto numbers = task.order.at(d_drawn[index] + d_rank * each, each);
    const auto seed = mix_seed(d_config.seed,
                               static_cast<std::uint64_t>(d_step),
                               1000 + static_cast<std::uint64_t>(d_rank));
    const auto make = [numbers, seed, batches = task.batches.get(), pinned = d_pinned] {
        std::mt19937_64 random(seed);
        auto batch = batches->batch(numbers, random);
        if (pinned)
            for (auto& in : batch.inputs)
                in.input = in.input.pin_memory();
        return batch;
    };
    count_drawn(d_config, d_step, d_world_size, d_drawn);
    ++d_step;
    const auto when = d_ahead > 0 ? std::launch::async : std::launch::deferred;
    return { index, std::async(when, make) };
}

void count_drawn(const TrainConfig& config,
                 std::int64_t step,
                 int world_size,
                 std::vector<std::int64_t>& drawn)
{
    // With mixed ranks there is room for every rank in every task, drawn or not.
    const auto only = static_cast<std::size_t>(task_at(config, step, 0));
    std::size_t i = 0;
    for (const auto& task : config.tasks) {
        if (config.mixed_ranks || i == only)
            drawn[i] += static_cast<std::int64_t>(task.second.batch) * world_size;
        ++i;
    }
}

} // namespace udeepsc_core
