// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <udeepsc_core/link_block.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

/*! What a receiver remembers of one modality of one frame. */
struct ContextEntry {
    int source = 0; //!< address of the transmitter, 0..255
    std::string task;
    std::string model_id; //!< of the model that made the features
    double time = 0; //!< s of the receiver's clock, when it came
    std::uint64_t frame = 0; //!< number that the transmitter gave the frame
    FeatureBlock block; //!< modality and features
    //! Contribution to answers, larger is better; NaN: ask the scorer, 0 without one.
    double value = std::numeric_limits<double>::quiet_NaN();
    //! Place in a space that modalities share, so that they can be compared; empty: the
    //! mean of the feature vectors stands for it, compared within task and modality.
    //! Where it is empty the store's embedder is asked.
    std::vector<float> embedding;
    std::string text; //!< what a person may read of it, in a simulation
};

/*!
 * \brief Which entry goes when the store is full: the one whose score is least.
 *
 * A score is the weighted sum of four numbers in [0, 1], so a single rule is one weight
 * of 1 and the others 0. Source: "Large Model Empowered Semantic Communications", III.A.
 */
struct UpdateRule {
    double fifo = 1; //!< order of arrival: newest 1, oldest 0
    //! Age of information against the task's deadline: just come 1, at the deadline 0.
    //! Where no task has a deadline, against the oldest entry's age.
    double freshness = 0;
    double value = 0; //!< ContextEntry::value, best 1, worst 0
    //! Relevance: mean cosine with the others that it can be compared with, best 1, worst
    //! 0; one that can be compared with none counts 1. With this weight near duplicates
    //! merge.
    double correlation = 0;

    //! "fifo", "freshness", "value", "correlation", or "joint": all four, by a quarter
    //! each. Error naming the rules there are, if this is none of them.
    static UpdateRule named(const std::string& name);
    //! Error naming the weight, unless all are finite, not negative and one is more.
    void validate() const;
};

/*! Parameters of a ContextStore. */
struct ContextStoreOptions {
    std::string model_id; //!< whose features are taken; empty: any, for tests
    // Capacity of each source, so that no transmitter pushes out another's context.
    int entries = 64; //!< 1..65536
    std::int64_t features = 0; //!< feature vectors, 0: no limit
    //! Of the numbers in an entry, 4 each: features, positions, embedding. 0: no limit
    std::int64_t bytes = 0;
    UpdateRule rule;
    //! s after which an entry of the task is forgotten, by task, > 0
    std::map<std::string, double> deadline_s;
    //! Cosine of the whole features from which two entries say the same, 0..1
    double duplicate = 0.98;
    //! Frames that a frame may come late; further back the source has restarted. 0..127
    int late_frames = 8;
    //! A frame that is so far ahead of the last of its task and modality begins anew,
    //! like a restart: a transmitter says so by its numbers, and what was lost is much.
    //! 0: none does. 0..65536
    int gap_frames = 0;
    //! s within which entries of two modalities are of one moment, beside those that
    //! share task and frame; 0..1e6
    double moment_s = 0;

    //! Error naming the field, what it holds and what it may hold.
    void validate() const;
};

/*! What happened to entries, since the store was made. */
struct ContextCounts {
    std::uint64_t stored = 0; //!< came in and have a place of their own
    std::uint64_t merged = 0; //!< came in and joined one that says the same
    std::uint64_t repeated = 0; //!< a frame once more: it replaced the earlier one
    std::uint64_t late = 0; //!< came behind a younger one, and have their place before it
    std::uint64_t evicted = 0; //!< made room
    std::uint64_t expired = 0; //!< older than the task's deadline
    std::uint64_t restarts
        = 0; //!< a source began again: what it said before is forgotten
    std::uint64_t clock_backwards = 0; //!< time before the last entry's: taken as that
};

