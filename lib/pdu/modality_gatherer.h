// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace gr {
namespace udeepsc {

/*!
 * \brief Where the modalities of one sample wait for each other.
 *
 * Part is what a modality brings. Holds at most `limit` incomplete samples; the oldest
 * goes first. Not thread-safe.
 */
template <typename Part> class modality_gatherer {
public:
    using sample = std::map<std::string, Part>; // by modality

    explicit modality_gatherer(std::size_t limit)
        : d_limit(limit)
    { }

    //! Gives the sample that this part completes: the task has so many modalities. A
    //! second part of one modality replaces the first. `evicted` counts the parts thrown
    //! away.
    std::optional<sample> add(const std::string& task,
                              std::size_t modalities,
                              std::uint64_t frame_id,
                              const std::string& modality,
                              Part&& fresh,
                              std::size_t& evicted)
    {
        evicted = 0;
        const key id { task, frame_id };
        const auto entry = d_waiting.try_emplace(id);
        sample& gathered = entry.first->second;
        if (entry.second) {
            d_age.push_back(id);
        }
        if (!gathered.insert_or_assign(modality, std::move(fresh)).second) {
            evicted++;
        }
        if (gathered.size() == modalities) {
            std::optional<sample> complete(std::move(gathered));
            d_waiting.erase(entry.first);
            d_age.erase(std::find(d_age.begin(), d_age.end(), id));
            return complete;
        }
        while (d_waiting.size() > d_limit) {
            const auto oldest = d_waiting.find(d_age.front());
            evicted += oldest->second.size();
            d_waiting.erase(oldest);
            d_age.pop_front();
        }
        return std::nullopt;
    }

private:
    using key = std::pair<std::string, std::uint64_t>; // task, frame_id

    const std::size_t d_limit;
    std::map<key, sample> d_waiting;
    std::deque<key> d_age; // of d_waiting, oldest first
};

} // namespace udeepsc
} // namespace gr
