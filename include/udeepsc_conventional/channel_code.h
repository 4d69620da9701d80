// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_conventional/api.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace udeepsc_conventional UDEEPSC_CONVENTIONAL_API {

//! Bits, 0 or 1, one a byte.
using Bits = std::vector<std::uint8_t>;

enum class CodeFamily {
    ldpc, //!< 5G NR (3GPP TS 38.212), sum-product decoder
    turbo, //!< LTE (3GPP TS 36.212), log-MAP decoder
};

//! "ldpc" or "turbo".
std::string to_string(CodeFamily family);

//! Inverse of to_string(). \throws std::invalid_argument for any other text.
CodeFamily code_family_from_string(const std::string& name);

//! What a decoder makes of a block.
struct DecodedBits {
    Bits bits; //!< [information_bits]
    //! Leading bits that can be relied on: those before the first code block whose check
    //! fails. information_bits where none does.
    std::size_t sound = 0;
};

/*! How many information bits in how many coded bits, by which code. */
struct CodeConfig {
    CodeFamily family = CodeFamily::ldpc;
    std::size_t information_bits = 0; //!< at least 1
    std::size_t coded_bits = 0; //!< a multiple of bits_per_symbol
    //! Of the constellation: the interleaver puts the information bits of a block where
    //! a symbol's bits are received best.
    unsigned bits_per_symbol = 2;
    int ldpc_iterations = 50; //!< most; it ends when all parity checks hold
    int turbo_iterations = 8; //!< most; it ends when the checksum holds

    //! \throws std::invalid_argument naming the field, got and expected
    void validate() const;
};

/*!
 * \brief A channel code of any length and rate.
 *
 * Information is cut into code blocks of equal size, as few as the standard allows: up to
 * 8448 bits (LDPC) or 6144 (turbo). LDPC needs no checksum, since the parity checks tell
 * whether a block is right; a turbo code block carries 16 bits of CRC inside its
 * information_bits' rate. Rate matching and interleaving are those of the standards,
 * redundancy version 0.
 *
 * Rates from 8/9 down to anything: below the code's own 1/3 or 1/5 coded bits repeat.
 */
class ChannelCode {
public:
    virtual ~ChannelCode() = default;

    virtual const CodeConfig& config() const = 0;
    //! Code blocks that the information is cut into.
    virtual std::size_t blocks() const = 0;

    //! [information_bits] to [coded_bits]. \throws std::invalid_argument for another
    //! size.
    virtual Bits encode(const Bits& information) const = 0;

    //! \param llrs ln P(b=0)/P(b=1), [coded_bits], as udeepsc_phy::SoftDemapper gives
    //! them. \throws std::invalid_argument for another size or NaN.
    virtual DecodedBits decode(const std::vector<float>& llrs) const = 0;
};

//! \throws std::invalid_argument as CodeConfig::validate(), or where the rate is above
//! 0.95 in a code block.
std::unique_ptr<ChannelCode> make_channel_code(const CodeConfig& config);

//! log2(1 + SNR): bits a complex symbol that an ideal code carries over AWGN.
double shannon_bits_per_symbol(double esn0_db);

} // namespace udeepsc_conventional
