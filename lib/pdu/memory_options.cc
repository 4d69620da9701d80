// SPDX-License-Identifier: GPL-3.0-or-later
#include "memory_options.h"
#include "pdu.h"

#include <udeepsc_core/error.h>

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_core::UpdateRule;

UpdateRule rule_of(const semantic_memory_options& options)
{
    if (options.rule != "joint") {
        return UpdateRule::named(options.rule);
    }
    return { options.fifo_weight,
             options.freshness_weight,
             options.value_weight,
             options.correlation_weight };
}

} // namespace

udeepsc_core::ContextStoreOptions
context_store_options(const semantic_memory_options& from)
{
    udeepsc_core::ContextStoreOptions options;
    options.entries = from.entries;
    options.features = from.features;
    options.bytes = from.bytes;
    options.rule = rule_of(from);
    options.duplicate = from.duplicate;
    options.gap_frames = from.gap_frames;
    return options;
}

learnt_memory::learnt_memory(const semantic_memory_options& options,
                             const std::string& model_id)
{
    if (!options.scorer.empty()) {
        d_values = udeepsc_core::ValueScorer::load(options.scorer, model_id);
    }
    if (!options.space.empty()) {
        d_space = udeepsc_core::SharedSpace::load(options.space, model_id);
    }
}

void learnt_memory::give_to(udeepsc_core::ContextStore& store) const
{
    if (d_values) {
        d_values->score(store);
    }
    if (d_space) {
        d_space->embed(store);
    }
}

void semantic_memory_options::validate() const
{
    require_range("entries", entries, 1, 65536);
    require_range("features", features, 0, 2147483647);
    require_range("bytes", bytes, 0, 2147483647);
    require_range("fifo_weight", fifo_weight, 0, 1e6);
    require_range("freshness_weight", freshness_weight, 0, 1e6);
    require_range("value_weight", value_weight, 0, 1e6);
    require_range("correlation_weight", correlation_weight, 0, 1e6);
    require_range("deadline_s", deadline_s, 0, 1e9);
    require_range("duplicate", duplicate, 0, 1);
    require_range("gap_frames", gap_frames, 0, 127);
    require_range("csi", csi, 0, 65536);
    try {
        context_store_options(*this).validate();
    } catch (const udeepsc_core::Error& e) {
        throw std::invalid_argument(std::string("rule: ") + e.what());
    }
}

} // namespace udeepsc
} // namespace gr
