// SPDX-License-Identifier: GPL-3.0-or-later
// A NumPy array.
#include "fuzz_input.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/npy.h>

#include <cmath>

using namespace udeepsc_core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const fuzz::InputFile file(data, size);
    try {
        const auto array = read_npy(file.path());
        std::size_t count = 1;
        for (const auto extent : array.shape)
            count *= extent;
        fuzz::require(count == array.values.size(), "the values fill the shape");
        for (const float value : array.values)
            fuzz::require(std::isfinite(value), "values are finite");
    } catch (const Error&) { }
    return 0;
}
