// SPDX-License-Identifier: GPL-3.0-or-later
// A SentencePiece model, its length in front of it, and a text.
#include "fuzz_input.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/text.h>
#include <udeepsc_core/tokenizer.h>

#include <vector>

using namespace udeepsc_core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    const auto model = input.text(input.number<std::uint16_t>());
    const auto text = input.rest();
    try {
        const SentencePieceTokenizer tokenizer({ model.begin(), model.end() });
        auto ids = tokenizer.encode(text);
        for (const int id : ids)
            fuzz::require(id >= 0 && id < tokenizer.size(),
                          "tokens are in the vocabulary");
        ids.push_back(tokenizer.size() - 1);
        fuzz::require(is_valid_utf8(tokenizer.decode(ids)), "what is decoded is UTF-8");
    } catch (const Error&) { }
    return 0;
}
