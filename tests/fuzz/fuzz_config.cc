// SPDX-License-Identifier: GPL-3.0-or-later
// A configuration: its part "model" and its part "training".
#include "fuzz_input.h"

#include <udeepsc_core/config.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/trainer.h>

using namespace udeepsc_core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    try {
        const auto config = ModelConfig::from_json(text);
        const auto written = config.to_json();
        fuzz::require(ModelConfig::from_json(written).to_json() == written,
                      "a configuration is read as it was written");
        config.least_parameters();
        for (const auto& task : config.tasks)
            config.task(task.name).classes();
    } catch (const Error&) { }
    const fuzz::InputFile file(text);
    try {
        TrainConfig::from_file(file.path());
    } catch (const Error&) { }
    return 0;
}
