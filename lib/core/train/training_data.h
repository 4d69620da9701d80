// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "calibration.h"

#include <udeepsc_core/trainer.h>

namespace udeepsc_core {

/*! Data sets and tokenizer of a training. */
struct TrainingData {
    std::map<std::string, std::shared_ptr<const Dataset>> sets; //!< by task
    std::shared_ptr<const Tokenizer> tokenizer; //!< null without a text encoder
};

//! Opens the data of the configuration's tasks; rank 0 finds or learns the tokenizer for
//! all.
TrainingData load_data(const ModelConfig& model,
                       const TrainConfig& config,
                       const TrainRun& run,
                       Collectives& collectives);

} // namespace udeepsc_core
