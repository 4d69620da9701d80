// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "block_code.h"

#include <vector>

namespace udeepsc_conventional {

//! Interleaver of one block size: position f1 i + f2 i^2 modulo size.
struct QppInterleaver {
    std::uint16_t size, f1, f2;
};

//! Smallest of 3GPP TS 36.212, table 5.1.3-3, that holds so many bits; null if none does.
const QppInterleaver* qpp_interleaver(std::size_t bits);

/*!
 * \brief One code block of the LTE turbo code, 3GPP TS 36.212, 5.1.3.2 and 5.1.4.1, with
 * 16 bits of CRC.
 *
 * Decoder: two log-MAP decoders in turn.
 */
class TurboCode : public BlockCode {
public:
    static constexpr std::size_t CRC_BITS = 16;
    static constexpr std::size_t MAX_INFORMATION_BITS = 6144 - CRC_BITS;

    TurboCode(std::size_t information_bits, std::size_t coded_bits, int iterations);

    Bits encode(const std::uint8_t* information) const override;
    Decoded decode(const float* llrs) const override;

private:
    void build_order();

    std::size_t d_information_bits, d_coded_bits;
    int d_iterations;
    std::size_t d_size, d_fillers;
    std::vector<std::size_t> d_permutation; //!< [size]
    //! Positions in [3, size + 4] (systematic, first, second parity) as transmitted.
    std::vector<std::size_t> d_order;
};

} // namespace udeepsc_conventional
