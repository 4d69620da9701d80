// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Terminated convolutional codes of rate 1/2, libfec's of constraint length 7
 * and 9.
 *
 * The register holds the newest bit lowest; each bit gives the parities of the register
 * with the two generators. Zeros at the end bring it back to state 0. Not safe to share
 * between threads.
 */
class ConvolutionalCode {
public:
    enum class ConstraintLength { seven = 7, nine = 9 };

    //! \param bits of a message, without the tail
    ConvolutionalCode(ConstraintLength constraint_length, std::size_t bits);
    ~ConvolutionalCode();
    ConvolutionalCode(ConvolutionalCode&&) noexcept;
    ConvolutionalCode& operator=(ConvolutionalCode&&) noexcept;

    //! Coded bits of a message: 2 (bits + constraint length - 1).
    std::size_t coded_bits() const;

    //! One bit in each byte.
    std::vector<std::uint8_t> encode(const std::vector<std::uint8_t>& bits) const;

    //! The most likely message. \param llrs of the coded bits, positive for 0; a common
    //! factor does not matter
    std::vector<std::uint8_t> decode(const std::vector<double>& llrs);

private:
    struct Impl;
    std::unique_ptr<Impl> d_impl;
};

} // namespace detail
} // namespace udeepsc_phy
