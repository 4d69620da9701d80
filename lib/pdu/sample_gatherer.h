// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gr {
namespace udeepsc {

/*!
 * \brief Where the blocks of one sample wait for each other at the receiver.
 *
 * Part is what a modality brings. A sample leaves when it is complete, when it has waited
 * its time, or when more than `limit` samples wait: then with what came. Not thread-safe.
 */
template <typename Part> class sample_gatherer {
public:
    using clock = std::chrono::steady_clock;

    struct sample {
        std::string task;
        std::map<std::string, Part> parts; // by modality
        clock::time_point since;
    };

    explicit sample_gatherer(std::size_t limit)
        : d_limit(limit)
    { }

    //! Adds a part; gives the samples that leave now. A second part of one modality
    //! replaces the first.
    std::vector<sample> add(const std::string& task,
                            std::size_t modalities,
                            std::uint64_t frame_id,
                            const std::string& modality,
                            Part&& fresh)
    {
        std::vector<sample> leaving;
        const key id { task, frame_id };
        const auto entry = d_waiting.try_emplace(id);
        sample& gathered = entry.first->second;
        if (entry.second) {
            gathered.task = task;
            gathered.since = clock::now();
            d_age.push_back(id);
        }
        gathered.parts.insert_or_assign(modality, std::move(fresh));
        if (gathered.parts.size() == modalities) {
            leaving.push_back(std::move(gathered));
            d_waiting.erase(entry.first);
            forget(id);
        }
        while (d_waiting.size() > d_limit) {
            leaving.push_back(take_oldest());
        }
        return leaving;
    }

    //! Those that wait since before this moment.
    std::vector<sample> expired(clock::time_point moment)
    {
        std::vector<sample> leaving;
        while (!d_age.empty() && d_waiting.at(d_age.front()).since <= moment) {
            leaving.push_back(take_oldest());
        }
        return leaving;
    }

    //! Since when the oldest waits; nothing if none does.
    std::optional<clock::time_point> oldest() const
    {
        if (d_age.empty()) {
            return std::nullopt;
        }
        return d_waiting.at(d_age.front()).since;
    }

private:
    using key = std::pair<std::string, std::uint64_t>; // task, frame_id

    sample take_oldest()
    {
        const auto found = d_waiting.find(d_age.front());
        sample oldest = std::move(found->second);
        d_waiting.erase(found);
        d_age.pop_front();
        return oldest;
    }

    void forget(const key& id)
    {
        for (auto at = d_age.begin(); at != d_age.end(); ++at) {
            if (*at == id) {
                d_age.erase(at);
                return;
            }
        }
    }

    const std::size_t d_limit;
    std::map<key, sample> d_waiting;
    std::deque<key> d_age; // of d_waiting, oldest first
};

} // namespace udeepsc
} // namespace gr
