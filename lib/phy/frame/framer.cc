// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/framer.h>

#include "frame_layout.h"
#include "header_codec.h"
#include "ofdm/ofdm_section.h"
#include "pulse_shaper.h"
#include "root_raised_cosine.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace udeepsc_phy {

namespace {

using Symbols = std::vector<std::complex<float>>;

void require_finite(const Payload& payload, const std::string& name)
{
    const auto bad = std::find_if(
        payload.symbols.begin(), payload.symbols.end(), [](std::complex<float> x) {
            return !std::isfinite(x.real()) || !std::isfinite(x.imag());
        });
    if (bad != payload.symbols.end()) {
        throw std::invalid_argument(name + ": got a symbol that is not finite at "
                                    + std::to_string(bad - payload.symbols.begin())
                                    + ", expected finite ones");
    }
}

std::vector<std::size_t> lengths(const std::vector<Payload>& payloads)
{
    std::vector<std::size_t> symbols;
    for (const auto& payload : payloads) {
        symbols.push_back(payload.symbols.size());
    }
    return symbols;
}

//! Scrambled payload symbols after those that are in \p body.
void append_scrambled(Symbols& body,
                      const Symbols& payload,
                      const std::vector<float>& signs)
{
    for (std::size_t k = 0; k < payload.size(); k++) {
        body.push_back(payload[k] * signs[k]);
    }
}

} // namespace

struct Framer::Impl {
    explicit Impl(const FrameProfile& profile)
        : layout(profile)
        , codec(profile.header_repetition)
        , shaper(detail::root_raised_cosine(
                     profile.samples_per_symbol, profile.rolloff, profile.filter_span),
                 profile.samples_per_symbol)
    {
        if (profile.waveform == Waveform::ofdm) {
            ofdm = std::make_unique<detail::OfdmModulator>(profile, layout.pilots());
        }
    }

    void require_valid(const std::vector<std::size_t>& payload_symbols) const;
    Symbols body(const std::vector<Payload>& payloads) const;
    Symbols single_carrier(const Symbols& body) const;
    Symbols multi_carrier(const Symbols& body) const;

    detail::FrameLayout layout;
    detail::HeaderCodec codec;
    detail::PulseShaper shaper;
    std::unique_ptr<detail::OfdmModulator> ofdm; //!< where the profile asks for it
};

void Framer::Impl::require_valid(const std::vector<std::size_t>& payload_symbols) const
{
    const auto& profile = layout.profile();
    const std::size_t n = payload_symbols.size();
    if (n == 0 || n > profile.max_payloads) {
        throw std::invalid_argument("payloads: got " + std::to_string(n)
                                    + ", expected 1 to "
                                    + std::to_string(profile.max_payloads));
    }
    std::size_t sum = 0;
    for (std::size_t i = 0; i < n; i++) {
        if (payload_symbols[i] == 0) {
            throw std::invalid_argument("payloads[" + std::to_string(i)
                                        + "].symbols: got none, expected 1 or more");
        }
        sum += payload_symbols[i];
    }
    if (sum > profile.max_payload_symbols) {
        throw std::invalid_argument("payloads: got " + std::to_string(sum)
                                    + " symbols together, expected at most "
                                    + std::to_string(profile.max_payload_symbols));
    }
}

//! Headers and payloads in a row.
Symbols Framer::Impl::body(const std::vector<Payload>& payloads) const
{
    Symbols symbols;
    symbols.reserve(layout.body_length(lengths(payloads)));
    for (std::size_t i = 0; i < payloads.size(); i++) {
        PayloadHeader header = payloads[i].header;
        header.version = FRAME_VERSION;
        header.more = i + 1 < payloads.size();
        header.symbols = static_cast<unsigned>(payloads[i].symbols.size());
        const auto coded = codec.encode(header);
        symbols.insert(symbols.end(), coded.begin(), coded.end());
        append_scrambled(symbols, payloads[i].symbols, layout.payload_signs());
    }
    return symbols;
}

//! All symbols of a frame from ramp to ramp, shaped.
Symbols Framer::Impl::single_carrier(const Symbols& body) const
{
    const std::size_t ramp = layout.ramp_up().size();
    Symbols frame(layout.frame_symbols(body.size()) + 2 * ramp);
    for (std::size_t i = 0; i < body.size(); i++) {
        frame[ramp + layout.body_symbol(i)] = body[i];
    }
    for (const auto& run : layout.reference_runs(body.size())) {
        std::copy(run.values.begin(), run.values.end(), frame.begin() + ramp + run.first);
    }
    std::copy(layout.ramp_up().begin(), layout.ramp_up().end(), frame.begin());
    std::copy(layout.ramp_down().begin(), layout.ramp_down().end(), frame.end() - ramp);
    return shaper.shape(frame);
}

//! The preamble between its ramps, shaped; then OFDM symbols.
Symbols Framer::Impl::multi_carrier(const Symbols& body) const
{
    Symbols head(layout.ramp_up().begin(), layout.ramp_up().end());
    head.insert(head.end(), layout.preamble().begin(), layout.preamble().end());
    head.insert(head.end(), layout.ramp_down().begin(), layout.ramp_down().end());
    Symbols samples = shaper.shape(head);
    samples.resize(std::max(samples.size(), layout.burst_samples(body.size())));
    ofdm->modulate(body, &samples[layout.symbol_sample(ofdm->layout().first_symbol())]);
    return samples;
}

Framer::Framer(const FrameProfile& profile)
    : d_impl(std::make_unique<Impl>(profile))
{ }

Framer::~Framer() = default;
Framer::Framer(Framer&&) noexcept = default;
Framer& Framer::operator=(Framer&&) noexcept = default;

const FrameProfile& Framer::profile() const
{
    return d_impl->layout.profile();
}

Symbols Framer::frame(const std::vector<Payload>& payloads) const
{
    d_impl->require_valid(lengths(payloads));
    for (std::size_t i = 0; i < payloads.size(); i++) {
        require_finite(payloads[i], "payloads[" + std::to_string(i) + "].symbols");
    }
    const Symbols body = d_impl->body(payloads);
    return d_impl->ofdm ? d_impl->multi_carrier(body) : d_impl->single_carrier(body);
}

std::size_t Framer::burst_samples(const std::vector<std::size_t>& payload_symbols) const
{
    d_impl->require_valid(payload_symbols);
    return d_impl->layout.burst_samples(d_impl->layout.body_length(payload_symbols));
}

std::size_t
Framer::overhead_symbols(const std::vector<std::size_t>& payload_symbols) const
{
    d_impl->require_valid(payload_symbols);
    const auto& layout = d_impl->layout;
    // An OFDM frame counts the second ramp itself, behind the preamble.
    const std::size_t ramps = d_impl->ofdm ? 1 : 2;
    std::size_t symbols = layout.frame_symbols(layout.body_length(payload_symbols))
        + ramps * layout.profile().ramp_symbols;
    for (std::size_t n : payload_symbols) {
        symbols -= n;
    }
    return symbols;
}

} // namespace udeepsc_phy
