// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "convolutional_code.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace udeepsc_phy {
namespace detail {

//! CRC-16 of CCITT: x^16 + x^12 + x^5 + 1, register 0xFFFF at first, MSB first, of bits.
std::uint16_t crc16(const std::vector<std::uint8_t>& bits);

constexpr std::size_t CRC_BITS = 16;

/*!
 * \brief Bits that have to arrive without an error <-> BPSK symbols.
 *
 * CRC-16, convolutional code, interleaver, repetition; every repetition with signs of its
 * own, so that no two look alike to a channel. docs/frame-format.md has it bit by bit.
 * Not safe to share between threads.
 */
class BlockCode {
public:
    struct Form {
        std::size_t bits; //!< of a message, without the CRC
        ConvolutionalCode::ConstraintLength constraint_length
            = ConvolutionalCode::ConstraintLength::nine;
        std::size_t interleaver_step = 0; //!< 0: usual_step() of the coded bits
        unsigned repetition = 1;
        std::size_t first_sign = 0; //!< of the header scrambler
    };

    //! \throws std::invalid_argument for no repetition.
    explicit BlockCode(const Form& form);

    //! Symbols of a message.
    std::size_t length() const { return d_signs.size(); }
    //! Of these, those of one repetition.
    std::size_t coded_bits() const { return d_code.coded_bits(); }

    //! Symbols +-1, shape [length()], of bits, one in each byte.
    std::vector<float> encode(const std::vector<std::uint8_t>& bits) const;

    struct Decision {
        bool valid = false; //!< CRC and agreement are right
        std::vector<std::uint8_t> bits;
        //! sum of the LLRs, each with its decision's sign, over sum |LLR|: 1 without
        //! noise
        double agreement = 0;
    };

    /*!
     * \param llrs ln P(+1 sent) / P(-1 sent) for each of the length() symbols:
     * 4 Re(y) / N0 for an equalised BPSK symbol y in noise of variance N0. A common
     * factor does not matter; what is not finite counts as 0.
     */
    Decision decode(const float* llrs);

    //! Agreement of these LLRs with these bits: Decision::agreement, whoever decided.
    double agreement(const std::vector<std::uint8_t>& bits, const float* llrs) const;

    //! Agreement below which a right CRC is taken for chance.
    double min_agreement() const;

    //! The first number from 0.382 n on that has no divisor in common with n.
    static std::size_t usual_step(std::size_t n);
    //! Coded bits of a message of \p bits, with constraint length 9.
    static constexpr std::size_t coded_bits_for(std::size_t bits)
    {
        return 2 * (bits + CRC_BITS + 8);
    }

private:
    std::vector<float> spread(const std::vector<std::uint8_t>& coded) const;
    std::vector<double> combine(const float* llrs) const;
    double message_agreement(const std::vector<std::uint8_t>& message,
                             const float* llrs) const;

    Form d_form;
    ConvolutionalCode d_code;
    std::vector<std::size_t> d_places; //!< of the coded bits, in a repetition
    std::vector<float> d_signs;
};

} // namespace detail
} // namespace udeepsc_phy
