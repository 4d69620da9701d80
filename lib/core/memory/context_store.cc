// SPDX-License-Identifier: GPL-3.0-or-later
// What comes in, where it goes, and what goes out for it.
#include "context_state.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <cmath>

namespace udeepsc_core {
namespace {

void require(const char* field, double value, double low, double high)
{
    if (!(value >= low && value <= high))
        throw Error(std::string("context store: ") + field + " is "
                    + std::to_string(value) + ", expected " + std::to_string(low) + ".."
                    + std::to_string(high));
}

bool same_kind(const ContextEntry& a, const ContextEntry& b)
{
    return a.task == b.task && a.block.modality == b.block.modality
        && a.block.layer == b.block.layer;
}

bool finite(const std::vector<float>& values)
{
    return std::all_of(
        values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

// Two measurements of the same features, each weighted by the inverse of its noise.
FeatureBlock average(const FeatureBlock& before, FeatureBlock now)
{
    constexpr float LEAST = 1e-6F; // noiseless ones weigh alike
    const float a = 1 / std::max(before.noise_var, LEAST);
    const float b = 1 / std::max(now.noise_var, LEAST);
    for (std::size_t i = 0; i < now.features.data.size(); ++i)
        now.features.data[i]
            = (a * before.features.data[i] + b * now.features.data[i]) / (a + b);
    now.noise_var = 1 / (a + b);
    return now;
}

} // namespace

void ContextStoreOptions::validate() const
{
    require("entries", entries, 1, 65536);
    require("features", static_cast<double>(features), 0, 1e12);
    require("bytes", static_cast<double>(bytes), 0, 1e12);
    require("duplicate", duplicate, 0, 1);
    require("late_frames", late_frames, 0, 127);
    require("gap_frames", gap_frames, 0, 65536);
    require("moment_s", moment_s, 0, 1e6);
    for (const auto& deadline : deadline_s)
        if (!(deadline.second > 0 && deadline.second <= 1e9))
            throw Error("context store: deadline of " + deadline.first + " is "
                        + std::to_string(deadline.second)
                        + " s, expected more than 0, at most 1e9");
    rule.validate();
}

std::int64_t bytes_of(const ContextEntry& entry)
{
    return 4
        * static_cast<std::int64_t>(entry.block.features.data.size()
                                    + entry.block.positions.size()
                                    + entry.embedding.size());
}

void ContextStore::Source::put(std::size_t i, ContextSlot&& slot)
{
    features += slot.entry->block.features.rows;
    bytes += bytes_of(*slot.entry);
    slots.insert(slots.begin() + static_cast<std::ptrdiff_t>(i), std::move(slot));
}

void ContextStore::Source::erase(std::size_t i)
{
    features -= slots[i].entry->block.features.rows;
    bytes -= bytes_of(*slots[i].entry);
    slots.erase(slots.begin() + static_cast<std::ptrdiff_t>(i));
}

void ContextStore::State::check(const ContextEntry& entry) const
{
    const auto refuse
        = [](const std::string& what) { throw Error("context store: " + what); };
    const auto& f = entry.block.features;
    if (!options.model_id.empty() && entry.model_id != options.model_id)
        refuse("entry of model \"" + entry.model_id + "\", expected \"" + options.model_id
               + "\"");
    if (entry.source < 0 || entry.source > 255)
        refuse("source is " + std::to_string(entry.source) + ", expected 0..255");
    if (f.rows < 1 || f.cols < 1
        || f.data.size()
            != static_cast<std::size_t>(f.rows) * static_cast<std::size_t>(f.cols))
        refuse("features are " + std::to_string(f.data.size()) + " numbers for "
               + std::to_string(f.rows) + " x " + std::to_string(f.cols));
    if (!finite(f.data) || !finite(entry.embedding) || !std::isfinite(entry.time)
        || !std::isfinite(entry.block.noise_var) || entry.block.noise_var < 0
        || std::isinf(entry.value))
        refuse("entry holds NaN or infinity, or negative noise");
    if (options.features > 0 && f.rows > options.features)
        refuse("entry of " + std::to_string(f.rows) + " feature vectors, capacity is "
               + std::to_string(options.features));
    if (options.bytes > 0 && bytes_of(entry) > options.bytes)
        refuse("entry of " + std::to_string(bytes_of(entry)) + " bytes, capacity is "
               + std::to_string(options.bytes));
}

// A source that begins anew tells another story: what it said before is forgotten.
void ContextStore::State::watch_frames(Source& source, const ContextEntry& entry)
{
    const auto known = source.newest_frame.find({ entry.task, entry.block.modality });
    if (known == source.newest_frame.end())
        return;
    const auto late = static_cast<std::uint64_t>(options.late_frames);
    const auto gap = static_cast<std::uint64_t>(options.gap_frames);
    const bool behind = entry.frame + late < known->second;
    const bool ahead = gap > 0 && entry.frame >= known->second + gap;
    if (!behind && !ahead)
        return;
    ++counts.restarts;
    for (std::size_t i = source.slots.size(); i-- > 0;)
        if (source.slots[i].entry->task == entry.task)
            source.erase(i);
    for (auto at = source.newest_frame.begin(); at != source.newest_frame.end();)
        at = at->first.first == entry.task ? source.newest_frame.erase(at)
                                           : std::next(at);
}

// Joins fresh with the entry that says the same, which leaves its place to it.
bool ContextStore::State::merge(Source& source, ContextSlot& fresh) const
{
    double best = options.duplicate;
    std::size_t twin = source.slots.size();
    for (std::size_t i = 0; i < source.slots.size(); ++i) {
        const double cosine = likeness(source.slots[i], fresh);
        // The same frame once more is no other one that says the same.
        if (cosine >= best && source.slots[i].entry->frame != fresh.entry->frame) {
            best = cosine;
            twin = i;
        }
    }
    if (twin == source.slots.size())
        return false;
    auto joined = std::make_shared<ContextEntry>(*fresh.entry);
    joined->block = average(source.slots[twin].entry->block, std::move(joined->block));
    fresh.id = source.slots[twin].id;
    fresh.value = std::max(fresh.value, source.slots[twin].value);
    joined->value = fresh.value;
    fresh.entry = std::move(joined);
    describe(fresh);
    source.erase(twin);
    return true;
}

// What the entry that has just come does to the older ones, and those that came before it
// to it, where it is late.
void ContextStore::State::value_pairs(Source& source, std::uint64_t id) const
{
    auto& slots = source.slots;
    const auto fresh = std::find_if(
        slots.begin(), slots.end(), [&](const auto& slot) { return slot.id == id; });
    for (auto slot = slots.begin(); slot != slots.end(); ++slot) {
        if (slot == fresh || !same_kind(*slot->entry, *fresh->entry))
            continue;
        auto& older = slot < fresh ? *slot : *fresh;
        const auto& younger = slot < fresh ? *fresh : *slot;
        if (older.scored)
            older.value += pairs(*older.entry, *younger.entry);
    }
}

std::uint64_t ContextStore::State::moment_of(const Source& source,
                                             const ContextEntry& entry)
{
    for (auto slot = source.slots.rbegin(); slot != source.slots.rend(); ++slot) {
        const auto& other = *slot->entry;
        if (other.block.modality == entry.block.modality)
            continue;
        const bool same_frame = other.task == entry.task && other.frame == entry.frame;
        if (same_frame
            || (options.moment_s > 0
                && std::abs(entry.time - other.time) <= options.moment_s))
            return slot->moment;
    }
    return next_moment++;
}

// Behind the frames before it, which for a late one is not the end.
std::uint64_t ContextStore::State::place(Source& source, ContextSlot&& fresh)
{
    const auto& entry = *fresh.entry;
    std::size_t at = source.slots.size();
    for (std::size_t i = source.slots.size(); i-- > 0;) {
        const auto& other = *source.slots[i].entry;
        if (!same_kind(other, entry))
            continue;
        if (other.frame < entry.frame)
            break;
        if (other.frame == entry.frame) {
            ++counts.repeated;
            fresh.id = source.slots[i].id;
            fresh.order = source.slots[i].order;
            source.erase(i);
            const std::uint64_t id = fresh.id;
            source.put(i, std::move(fresh));
            return id;
        }
        at = i;
    }
    if (at < source.slots.size()) {
        ++counts.late;
        fresh.order = source.slots[at].order;
        for (std::size_t i = at; i < source.slots.size(); ++i)
            ++source.slots[i].order;
    } else {
        fresh.order = source.next_order;
    }
    ++source.next_order;
    const std::uint64_t id = fresh.id;
    source.put(at, std::move(fresh));
    return id;
}

std::uint64_t ContextStore::State::add(ContextEntry&& entry)
{
    check(entry);
    if (entry.embedding.empty() && embedder) {
        entry.embedding = embedder(entry);
        check(entry); // with the bytes that this takes
    }
    Source& source = sources[entry.source];
    if (entry.time < source.newest_time) {
        ++counts.clock_backwards;
        entry.time = source.newest_time;
    }
    source.newest_time = entry.time;
    watch_frames(source, entry);
    auto& newest = source.newest_frame[{ entry.task, entry.block.modality }];
    newest = std::max(newest, entry.frame);

    ContextSlot fresh;
    fresh.scored = std::isnan(entry.value) && scorer;
    if (std::isnan(entry.value))
        entry.value = scorer ? scorer(entry) : 0;
    if (!std::isfinite(entry.value))
        entry.value = 0;
    fresh.value = entry.value;
    fresh.moment = moment_of(source, entry);
    fresh.entry = std::make_shared<const ContextEntry>(std::move(entry));
    describe(fresh);
    const double now = fresh.entry->time;
    expire(source, now);
    const bool merged = options.rule.correlation > 0 && merge(source, fresh);
    if (!merged)
        fresh.id = next_id++;
    const std::uint64_t repeated = counts.repeated;
    const std::uint64_t id = place(source, std::move(fresh));
    if (merged)
        ++counts.merged;
    else if (counts.repeated == repeated)
        ++counts.stored;
    if (pairs && counts.repeated == repeated)
        value_pairs(source, id);
    evict(source, now);
    return id;
}

void ContextStore::State::expire(Source& source, double now)
{
    if (options.deadline_s.empty())
        return;
    for (std::size_t i = source.slots.size(); i-- > 0;) {
        const auto& entry = *source.slots[i].entry;
        const auto deadline = options.deadline_s.find(entry.task);
        if (deadline != options.deadline_s.end() && now - entry.time > deadline->second) {
            source.erase(i);
            ++counts.expired;
        }
    }
}

void ContextStore::State::evict(Source& source, double now)
{
    const auto full = [&] {
        return source.slots.size() > static_cast<std::size_t>(options.entries)
            || (options.features > 0 && source.features > options.features)
            || (options.bytes > 0 && source.bytes > options.bytes);
    };
    while (full()) {
        const auto scores = scores_of(source.slots, options, now);
        const auto worst = std::min_element(scores.begin(), scores.end());
        source.erase(static_cast<std::size_t>(worst - scores.begin()));
        ++counts.evicted;
    }
}

std::vector<HeldEntry> ContextStore::State::held(Source& source, double now)
{
    // A clock that has gone backwards must not make ages negative.
    now = std::max(now, source.newest_time);
    expire(source, now);
    const auto scores = scores_of(source.slots, options, now);
    std::vector<HeldEntry> all;
    for (std::size_t i = 0; i < source.slots.size(); ++i) {
        const auto& slot = source.slots[i];
        HeldEntry one;
        one.entry = slot.entry;
        one.id = slot.id;
        one.moment = slot.moment;
        one.age = static_cast<int>(
            std::min<std::uint64_t>(source.next_order - 1 - slot.order, 1 << 30));
        one.age_s = now - slot.entry->time;
        one.value = slot.value;
        one.score = scores[i];
        all.push_back(std::move(one));
    }
    return all;
}

} // namespace udeepsc_core
