// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/torch.h>

namespace udeepsc_core {

/*!
 * \brief InfoNCE: the cross-entropy of finding each row's partner among all partners, by
 * their cosine.
 *
 * log(batch) less this loss is a lower bound of what each row tells about its partner, in
 * nats. Source: A. van den Oord et al., "Representation Learning with Contrastive
 * Predictive Coding", 2018; both ways as in A. Radford et al., "Learning transferable
 * visual models from natural language supervision", 2021.
 *
 * \param a, b [batch, dim], row i of one with row i of the other
 * \return a scalar
 */
torch::Tensor contrastive_loss(const torch::Tensor& a, const torch::Tensor& b);

} // namespace udeepsc_core
