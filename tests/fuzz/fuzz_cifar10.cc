// SPDX-License-Identifier: GPL-3.0-or-later
// A batch of CIFAR-10, behind the names of its classes.
#include "fuzz_dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const fuzz::Folder s_folder;
    static const auto s_config = fuzz::config_with_task(R"({
        "name": "classes", "output": "label", "data": ["cifar10"],
        "classes": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"],
        "inputs": { "image": { "min_vectors": 1, "max_vectors": 2 } } })");
    fuzz::Input input(data, size);
    s_folder.write("cifar-10-batches-bin/batches.meta.txt", input.part());
    s_folder.write("cifar-10-batches-bin/test_batch.bin", input.rest());
    fuzz::read_all(s_config, s_folder, "test");
    return 0;
}
