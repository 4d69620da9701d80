// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/semantic_memory.h>
#include <udeepsc_core/context_store.h>
#include <udeepsc_core/shared_space.h>
#include <udeepsc_core/value_scorer.h>

#include <optional>

namespace gr {
namespace udeepsc {

//! The same for the store; without model and deadlines.
udeepsc_core::ContextStoreOptions
context_store_options(const semantic_memory_options& options);

/*! What was learnt beside the model: the files that the options name. */
class learnt_memory {
public:
    //! Throws udeepsc_core::Error for a file that cannot be used.
    learnt_memory(const semantic_memory_options& options, const std::string& model_id);
    void give_to(udeepsc_core::ContextStore& store) const;

private:
    std::optional<udeepsc_core::ValueScorer> d_values;
    std::optional<udeepsc_core::SharedSpace> d_space;
};

} // namespace udeepsc
} // namespace gr
