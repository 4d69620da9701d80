// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "fuzz_folder.h"

#include <udeepsc_core/dataset.h>
#include <udeepsc_core/error.h>

#include <string>

namespace fuzz {

//! The configuration of a model with three encoders and one task.
inline std::string config_text(const std::string& task)
{
    return R"({
      "name": "fuzz",
      "encoders": {
        "image": { "dim": 8, "heads": 1, "semantic_layers": 1, "image_size": 8, "patch": 4 },
        "text": { "dim": 8, "heads": 1, "semantic_layers": 1, "tokenizer": "sentencepiece",
                  "vocabulary": 300, "max_tokens": 8 },
        "audio": { "kind": "vectors", "dim": 8, "heads": 1, "semantic_layers": 1,
                   "features": 2, "max_frames": 4 }
      },
      "decoder": { "dim": 8, "heads": 1, "layers": 1 },
      "codebook": { "entries": 16, "subvector_dim": 2 },
      "modulation": "16qam",
      "mapping": "symbol",
      "tasks": [ )"
        + task + "] }";
}

inline udeepsc_core::ModelConfig config_with_task(const std::string& task)
{
    return udeepsc_core::ModelConfig::from_json(config_text(task));
}

//! Opens all data of the configuration's first task and reads every sample.
inline void read_all(const udeepsc_core::ModelConfig& config,
                     const Folder& folder,
                     const std::string& split)
{
    udeepsc_core::DatasetOptions options;
    options.data_dir = folder.path();
    options.split = split;
    try {
        const auto data
            = udeepsc_core::open_data(config, config.tasks.front().name, options);
        const auto inputs = config.tasks.front().inputs.size();
        for (std::size_t i = 0; i < data->size(); ++i)
            require(data->at(i).inputs.size() == inputs, "a sample has its modalities");
    } catch (const udeepsc_core::Error&) { }
}

} // namespace fuzz
