// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/framer.h>

#include <udeepsc_phy/soft_demapper.h>

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
using detail::Bits;
using detail::FrameHeader;
using detail::FramePayload;

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

std::uint16_t check_of(const Payload& payload)
{
    const auto modulation = payload.header.modulation;
    return detail::label_check(SoftDemapper(modulation).hard_labels(payload.symbols),
                               Constellation(modulation).bits_per_symbol());
}

//! Headers as they go on the air, each with the check that it asks for.
std::vector<FramePayload> contents(const std::vector<Payload>& payloads)
{
    std::vector<FramePayload> all;
    for (std::size_t i = 0; i < payloads.size(); i++) {
        require_finite(payloads[i], "payloads[" + std::to_string(i) + "].symbols");
        FramePayload one { payloads[i].header, std::nullopt };
        one.header.symbols = static_cast<unsigned>(
            std::min<std::size_t>(payloads[i].symbols.size(), 1u << 20));
        if (one.header.checked) {
            one.check = check_of(payloads[i]);
        }
        all.push_back(std::move(one));
    }
    return all;
}

//! The same where nobody asks for the symbols.
std::vector<FramePayload> contents(const std::vector<PayloadHeader>& headers)
{
    std::vector<FramePayload> all;
    for (const auto& header : headers) {
        all.push_back({ header,
                        header.checked ? std::optional<std::uint16_t>(0)
                                       : std::optional<std::uint16_t>() });
    }
    return all;
}

std::vector<PayloadHeader> in_a_row(const std::vector<std::size_t>& payload_symbols)
{
    std::vector<PayloadHeader> headers;
    for (std::size_t n : payload_symbols) {
        PayloadHeader header;
        header.frame_id = headers.size() % 256;
        header.symbols = static_cast<unsigned>(std::min<std::size_t>(n, 1u << 20));
        headers.push_back(header);
    }
    return headers;
}

} // namespace

// Nothing of it is for users of the library, whatever its functions take.
struct __attribute__((visibility("hidden"))) Framer::Impl {
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

    FrameHeader describe(const std::vector<FramePayload>& payloads,
                         const FrameAddresses& addresses,
                         Bits& description) const;
    Symbols head(const FrameHeader& header, const Bits& description) const;
    Symbols burst(const Symbols& body) const
    {
        return ofdm ? multi_carrier(body) : single_carrier(body);
    }
    Symbols single_carrier(const Symbols& body) const;
    Symbols multi_carrier(const Symbols& body) const;
    void require_describable(const char* field, const FrameHeader& header) const;
    void sign(FrameHeader& header, Bits& description) const;
    std::size_t body_length(const std::vector<PayloadHeader>& payloads) const;

    detail::FrameLayout layout;
    detail::HeaderCodec codec;
    detail::PulseShaper shaper;
    std::unique_ptr<detail::OfdmModulator> ofdm; //!< where the profile asks for it
    std::shared_ptr<FrameSigner> signer; //!< null: frames are not signed
};

//! Header and description of payloads, which are checked.
FrameHeader Framer::Impl::describe(const std::vector<FramePayload>& payloads,
                                   const FrameAddresses& addresses,
                                   Bits& description) const
{
    const auto& profile = layout.profile();
    const std::size_t n = payloads.size();
    if (n == 0 || n > profile.max_payloads) {
        throw std::invalid_argument("payloads: got " + std::to_string(n)
                                    + ", expected 1 to "
                                    + std::to_string(profile.max_payloads));
    }
    addresses.validate();
    std::size_t sum = 0;
    for (const auto& payload : payloads) {
        payload.header.validate();
        sum += payload.header.symbols_sent();
        if (payload.header.model != payloads.front().header.model) {
            throw std::invalid_argument("model: got two in one frame, expected one");
        }
    }
    if (sum > profile.max_payload_symbols) {
        throw std::invalid_argument("payloads: got " + std::to_string(sum)
                                    + " symbols together, expected at most "
                                    + std::to_string(profile.max_payload_symbols));
    }
    const FrameHeader header = detail::describe(payloads, addresses, description);
    require_describable("payloads", header);
    return header;
}

