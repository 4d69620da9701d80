// SPDX-License-Identifier: GPL-3.0-or-later
// A small model whose output comes in layers, for tests.
#pragma once

#include <string>

//! Pictures of 8x8 pixels in three layers of 3, 6 and 9 symbols. task: further fields of
//! the task, each with a comma before it; layers: JSON; mapping with its modulation.
inline std::string layered_model(const std::string& task = "",
                                 const std::string& layers = "[3, 6, 9]",
                                 const std::string& mapping = "symbol",
                                 const std::string& queries = "5")
{
    return R"({ "name": "small", "encoders": { "image": { "dim": 24, "heads": 2,
        "semantic_layers": 1, "ffn": 32, "image_size": 8, "patch": 4, "embedding": "conv",
        "stem": [8, 8], "label_stem": [8, 8] } },
        "decoder": { "dim": 24, "heads": 2, "layers": 1, "ffn": 32, "picture_head": "conv" },
        "codebook": { "entries": 16, "subvector_dim": 2 }, "modulation": "16qam",
        "mapping": ")"
        + mapping + R"(", "tasks": [ { "name": "digits", "output": "layered_picture",
        "data": ["mnist"], "queries": )"
        + queries
        + R"(, "aligned": true, "classes": 10, "inputs": { "image": { "layers": )"
        + layers + " } }" + task + " } ] }";
}
