// SPDX-License-Identifier: GPL-3.0-or-later
// A control message as the description of its frame.
#include "frame_header.h"

#include <cmath>
#include <stdexcept>

namespace udeepsc_phy {
namespace detail {

namespace {

constexpr double ESN0_STEPS = 256.0; // a dB

} // namespace

FrameHeader describe(const ControlMessage& message,
                     const FrameAddresses& addresses,
                     Bits& description)
{
    description.clear();
    append_bits(description, static_cast<unsigned>(message.kind), 8);
    append_bits(description, message.frame_id, 8);
    if (message.kind == ControlMessage::Kind::csi) {
        const long steps = std::lround(message.esn0_db * ESN0_STEPS);
        append_bits(description, static_cast<unsigned>(steps) & 0xffff, 16);
    } else if (message.kind == ControlMessage::Kind::acknowledgement) {
        append_bits(description, message.task, 8);
    } else {
        for (const unsigned char byte : message.text) {
            append_bits(description, byte, 8);
        }
    }
    FrameHeader header;
    header.kind = FrameKind::control;
    header.addresses = addresses;
    header.frame_id = message.frame_id;
    header.description = static_cast<unsigned>(description.size() / 8);
    return header;
}

std::optional<ControlMessage> message_of(const Bits& description)
{
    BitReader reader(description);
    ControlMessage message;
    message.kind = static_cast<ControlMessage::Kind>(reader.read(8));
    message.frame_id = reader.read(8);
    if (message.kind == ControlMessage::Kind::csi) {
        message.esn0_db = static_cast<std::int16_t>(reader.read(16)) / ESN0_STEPS;
    } else if (message.kind == ControlMessage::Kind::acknowledgement) {
        message.task = reader.read(8);
    } else {
        while (reader.position() < description.size()) {
            message.text.push_back(static_cast<char>(reader.read(8)));
        }
    }
    if (reader.position() != description.size()) {
        return std::nullopt;
    }
    try {
        message.validate();
    } catch (const std::invalid_argument&) {
        return std::nullopt;
    }
    return message;
}

} // namespace detail
} // namespace udeepsc_phy