/*! An entry, and how it stands among the others. */
struct HeldEntry {
    std::shared_ptr<const ContextEntry> entry;
    std::uint64_t id = 0; //!< unique in the store
    std::uint64_t moment = 0; //!< entries with the same one are of one moment
    //! Frames of its source remembered since it came, 0: the newest. -1: of the present
    //! frame, see ContextStore::context()
    int age = 0;
    double age_s = 0;
    double value = 0;
    double score = 0; //!< of the update rule; the least goes first
};

/*!
 * \brief What a receiver keeps of past frames, for each transmitter apart.
 *
 * Adding an entry and reading the context take time linear in the entries of one source.
 * Not thread-safe.
 *
 * Source: "Large Model Empowered Semantic Communications", III.A, contextual store and
 * update model.
 */
class ContextStore {
public:
    //! Gives an entry's value when it comes; what training has learnt, for example.
    using Scorer = std::function<double(const ContextEntry&)>;
    //! What the coming of a younger entry of its task and modality adds to the value of
    //! one that the scorer valued: less than 0 where it makes the older one worth less.
    using PairScorer
        = std::function<double(const ContextEntry& older, const ContextEntry& younger)>;
    //! Gives an entry's place in a space that modalities share; empty where it has none.
    using Embedder = std::function<std::vector<float>(const ContextEntry&)>;

    //! Error for bad options.
    explicit ContextStore(const ContextStoreOptions& options);
    ~ContextStore();
    ContextStore(ContextStore&&) noexcept;
    ContextStore& operator=(ContextStore&&) noexcept;

    const ContextStoreOptions& options() const;
    //! Other capacity, rule or deadlines from now on; what is too much goes. Error for
    //! bad options and for another model.
    void set_options(const ContextStoreOptions& options);
    void set_scorer(Scorer scorer, PairScorer pairs = {});
    void set_embedder(Embedder embedder);

    //! Gives the id of the entry that now holds it. Error, and nothing changed, for an
    //! entry of another model, a source outside 0..255, numbers that are not finite,
    //! features that are no matrix, or one that alone is more than the capacity.
    std::uint64_t add(ContextEntry entry);

    //! Oldest first: all of a source. now: s, of the clock of ContextEntry::time
    std::vector<HeldEntry> held(int source, double now);
    //! Oldest first: those of a task; of each modality at most so many, the ones of best
    //! score, and none of a modality that is not named. Entries of the frame `present`, a
    //! picture that a question is about, come beside these, with an age of -1; ages then
    //! count from there.
    std::vector<HeldEntry> context(int source,
                                   const std::string& task,
                                   const std::map<std::string, int>& most,
                                   double now,
                                   std::optional<std::uint64_t> present = {});

    /*!
     * \brief Look-up across modalities: the entries of a source that are most like this
     * place in the shared space, by their cosine, most like first.
     *
     * \param embedding of anything, such as a sentence in search of a picture
     * \param modality of the entries; empty: any
     * \param most entries; those without an embedding of this size are passed over
     */
    std::vector<HeldEntry> nearest(int source,
                                   const std::vector<float>& embedding,
                                   const std::string& modality,
                                   std::size_t most,
                                   double now);

    //! Of an entry that is still there; false if it is not.
    bool set_value(std::uint64_t id, double value);

    void clear();
    void clear(int source);
    std::vector<int> sources() const; //!< those of which something is held
    int size() const; //!< entries of all sources
    int size(int source) const;
    std::int64_t features(int source) const; //!< feature vectors
    std::int64_t bytes(int source) const;
    const ContextCounts& counts() const;

    //! Writes all to a file, atomically, with ages in place of times. Error.
    void save(const std::string& path, double now) const;
    //! Takes what save() wrote in place of what is held. Error, and nothing changed, for
    //! a file that is missing, cut, damaged, foreign or of another model.
    void load(const std::string& path, double now);

private:
    struct Source;
    struct State;
    std::unique_ptr<State> d_state;
};

} // namespace udeepsc_core
