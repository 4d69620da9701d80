// SPDX-License-Identifier: GPL-3.0-or-later
// Blocks of symbols as a radio may bring them, through look-up and decoder.
#include "fuzz_folder.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/text.h>
#include <udeepsc_core/transceiver.h>

#include <cmath>

using namespace udeepsc_core;

namespace {

std::shared_ptr<const Transceiver> random_model()
{
    const fuzz::Folder folder;
    const auto path = folder.path() + "/model.safetensors";
    write_random_model(FUZZ_CONFIG, 5, path);
    set_threads(1);
    return Transceiver::load(path);
}

//! Mostly usual, sometimes anything.
float amplitude(fuzz::Input& input)
{
    return input.choice(8) == 0 ? input.number<float>()
                                : static_cast<float>(input.number<std::int8_t>()) / 64;
}

LinkBlock block_of(fuzz::Input& input, const std::string& modality)
{
    LinkBlock block;
    block.modality = modality;
    block.layer = input.choice(8) == 0 ? input.number<std::int32_t>() : 0;
    block.vectors = input.number<std::int8_t>();
    for (unsigned i = input.choice(16); i > 0; --i)
        block.positions.push_back(input.number<std::int16_t>());
    const std::size_t symbols = input.number<std::uint16_t>() % 1024;
    for (std::size_t i = 0; i < symbols; ++i) {
        const float real = input.left() > 0 ? amplitude(input) : 0.5f;
        block.symbols.emplace_back(real, input.left() > 0 ? amplitude(input) : -0.5f);
    }
    block.gain = amplitude(input);
    const std::size_t variances = input.choice(4) == 0 ? symbols : 1;
    for (std::size_t i = 0; i < variances; ++i)
        block.noise_var.push_back(amplitude(input));
    block.modulation = input.choice(8) == 0 ? input.text(8) : "16qam";
    return block;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto s_model = random_model();
    fuzz::Input input(data, size);
    const auto& tasks = s_model->info().tasks;
    const auto& task = tasks[input.choice(static_cast<unsigned>(tasks.size()))];
    std::vector<LinkBlock> blocks;
    for (const auto& modality : task.modalities)
        if (input.choice(4) > 0)
            blocks.push_back(block_of(input, modality));
    const auto mode = input.choice(2) == 0 ? LookupMode::hard : LookupMode::soft;
    try {
        const auto results = receive(*s_model, task.name, { blocks }, mode);
        fuzz::require(results.size() == 1, "a sample has a result");
        fuzz::require(is_valid_utf8(results[0].sentence), "a sentence is UTF-8");
        for (const float p : results[0].probabilities)
            fuzz::require(std::isfinite(p), "probabilities are finite");
    } catch (const Error&) { }
    return 0;
}
