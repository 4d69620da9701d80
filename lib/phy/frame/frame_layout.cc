// SPDX-License-Identifier: GPL-3.0-or-later
#include "frame_layout.h"

#include "header_codec.h"
#include "reference_symbols.h"
#include "math/constants.h"
#include "ofdm/ofdm_section.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

//! A rising slope that has no edge for the spectrum: sin^2, in n steps from 0 to 1.
std::vector<float> rising(std::size_t n)
{
    std::vector<float> values(n);
    for (std::size_t i = 0; i < n; i++) {
        const double s = std::sin(0.5 * PI * (i + 0.5) / n);
        values[i] = static_cast<float>(s * s);
    }
    return values;
}

} // namespace

FrameLayout::FrameLayout(const FrameProfile& profile)
    : d_profile((profile.validate(), profile))
    , d_header_length(HEADER_CODED_BITS * profile.header_repetition)
    , d_preamble(preamble_signs(profile.preamble_symbols))
    , d_pilots(
          prbs_signs(PILOT_SEED, pilot_groups(max_body_length()) * profile.pilot_symbols))
    , d_payload_signs(prbs_signs(PAYLOAD_SCRAMBLER_SEED, profile.max_payload_symbols))
{
    const std::size_t n = profile.ramp_symbols;
    const auto signs = prbs_signs(RAMP_SEED, 2 * n);
    d_ramp_up = rising(n);
    d_ramp_down.assign(d_ramp_up.rbegin(), d_ramp_up.rend());
    for (std::size_t i = 0; i < n; i++) {
        d_ramp_up[i] *= signs[i];
        d_ramp_down[i] *= signs[n + i];
    }
}

std::size_t FrameLayout::body_length(std::size_t description_bytes,
                                     std::size_t payload_symbols) const
{
    const std::size_t description = description_bytes > 0
        ? d_profile.header_repetition * BlockCode::coded_bits_for(8 * description_bytes)
        : 0;
    return d_header_length + description + payload_symbols;
}

std::size_t FrameLayout::max_body_length() const
{
    return body_length(MAX_DESCRIPTION_BYTES, d_profile.max_payload_symbols);
}

std::size_t FrameLayout::body_symbol(std::size_t position) const
{
    const std::size_t groups_before = position / d_profile.data_symbols;
    return d_profile.preamble_symbols + position
        + groups_before * d_profile.pilot_symbols;
}

std::size_t FrameLayout::pilot_symbol(std::size_t group) const
{
    return d_profile.preamble_symbols + (group + 1) * d_profile.data_symbols
        + group * d_profile.pilot_symbols;
}

std::size_t FrameLayout::pilot_groups(std::size_t body_length) const
{
    return (body_length + d_profile.data_symbols - 1) / d_profile.data_symbols;
}

std::size_t FrameLayout::frame_symbols(std::size_t body_length) const
{
    if (d_profile.waveform == Waveform::ofdm) {
        return OfdmLayout(d_profile).frame_symbols(body_length);
    }
    return d_profile.preamble_symbols + body_length
        + pilot_groups(body_length) * d_profile.pilot_symbols;
}

std::size_t FrameLayout::burst_samples(std::size_t body_length) const
{
    if (d_profile.waveform == Waveform::ofdm) {
        return symbol_sample(frame_symbols(body_length))
            + OFDM_OVERLAP * d_profile.samples_per_symbol;
    }
    const std::size_t symbols
        = frame_symbols(body_length) + 2 * std::size_t(d_profile.ramp_symbols);
    return (symbols + d_profile.filter_span - 1) * d_profile.samples_per_symbol + 1;
}

std::size_t FrameLayout::symbol_sample(std::ptrdiff_t symbol) const
{
    const std::size_t slot = symbol + std::ptrdiff_t(d_profile.ramp_symbols);
    return slot * d_profile.samples_per_symbol
        + std::size_t(d_profile.filter_span) * d_profile.samples_per_symbol / 2;
}

std::vector<ReferenceSymbols> FrameLayout::reference_runs(std::size_t body_length) const
{
    const std::size_t groups = pilot_groups(body_length);
    auto runs = reference_runs_before(groups);
    if (groups > 0) {
        runs.back().first = frame_symbols(body_length) - d_profile.pilot_symbols;
    }
    return runs;
}

std::vector<ReferenceSymbols> FrameLayout::reference_runs_before(std::size_t groups) const
{
    const std::size_t n = d_profile.pilot_symbols;
    std::vector<ReferenceSymbols> runs;
    runs.push_back({ 0, d_preamble });
    for (std::size_t g = 0; g < groups; g++) {
        const auto first = d_pilots.begin() + g * n;
        runs.push_back({ std::ptrdiff_t(pilot_symbol(g)), { first, first + n } });
    }
    return runs;
}

} // namespace detail
} // namespace udeepsc_phy
