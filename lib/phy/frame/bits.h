// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace udeepsc_phy {
namespace detail {

using Bits = std::vector<std::uint8_t>; // one bit each, most significant first

inline void append_bits(Bits& bits, unsigned value, unsigned n)
{
    for (unsigned i = n; i-- > 0;) {
        bits.push_back((value >> i) & 1);
    }
}

//! Takes numbers off a row of bits; beyond its end everything is 0 and complete() false.
class BitReader {
public:
    explicit BitReader(const Bits& bits)
        : d_bits(bits)
    { }

    unsigned read(unsigned n)
    {
        unsigned value = 0;
        for (unsigned i = 0; i < n; i++, d_next++) {
            value = 2 * value + (d_next < d_bits.size() ? d_bits[d_next] : 0);
        }
        return value;
    }

    bool complete() const { return d_next <= d_bits.size(); }
    std::size_t position() const { return d_next; }

private:
    const Bits& d_bits;
    std::size_t d_next = 0;
};

} // namespace detail
} // namespace udeepsc_phy
