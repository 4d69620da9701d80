// SPDX-License-Identifier: GPL-3.0-or-later
#include "raw_payloads.h"

#include <udeepsc_phy/mapper.h>
#include <udeepsc_phy/soft_demapper.h>

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_phy::Modulation;
using udeepsc_phy::Payload;
using udeepsc_phy::PayloadHeader;
using udeepsc_phy::ReceivedPayload;

constexpr const char* s_task = "raw";
constexpr unsigned s_task_number = 15; // no model has so many tasks
constexpr std::size_t s_most_symbols = 8191; // of a payload: 13 bits
constexpr unsigned s_symbols = 0; // header's modality
constexpr unsigned s_bytes = 1;

bool is_raw(const PayloadHeader& header)
{
    return header.task == s_task_number && header.vectors == 0;
}

bool is_bytes(const PayloadHeader& header)
{
    return is_raw(header) && header.modality == s_bytes;
}

Modulation modulation_of(const pdu& data)
{
    try {
        return udeepsc_phy::modulation_from_string(
            data.symbol(keys::modulation()).value_or("qpsk"));
    } catch (const std::invalid_argument& e) {
        throw bad_pdu(reasons::BAD_KEY, std::string("key \"modulation\": ") + e.what());
    }
}

std::vector<std::complex<float>> symbols_of(const std::vector<std::uint8_t>& bytes,
                                            Modulation modulation)
{
    std::vector<std::uint8_t> bits;
    bits.reserve(8 * bytes.size());
    for (const unsigned byte : bytes) {
        for (int bit = 7; bit >= 0; --bit) {
            bits.push_back(byte >> bit & 1);
        }
    }
    return udeepsc_phy::Mapper(modulation).map_bits(bits);
}

// Bits that fill no whole byte are the last symbol's padding: fewer than 8.
std::vector<std::uint8_t> bytes_of(const ReceivedPayload& payload)
{
    const udeepsc_phy::SoftDemapper demapper(payload.header.modulation);
    const unsigned bits = demapper.constellation().bits_per_symbol();
    std::vector<std::uint8_t> bytes(payload.symbols.size() * bits / 8);
    std::size_t place = 0; // of a bit
    for (const unsigned label : demapper.hard_labels(payload.symbols)) {
        for (int bit = static_cast<int>(bits) - 1; bit >= 0; --bit, ++place) {
            if (place / 8 < bytes.size()) {
                bytes[place / 8] |= (label >> bit & 1) << (7 - place % 8);
            }
        }
    }
    return bytes;
}

} // namespace

Payload raw_payloads::payload_of(const pdu& data) const
{
    const bool bytes = pmt::is_u8vector(data.payload);
    Payload payload;
    payload.header.task = s_task_number;
    payload.header.modality = bytes ? s_bytes : s_symbols;
    payload.header.modulation = modulation_of(data);
    payload.symbols
        = bytes ? symbols_of(data.bytes(), payload.header.modulation) : data.complexes();
    if (payload.symbols.empty() || payload.symbols.size() > s_most_symbols) {
        throw bad_pdu(reasons::WRONG_SHAPE,
                      std::to_string(payload.symbols.size()) + " symbols, expected 1.."
                          + std::to_string(s_most_symbols));
    }
    payload.header.symbols = static_cast<unsigned>(payload.symbols.size());
    return payload;
}

payload_format::sample_parts
raw_payloads::parts_of_sample(const PayloadHeader& header) const
{
    return { s_task, { is_bytes(header) ? "bytes" : "symbols" } };
}

unsigned raw_payloads::number_of_task(const std::string& task) const
{
    if (task != s_task) {
        throw bad_pdu(reasons::UNKNOWN_TASK,
                      "task \"" + task + "\", expected \"" + s_task + "\"");
    }
    return s_task_number;
}

std::string raw_payloads::task_of_number(unsigned number) const
{
    return number == s_task_number ? s_task : "task " + std::to_string(number);
}

payload_format::contents raw_payloads::contents_of(const ReceivedPayload& payload) const
{
    if (is_bytes(payload.header)) {
        const auto bytes = bytes_of(payload);
        return { s_task,
                 "bytes",
                 { static_cast<int>(bytes.size()) },
                 pmt::init_u8vector(bytes.size(), bytes) };
    }
    const PayloadHeader& header = payload.header;
    const auto& symbols = payload.symbols;
    const bool raw = is_raw(header);
    // A model's payload is symbols too, for whoever wants to look at them.
    return { raw ? s_task : "task " + std::to_string(header.task),
             raw ? "symbols" : "modality " + std::to_string(header.modality),
             { static_cast<int>(symbols.size()) },
             pmt::init_c32vector(symbols.size(), symbols) };
}

} // namespace udeepsc
} // namespace gr
