// SPDX-License-Identifier: GPL-3.0-or-later
// The annotations and, behind a byte 0xff, the questions of a set laid out as VQA is.
#include "fuzz_dataset.h"

namespace {

fuzz::Folder& folder()
{
    static fuzz::Folder s_folder;
    static const bool s_filled = [] {
        const std::string picture = "P6\n1 1\n255\n\xff" + std::string(2, '\0');
        s_folder.write("easyvqa/test/images/easyvqa_000000000001.png", picture);
        return true;
    }();
    (void)s_filled;
    return s_folder;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto s_config = fuzz::config_with_task(R"({
        "name": "questions", "output": "label", "data": ["easyvqa"],
        "classes": ["yes", "no"],
        "inputs": { "image": { "min_vectors": 1, "max_vectors": 2 },
                    "text": { "min_vectors": 1, "max_vectors": 2 } } })");
    fuzz::Input input(data, size);
    folder().write("easyvqa/v2_easyvqa_test_annotations.json", input.part());
    folder().write("easyvqa/v2_OpenEnded_easyvqa_test_questions.json", input.rest());
    fuzz::read_all(s_config, folder(), "test");
    return 0;
}
