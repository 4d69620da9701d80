// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/frame.h>

#include "reference_symbols.h"
#include "ofdm/ofdm_section.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

namespace udeepsc_phy {

namespace {

template <class T> void require_range(const char* field, T got, T least, T most)
{
    // Written so that NaN fails too.
    if (!(got >= least && got <= most)) {
        std::ostringstream text;
        text << field << ": got " << got << ", expected " << least << " to " << most;
        throw std::invalid_argument(text.str());
    }
}

void require_preamble(unsigned got)
{
    const auto& lengths = detail::preamble_lengths();
    if (std::find(lengths.begin(), lengths.end(), got) == lengths.end()) {
        detail::preamble_signs(got);
    }
}

//! Pilots and data share the carriers of an OFDM symbol.
void require_ofdm(const FrameProfile& profile)
{
    const unsigned pilots = profile.pilot_symbols, carriers = detail::OFDM_CARRIERS;
    if (pilots < 4 || pilots >= carriers || carriers % pilots != 0) {
        throw std::invalid_argument("pilot_symbols: got " + std::to_string(pilots)
                                    + ", expected 4, 8, 16, 32 or 64 for ofdm");
    }
    require_range(
        "data_symbols", profile.data_symbols, carriers - pilots, carriers - pilots);
    require_range(
        "channel_taps", profile.channel_taps, 1u, unsigned(detail::OFDM_MAX_DELAY));
}

FrameProfile make_multipath()
{
    FrameProfile profile;
    profile.name = "multipath";
    // The energy that a channel spreads over its taps is estimated tap by tap.
    profile.preamble_symbols = 512;
    profile.header_repetition = 7;
    profile.channel_taps = 8;
    return profile;
}

FrameProfile make_short()
{
    FrameProfile profile;
    profile.name = "short";
    profile.preamble_symbols = 128;
    profile.header_repetition = 1;
    profile.pilot_symbols = 4;
    profile.data_symbols = 60;
    return profile;
}

FrameProfile make_ofdm()
{
    FrameProfile profile;
    profile.name = "ofdm";
    profile.waveform = Waveform::ofdm;
    profile.preamble_symbols = 512; // as for multipath: energy over many taps
    profile.header_repetition = 7;
    profile.pilot_symbols = 16; // of 128 carriers
    profile.data_symbols = 112;
    profile.channel_taps = 6;
    return profile;
}

} // namespace

FrameProfile FrameProfile::from_name(const std::string& name)
{
    if (name == "standard") {
        return {};
    }
    if (name == "multipath") {
        return make_multipath();
    }
    if (name == "short") {
        return make_short();
    }
    if (name == "ofdm") {
        return make_ofdm();
    }
    throw std::invalid_argument("profile: got \"" + name
                                + "\", expected standard, multipath, short or ofdm");
}

std::vector<std::string> FrameProfile::names()
{
    return { "standard", "multipath", "short", "ofdm" };
}

void FrameProfile::validate() const
{
    if (waveform != Waveform::single_carrier && waveform != Waveform::ofdm) {
        throw std::invalid_argument("waveform: got enum value "
                                    + std::to_string(static_cast<int>(waveform))
                                    + ", expected single_carrier or ofdm");
    }
    require_range("samples_per_symbol", samples_per_symbol, 2u, 8u);
    require_range("rolloff", rolloff, 0.05, 1.0);
    // Odd spans would put the pulse's centre between samples.
    require_range("filter_span", filter_span, 4u, 64u);
    if (filter_span % 2 != 0) {
        throw std::invalid_argument("filter_span: got " + std::to_string(filter_span)
                                    + ", expected an even number");
    }
    require_range("ramp_symbols", ramp_symbols, 0u, 256u);
    require_preamble(preamble_symbols);
    require_range("header_repetition", header_repetition, 1u, 32u);
    require_range("pilot_symbols", pilot_symbols, 1u, 256u);
    require_range("data_symbols", data_symbols, 1u, 4096u);
    require_range("channel_taps", channel_taps, 1u, 64u);
    require_range("max_cfo", max_cfo, 0.0, 0.2);
    if (waveform == Waveform::ofdm) {
        require_ofdm(*this);
    }
    require_range("max_payload_symbols", max_payload_symbols, 1u, 65535u);
    require_range("max_payloads", max_payloads, 1u, 64u);
}

bool FrameAddresses::operator==(const FrameAddresses& other) const
{
    return source == other.source && destination == other.destination;
}

void FrameAddresses::validate() const
{
    require_range("source", source, 0u, 255u);
    require_range("destination", destination, 0u, 255u);
}

bool PayloadHeader::operator==(const PayloadHeader& other) const
{
    return frame_id == other.frame_id && task == other.task && modality == other.modality
        && layer == other.layer && model == other.model && modulation == other.modulation
        && vectors == other.vectors && symbols == other.symbols
        && candidates == other.candidates && positions == other.positions
        && checked == other.checked && power_db == other.power_db
        && repetitions == other.repetitions;
}

void PayloadHeader::validate() const
{
    require_range("frame_id", frame_id, 0u, 255u);
    require_range("task", task, 0u, 15u);
    require_range("modality", modality, 0u, 2u);
    require_range("layer", layer, 0u, 7u);
    require_range("model", model, 0u, 255u);
    to_string(modulation);
    require_range("vectors", vectors, 0u, 127u);
    require_range("symbols", symbols, 1u, 8191u);
    require_range("candidates", candidates, 0u, 256u);
    require_range("power_db", power_db, -16.0, 15.5);
    if (2 * power_db != std::round(2 * power_db)) {
        throw std::invalid_argument("power_db: got " + std::to_string(power_db)
                                    + ", expected a multiple of 0.5");
    }
    require_range("repetitions", repetitions, 1u, 8u);
    if (candidates == 0 && positions.empty()) {
        return;
    }
    if (positions.size() != vectors) {
        throw std::invalid_argument("positions: got " + std::to_string(positions.size())
                                    + ", expected one for each of "
                                    + std::to_string(vectors) + " vectors");
    }
    for (std::size_t i = 0; i < positions.size(); i++) {
        if (positions[i] >= candidates || (i > 0 && positions[i] <= positions[i - 1])) {
            throw std::invalid_argument("positions: got " + std::to_string(positions[i])
                                        + " at " + std::to_string(i)
                                        + ", expected rising ones below "
                                        + std::to_string(candidates) + " candidates");
        }
    }
}

void ControlMessage::validate() const
{
    require_range("frame_id", frame_id, 0u, 255u);
    require_range("task", task, 0u, 15u);
    require_range("esn0_db", esn0_db, -127.0, 127.0);
    if (kind == Kind::text) {
        require_range("text", text.size(), std::size_t(1), std::size_t(253));
    } else if (kind != Kind::csi && kind != Kind::acknowledgement) {
        throw std::invalid_argument("kind: got enum value "
                                    + std::to_string(static_cast<int>(kind))
                                    + ", expected csi, acknowledgement or text");
    }
}

} // namespace udeepsc_phy
