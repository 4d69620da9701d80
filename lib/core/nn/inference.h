// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "network.h"

namespace udeepsc_core {

/*!
 * \brief Makes a trained network faster without changing what it computes.
 *
 * Linear layers and convolutions are packed, to multiply in the given type (fp32 or bf16;
 * fp32 where there is no fast bf16). Everything between them stays fp32: those operations
 * are small, and LibTorch's are slower in bf16. Not for a network that is still to be
 * trained.
 */
void prepare_for_inference(Network& network, torch::ScalarType type);

} // namespace udeepsc_core
