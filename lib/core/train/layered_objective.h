// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "objective.h"

namespace udeepsc_core {

/*!
 * \brief Loss of one step of a task whose output comes in layers: sum over layers of
 * alpha_l distortion + beta_l cross-entropy, every sample for one of the receivers.
 *
 * All prefixes of layers that count go through the decoder at once.
 */
StepLoss layered_objective(Network& network,
                           AuxiliaryHeads& auxiliary,
                           const TaskConfig& task,
                           const TaskBatch& batch,
                           const TrainConfig& config,
                           const StepContext& context);

} // namespace udeepsc_core
