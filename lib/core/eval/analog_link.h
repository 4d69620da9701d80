// SPDX-License-Identifier: GPL-3.0-or-later
// The two ends of the link without a codebook: vectors travel as they are.
#pragma once

#include <udeepsc_core/transceiver.h>

#include <vector>

namespace udeepsc_core {

/*!
 * \brief As transmit(), of a task in layers, but each codebook vector of two reals is one
 * complex symbol and none is quantised. Each layer has mean energy 1.
 *
 * Errors: Error for a task without layers, and for vectors of another size.
 */
std::vector<std::vector<LinkBlock>> transmit_analog(const Transceiver& model,
                                                    const std::string& task,
                                                    const std::vector<Sample>& samples,
                                                    double snr_db);

//! As receive(): symbols of energy 1 in noise are weighed as least squares asks for.
std::vector<TaskResult>
receive_analog(const Transceiver& model,
               const std::string& task,
               const std::vector<std::vector<LinkBlock>>& received);

} // namespace udeepsc_core
