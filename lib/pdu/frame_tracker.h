// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "payload_likeness.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace gr {
namespace udeepsc {

/*!
 * \brief The 8 bits of a frame's number that are on the air -> the number; repeats.
 *
 * Per task, because sources number their samples for themselves. A number at most
 * `window` behind the newest is that frame once more, or late; anything else is ahead, so
 * that a transmitter that begins again at 0 is heard at once. The number thus never falls
 * far, and its low 8 bits are those sent. Within a burst of many samples numbers fall
 * back too: one modality, or layer, of all of them comes before the next.
 *
 * A repeat has the number of a frame that was there some seconds ago at most, and its
 * payload: a stranger who sends a number first does not keep the frame out that has it
 * rightly, and a transmitter that was started anew may say the same once more.
 */
class frame_tracker {
public:
    using time_point = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds REPEAT_TIME { 2 };

    explicit frame_tracker(unsigned window)
        : d_window(window)
    { }

    struct verdict {
        std::uint64_t frame_id;
        bool repeated; //!< this modality of this frame was there before
    };
    //! payloads: in the burst that this one came in
    verdict take(const std::string& task,
                 const std::string& modality,
                 unsigned low_bits,
                 payload_likeness payload,
                 time_point now,
                 std::size_t payloads = 1)
    {
        const auto entry = d_history.try_emplace(task);
        history& past = entry.first->second;
        const std::uint64_t frame_id
            = entry.second ? low_bits : unwrap(past.newest, low_bits, payloads);
        past.newest = std::max(past.newest, frame_id);
        // A frame of several modalities may come in several bursts.
        const auto seen = past.seen[frame_id].equal_range(modality);
        const bool repeated
            = std::any_of(seen.first, seen.second, [&](const auto& earlier) {
                  return now - earlier.second.heard <= REPEAT_TIME
                      && payload.like(earlier.second.payload);
              });
        if (!repeated) {
            remember(past.seen[frame_id], modality, { std::move(payload), now });
        }
        while (past.seen.begin()->first + d_window < past.newest + 1
               && past.seen.size() > 1) {
            past.seen.erase(past.seen.begin());
        }
        return { frame_id, repeated && d_window > 0 };
    }

private:
    struct arrival {
        payload_likeness payload;
        time_point heard;
    };
    using arrivals = std::multimap<std::string, arrival>; // by modality
    struct history {
        std::uint64_t newest = 0;
        std::map<std::uint64_t, arrivals> seen; // by frame
    };

    //! Forgeries of one number must not fill the memory.
    static constexpr std::size_t s_most_of_a_modality = 8;

    static void remember(arrivals& seen, const std::string& modality, arrival&& fresh)
    {
        if (seen.count(modality) == s_most_of_a_modality) {
            seen.erase(seen.lower_bound(modality)); // the oldest
        }
        seen.emplace(modality, std::move(fresh));
    }

    std::uint64_t
    unwrap(std::uint64_t newest, unsigned low_bits, std::size_t payloads) const
    {
        const std::uint64_t ahead = (low_bits - newest) & 0xff;
        const std::uint64_t behind = (newest - low_bits) & 0xff;
        const std::uint64_t late = std::max<std::uint64_t>(d_window, payloads);
        if (behind < late && behind <= newest) {
            return newest - behind;
        }
        return newest + ahead;
    }

    const unsigned d_window;
    std::map<std::string, history> d_history; // by task
};

} // namespace udeepsc
} // namespace gr
