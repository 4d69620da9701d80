// SPDX-License-Identifier: GPL-3.0-or-later
#include "ofdm_receiver.h"

#include "ofdm_burst.h"
#include "ofdm_section.h"
#include "ofdm_tracker.h"
#include "frame/frame_layout.h"
#include "frame/header_codec.h"
#include "math/constants.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

using Fault = ReceivedFrame::Fault;
using Complex = std::complex<double>;

//! Offset from which on the transform's own smearing counts: -45 dB.
constexpr double SMEARING_OFFSET = 0.003 / OFDM_CARRIERS;

//! Noise of a symbol whose carrier says nothing.
constexpr float MAX_NOISE = 1e30f;

} // namespace

struct OfdmReceiver::Impl {
    explicit Impl(const FrameProfile& p)
        : profile(p)
        , layout(p)
        , ofdm(p)
        , codec(p.header_repetition)
        , burst(p)
    { }

    ReceivedFrame receive(const DetectedBurst& detected);

private:
    // In the order of a frame.
    bool open(const DetectedBurst& detected);
    Fault find_first_header(HeaderCodec::Decision& header);
    Fault read_payloads(HeaderCodec::Decision header);
    Fault finish(Fault fault, ReceivedFrame& frame);
    void report(ReceivedFrame& frame) const;

    void transform_to(std::size_t body_symbols);
    bool available(std::size_t position) const;
    void retune();

    void add_training();
    void add_pilots();
    void add_header(std::size_t position, const PayloadHeader& header);
    void add_reference(std::size_t symbol, std::size_t carrier, float sent);

    HeaderCodec::Decision decode_header(std::size_t position);
    void write_payloads(ReceivedFrame& frame) const;
    void equalize(std::size_t position, std::complex<float>& symbol, float& noise) const;

    const FrameProfile profile;
    const FrameLayout layout;
    const OfdmLayout ofdm;
    HeaderCodec codec;

    // The frame being received.
    OfdmBurst burst;
    OfdmTracker tracker;
    struct Reference {
        std::size_t symbol, carrier;
        float sent;
    };
    std::vector<Reference> references;
    std::size_t pilots_added = 0; //!< body OFDM symbols whose pilots are among them
    struct Section {
        PayloadHeader header;
        std::size_t position;
    };
    std::vector<Section> sections; //!< complete payloads
    std::size_t frame_end = 0; //!< T behind the last payload symbol's OFDM symbol
};

// -------------------------------------------------------------------------- frame

ReceivedFrame OfdmReceiver::Impl::receive(const DetectedBurst& detected)
{
    ReceivedFrame frame;
    frame.sample = detected.detection.sample;
    frame.timing = detected.detection.timing;
    frame.cfo = detected.detection.cfo;
    frame.fault = Fault::no_header;
    if (!open(detected)) {
        return frame;
    }
    transform_to(ofdm.body_symbols(codec.length()));
    if (burst.window().too_many_invalid()) {
        frame.fault = Fault::not_finite;
        return frame;
    }
    if (burst.window().silent() || !available(codec.length() - 1)) {
        return frame;
    }
    HeaderCodec::Decision header;
    frame.fault = find_first_header(header);
    if (frame.fault == Fault::none) {
        frame.fault = finish(read_payloads(header), frame);
    }
    report(frame);
    return frame;
}

bool OfdmReceiver::Impl::open(const DetectedBurst& detected)
{
    tracker.reset();
    references.clear();
    pilots_added = 0;
    sections.clear();
    frame_end = 0;
    return burst.open(detected);
}

Fault OfdmReceiver::Impl::find_first_header(HeaderCodec::Decision& header)
{
    add_training();
    add_pilots();
    tracker.acquire();
    header = decode_header(0);
    if (header.fault == HeaderCodec::Fault::not_a_header) {
        return Fault::no_header;
    }
    return header.fault == HeaderCodec::Fault::none ? Fault::none : Fault::bad_header;
}

