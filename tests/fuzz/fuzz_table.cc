// SPDX-License-Identifier: GPL-3.0-or-later
// A user's own table, with files that its cells may name.
#include "fuzz_dataset.h"

namespace {

fuzz::Folder& folder()
{
    static fuzz::Folder s_folder;
    static const bool s_filled = [] {
        s_folder.write("red.ppm", "P6\n1 1\n255\n\xff" + std::string(2, '\0'));
        return true;
    }();
    (void)s_filled;
    return s_folder;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto s_classes = fuzz::config_with_task(R"({
        "name": "classes", "output": "label", "data": ["tsv"], "classes": ["yes", "no"],
        "inputs": { "image": { "min_vectors": 1, "max_vectors": 2 },
                    "text": { "min_vectors": 1, "max_vectors": 2 } } })");
    static const auto s_scores = fuzz::config_with_task(R"({
        "name": "scores", "output": "score", "data": ["tsv"],
        "inputs": { "text": { "min_vectors": 1, "max_vectors": 2 } } })");
    folder().write("data.tsv", fuzz::Input(data, size).rest());
    for (const auto* split : { "trainval", "test" }) {
        fuzz::read_all(s_classes, folder(), split);
        fuzz::read_all(s_scores, folder(), split);
    }
    return 0;
}
