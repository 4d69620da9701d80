// SPDX-License-Identifier: GPL-3.0-or-later
// Which layers of a layered output an evaluation decodes.
#pragma once

#include <udeepsc_core/evaluator.h>

#include <vector>

namespace udeepsc_core {

/*! 1, 2 ... all, or those asked for; 0 alone for an output without layers.
 * \throws Error for layers that the task does not have */
std::vector<int> layers_to_decode(const TaskInfo& task, const EvalOptions& options);

//! Of each sample the blocks of its first layers; all of them where there are 0.
std::vector<std::vector<LinkBlock>>
first_layers(const std::vector<std::vector<LinkBlock>>& samples, int layers);

} // namespace udeepsc_core