//! Header by header, each with all reference symbols so far.
Fault OfdmReceiver::Impl::read_payloads(HeaderCodec::Decision header)
{
    std::size_t position = 0, payload_symbols = 0;
    for (;;) {
        add_header(position, header.header);
        if (position == 0) {
            retune();
        }
        position += codec.length();
        const std::size_t n = header.header.symbols;
        payload_symbols += n;
        if (payload_symbols > profile.max_payload_symbols
            || (header.header.more && sections.size() + 1 >= profile.max_payloads)) {
            return Fault::bad_header;
        }
        if (!available(position + n - 1)) {
            return Fault::cut;
        }
        sections.push_back({ header.header, position });
        position += n;
        const std::size_t end = header.header.more ? position + codec.length() : position;
        if (!available(end - 1)) {
            return Fault::cut;
        }
        transform_to(ofdm.body_symbols(end));
        add_pilots();
        // The offsets so far rest on the first header.
        tracker.refine_offsets(ofdm.body_symbols(codec.length()), profile.data_symbols);
        if (!header.header.more) {
            return Fault::none;
        }
        tracker.track_phase();
        header = decode_header(position);
        if (header.fault != HeaderCodec::Fault::none) {
            return header.fault == HeaderCodec::Fault::bad_value ? Fault::bad_header
                                                                 : Fault::lost_header;
        }
    }
}

//! The payloads found, with all reference symbols taken together.
Fault OfdmReceiver::Impl::finish(Fault fault, ReceivedFrame& frame)
{
    if (sections.empty()) {
        return fault;
    }
    const std::size_t payload_end
        = sections.back().position + sections.back().header.symbols;
    frame_end = ofdm.frame_symbols(payload_end);
    transform_to(ofdm.body_symbols(payload_end));
    if (burst.window().too_many_invalid()) {
        sections.clear();
        return Fault::not_finite;
    }
    add_pilots();
    tracker.calibrate();
    tracker.track_phase();
    write_payloads(frame);
    return fault;
}

void OfdmReceiver::Impl::report(ReceivedFrame& frame) const
{
    const double symbol = double(OFDM_SYMBOL);
    frame.cfo = burst.cfo() + tracker.offsets().frequency / (2.0 * PI * symbol);
    frame.clock_ppm = tracker.offsets().clock / symbol * 1e6;
    frame.snr_db = 10.0
        * std::log10(std::max(tracker.channel().energy() / tracker.noise_var(), 1e-10));
    const std::size_t sps = profile.samples_per_symbol;
    const std::size_t end = std::max(frame_end, std::size_t(profile.preamble_symbols));
    frame.power = burst.window().power(end * sps);
    frame.end_sample = frame.sample + end * sps;
}

// ------------------------------------------------------------------------ samples

//! Samples to carriers, for the training and so many OFDM symbols of the body.
void OfdmReceiver::Impl::transform_to(std::size_t body_symbols)
{
    burst.transform_to(OFDM_TRAINING + body_symbols);
    tracker.set_symbols(burst.symbols());
}

//! All of the OFDM symbol that holds a body position is in the burst.
bool OfdmReceiver::Impl::available(std::size_t position) const
{
    return burst.available(OFDM_TRAINING + ofdm.body_symbols(position + 1));
}

/*
 * Offsets within a transform's window blur its carriers. Once the header has given the
 * offset well, the samples are turned back by it and transformed anew.
 */
void OfdmReceiver::Impl::retune()
{
    tracker.estimate();
    const double offset = tracker.offsets().frequency / (2.0 * PI * OFDM_SYMBOL);
    if (std::abs(offset) < SMEARING_OFFSET) {
        return;
    }
    burst.shift_cfo(offset);
    tracker.clear_observations();
    for (const auto& r : references) {
        tracker.add(
            r.symbol, r.carrier, double(r.sent) * Complex(burst.at(r.symbol, r.carrier)));
    }
    tracker.acquire();
}

