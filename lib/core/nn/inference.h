// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "network.h"

namespace udeepsc_core {

/*!
 * \brief Makes a trained network faster without changing what it computes.
 *
 * Weights get the type in which encoders and receiver compute, and linear layers and convolutions are packed.
 * Not for a network that is still to be trained or saved.
 */
void prepare_for_inference(Network& network, torch::ScalarType type);

} // namespace udeepsc_core
