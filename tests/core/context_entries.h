// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/context_store.h>

#include <string>
#include <vector>

//! An entry of task "story" and modality "sentence" with one feature vector.
inline udeepsc_core::ContextEntry
sentence(std::uint64_t frame, std::vector<float> features, double time = -1)
{
    udeepsc_core::ContextEntry entry;
    entry.task = "story";
    entry.model_id = "model";
    entry.frame = frame;
    entry.time = time < 0 ? static_cast<double>(frame) : time;
    entry.block.modality = "sentence";
    entry.block.features.rows = 1;
    entry.block.features.cols = static_cast<int>(features.size());
    entry.block.features.data = std::move(features);
    entry.block.noise_var = 0.1F;
    entry.value = 0;
    entry.text = "frame " + std::to_string(frame);
    return entry;
}

inline udeepsc_core::ContextStoreOptions store_options(int entries,
                                                       const std::string& rule = "fifo")
{
    udeepsc_core::ContextStoreOptions options;
    options.model_id = "model";
    options.entries = entries;
    options.rule = udeepsc_core::UpdateRule::named(rule);
    return options;
}

//! Frame numbers of what a source holds, oldest first.
inline std::vector<std::uint64_t>
frames(udeepsc_core::ContextStore& store, double now, int source = 0)
{
    std::vector<std::uint64_t> numbers;
    for (const auto& one : store.held(source, now))
        numbers.push_back(one.entry->frame);
    return numbers;
}
