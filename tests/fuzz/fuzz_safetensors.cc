// SPDX-License-Identifier: GPL-3.0-or-later
// A safetensors file.
#include "fuzz_input.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/safetensors.h>

using namespace udeepsc_core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const fuzz::InputFile file(data, size);
    try {
        const auto metadata = read_safetensors_metadata(file.path());
        const auto whole = read_safetensors(file.path());
        fuzz::require(whole.metadata == metadata, "both readers find the same metadata");
        fuzz::require(content_hash(whole).size() == 16, "a hash has 16 digits");
    } catch (const Error&) { }
    return 0;
}
