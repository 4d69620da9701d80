// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

namespace udeepsc_core {

/*! Where the processes of a training meet, and which of them this one is. */
struct Rendezvous {
    std::string host = "127.0.0.1"; //!< of rank 0, as the others reach it
    int port = 0;
    int rank = 0, world_size = 1;
    double timeout_s = 300; //!< for the others to come, and for each exchange
};

/*!
 * \brief The other processes of a data-parallel training, on this machine or on others
 * (c10d with Gloo, a TCP store at rank 0).
 *
 * With one process every call does nothing. Errors: Error that says which rank is missing
 * or that the others are gone.
 */
class Collectives {
public:
    static std::unique_ptr<Collectives> join(const Rendezvous& rendezvous);
    virtual ~Collectives() = default;

    //! Replaces each tensor by its mean over the ranks.
    virtual void average(const std::vector<torch::Tensor>& tensors) = 0;
    //! Replaces each tensor by its sum over the ranks.
    virtual void sum(const std::vector<torch::Tensor>& tensors) = 0;
    //! Replaces each tensor by rank 0's.
    virtual void broadcast(const std::vector<torch::Tensor>& tensors) = 0;
    //! Rank 0's text.
    virtual std::string broadcast(const std::string& text) = 0;
};

} // namespace udeepsc_core
