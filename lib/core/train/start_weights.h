// SPDX-License-Identifier: GPL-3.0-or-later
// The weights that a training begins with, from a model that may be of another form.
#pragma once

#include "../nn/network.h"

#include <string>

namespace udeepsc_core {

/*!
 * \brief Copies a model file's weights into the network.
 *
 * Besides a model of the same configuration it takes one with more tasks, of which
 * everything is left out that the network has no place for, and for tasks in layers
 *  - one with more layers: the network's second layer takes the place of all of them from
 *    the second to the one after which as many symbols were sent, which is what
 *    TrainConfig::at_one_rate() needs. What came after is left out.
 *  - one whose classes were not pooled: the class of the pooled ones begins as their
 * mean.
 *
 * Errors: Error naming what does not fit.
 */
void start_from_model(Network& network, const std::string& path);

} // namespace udeepsc_core
