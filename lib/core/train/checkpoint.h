// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "adamw.h"
#include "calibration.h"

#include <string>

namespace udeepsc_core {

/*! Everything that a training changes, in places where it can be read and written. */
struct TrainingState {
    Network& network;
    AuxiliaryHeads& auxiliary;
    AdamW& optimizer;
    std::vector<TrainingTask>& tasks;
    std::int64_t& step;
    std::int64_t& skipped_steps;
};

//! Writes atomically. A training that goes on from it gives bit for bit the weights of
//! one that was not interrupted.
void write_checkpoint(const std::string& path, const TrainingState& state);

//! Error for a checkpoint of another configuration or of other tasks, and for one that is
//! damaged.
void read_checkpoint(const std::string& path, TrainingState& state);

//! Gives every rank rank 0's state.
void share_state(TrainingState& state, Collectives& collectives);

} // namespace udeepsc_core
