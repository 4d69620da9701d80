// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/frame.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief PayloadHeader <-> BPSK symbols.
 *
 * 48 bits, CRC-16, 6 tail bits, convolutional code of constraint length 7 and rate 1/2,
 * interleaved, repeated; every repetition with signs of its own, so that no two look
 * alike to a channel. docs/frame-format.md has it bit by bit.
 *
 * With r repetitions Eb/N0 is 2 r Es/N0, and the code's union bound,
 * 70 sum_d a_d Q(sqrt(d Eb/N0)) with a_10 = 11, a_12 = 38, a_14 = 193, is 1e-3 at
 * Eb/N0 = 3.6 dB. Es/N0 = -6 dB less 0.5 dB for synchronisation asks for r = 5.1: six.
 *
 * Not safe to share between threads.
 */
class HeaderCodec {
public:
    enum class Fault {
        none,
        not_a_header, //!< the CRC fails, or the symbols agree too little with the code
                      //!< word
        bad_value, //!< a header, but of another version or with values that do not exist
    };

    struct Decision {
        Fault fault = Fault::not_a_header;
        PayloadHeader header; //!< where fault is none
        //! sum of the LLRs, each with its decision's sign, over sum |LLR|: 1 without
        //! noise
        double agreement = 0;
    };

    //! \throws std::invalid_argument for no repetition.
    explicit HeaderCodec(unsigned repetition);
    ~HeaderCodec();
    HeaderCodec(HeaderCodec&&) noexcept;
    HeaderCodec& operator=(HeaderCodec&&) noexcept;

    //! Agreement below which a right CRC is taken for chance.
    double min_agreement() const;

    //! Symbols of a header: 140 times the repetition.
    std::size_t length() const;

    /*!
     * The symbols of a header, +-1, shape [length()].
     * \throws std::invalid_argument if it does not validate.
     */
    std::vector<float> encode(const PayloadHeader& header) const;

    /*!
     * Decides for a header.
     * \param llrs ln P(+1 sent) / P(-1 sent) for each of the length() symbols, in the
     * order of encode(): 4 Re(y) / N0 for an equalised BPSK symbol y in noise of variance
     * N0. A common factor does not matter; what is not finite counts as 0.
     */
    Decision decode(const float* llrs);
    //! \throws std::invalid_argument for another number than length().
    Decision decode(const std::vector<float>& llrs);

private:
    struct Impl;
    std::unique_ptr<Impl> d_impl;
};

//! CRC-16 of CCITT: x^16 + x^12 + x^5 + 1, register 0xFFFF at first, MSB first, of bits.
std::uint16_t crc16(const std::vector<std::uint8_t>& bits);

} // namespace detail
} // namespace udeepsc_phy
