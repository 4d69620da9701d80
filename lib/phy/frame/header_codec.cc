// SPDX-License-Identifier: GPL-3.0-or-later
#include "header_codec.h"

#include <stdexcept>
#include <string>

namespace udeepsc_phy {
namespace detail {

namespace {

/*
 * The header of version 1: to be refused by name, one has to recognise it. Its first
 * repetition will do, which at 3 dB is read as well as a header of version 2 at -4 dB.
 */
BlockCode::Form version_1_form()
{
    BlockCode::Form form { 48 };
    form.constraint_length = ConvolutionalCode::ConstraintLength::seven;
    form.interleaver_step = 37;
    return form;
}

BlockCode::Form header_form(unsigned repetition)
{
    BlockCode::Form form { FRAME_HEADER_BITS };
    form.repetition = repetition;
    return form;
}

void require_length(std::size_t got, std::size_t expected)
{
    if (got != expected) {
        throw std::invalid_argument("llrs: got " + std::to_string(got)
                                    + " values, expected " + std::to_string(expected));
    }
}

} // namespace

HeaderCodec::HeaderCodec(unsigned repetition)
    : d_repetition(repetition)
    , d_header(header_form(repetition))
    , d_version_1(version_1_form())
{ }

std::size_t HeaderCodec::description_length(std::size_t bytes) const
{
    return bytes > 0 ? d_repetition * BlockCode::coded_bits_for(8 * bytes) : 0;
}

BlockCode HeaderCodec::description_code(std::size_t bytes) const
{
    BlockCode::Form form { 8 * bytes };
    form.repetition = d_repetition;
    form.first_sign = length(); // the scrambler goes on
    return BlockCode(form);
}

std::vector<float> HeaderCodec::encode(const FrameHeader& header) const
{
    return d_header.encode(pack(header));
}

std::vector<float> HeaderCodec::encode_description(const Bits& description) const
{
    if (description.empty()) {
        return {};
    }
    return description_code(description.size() / 8).encode(description);
}

HeaderCodec::Decision HeaderCodec::decode(const std::vector<float>& llrs)
{
    require_length(llrs.size(), length());
    Decision decision;
    const auto block = d_header.decode(llrs.data());
    if (block.valid) {
        switch (unpack(block.bits, decision.header)) {
        case HeaderFault::none:
            decision.fault = Fault::none;
            break;
        case HeaderFault::other_version:
            decision.fault = Fault::other_version;
            break;
        case HeaderFault::bad_value:
            decision.fault = Fault::bad_value;
            break;
        }
        return decision;
    }
    const auto old = d_version_1.decode(llrs.data());
    if (old.valid && old.bits[0] == 0 && old.bits[1] == 1) {
        decision.fault = Fault::other_version;
    }
    return decision;
}

bool HeaderCodec::resembles(const FrameHeader& header,
                            const std::vector<float>& llrs) const
{
    constexpr double SHARE = 0.7; // at -12 dB with five repetitions 3 standard deviations
    return d_header.agreement(pack(header), llrs.data())
        >= SHARE * d_header.min_agreement();
}

std::optional<Bits> HeaderCodec::decode_description(const std::vector<float>& llrs,
                                                    std::size_t bytes) const
{
    require_length(llrs.size(), description_length(bytes));
    const auto block = description_code(bytes).decode(llrs.data());
    return block.valid ? std::optional<Bits>(block.bits) : std::nullopt;
}

} // namespace detail
} // namespace udeepsc_phy
