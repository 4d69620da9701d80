// SPDX-License-Identifier: GPL-3.0-or-later
// A model file: a sound one of random weights, of which the input changes one thing.
#include "fuzz_dataset.h"

#include <udeepsc_core/config.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/model_files.h>
#include <udeepsc_core/safetensors.h>
#include <udeepsc_core/transceiver.h>

using namespace udeepsc_core;

namespace {

SafetensorsFile sound_model()
{
    const fuzz::Folder folder;
    const auto path = folder.path() + "/model.safetensors";
    // Small: every input makes it anew.
    folder.write("config.json", fuzz::config_text(R"({
        "name": "questions", "output": "label", "classes": ["yes", "no"],
        "inputs": { "image": { "min_vectors": 1, "max_vectors": 2 },
                    "text": { "min_vectors": 1, "max_vectors": 2 } } })"));
    write_random_model(folder.path() + "/config.json", 5, path);
    return read_safetensors(path);
}

//! Numbers that make the largest tensors are the interesting ones.
void change_tensor(RawTensor& tensor, fuzz::Input& input)
{
    switch (input.choice(5)) {
    case 0:
        tensor.name = input.rest();
        break;
    case 1:
        tensor.shape.clear();
        while (input.left() > 0)
            tensor.shape.push_back(input.number<std::int32_t>());
        break;
    case 2:
        tensor.dtype = static_cast<DType>(input.choice(7));
        break;
    case 3: {
        const auto bytes = input.rest();
        std::copy_n(bytes.begin(),
                    std::min(bytes.size(), tensor.data.size()),
                    tensor.data.begin());
        break;
    }
    default: {
        const auto bytes = input.rest();
        tensor.data.assign(bytes.begin(), bytes.end());
        tensor.shape = { static_cast<std::int64_t>(tensor.data.size()) };
        tensor.dtype = DType::u8;
    }
    }
}

void change(SafetensorsFile& file, fuzz::Input& input)
{
    switch (input.choice(4)) {
    case 0:
        file.metadata["config"] = input.rest();
        break;
    case 1:
        file.metadata["training"] = input.rest();
        break;
    case 2: {
        const auto key = input.part();
        file.metadata[key] = input.rest();
        break;
    }
    default: {
        const auto tensor = input.number<std::uint16_t>() % file.tensors.size();
        if (input.choice(8) == 0)
            file.tensors.erase(file.tensors.begin()
                               + static_cast<std::ptrdiff_t>(tensor));
        else
            change_tensor(file.tensors[tensor], input);
    }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto s_model = sound_model();
    static const fuzz::Folder s_folder;
    auto file = s_model;
    fuzz::Input input(data, size);
    change(file, input);
    // A new name each time: models are kept by path while somebody uses them.
    static std::size_t s_number = 0;
    const auto path = s_folder.path() + "/" + std::to_string(s_number++) + ".safetensors";
    try {
        write_safetensors(path, file);
        try {
            model_config_of(read_safetensors_metadata(path), path);
        } catch (const Error&) { }
        Transceiver::load(path);
    } catch (const Error&) { }
    std::filesystem::remove(path);
    return 0;
}
