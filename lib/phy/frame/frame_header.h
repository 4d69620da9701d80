// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bits.h"

#include <udeepsc_phy/frame.h>
#include <udeepsc_phy/frame_signature.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

/*
 * What a frame says about itself, as bits: docs/frame-format.md. The header tells a
 * receiver how long the frame is. A frame of payloads that are all alike, numbered one
 * after the other, needs nothing else; any other has a description behind its header.
 */
namespace udeepsc_phy {
namespace detail {

enum class FrameKind { payloads = 0, control = 1 };

struct FrameHeader {
    FrameKind kind = FrameKind::payloads; //!< 2 bits
    FrameAddresses addresses; //!< 8 bits each
    unsigned model = 0; //!< 8 bits
    unsigned description = 0; //!< 8 bits: its bytes, 0: there is none
    unsigned payloads = 1; //!< 6 bits, one less on the air
    unsigned symbols = 0; //!< 16 bits: of all payloads, with their repetitions; 0 of a
                          //!< control message
    // Of the first payload; of all, where there is no description.
    unsigned frame_id = 0; //!< 8 bits
    unsigned task = 0; //!< 4 bits
    unsigned modality = 0; //!< 2 bits
    unsigned layer = 0; //!< 3 bits
    unsigned modulation = 0; //!< 3 bits
    unsigned vectors = 0; //!< 7 bits
    //! 1 bit: a FrameSignature is the end of the description, and counted in its bytes.
    bool is_signed = false;
    //! 1 bit: the description tells the power and the repetitions of payloads.
    bool is_protected = false;

    //! Bytes of the description without the signature.
    unsigned contents() const
    {
        return description - (is_signed ? unsigned(FrameSignature::BYTES) : 0);
    }
};

constexpr std::size_t FRAME_HEADER_BITS = 88;
constexpr std::size_t MAX_DESCRIPTION_BYTES = 255;

//! \param version, reserved what a test writes in place of 2 and 0
Bits pack(const FrameHeader& header,
          unsigned version = FRAME_VERSION,
          unsigned reserved = 0);

enum class HeaderFault {
    none,
    other_version,
    bad_value, //!< a value that does not exist, or reserved bits that are not 0
};

//! Bits of a header; \p header is set as far as the version goes.
HeaderFault unpack(const Bits& bits, FrameHeader& header);

//! A payload in its frame.
struct FramePayload {
    PayloadHeader header;
    std::optional<std::uint16_t> check; //!< CRC-16 of its labels
};

//! CRC-16 of a payload's constellation labels, each \p bits_per_symbol bits.
std::uint16_t label_check(const std::vector<std::uint16_t>& labels,
                          unsigned bits_per_symbol);

/*!
 * Header and description of a frame; the description, whole bytes, is empty where the
 * header says it all. \param payloads validated, 1 to 64, of one model
 */
FrameHeader describe(const std::vector<FramePayload>& payloads,
                     const FrameAddresses& addresses,
                     Bits& description);

//! Puts a signature at the end of a description, and says so in the header.
void sign(FrameHeader& header, Bits& description, FrameSigner& signer);
//! Takes it off again, where there is one; header and description are then as they were
//! before sign().
std::optional<FrameSignature> take_signature(FrameHeader& header, Bits& description);

//! The payloads of a frame; none if its values do not exist or contradict each other.
std::optional<std::vector<FramePayload>> payloads_of(const FrameHeader& header,
                                                     const Bits& description);

//! A control message is what a frame's description holds.
FrameHeader describe(const ControlMessage& message,
                     const FrameAddresses& addresses,
                     Bits& description);
std::optional<ControlMessage> message_of(const Bits& description);

} // namespace detail
} // namespace udeepsc_phy
