// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_conventional/text_codec.h>

namespace udeepsc_conventional {

//! The mark at the end of a text: byte 0, which no text holds.
constexpr std::size_t END_OF_TEXT = 0;
constexpr std::size_t SYMBOLS = 256;

//! \throws std::invalid_argument where the text holds byte 0
void require_text(const std::string& text);

std::unique_ptr<TextCodec> make_utf8_codec();
std::unique_ptr<TextCodec> make_huffman_codec(const std::vector<std::string>& training);
std::unique_ptr<TextCodec> make_arithmetic_codec(const std::vector<std::string>& training,
                                                 int order);

} // namespace udeepsc_conventional
