// SPDX-License-Identifier: GPL-3.0-or-later
// The public face of a context store.
#include "context_state.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <cmath>

namespace udeepsc_core {

ContextStore::ContextStore(const ContextStoreOptions& options)
    : d_state(std::make_unique<State>())
{
    options.validate();
    d_state->options = options;
}

ContextStore::~ContextStore() = default;
ContextStore::ContextStore(ContextStore&&) noexcept = default;
ContextStore& ContextStore::operator=(ContextStore&&) noexcept = default;

const ContextStoreOptions& ContextStore::options() const
{
    return d_state->options;
}

void ContextStore::set_options(const ContextStoreOptions& options)
{
    options.validate();
    if (options.model_id != d_state->options.model_id)
        throw Error("context store: options for model \"" + options.model_id
                    + "\", the entries are of \"" + d_state->options.model_id + "\"");
    d_state->options = options;
    for (auto& source : d_state->sources)
        d_state->evict(source.second, source.second.newest_time);
}

void ContextStore::set_scorer(Scorer scorer, PairScorer pairs)
{
    d_state->scorer = std::move(scorer);
    d_state->pairs = std::move(pairs);
}

void ContextStore::set_embedder(Embedder embedder)
{
    d_state->embedder = std::move(embedder);
}

std::uint64_t ContextStore::add(ContextEntry entry)
{
    return d_state->add(std::move(entry));
}

std::vector<HeldEntry> ContextStore::held(int source, double now)
{
    const auto found = d_state->sources.find(source);
    if (found == d_state->sources.end())
        return {};
    return d_state->held(found->second, now);
}

std::vector<HeldEntry> ContextStore::context(int source,
                                             const std::string& task,
                                             const std::map<std::string, int>& most,
                                             double now,
                                             std::optional<std::uint64_t> present)
{
    auto all = held(source, now);
    std::map<std::string, std::vector<HeldEntry*>> wanted; // by modality
    std::vector<std::uint64_t> chosen;
    for (auto& one : all) {
        const auto& entry = *one.entry;
        if (entry.task != task || !most.count(entry.block.modality))
            continue;
        if (present && entry.frame == *present) {
            // Those before it, which have been gone through, count from here.
            for (auto* before : wanted[entry.block.modality])
                --before->age;
            one.age = -1;
            chosen.push_back(one.id);
        } else {
            wanted[entry.block.modality].push_back(&one);
        }
    }
    for (auto& of_modality : wanted) {
        auto& entries = of_modality.second;
        const auto limit
            = static_cast<std::size_t>(std::max(0, most.at(of_modality.first)));
        // Of equal ones the youngest stay, as when the store is full.
        std::stable_sort(entries.begin(), entries.end(), [](auto* a, auto* b) {
            return a->score > b->score || (a->score == b->score && a->age < b->age);
        });
        for (std::size_t i = 0; i < std::min(limit, entries.size()); ++i)
            chosen.push_back(entries[i]->id);
    }
    std::sort(chosen.begin(), chosen.end());
    std::vector<HeldEntry> context;
    for (auto& one : all)
        if (std::binary_search(chosen.begin(), chosen.end(), one.id))
            context.push_back(std::move(one));
    return context;
}

std::vector<HeldEntry> ContextStore::nearest(int source,
                                             const std::vector<float>& embedding,
                                             const std::string& modality,
                                             std::size_t most,
                                             double now)
{
    std::vector<std::pair<double, HeldEntry>> found; // by cosine, but for a factor
    for (auto& one : held(source, now)) {
        const auto& place = one.entry->embedding;
        if (place.size() != embedding.size() || place.empty()
            || (!modality.empty() && one.entry->block.modality != modality))
            continue;
        double product = 0, square = 0;
        for (std::size_t i = 0; i < place.size(); ++i) {
            product += place[i] * embedding[i];
            square += place[i] * place[i];
        }
        found.emplace_back(square > 0 ? product / std::sqrt(square) : 0, std::move(one));
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
        return a.first > b.first;
    });
    std::vector<HeldEntry> entries;
    for (std::size_t i = 0; i < std::min(most, found.size()); ++i)
        entries.push_back(std::move(found[i].second));
    return entries;
}

bool ContextStore::set_value(std::uint64_t id, double value)
{
    if (!std::isfinite(value))
        throw Error("context store: value is not finite");
    for (auto& source : d_state->sources)
        for (auto& slot : source.second.slots)
            if (slot.id == id) {
                slot.value = value;
                return true;
            }
    return false;
}

void ContextStore::clear()
{
    d_state->sources.clear();
}

void ContextStore::clear(int source)
{
    d_state->sources.erase(source);
}

std::vector<int> ContextStore::sources() const
{
    std::vector<int> held;
    for (const auto& source : d_state->sources)
        if (!source.second.slots.empty())
            held.push_back(source.first);
    return held;
}

int ContextStore::size() const
{
    std::size_t entries = 0;
    for (const auto& source : d_state->sources)
        entries += source.second.slots.size();
    return static_cast<int>(entries);
}

int ContextStore::size(int source) const
{
    const auto found = d_state->sources.find(source);
    return found == d_state->sources.end() ? 0
                                           : static_cast<int>(found->second.slots.size());
}

std::int64_t ContextStore::features(int source) const
{
    const auto found = d_state->sources.find(source);
    return found == d_state->sources.end() ? 0 : found->second.features;
}

std::int64_t ContextStore::bytes(int source) const
{
    const auto found = d_state->sources.find(source);
    return found == d_state->sources.end() ? 0 : found->second.bytes;
}

const ContextCounts& ContextStore::counts() const
{
    return d_state->counts;
}

} // namespace udeepsc_core