// -------------------------------------------------------------- reference symbols

void OfdmReceiver::Impl::add_reference(std::size_t symbol,
                                       std::size_t carrier,
                                       float sent)
{
    references.push_back({ symbol, carrier, sent });
    tracker.add(symbol, carrier, double(sent) * Complex(burst.at(symbol, carrier)));
}

void OfdmReceiver::Impl::add_training()
{
    for (std::size_t m = 0; m < OFDM_TRAINING; m++) {
        for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
            add_reference(m, c, ofdm.training()[m * OFDM_CARRIERS + c]);
        }
    }
}

//! Of all OFDM symbols transformed so far.
void OfdmReceiver::Impl::add_pilots()
{
    const std::size_t n = profile.pilot_symbols;
    const std::size_t symbols = burst.symbols() - OFDM_TRAINING;
    for (; pilots_added < symbols; pilots_added++) {
        for (std::size_t i = 0; i < n; i++) {
            add_reference(OFDM_TRAINING + pilots_added,
                          ofdm.pilot_carrier(pilots_added, i),
                          layout.pilots()[pilots_added * n + i]);
        }
    }
}

void OfdmReceiver::Impl::add_header(std::size_t position, const PayloadHeader& header)
{
    const auto symbols = codec.encode(header);
    for (std::size_t i = 0; i < symbols.size(); i++) {
        const std::size_t m = (position + i) / profile.data_symbols;
        const std::size_t slot = (position + i) % profile.data_symbols;
        add_reference(OFDM_TRAINING + m, ofdm.data_carrier(m, slot), symbols[i]);
    }
}

// ----------------------------------------------------------------------- symbols

//! Zero forcing, which is all there is to a carrier; the noise grows where the gain
//! fades.
void OfdmReceiver::Impl::equalize(std::size_t position,
                                  std::complex<float>& symbol,
                                  float& noise) const
{
    const std::size_t body = position / profile.data_symbols;
    const std::size_t c = ofdm.data_carrier(body, position % profile.data_symbols);
    const std::size_t m = OFDM_TRAINING + body;
    const Complex gain = tracker.gain(m, c);
    const double power = std::norm(gain);
    const Complex y(burst.at(m, c));
    const double variance = (tracker.noise_var() + tracker.channel().gain_var[c]) / power;
    if (!(variance < MAX_NOISE)) {
        symbol = 0.0f;
        noise = MAX_NOISE;
        return;
    }
    symbol = std::complex<float>(y * std::conj(gain) / power);
    noise = static_cast<float>(variance);
}

HeaderCodec::Decision OfdmReceiver::Impl::decode_header(std::size_t position)
{
    std::vector<float> llrs(codec.length());
    for (std::size_t i = 0; i < llrs.size(); i++) {
        std::complex<float> symbol;
        float noise;
        equalize(position + i, symbol, noise);
        llrs[i] = 4.0f * symbol.real() / noise;
    }
    return codec.decode(llrs);
}

void OfdmReceiver::Impl::write_payloads(ReceivedFrame& frame) const
{
    for (const auto& section : sections) {
        ReceivedPayload payload;
        payload.header = section.header;
        const std::size_t n = section.header.symbols;
        payload.symbols.resize(n);
        payload.noise_var.resize(n);
        for (std::size_t k = 0; k < n; k++) {
            equalize(section.position + k, payload.symbols[k], payload.noise_var[k]);
            payload.symbols[k] *= layout.payload_signs()[k];
        }
        frame.payloads.push_back(std::move(payload));
    }
}

OfdmReceiver::OfdmReceiver(const FrameProfile& profile)
    : d_impl(std::make_unique<Impl>(profile))
{ }

OfdmReceiver::~OfdmReceiver() = default;

ReceivedFrame OfdmReceiver::demodulate(const DetectedBurst& burst)
{
    return d_impl->receive(burst);
}

} // namespace detail
} // namespace udeepsc_phy
