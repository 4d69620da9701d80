// SPDX-License-Identifier: GPL-3.0-or-later
// The table of a split of MOSI and, behind a byte 0xff, an array of its features.
#include "fuzz_dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const fuzz::Folder s_folder;
    static const auto s_config = fuzz::config_with_task(R"({
        "name": "sentiment", "output": "score", "data": ["mosi"],
        "inputs": { "text": { "min_vectors": 1, "max_vectors": 2 },
                    "audio": { "min_vectors": 1, "max_vectors": 2 } } })");
    fuzz::Input input(data, size);
    s_folder.write("mosi/test.tsv", input.part());
    s_folder.write("mosi/test_audio73.npy", input.rest());
    fuzz::read_all(s_config, s_folder, "test");
    return 0;
}