//! Whether a header's field can tell the description's length, with its signature.
void Framer::Impl::require_describable(const char* field, const FrameHeader& header) const
{
    const std::size_t most
        = detail::MAX_DESCRIPTION_BYTES - (signer ? FrameSignature::BYTES : 0);
    if (header.description > most) {
        throw std::invalid_argument(
            std::string(field) + ": got " + std::to_string(header.description)
            + " bytes to describe, expected at most " + std::to_string(most));
    }
}

void Framer::Impl::sign(FrameHeader& header, Bits& description) const
{
    if (signer) {
        detail::sign(header, description, *signer);
    }
}

//! Symbols of header and description.
Symbols Framer::Impl::head(const FrameHeader& header, const Bits& description) const
{
    Symbols symbols;
    symbols.reserve(layout.body_length(header.description, header.symbols));
    for (const auto& coded :
         { codec.encode(header), codec.encode_description(description) }) {
        symbols.insert(symbols.end(), coded.begin(), coded.end());
    }
    return symbols;
}

std::size_t Framer::Impl::body_length(const std::vector<PayloadHeader>& payloads) const
{
    Bits description;
    const auto header = describe(contents(payloads), {}, description);
    const std::size_t signature = signer ? FrameSignature::BYTES : 0;
    return layout.body_length(header.description + signature, header.symbols);
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

void Framer::set_signer(std::shared_ptr<FrameSigner> signer)
{
    d_impl->signer = std::move(signer);
}

void Framer::set_peak_limit(double db)
{
    if (!(db >= 0.0 && db <= 100.0)) {
        throw std::invalid_argument("peak_limit_db: got " + std::to_string(db)
                                    + ", expected 0 to 100");
    }
    if (d_impl->ofdm) {
        d_impl->ofdm->set_peak_limit(db);
    }
}

Symbols Framer::frame(const std::vector<Payload>& payloads,
                      const FrameAddresses& addresses) const
{
    Bits description;
    auto header = d_impl->describe(contents(payloads), addresses, description);
    d_impl->sign(header, description);
    Symbols body = d_impl->head(header, description);
    auto sign = d_impl->layout.payload_signs().begin();
    for (const auto& payload : payloads) {
        const auto amplitude
            = static_cast<float>(std::pow(10.0, payload.header.power_db / 20));
        for (unsigned k = 0; k < payload.header.repetitions; k++) {
            for (const auto& symbol : payload.symbols) {
                body.push_back(amplitude * symbol * *sign++);
            }
        }
    }
    return d_impl->burst(body);
}

Symbols Framer::frame(const ControlMessage& message,
                      const FrameAddresses& addresses) const
{
    message.validate();
    addresses.validate();
    Bits description;
    auto header = detail::describe(message, addresses, description);
    d_impl->require_describable("text", header);
    d_impl->sign(header, description);
    return d_impl->burst(d_impl->head(header, description));
}

bool Framer::fits(const std::vector<PayloadHeader>& payloads) const
{
    try {
        d_impl->body_length(payloads);
    } catch (const std::invalid_argument&) {
        return false;
    }
    return true;
}

std::size_t Framer::overhead_of(const std::vector<PayloadHeader>& payloads) const
{
    const auto& layout = d_impl->layout;
    // An OFDM frame counts the second ramp itself, behind the preamble.
    const std::size_t ramps = d_impl->ofdm ? 1 : 2;
    std::size_t symbols = layout.frame_symbols(d_impl->body_length(payloads))
        + ramps * layout.profile().ramp_symbols;
    for (const auto& payload : payloads) {
        symbols -= payload.symbols_sent();
    }
    return symbols;
}

std::size_t
Framer::overhead_symbols(const std::vector<std::size_t>& payload_symbols) const
{
    return overhead_of(in_a_row(payload_symbols));
}

std::size_t Framer::burst_samples(const std::vector<std::size_t>& payload_symbols) const
{
    return d_impl->layout.burst_samples(d_impl->body_length(in_a_row(payload_symbols)));
}

} // namespace udeepsc_phy
