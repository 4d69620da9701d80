// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace gr {
namespace udeepsc {

//! Most significant byte first.
inline void put_u32(unsigned char* out, std::uint32_t v)
{
    for (int i = 0; i < 4; i++) {
        out[i] = static_cast<unsigned char>(v >> (24 - 8 * i));
    }
}

inline std::uint32_t get_u32(const unsigned char* in)
{
    return static_cast<std::uint32_t>(in[0]) << 24 | in[1] << 16 | in[2] << 8 | in[3];
}

} // namespace udeepsc
} // namespace gr
