// SPDX-License-Identifier: GPL-3.0-or-later
// A file of SST-2.
#include "fuzz_dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const fuzz::Folder s_folder;
    static const auto s_config = fuzz::config_with_task(R"({
        "name": "classes", "output": "label", "data": ["sst2"],
        "classes": ["negative", "positive"],
        "inputs": { "text": { "min_vectors": 1, "max_vectors": 2 } } })");
    s_folder.write("SST-2/dev.tsv", fuzz::Input(data, size).rest());
    fuzz::read_all(s_config, s_folder, "test");
    return 0;
}
