// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/context_store.h>
#include <udeepsc_core/dataset.h>
#include <udeepsc_core/transceiver.h>
#include <udeepsc_core/value_scorer.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

//! AWGN of this variance, and the block's word of it.
void add_noise(udeepsc_core::LinkBlock& block, double noise_var, std::mt19937_64& random);

/*! One question as a receiver has it: earlier frames and the present one, over AWGN. */
struct ReceivedQuestion {
    std::vector<udeepsc_core::FeatureBlock> context; //!< oldest first
    std::vector<udeepsc_core::FeatureBlock> present;
    int label = -1;
};

//! \param questions most, spread evenly; 0: all. Error for what cannot be sent.
std::vector<ReceivedQuestion> receive_questions(const udeepsc_core::Transceiver& model,
                                                const std::string& task,
                                                const udeepsc_core::Dataset& data,
                                                std::size_t questions,
                                                double snr_db,
                                                std::uint64_t seed);

//! Learnt from leave-one-out damage. Error where there is no context to learn from.
udeepsc_core::ValueScorer learn_values(const udeepsc_core::Transceiver& model,
                                       const std::string& task,
                                       const std::vector<ReceivedQuestion>& questions);

//! Entries that a store keeps of so many: the share of them, at least one.
int capacity_of(std::size_t entries, double share);

//! Questions answered rightly from what the rule keeps of each context; share: of the
//! context's entries that the store has room for.
std::size_t answered(const udeepsc_core::Transceiver& model,
                     const std::string& task,
                     const std::vector<ReceivedQuestion>& questions,
                     const udeepsc_core::UpdateRule& rule,
                     double share,
                     const udeepsc_core::ValueScorer& values);
