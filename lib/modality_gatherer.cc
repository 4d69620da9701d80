// SPDX-License-Identifier: GPL-3.0-or-later
#include "modality_gatherer.h"

#include <algorithm>

namespace gr {
namespace udeepsc {

std::optional<modality_gatherer::sample>
modality_gatherer::add(const udeepsc_core::TaskInfo& task,
                       std::uint64_t frame_id,
                       const std::string& modality,
                       part&& fresh,
                       std::size_t& evicted)
{
    evicted = 0;
    const key id{ task.name, frame_id };
    const auto entry = d_waiting.try_emplace(id);
    sample& gathered = entry.first->second;
    if (entry.second) {
        d_age.push_back(id);
    }
    if (!gathered.insert_or_assign(modality, std::move(fresh)).second) {
        evicted++;
    }
    if (gathered.size() == task.modalities.size()) {
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

} // namespace udeepsc
} // namespace gr
