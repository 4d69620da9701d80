// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

namespace udeepsc_core {

/*!
 * \brief The other processes of a data-parallel training (c10d with Gloo over loopback).
 *
 * With one worker every call does nothing.
 */
class Peers
{
public:
    //! meeting_file: a fresh path that all workers share
    static std::unique_ptr<Peers> join(const std::string& meeting_file, int rank, int workers);
    virtual ~Peers() = default;
    //! Replaces each tensor by its mean over the workers.
    virtual void average(const std::vector<torch::Tensor>& tensors) = 0;
};

} // namespace udeepsc_core
