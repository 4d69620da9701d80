// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "objective.h"

#include "../kinds/output.h"

#include <udeepsc_core/dataset.h>
#include <udeepsc_core/tokenizer.h>

#include <memory>
#include <random>

namespace udeepsc_core {

/*! Training samples of one task. */
class TaskBatches {
public:
    //! how: hidden are positions of tasks that allow it
    TaskBatches(const ModelConfig& model,
                const std::string& task,
                std::shared_ptr<const Dataset> data,
                std::shared_ptr<const Tokenizer> tokenizer,
                const Augmentation& how);

    std::int64_t size() const { return static_cast<std::int64_t>(d_useful.size()); }
    //! A batch of the samples with these numbers, freshly augmented.
    TaskBatch batch(const std::vector<std::int64_t>& numbers,
                    std::mt19937_64& random) const;

private:
    // Throws Error for what the model cannot take; false for what teaches nothing
    bool is_useful(const Sample& sample) const;
    // One modality of all samples, those of their context included; nothing of it: no
    // input
    ModalityBatch batch_of(const TaskModality& input,
                           const std::vector<Sample>& samples,
                           std::mt19937_64& random) const;
    const Modality& kind(const TaskModality& input) const
    {
        return *d_model.encoder(input.modality).kind;
    }

    const ModelConfig& d_model;
    const TaskConfig& d_task;
    std::shared_ptr<const Dataset> d_data;
    std::shared_ptr<const Tokenizer> d_tokenizer;
    Augmentation d_how;
    std::vector<std::size_t> d_useful; // sample numbers
};

/*! Gives every sample once an epoch, in an order that depends on seed and epoch alone. */
class EpochOrder {
public:
    EpochOrder(std::int64_t size, std::uint64_t seed)
        : d_size(size)
        , d_seed(seed)
    { }
    //! Sample numbers at the positions first .. first + count - 1 of the endless
    //! sequence.
    std::vector<std::int64_t> at(std::int64_t first, std::int64_t count);

private:
    std::int64_t d_size;
    std::uint64_t d_seed;
    std::int64_t d_epoch = -1;
    std::vector<std::int64_t> d_order;
};

} // namespace udeepsc_core
