// SPDX-License-Identifier: GPL-3.0-or-later
#include "frame_header.h"

#include "block_code.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace udeepsc_phy {
namespace detail {

namespace {

constexpr unsigned RESERVED_BITS = 1;
constexpr unsigned POWER_BITS = 6, REPETITION_BITS = 3;
constexpr unsigned MAX_PAYLOADS = 64;

//! Payloads in a row that differ in nothing but their number, positions and check.
struct Run {
    PayloadHeader first;
    unsigned count = 1;
    bool checked = false;
};

bool continues(const Run& run, const FramePayload& next)
{
    PayloadHeader expected = run.first;
    expected.frame_id = (run.first.frame_id + run.count) % 256;
    expected.positions = next.header.positions;
    expected.checked = next.header.checked;
    return expected == next.header && run.checked == next.check.has_value();
}

std::vector<Run> runs_of(const std::vector<FramePayload>& payloads)
{
    std::vector<Run> runs;
    for (const auto& payload : payloads) {
        if (!runs.empty() && continues(runs.back(), payload)) {
            runs.back().count++;
        } else {
            runs.push_back({ payload.header, 1, payload.check.has_value() });
        }
    }
    return runs;
}

// What a frame's header and its description both tell of a payload. Header: FrameHeader
// or PayloadHeader.
template <typename Header> void append_form(Bits& bits, const Header& header)
{
    append_bits(bits, header.frame_id, 8);
    append_bits(bits, header.task, 4);
    append_bits(bits, header.modality, 2);
    append_bits(bits, header.layer, 3);
    append_bits(bits, static_cast<unsigned>(header.modulation), 3);
    append_bits(bits, header.vectors, 7);
}

template <typename Header> void read_form(BitReader& reader, Header& header)
{
    header.frame_id = reader.read(8);
    header.task = reader.read(4);
    header.modality = reader.read(2);
    header.layer = reader.read(3);
    header.modulation = static_cast<decltype(header.modulation)>(reader.read(3));
    header.vectors = reader.read(7);
}

//! Half decibels in two's complement, and repetitions less one.
void append_protection(Bits& bits, const PayloadHeader& header)
{
    const auto steps = static_cast<int>(std::lround(2 * header.power_db));
    append_bits(bits, static_cast<unsigned>(steps) & 63u, POWER_BITS);
    append_bits(bits, header.repetitions - 1, REPETITION_BITS);
}

void read_protection(BitReader& reader, PayloadHeader& header)
{
    const auto steps = static_cast<int>(reader.read(POWER_BITS));
    header.power_db = 0.5 * (steps < 32 ? steps : steps - 64);
    header.repetitions = reader.read(REPETITION_BITS) + 1;
}

void append_run(Bits& bits, const Run& run, bool is_protected)
{
    const auto& header = run.first;
    append_bits(bits, run.count - 1, 6);
    append_bits(bits, header.symbols, 13);
    append_form(bits, header);
    append_bits(bits, header.candidates > 0, 1);
    append_bits(bits, run.checked, 1);
    if (is_protected) {
        append_protection(bits, header);
    }
    if (header.candidates > 0) {
        append_bits(bits, header.candidates - 1, 8);
    }
}

void append_mask(Bits& bits, const PayloadHeader& header)
{
    const std::size_t first = bits.size();
    bits.resize(first + header.candidates, 0);
    for (unsigned position : header.positions) {
        bits[first + position] = 1;
    }
}

Run read_run(BitReader& reader, const FrameHeader& header)
{
    Run run;
    run.count = reader.read(6) + 1;
    run.first.model = header.model;
    run.first.symbols = reader.read(13);
    read_form(reader, run.first);
    const bool masked = reader.read(1);
    run.checked = reader.read(1);
    if (header.is_protected) {
        read_protection(reader, run.first);
    }
    run.first.candidates = masked ? reader.read(8) + 1 : 0;
    return run;
}

FramePayload read_payload(BitReader& reader, const Run& run, unsigned i)
{
    FramePayload payload { run.first, std::nullopt };
    payload.header.frame_id = (run.first.frame_id + i) % 256;
    payload.header.checked = run.checked;
    for (unsigned k = 0; k < run.first.candidates; k++) {
        if (reader.read(1)) {
            payload.header.positions.push_back(k);
        }
    }
    if (run.checked) {
        payload.check = static_cast<std::uint16_t>(reader.read(16));
    }
    return payload;
}

bool valid(const std::vector<FramePayload>& payloads)
{
    try {
        for (const auto& payload : payloads) {
            payload.header.validate();
        }
    } catch (const std::invalid_argument&) {
        return false;
    }
    return true;
}

//! Of a header that says it all.
std::vector<FramePayload> alike(const FrameHeader& header)
{
    PayloadHeader payload;
    payload.task = header.task;
    payload.modality = header.modality;
    payload.layer = header.layer;
    payload.model = header.model;
    payload.modulation = static_cast<Modulation>(header.modulation);
    payload.vectors = header.vectors;
    payload.symbols = header.symbols / header.payloads;
    std::vector<FramePayload> payloads;
    for (unsigned i = 0; i < header.payloads; i++) {
        payload.frame_id = (header.frame_id + i) % 256;
        payloads.push_back({ payload, std::nullopt });
    }
    return payloads;
}

void pad_to_bytes(Bits& bits)
{
    bits.resize((bits.size() + 7) / 8 * 8, 0);
}

//! As bytes: the header as it goes on the air, then the description up to the tag.
std::vector<std::uint8_t> signed_words(const FrameHeader& header, const Bits& description)
{
    Bits bits = pack(header);
    bits.insert(bits.end(), description.begin(), description.end());
    BitReader reader(bits);
    std::vector<std::uint8_t> bytes(bits.size() / 8);
    for (auto& byte : bytes) {
        byte = static_cast<std::uint8_t>(reader.read(8));
    }
    return bytes;
}

} // namespace

std::uint16_t label_check(const std::vector<std::uint16_t>& labels,
                          unsigned bits_per_symbol)
{
    Bits bits;
    for (std::uint16_t label : labels) {
        append_bits(bits, label, bits_per_symbol);
    }
    return crc16(bits);
}

Bits pack(const FrameHeader& header, unsigned version, unsigned reserved)
{
    Bits bits;
    append_bits(bits, version, 2);
    append_bits(bits, static_cast<unsigned>(header.kind), 2);
    append_bits(bits, header.addresses.source, 8);
    append_bits(bits, header.addresses.destination, 8);
    append_bits(bits, header.model, 8);
    append_bits(bits, header.description, 8);
    append_bits(bits, header.payloads - 1, 6);
    append_bits(bits, header.symbols, 16);
    append_form(bits, header);
    append_bits(bits, header.is_signed, 1);
    append_bits(bits, header.is_protected, 1);
    append_bits(bits, reserved, RESERVED_BITS);
    return bits;
}

HeaderFault unpack(const Bits& bits, FrameHeader& header)
{
    BitReader reader(bits);
    if (reader.read(2) != FRAME_VERSION) {
        return HeaderFault::other_version;
    }
    const unsigned kind = reader.read(2);
    header.kind = static_cast<FrameKind>(kind);
    header.addresses.source = reader.read(8);
    header.addresses.destination = reader.read(8);
    header.model = reader.read(8);
    header.description = reader.read(8);
    header.payloads = reader.read(6) + 1;
    header.symbols = reader.read(16);
    read_form(reader, header);
    header.is_signed = reader.read(1);
    header.is_protected = reader.read(1);
    if (reader.read(RESERVED_BITS) != 0
        || (header.is_signed && header.description < FrameSignature::BYTES)) {
        return HeaderFault::bad_value;
    }
    if (header.kind == FrameKind::control) {
        const bool right
            = header.contents() > 0 && header.symbols == 0 && !header.is_protected;
        return right ? HeaderFault::none : HeaderFault::bad_value;
    }
    if (header.kind != FrameKind::payloads) {
        return HeaderFault::bad_value;
    }
    if (header.contents() == 0
        && (header.is_protected || header.symbols % header.payloads != 0
            || !valid(alike(header)))) {
        return HeaderFault::bad_value;
    }
    return header.symbols > 0 ? HeaderFault::none : HeaderFault::bad_value;
}

FrameHeader describe(const std::vector<FramePayload>& payloads,
                     const FrameAddresses& addresses,
                     Bits& description)
{
    const auto& first = payloads.front().header;
    FrameHeader header;
    header.addresses = addresses;
    header.model = first.model;
    header.payloads = static_cast<unsigned>(payloads.size());
    for (const auto& payload : payloads) {
        header.symbols += payload.header.symbols_sent();
        header.is_protected = header.is_protected || payload.header.is_protected();
    }
    header.frame_id = first.frame_id;
    header.task = first.task;
    header.modality = first.modality;
    header.layer = first.layer;
    header.modulation = static_cast<unsigned>(first.modulation);
    header.vectors = first.vectors;

    description.clear();
    const auto runs = runs_of(payloads);
    if (runs.size() == 1 && first.candidates == 0 && !runs.front().checked
        && !header.is_protected) {
        return header;
    }
    auto payload = payloads.begin();
    for (const auto& run : runs) {
        append_run(description, run, header.is_protected);
        for (unsigned i = 0; i < run.count; i++, ++payload) {
            append_mask(description, payload->header);
            if (payload->check) {
                append_bits(description, *payload->check, 16);
            }
        }
    }
    pad_to_bytes(description);
    // More than the field can say is the framer's to refuse.
    header.description = static_cast<unsigned>(description.size() / 8);
    return header;
}

std::optional<std::vector<FramePayload>> payloads_of(const FrameHeader& header,
                                                     const Bits& description)
{
    if (header.description == 0) {
        return alike(header);
    }
    BitReader reader(description);
    std::vector<FramePayload> payloads;
    std::size_t symbols = 0;
    while (payloads.size() < header.payloads && reader.complete()) {
        const Run run = read_run(reader, header);
        for (unsigned i = 0; i < run.count; i++) {
            payloads.push_back(read_payload(reader, run, i));
            symbols += run.first.symbols_sent();
        }
    }
    if (!reader.complete() || payloads.size() != header.payloads
        || symbols != header.symbols || !valid(payloads)) {
        return std::nullopt;
    }
    return payloads;
}

// ---------------------------------------------------------------------- signatures

void sign(FrameHeader& header, Bits& description, FrameSigner& signer)
{
    header.is_signed = true;
    header.description += FrameSignature::BYTES;
    const std::uint64_t number = signer.next_number();
    append_bits(description, static_cast<unsigned>(number >> 32), 32);
    append_bits(description, static_cast<unsigned>(number), 32);
    for (const std::uint8_t byte : signer.tag_of(signed_words(header, description))) {
        append_bits(description, byte, 8);
    }
}

std::optional<FrameSignature> take_signature(FrameHeader& header, Bits& description)
{
    if (!header.is_signed) {
        return std::nullopt;
    }
    FrameSignature signature;
    const std::size_t contents = description.size() - 8 * FrameSignature::BYTES;
    const Bits end(description.begin() + static_cast<std::ptrdiff_t>(contents),
                   description.end());
    BitReader reader(end);
    signature.number = static_cast<std::uint64_t>(reader.read(32)) << 32;
    signature.number |= reader.read(32);
    for (auto& byte : signature.tag) {
        byte = static_cast<std::uint8_t>(reader.read(8));
    }
    description.resize(description.size() - 8 * FrameSignature::TAG_BYTES);
    signature.words = signed_words(header, description);
    description.resize(contents);
    header.description = header.contents();
    header.is_signed = false;
    return signature;
}

} // namespace detail
} // namespace udeepsc_phy
