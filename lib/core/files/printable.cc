// SPDX-License-Identifier: GPL-3.0-or-later
#include "printable.h"

#include <udeepsc_core/text.h>

#include <cstdint>
#include <cstdio>

namespace udeepsc_core {

namespace {

bool is_line_break_or_tab(unsigned char c)
{
    return c == '\n' || c == '\r' || c == '\t';
}

//! Bytes of the control character at \p at; 0 where there is none. Those of Latin 1,
//! U+0080 to U+009F, are two bytes in UTF-8.
std::size_t control_at(const std::string& utf8, std::size_t at)
{
    const auto byte = [&](std::size_t i) {
        return i < utf8.size() ? static_cast<unsigned char>(utf8[i]) : 0;
    };
    if (byte(at) < 0x20 || byte(at) == 0x7f) {
        return 1;
    }
    return byte(at) == 0xc2 && byte(at + 1) >= 0x80 && byte(at + 1) < 0xa0 ? 2 : 0;
}

std::string escaped(unsigned char c)
{
    switch (c) {
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        char code[5];
        std::snprintf(code, sizeof(code), "\\x%02x", c);
        return code;
    }
}

} // namespace

bool has_control_characters(const std::string& utf8)
{
    for (std::size_t at = 0; at < utf8.size(); ++at) {
        if (control_at(utf8, at) > 0
            && !is_line_break_or_tab(static_cast<unsigned char>(utf8[at]))) {
            return true;
        }
    }
    return false;
}

std::string printable(const std::string& text, std::size_t most_bytes)
{
    const bool cut = text.size() > most_bytes;
    std::size_t end = cut ? most_bytes : text.size();
    while (cut && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u) {
        --end; // not inside a character
    }
    const std::string utf8 = repair_utf8(text.substr(0, end));
    std::string clean;
    for (std::size_t at = 0; at < utf8.size();) {
        const std::size_t control = control_at(utf8, at);
        if (control > 0) {
            clean += escaped(static_cast<unsigned char>(utf8[at + control - 1]));
            at += control;
        } else {
            clean += utf8[at++];
        }
    }
    return clean + (cut ? "..." : "");
}

} // namespace udeepsc_core
