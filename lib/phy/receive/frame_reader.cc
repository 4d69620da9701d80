// SPDX-License-Identifier: GPL-3.0-or-later
#include "frame_reader.h"

#include "maximum_ratio.h"

#include <udeepsc_phy/soft_demapper.h>

#include <cmath>

namespace udeepsc_phy {
namespace detail {

void check_labels(ReceivedPayload& payload)
{
    using Integrity = ReceivedPayload::Integrity;
    if (!payload.check) {
        return;
    }
    const SoftDemapper demapper(payload.header.modulation);
    const auto check = label_check(demapper.hard_labels(payload.symbols),
                                   demapper.constellation().bits_per_symbol());
    payload.integrity = check == *payload.check ? Integrity::intact : Integrity::damaged;
}

FrameReader::FrameReader(const FrameProfile& profile)
    : d_layout(profile)
    , d_codec(profile.header_repetition)
    , d_body(make_body_symbols(profile))
{ }

std::size_t FrameReader::header_symbols() const
{
    return d_layout.frame_symbols(d_codec.length());
}

std::optional<std::size_t> FrameReader::frame_symbols(const DetectedBurst& burst)
{
    FrameHeader header;
    d_llrs.clear();
    d_copy_llrs.clear();
    if (!d_body->open(burst) || read_header(header) != Fault::none
        || header.symbols > d_layout.profile().max_payload_symbols) {
        return std::nullopt;
    }
    return d_layout.frame_symbols(
        d_layout.body_length(header.description, header.symbols));
}

ReceivedFrame FrameReader::read(const DetectedBurst& burst,
                                const std::vector<float>& copy)
{
    ReceivedFrame frame;
    frame.sample = burst.detection.sample;
    frame.timing = burst.detection.timing;
    frame.cfo = burst.detection.cfo;
    d_sections.clear();
    d_llrs.clear();
    d_copy_llrs = copy;
    if (!d_body->open(burst)) {
        frame.fault = Fault::no_header;
        return frame; // there is nothing to report
    }
    FrameHeader header;
    frame.fault = read_header(header);
    if (frame.fault == Fault::none) {
        frame.addresses = header.addresses;
        frame.fault = read_contents(header, frame);
    }
    frame.header_llrs = d_llrs;
    d_body->report(d_sections.empty() ? 0 : d_sections.back().end(), frame);
    return frame;
}

// ------------------------------------------------------------------------- headers

//! Of the burst that was opened.
ReceivedFrame::Fault FrameReader::read_header(FrameHeader& header)
{
    if (!d_body->available(d_codec.length())) {
        return Fault::no_header;
    }
    const auto& window = d_body->window();
    if (window.too_many_not_finite()) {
        return Fault::not_finite;
    }
    // A false alarm may be followed by a burst, far above the noise that raised it.
    if (window.silent() || window.too_many_outliers()) {
        return Fault::no_header;
    }
    Fault fault = decode_header(header);
    while (fault == Fault::no_header && d_body->try_another_way()) {
        fault = decode_header(header);
    }
    if (fault == Fault::none) {
        d_body->add_known(0, d_codec.encode(header));
    }
    return fault;
}

ReceivedFrame::Fault FrameReader::decode_header(FrameHeader& header)
{
    const auto own = llrs(0, d_codec.length());
    Fault fault = decide(own, header);
    if (fault == Fault::none && !d_body->plausible_header(d_codec.encode(header))) {
        fault = Fault::no_header;
    }
    const auto both = with_copy(own, 0);
    if (fault == Fault::no_header && !both.empty()
        && decide(both, header) == Fault::none
        // The copy alone must not put a header where there is none.
        && d_codec.resembles(header, own)) {
        fault = Fault::none;
    }
    return fault;
}

ReceivedFrame::Fault FrameReader::decide(const std::vector<float>& llrs,
                                         FrameHeader& header)
{
    const auto decision = d_codec.decode(llrs);
    header = decision.header;
    switch (decision.fault) {
    case HeaderCodec::Fault::not_a_header:
        return Fault::no_header;
    case HeaderCodec::Fault::other_version:
        return Fault::other_version;
    case HeaderCodec::Fault::bad_value:
        return Fault::bad_header;
    case HeaderCodec::Fault::none:
        break;
    }
    return Fault::none;
}

ReceivedFrame::Fault FrameReader::read_description(const FrameHeader& header,
                                                   Bits& description)
{
    const std::size_t first = d_codec.length();
    const std::size_t n = d_codec.description_length(header.description);
    if (n == 0) {
        return Fault::none;
    }
    if (!d_body->available(first + n)) {
        return Fault::cut;
    }
    const auto own = llrs(first, n);
    auto bits = d_codec.decode_description(own, header.description);
    const auto both = with_copy(own, first);
    if (!bits && !both.empty()) {
        bits = d_codec.decode_description(both, header.description);
    }
    if (!bits) {
        return Fault::lost_description;
    }
    description = *bits;
    d_body->add_known(first, d_codec.encode_description(description));
    return Fault::none;
}

//! ln P(+1) / P(-1) of BPSK symbols.
std::vector<float> FrameReader::llrs(std::size_t first, std::size_t n)
{
    std::vector<std::complex<float>> symbols(n);
    std::vector<float> values(n);
    d_body->read(first, n, symbols.data(), values.data());
    for (std::size_t i = 0; i < n; i++) {
        values[i] = 4.0f * symbols[i].real() / values[i];
    }
    if (d_llrs.size() == first) { // the first way of a header
        d_llrs.insert(d_llrs.end(), values.begin(), values.end());
    }
    return values;
}

//! Added to those of a copy; empty where there is none.
std::vector<float> FrameReader::with_copy(const std::vector<float>& llrs,
                                          std::size_t first) const
{
    if (d_copy_llrs.size() < first + llrs.size()) {
        return {};
    }
    std::vector<float> sum(llrs);
    for (std::size_t i = 0; i < sum.size(); i++) {
        sum[i] += d_copy_llrs[first + i];
    }
    return sum;
}

// ------------------------------------------------------------------------- contents

ReceivedFrame::Fault FrameReader::read_contents(FrameHeader header, ReceivedFrame& frame)
{
    if (header.symbols > d_layout.profile().max_payload_symbols
        || header.payloads > d_layout.profile().max_payloads) {
        return Fault::bad_header;
    }
    Bits description;
    const Fault fault = read_description(header, description);
    if (fault != Fault::none) {
        return fault;
    }
    const std::size_t first = d_layout.body_length(header.description, 0);
    frame.signature = take_signature(header, description);
    if (header.kind == FrameKind::control) {
        frame.message = message_of(description);
        return frame.message ? Fault::none : Fault::bad_header;
    }
    return read_payloads(find_payloads(header, description, first), frame);
}

//! Those that are there whole, the first at \p position of the body.
ReceivedFrame::Fault FrameReader::find_payloads(const FrameHeader& header,
                                                const Bits& description,
                                                std::size_t position)
{
    const auto payloads = payloads_of(header, description);
    if (!payloads) {
        return Fault::bad_header;
    }
    for (const auto& payload : *payloads) {
        const Section section { payload, position };
        if (!d_body->available(section.end())) {
            return Fault::cut;
        }
        d_sections.push_back(section);
        position = section.end();
    }
    d_body->end_at(position);
    return Fault::none;
}

//! With all reference symbols taken together.
ReceivedFrame::Fault FrameReader::read_payloads(Fault fault, ReceivedFrame& frame)
{
    if (d_sections.empty()) {
        return fault;
    }
    const std::size_t first = d_sections.front().position;
    const std::size_t n = d_sections.back().end() - first;
    std::vector<std::complex<float>> symbols(n);
    std::vector<float> noise_var(n);
    d_body->read(first, n, symbols.data(), noise_var.data());
    const auto& window = d_body->window();
    if (window.too_many_not_finite() || window.too_many_outliers()) {
        d_sections.clear();
        return window.too_many_not_finite() ? Fault::not_finite : Fault::cut;
    }
    while (!d_sections.empty()
           && d_body->ended_before(d_sections.back().position,
                                   d_sections.back().payload.header.symbols_sent())) {
        d_sections.pop_back();
        fault = Fault::cut;
    }
    const auto& signs = d_layout.payload_signs();
    for (std::size_t k = 0; k < n; k++) {
        symbols[k] *= signs[k];
    }
    for (const auto& section : d_sections) {
        const std::size_t at = section.position - first;
        frame.payloads.push_back(received(section, &symbols[at], &noise_var[at]));
    }
    return fault;
}

ReceivedPayload FrameReader::received(const Section& section,
                                      const std::complex<float>* symbols,
                                      const float* noise_var) const
{
    ReceivedPayload payload;
    payload.header = section.payload.header;
    const std::size_t n = payload.header.symbols;
    payload.symbols.assign(symbols, symbols + n);
    payload.noise_var.assign(noise_var, noise_var + n);
    for (unsigned k = 1; k < payload.header.repetitions; k++) {
        add_by_maximum_ratio(payload, symbols + k * n, noise_var + k * n);
    }
    if (payload.header.power_db != 0) {
        const auto power
            = static_cast<float>(std::pow(10.0, payload.header.power_db / 10));
        for (std::size_t i = 0; i < n; i++) {
            payload.symbols[i] /= std::sqrt(power);
            payload.noise_var[i] /= power;
        }
    }
    payload.check = section.payload.check;
    check_labels(payload);
    return payload;
}

} // namespace detail
} // namespace udeepsc_phy
