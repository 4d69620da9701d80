// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace udeepsc_conventional {

//! Remainder of \p n bits by D^16 + D^12 + D^5 + 1 (3GPP TS 36.212, 5.1.1).
inline std::uint16_t crc16(const std::uint8_t* bits, std::size_t n)
{
    unsigned crc = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const unsigned top = ((crc >> 15) ^ bits[i]) & 1u;
        crc = (crc << 1) & 0xffffu;
        if (top)
            crc ^= 0x1021u;
    }
    return static_cast<std::uint16_t>(crc);
}

} // namespace udeepsc_conventional
