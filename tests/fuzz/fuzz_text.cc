// SPDX-License-Identifier: GPL-3.0-or-later
// Text of any bytes: repaired, and in the convention of SST-2.
#include "fuzz_input.h"

#include <udeepsc_core/text.h>

using namespace udeepsc_core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto repaired = repair_utf8(text);
    fuzz::require(is_valid_utf8(repaired), "repaired text is UTF-8");
    fuzz::require(is_valid_utf8(text) == (repaired == text), "nothing else is repaired");
    const auto normal = normalize_sentence(text);
    fuzz::require(is_valid_utf8(normal), "a normal sentence is UTF-8");
    fuzz::require(normalize_sentence(normal) == normal, "a normal sentence stays");
    for (const auto& word : split_words(normal))
        fuzz::require(!word.empty(), "no word is empty");
    return 0;
}
