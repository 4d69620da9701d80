// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "calibration.h"

#include <deque>
#include <future>

namespace udeepsc_core {

/*!
 * \brief The batches of the steps to come, put together while the network computes.
 *
 * Which samples a step takes depends on the step alone, not on how far ahead it is
 * prepared.
 */
class BatchQueue {
public:
    struct Step {
        std::size_t task; //!< number among the training's
        std::future<TaskBatch> batch;
    };

    //! step: the first that is wanted. ahead: batches prepared beforehand, each by a
    //! thread of its own; 0: each when it is wanted. pinned: in memory that a GPU reads
    //! by itself.
    BatchQueue(const TrainConfig& config,
               std::vector<TrainingTask>& tasks,
               int rank,
               int world_size,
               std::int64_t step,
               std::size_t ahead,
               bool pinned);

    //! Of the next step.
    Step next();

private:
    Step plan();

    const TrainConfig& d_config;
    std::vector<TrainingTask>& d_tasks;
    int d_rank, d_world_size;
    std::int64_t d_step; // the next to plan
    std::size_t d_ahead;
    bool d_pinned;
    std::vector<std::int64_t> d_drawn; // samples by task, those ahead included
    std::deque<Step> d_steps;
};

//! Samples that all ranks together have drawn of each task after this step.
void count_drawn(const TrainConfig& config,
                 std::int64_t step,
                 int world_size,
                 std::vector<std::int64_t>& drawn);

} // namespace udeepsc_core
