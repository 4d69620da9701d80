// SPDX-License-Identifier: GPL-3.0-or-later
// A sound file. At most 2^16 instants here.
#include "fuzz_input.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/sound.h>

#include <cmath>

using namespace udeepsc_core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const fuzz::InputFile file(data, size);
    try {
        const auto sound = load_sound(file.path(), 1 << 16);
        for (const float sample : to_mono(sound))
            fuzz::require(std::isfinite(sample), "samples are finite");
    } catch (const Error&) { }
    return 0;
}
