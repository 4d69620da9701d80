// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "batches.h"
#include "collectives.h"

namespace udeepsc_core {

/*! The tasks of a training: batches and the order in which samples are drawn. */
struct TrainingTask {
    std::string name;
    std::unique_ptr<TaskBatches> batches;
    EpochOrder order;
    std::int64_t drawn = 0; //!< samples drawn so far, by all ranks
};

//! Sets the network's tx_gains as inference needs them, over all SNRs of the last phase.
void calibrate_gains(Network& network,
                     std::vector<TrainingTask>& tasks,
                     const TrainConfig& config);

//! Codebook reset, eq. 21-23 in practice: codewords that were hardly used since the last
//! time get a new value, rank 0's in every rank.
void reset_unused_codewords(Network& network,
                            Collectives& collectives,
                            std::uint64_t seed);

//! Data-based start of the codebooks that are no constellation: k-means of the features
//! that a trained analog phase sends.
void start_codebooks(Network& network,
                     std::vector<TrainingTask>& tasks,
                     const TrainConfig& config,
                     Collectives& collectives);

void move_to(ModalityBatch& batch, torch::Device device);

} // namespace udeepsc_core
