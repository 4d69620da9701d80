// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/result.h>

namespace udeepsc_core {

/*!
 * \brief Scores of pictures that have a class too: mean PSNR, and of the classes the
 * accuracy and the averages of recall and precision over them.
 *
 * Samples without a label count for the PSNR alone; a class without a sample is left out
 * of the recall, one that is never told of the precision.
 */
std::unique_ptr<Scorer> make_layered_scorer();

//! A result with picture and class as one line.
std::string shown_layers(const TaskResult& result,
                         const std::vector<std::string>& classes);

} // namespace udeepsc_core
