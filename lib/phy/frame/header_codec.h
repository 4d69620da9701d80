// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "block_code.h"
#include "frame_header.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace udeepsc_phy {
namespace detail {

//! Symbols of one repetition of a frame header.
constexpr std::size_t HEADER_CODED_BITS = BlockCode::coded_bits_for(FRAME_HEADER_BITS);

/*!
 * \brief Headers and descriptions of frames <-> BPSK symbols.
 *
 * With r repetitions Eb/N0 is 2 r Es/N0, and the union bound of the code of constraint
 * length 9, 104 sum_d a_d Q(sqrt(d Eb/N0)) with a_12 = 11, a_14 = 50, a_16 = 286, is 1e-3
 * at Eb/N0 = 3.1 dB (bits of header and CRC alone counted). Es/N0 = -6 dB less 0.5 dB for
 * synchronisation asks for r = 4.6: five. Not safe to share between threads.
 */
class HeaderCodec {
public:
    //! \throws std::invalid_argument for no repetition.
    explicit HeaderCodec(unsigned repetition);

    //! Symbols of a header.
    std::size_t length() const { return d_header.length(); }
    //! Symbols of a description of so many bytes; none for 0.
    std::size_t description_length(std::size_t bytes) const;

    std::vector<float> encode(const FrameHeader& header) const;
    std::vector<float> encode_description(const Bits& description) const;

    enum class Fault {
        none,
        not_a_header, //!< the CRC fails, or the symbols agree too little with the code
                      //!< word
        other_version, //!< a frame of version 1, or of one that comes after 2
        bad_value, //!< a header with values that do not exist
    };
    struct Decision {
        Fault fault = Fault::not_a_header;
        FrameHeader header; //!< where fault is none
    };
    //! Decides for a header. \param llrs as BlockCode::decode() takes them
    Decision decode(const std::vector<float>& llrs);
    //! Whether these symbols may be of a header that others say: far less than decode()
    //! asks for, more than noise or another header have by chance.
    bool resembles(const FrameHeader& header, const std::vector<float>& llrs) const;

    //! A description of so many bytes; none if its CRC fails. \param llrs shape
    //! [description_length(bytes)]
    std::optional<Bits> decode_description(const std::vector<float>& llrs,
                                           std::size_t bytes) const;

private:
    BlockCode description_code(std::size_t bytes) const;

    unsigned d_repetition;
    BlockCode d_header;
    BlockCode d_version_1;
};

} // namespace detail
} // namespace udeepsc_phy
