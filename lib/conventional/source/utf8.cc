// SPDX-License-Identifier: GPL-3.0-or-later
#include "utf8.h"

#include <cstddef>

namespace udeepsc_conventional {

namespace {

//! Bytes of the sequence that begins here; 0 where none does (RFC 3629).
std::size_t sequence_length(const std::string& text, std::size_t at)
{
    const auto byte = [&](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const unsigned first = byte(at);
    if (first < 0x80)
        return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    for (std::size_t i = 1; i < length; ++i)
        if (byte(at + i) >> 6 != 2)
            return 0;
    const unsigned second = byte(at + 1);
    const bool overlong
        = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool none
        = (first == 0xed && second >= 0xa0) || (first == 0xf4 && second >= 0x90);
    return overlong || none ? 0 : length;
}

} // namespace

std::string valid_utf8(const std::string& text)
{
    std::string valid;
    for (std::size_t i = 0; i < text.size();) {
        const auto length = sequence_length(text, i);
        if (length == 0)
            valid.push_back('?');
        else
            valid.append(text, i, length);
        i += length == 0 ? 1 : length;
    }
    return valid;
}

} // namespace udeepsc_conventional
