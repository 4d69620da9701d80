// SPDX-License-Identifier: GPL-3.0-or-later
// What a ContextStore holds. Private.
#pragma once

#include <udeepsc_core/context_store.h>

#include <utility>

namespace udeepsc_core {

/*! One entry in its place. */
struct ContextSlot {
    std::shared_ptr<const ContextEntry> entry;
    std::uint64_t id = 0;
    std::uint64_t moment = 0;
    std::uint64_t order = 0; //!< frames remembered before it, of its source
    double value = 0;
    bool scored = false; //!< the scorer gave the value
    //! Embedding, or mean of the feature vectors, of length 1; zeros where that has none.
    std::vector<float> direction;
    double norm = 0; //!< of all features
};

//! In the order of the transmitter's frames, oldest first.
using ContextSlots = std::vector<ContextSlot>;

struct ContextStore::Source {
    ContextSlots slots;
    std::uint64_t next_order = 0;
    double newest_time = -std::numeric_limits<double>::infinity();
    std::map<std::pair<std::string, std::string>, std::uint64_t>
        newest_frame; // by task and modality
    std::int64_t features = 0, bytes = 0;

    void erase(std::size_t i);
    void put(std::size_t i, ContextSlot&& slot);
};

struct ContextStore::State {
    ContextStoreOptions options;
    Scorer scorer;
    PairScorer pairs;
    Embedder embedder;
    std::map<int, Source> sources;
    ContextCounts counts;
    std::uint64_t next_id = 1, next_moment = 1;

    std::uint64_t add(ContextEntry&& entry);
    //! Throws Error unless the store can take it.
    void check(const ContextEntry& entry) const;
    //! Forgets what is older than its task's deadline.
    void expire(Source& source, double now);
    //! Makes what is held as little as the capacity.
    void evict(Source& source, double now);
    std::vector<HeldEntry> held(Source& source, double now);
    //! An entry out of a file, the next in its source. Throws Error.
    void restore(ContextEntry&& entry, std::uint64_t moment, std::uint64_t order);

private:
    void watch_frames(Source& source, const ContextEntry& entry);
    bool merge(Source& source, ContextSlot& fresh) const;
    void value_pairs(Source& source, std::uint64_t id) const;
    std::uint64_t moment_of(const Source& source, const ContextEntry& entry);
    std::uint64_t place(Source& source, ContextSlot&& fresh);
};

//! 4 bytes for each number in an entry.
std::int64_t bytes_of(const ContextEntry& entry);

//! Its direction and its norm.
void describe(ContextSlot& slot);

//! Cosine of the whole features; -1 for two that say different things in kind: task,
//! modality, shape or positions.
double likeness(const ContextSlot& a, const ContextSlot& b);

//! Scores of the update rule, one a slot.
std::vector<double>
scores_of(const ContextSlots& slots, const ContextStoreOptions& options, double now);

} // namespace udeepsc_core
