// SPDX-License-Identifier: GPL-3.0-or-later
// A WordPiece vocabulary and, behind a byte 0xff, a text.
#include "fuzz_input.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/text.h>
#include <udeepsc_core/tokenizer.h>

using namespace udeepsc_core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    const auto vocabulary = input.part();
    const auto text = input.rest();
    try {
        const auto tokenizer
            = make_tokenizer("wordpiece", { vocabulary.begin(), vocabulary.end() });
        const auto ids = tokenizer->encode(text);
        fuzz::require(is_valid_utf8(tokenizer->decode(ids)), "what is decoded is UTF-8");
        const auto again = make_tokenizer("wordpiece", tokenizer->serialize());
        fuzz::require(again->encode(text) == ids,
                      "a tokenizer is read as it was written");
    } catch (const Error&) { }
    return 0;
}
