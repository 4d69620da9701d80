// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "objective.h"

#include <udeepsc_core/dataset.h>
#include <udeepsc_core/tokenizer.h>

#include <memory>
#include <random>

namespace udeepsc_core {

/*! Training samples of one task. */
class TaskSource
{
public:
    virtual ~TaskSource() = default;
    virtual std::int64_t size() const = 0;
    //! A batch of the samples with these numbers, freshly augmented.
    virtual TaskBatch batch(const std::vector<std::int64_t>& numbers, std::mt19937_64& random) const = 0;
};

/*! Data sets and tokenizer, read once and shared by the tasks that use them. */
struct TrainingData {
    std::shared_ptr<const ImageSet> images;
    std::shared_ptr<const TextSet> texts;
    std::vector<std::vector<int>> tokens; //!< of texts
    std::shared_ptr<const Tokenizer> tokenizer;
};

//! The source for one of the tasks that this trainer has data for: image or text, with
//! label, picture or sentence as output. Throws Error for any other.
std::unique_ptr<TaskSource> make_source(const ModelConfig& model,
                                        const std::string& task,
                                        const std::shared_ptr<const TrainingData>& data,
                                        const TrainConfig& config);

/*! Gives every sample once an epoch, in an order that depends on seed and epoch alone. */
class EpochOrder
{
public:
    EpochOrder(std::int64_t size, std::uint64_t seed) : d_size(size), d_seed(seed) {}
    //! Sample numbers at the places first .. first + count - 1 of the endless sequence.
    std::vector<std::int64_t> at(std::int64_t first, std::int64_t count);

private:
    std::int64_t d_size;
    std::uint64_t d_seed;
    std::int64_t d_epoch = -1;
    std::vector<std::int64_t> d_order;
};

} // namespace udeepsc_core
