// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu.h"
#include <udeepsc_core/transceiver.h>

#include <deque>
#include <map>
#include <optional>

namespace gr {
namespace udeepsc {

/*!
 * \brief Where the modalities of one sample wait for each other.
 *
 * Holds at most `limit` incomplete samples; the oldest goes first. Not thread-safe.
 */
class modality_gatherer
{
public:
    struct part {
        pdu data;
        udeepsc_core::FeatureMatrix features;
        float noise_var;
    };
    using sample = std::map<std::string, part>; // by modality

    explicit modality_gatherer(std::size_t limit) : d_limit(limit) {}

    //! Gives the sample that this part completes. A second part of one modality replaces
    //! the first. `evicted` counts the parts thrown away.
    std::optional<sample> add(const udeepsc_core::TaskInfo& task,
                              std::uint64_t frame_id,
                              const std::string& modality,
                              part&& fresh,
                              std::size_t& evicted);

private:
    using key = std::pair<std::string, std::uint64_t>; // task, frame_id

    const std::size_t d_limit;
    std::map<key, sample> d_waiting;
    std::deque<key> d_age; // of d_waiting, oldest first
};

} // namespace udeepsc
} // namespace gr
