// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/api.h>
#include <string>

namespace gr {
namespace udeepsc {

//! What a block does with a PDU that finds its queue full.
enum class overflow_policy {
    block, //!< hold the sender back; nothing is lost
    drop_oldest, //!< make room: the freshest PDUs get through
    drop_newest, //!< refuse the newcomer
};

/*! How a block runs its part of the network. */
struct UDEEPSC_API inference_options {
    std::string dtype = "fp32"; //!< "fp32", or "bf16" where the processor has it
    int threads = 1; //!< threads per operator, 1..256
    int batch = 8; //!< most PDUs in one pass through the network, 1..1024
    double max_wait_ms = 0; //!< longest wait for a batch to fill, 0..1000 ms
    int queue = 64; //!< PDUs that may wait for the network, 1..65536
    overflow_policy policy = overflow_policy::block; //!< what a full queue does

    //! Throws std::invalid_argument naming the field, what it holds and what it may hold.
    void validate() const;
};

} // namespace udeepsc
} // namespace gr
