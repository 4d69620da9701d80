// SPDX-License-Identifier: GPL-3.0-or-later
#include "jpeg_check.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <numeric>

namespace udeepsc_core {

namespace {

constexpr std::uint8_t PREFIX = 0xff; // of a marker
constexpr std::uint8_t TABLES = 0xc4; // DHT
constexpr std::uint8_t START = 0xd8; // SOI
constexpr std::uint8_t END = 0xd9; // EOI
constexpr std::ptrdiff_t COUNTS = 16; // of the codes of 1, 2, ... 16 bits
// Code number 255 is stb_image's mark of no code. Pictures have at most 176.
constexpr int MAX_CODES = 255;

using Place = std::vector<std::uint8_t>::const_iterator;

//! No segment follows: a zero behind 0xff that is coded data, a restart marker, the
//! start.
bool stands_alone(std::uint8_t marker)
{
    return marker == 0 || marker == START || (marker >= 0xd0 && marker <= 0xd7);
}

//! Of the codes of 1, 2, ... 16 bits, so many; none may begin like another.
void require_sound_counts(const std::string& where, Place counts, Place end)
{
    const int codes = std::accumulate(counts, end, 0);
    if (codes > MAX_CODES)
        throw Error(where + "found a damaged picture: a Huffman table of "
                    + std::to_string(codes) + " codes, expected at most "
                    + std::to_string(MAX_CODES));
    int free = 1; // codes of this length
    for (; counts != end; ++counts) {
        free = 2 * free - *counts;
        if (free < 0)
            throw Error(where
                        + "found a damaged picture: a Huffman table with more codes than "
                          "their lengths allow");
    }
}

//! Tables in a row: a class, the counts, what each code means. The last one may be longer
//! than the segment says; stb_image reads it all the same.
void require_sound_tables(const std::string& where, Place at, Place end, Place file_end)
{
    while (at < end) {
        const auto counts_end = at + std::min(1 + COUNTS, file_end - at);
        require_sound_counts(where, at + 1, counts_end);
        const auto codes = std::accumulate(at + 1, counts_end, std::ptrdiff_t(0));
        at = counts_end + std::min(codes, file_end - counts_end);
    }
}

} // namespace

void require_sound_jpeg(const std::string& where, const std::vector<std::uint8_t>& file)
{
    if (file.size() < 2 || file[0] != PREFIX)
        return;
    // As stb_image goes through it: from marker to marker, and a segment by its length.
    auto at = file.begin();
    for (;;) {
        at = std::find(at, file.end(), PREFIX);
        at = std::find_if(at, file.end(), [](std::uint8_t b) { return b != PREFIX; });
        if (at == file.end() || *at == END)
            return;
        const std::uint8_t marker = *at++;
        if (stands_alone(marker))
            continue;
        if (file.end() - at < 2)
            return;
        const std::ptrdiff_t length = at[0] << 8 | at[1];
        const auto end = at + std::min(length, file.end() - at);
        if (marker == TABLES)
            require_sound_tables(where, at + 2, end, file.end());
        at = end;
    }
}

} // namespace udeepsc_core
