// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace gr {
namespace udeepsc {

/*!
 * \brief The 8 bits of a frame's number that are on the air -> the number; repeats.
 *
 * Per task, because sources number their samples for themselves. A number at most
 * `window` behind the newest is that frame once more, or late; anything else is ahead, so
 * that a transmitter that begins again at 0 is heard at once. The number thus never falls
 * far, and its low 8 bits are those sent.
 */
class frame_tracker {
public:
    explicit frame_tracker(unsigned window)
        : d_window(window)
    { }

    struct verdict {
        std::uint64_t frame_id;
        bool repeated; //!< this modality of this frame was there before
    };
    verdict take(const std::string& task, const std::string& modality, unsigned low_bits)
    {
        const auto entry = d_history.try_emplace(task);
        history& past = entry.first->second;
        const std::uint64_t frame_id
            = entry.second ? low_bits : unwrap(past.newest, low_bits);
        past.newest = std::max(past.newest, frame_id);
        // A frame of several modalities may come in several bursts.
        const bool repeated = !past.seen[frame_id].insert(modality).second;
        while (past.seen.begin()->first + d_window < past.newest + 1
               && past.seen.size() > 1) {
            past.seen.erase(past.seen.begin());
        }
        return { frame_id, repeated && d_window > 0 };
    }

private:
    struct history {
        std::uint64_t newest = 0;
        std::map<std::uint64_t, std::set<std::string>> seen; // modalities, by frame
    };

    std::uint64_t unwrap(std::uint64_t newest, unsigned low_bits) const
    {
        const std::uint64_t ahead = (low_bits - newest) & 0xff;
        const std::uint64_t behind = (newest - low_bits) & 0xff;
        if (behind < d_window && behind <= newest) {
            return newest - behind;
        }
        return newest + ahead;
    }

    const unsigned d_window;
    std::map<std::string, history> d_history; // by task
};

} // namespace udeepsc
} // namespace gr
