// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "block_code.h"

#include <array>
#include <vector>

namespace udeepsc_conventional {

/*! Parity of the recursive 8-state code 1, (1 + D + D^3) / (1 + D^2 + D^3), terminated.
 */
struct ConstituentWord {
    Bits parity; //!< [bits + 3]
    std::array<std::uint8_t, 3> tail; //!< inputs that end it in state 0
};

ConstituentWord encode_constituent(const Bits& bits);

/*!
 * \brief Where a tail bit lies among the three streams of 3GPP TS 36.212, 5.1.3.2.2.
 *
 * \param t step 0 to 2 \param second of the second encoder \param systematic input or
 * parity
 */
template <typename T>
T& place_tail(std::vector<T>& streams,
              std::size_t length,
              std::size_t size,
              std::size_t t,
              bool second,
              bool systematic)
{
    // x z x z x z, dealt to the three streams in turn, two columns an encoder.
    const std::size_t number = 2 * t + (systematic ? 0 : 1);
    return streams[number % 3 * length + size + number / 3 + (second ? 2 : 0)];
}

/*! Log-MAP (BCJR) decoder of one constituent code, from state 0 to state 0. */
class ConstituentDecoder {
public:
    explicit ConstituentDecoder(std::size_t size);

    //! LLRs of inputs, with what is known of them beforehand, and of parity, [size + 3].
    std::vector<float>& systematic() { return d_systematic; }
    std::vector<float>& parity() { return d_parity; }

    //! What the code adds to systematic(), [size].
    void extrinsic(float* out);

private:
    std::size_t d_size;
    std::vector<float> d_systematic, d_parity;
    std::vector<std::array<float, 8>> d_forward;
};

} // namespace udeepsc_conventional
