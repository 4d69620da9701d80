// SPDX-License-Identifier: GPL-3.0-or-later
#include "single_carrier_receiver.h"

#include "burst_symbols.h"
#include "frame/frame_layout.h"
#include "frame/header_codec.h"
#include "frame/reference_symbols.h"
#include "math/complex_product.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

using Fault = ReceivedFrame::Fault;
using Sample = std::complex<float>;
using Complex = std::complex<double>;

/*
 * SNR of the header's combined symbols that its re-encoded form must have. The decoder
 * finds a code word in anything; to noise alone the best of 2^64 has an SNR of 0.9 here
 * (rate-distortion bound: cos^2 = 1 - 2^(-2 64 / 140)), a real one at -6 dB and sixfold
 * repetition 3. Beside the CRC this is worth another factor of a thousand or so against
 * frames that never were.
 */
constexpr double MIN_HEADER_SNR = 1.4;

//! Ratio of a payload's power to the preamble's below which it is no part of the frame.
constexpr double SILENCE_RATIO = 0.15;

} // namespace

struct SingleCarrierReceiver::Impl {
    explicit Impl(const FrameProfile& p)
        : profile(p)
        , layout(profile)
        , codec(profile.header_repetition)
        , header_signs(prbs_signs(HEADER_SCRAMBLER_SEED, codec.length()))
        , symbols(profile, layout, header_signs)
    { }

    ReceivedFrame receive(const DetectedBurst& burst);

    const FrameProfile profile;

private:
    struct Section {
        PayloadHeader header;
        std::size_t position; //!< of the payload in the body

        //! One past the last payload symbol.
        std::size_t end(const FrameLayout& layout) const
        {
            return layout.body_symbol(position + header.symbols - 1) + 1;
        }
    };

    // In the order of a frame.
    Fault find_first_header(HeaderCodec::Decision& header);
    double header_snr(std::size_t position, const PayloadHeader& header) const;
    HeaderCodec::Decision decode_header(std::size_t position);
    void add_header(std::size_t position, const PayloadHeader& header);
    Fault read_payloads(HeaderCodec::Decision header);
    Fault finish(Fault fault);
    bool ended_before(const Section& section) const;
    void write_payloads(ReceivedFrame& frame) const;
    void report(ReceivedFrame& frame) const;

    const FrameLayout layout;
    HeaderCodec codec;
    const std::vector<float> header_signs;

    // The frame being received.
    BurstSymbols symbols;
    std::vector<Section> sections; //!< complete payloads
};

// -------------------------------------------------------------------------- frame

ReceivedFrame SingleCarrierReceiver::Impl::receive(const DetectedBurst& burst)
{
    ReceivedFrame frame;
    sections.clear();
    frame.sample = burst.detection.sample;
    frame.timing = burst.detection.timing;
    frame.cfo = burst.detection.cfo;
    const std::size_t header_end = layout.body_symbol(codec.length() - 1) + 1;
    if (!symbols.open(burst)) {
        frame.fault = Fault::no_header;
        return frame;
    }
    symbols.load(header_end);
    if (!symbols.available(header_end - 1)) {
        frame.fault = Fault::no_header;
        return frame;
    }
    if (symbols.window().too_many_invalid()) {
        frame.fault = Fault::not_finite;
        return frame;
    }
    if (symbols.window().silent()) {
        frame.fault = Fault::no_header;
        return frame;
    }

    HeaderCodec::Decision header;
    frame.fault = find_first_header(header);
    if (frame.fault == Fault::none) {
        frame.fault = finish(read_payloads(header));
        write_payloads(frame);
    }
    report(frame);
    return frame;
}

Fault SingleCarrierReceiver::Impl::find_first_header(HeaderCodec::Decision& header)
{
    symbols.refine_carrier();
    symbols.add_preamble();
    symbols.estimate_from_preamble();
    symbols.add_pilots(codec.length() / profile.data_symbols);
    symbols.track_first_header();
    header = decode_header(0);
    if (header.fault == HeaderCodec::Fault::not_a_header) {
        // An oscillator with too much phase noise for one frequency; pilots may do at
        // high SNR.
        symbols.track_gain();
        header = decode_header(0);
    }
    if (header.fault == HeaderCodec::Fault::not_a_header) {
        return Fault::no_header;
    }
    return header.fault == HeaderCodec::Fault::none ? Fault::none : Fault::bad_header;
}

//! Header by header, each with all reference symbols so far.
Fault SingleCarrierReceiver::Impl::read_payloads(HeaderCodec::Decision header)
{
    std::size_t position = 0, payload_symbols = 0;
    for (;;) {
        add_header(position, header.header);
        if (position == 0) {
            symbols.estimate_from_reference();
        }
        position += codec.length();
        payload_symbols += header.header.symbols;
        if (payload_symbols > profile.max_payload_symbols
            || (header.header.more && sections.size() + 1 >= profile.max_payloads)) {
            return Fault::bad_header;
        }
        const Section section { header.header, position };
        if (!symbols.available(section.end(layout) - 1)) {
            return Fault::cut;
        }
        sections.push_back(section);
        position += header.header.symbols;
        if (!header.header.more) {
            // The last group follows the last payload symbol, wherever that is.
            for (const auto& run : layout.reference_runs(position)) {
                symbols.add_reference(run.first, run.values.data(), run.values.size());
            }
            return Fault::none;
        }
        symbols.add_pilots(position / profile.data_symbols);
        const std::size_t next_end
            = layout.body_symbol(position + codec.length() - 1) + 1;
        if (!symbols.available(next_end - 1)) {
            return Fault::cut;
        }
        symbols.add_pilots((position + codec.length()) / profile.data_symbols);
        symbols.load(next_end);
        symbols.equalize_to(next_end);
        symbols.track_gain_and_clock();
        header = decode_header(position);
        if (header.fault != HeaderCodec::Fault::none) {
            return header.fault == HeaderCodec::Fault::bad_value ? Fault::bad_header
                                                                 : Fault::lost_header;
        }
    }
}

//! The payloads found, with all reference symbols taken together.
Fault SingleCarrierReceiver::Impl::finish(Fault fault)
{
    if (sections.empty()) {
        return fault;
    }
    // Of a frame that broke off nothing counts beyond its last good payload.
    if (fault != Fault::none) {
        symbols.drop_reference_from(sections.back().end(layout));
    }
    symbols.load(symbols.reference_end());
    symbols.equalize_again(symbols.reference_end());
    symbols.track_gain_and_clock();
    if (symbols.window().too_many_invalid()) {
        sections.clear();
        return Fault::not_finite;
    }
    while (!sections.empty() && ended_before(sections.back())) {
        sections.pop_back();
        fault = Fault::cut;
    }
    return fault;
}

// -------------------------------------------------------------------------- headers

/*!
 * SNR of a header's symbols, their repetitions added up, if that is what was sent. Phases
 * are the tracker's, amplitudes are not: in noise it may follow a few symbols, which a
 * code word then fits.
 */
double SingleCarrierReceiver::Impl::header_snr(std::size_t position,
                                               const PayloadHeader& header) const
{
    const auto sent = codec.encode(header);
    double sum = 0.0, energy = 0.0;
    for (std::size_t i = 0; i < sent.size(); i++) {
        const std::size_t symbol = layout.body_symbol(position + i);
        const Complex gain = symbols.gains().at(double(symbol)).value;
        const double value = conj_product(gain, Complex(symbols[symbol])).real()
            / std::max(std::abs(gain), 1e-9);
        sum += sent[i] * value;
        energy += value * value;
    }
    if (!(sum > 0.0)) {
        return 0.0;
    }
    const double agreement = std::min(sum * sum / (energy * double(sent.size())), 1.0);
    return profile.header_repetition * agreement / (1.0 - agreement + 1e-9);
}

//! Uses the symbols, their noise and gains as they are.
HeaderCodec::Decision SingleCarrierReceiver::Impl::decode_header(std::size_t position)
{
    std::vector<float> llrs(codec.length());
    for (std::size_t i = 0; i < llrs.size(); i++) {
        const std::size_t symbol = layout.body_symbol(position + i);
        const auto gain = symbols.gains().at(double(symbol));
        llrs[i] = static_cast<float>(
            4.0 / symbols.noise_var()
            * conj_product(gain.value, Complex(symbols[symbol])).real());
    }
    auto decision = codec.decode(llrs);
    if (decision.fault == HeaderCodec::Fault::none
        && !(header_snr(position, decision.header) > MIN_HEADER_SNR)) {
        decision.fault = HeaderCodec::Fault::not_a_header;
    }
    return decision;
}

void SingleCarrierReceiver::Impl::add_header(std::size_t position,
                                             const PayloadHeader& header)
{
    const auto sent = codec.encode(header);
    for (std::size_t i = 0; i < sent.size(); i++) {
        symbols.add_reference(layout.body_symbol(position + i), &sent[i], 1);
    }
}

// ------------------------------------------------------------------------- payloads

//! Says whether the transmitter fell silent, or another took over, before this payload.
bool SingleCarrierReceiver::Impl::ended_before(const Section& section) const
{
    if (!(symbols.gains().process_noise() > 0.0)) {
        return false; // the last pilots agree with the preamble
    }
    const auto power = [&](std::size_t first, std::size_t last) {
        const std::size_t step = std::max<std::size_t>(1, (last - first) / 64);
        double sum = 0.0, n = 0.0;
        for (std::size_t k = first; k < last; k += step) {
            sum += std::norm(symbols.gains().at(double(k)).value);
            n++;
        }
        return sum / std::max(n, 1.0);
    };
    const double here = power(layout.body_symbol(section.position), section.end(layout));
    return here < SILENCE_RATIO * power(0, profile.preamble_symbols);
}

void SingleCarrierReceiver::Impl::write_payloads(ReceivedFrame& frame) const
{
    if (sections.empty()) {
        return;
    }
    const auto& channel = symbols.channel();
    // What the channel was fitted to looks better than what it was not.
    const double payload_noise = symbols.noise_var()
        * (1.0 + 2.0 * (channel.parameters() - 1.0) / double(channel.observations));
    // Fitted to the noise of the reference symbols as well, it brings those out larger.
    const double shrink = 1.0
        - std::min(0.1,
                   (channel.parameters() - 1.0) * channel.noise_var
                       / (double(channel.observations) * symbols.symbol_energy()));
    constexpr std::size_t RUN = 16;
    for (const auto& section : sections) {
        ReceivedPayload payload;
        payload.header = section.header;
        payload.symbols.resize(section.header.symbols);
        payload.noise_var.resize(section.header.symbols);
        for (std::size_t i = 0; i < payload.symbols.size();) {
            // Between two pilots a gain moves along a straight line.
            const std::size_t symbol = layout.body_symbol(section.position + i);
            const std::size_t within = (section.position + i) % profile.data_symbols;
            const std::size_t n = std::min(
                { RUN, profile.data_symbols - within, payload.symbols.size() - i });
            const auto here = symbols.gains().at(double(symbol));
            const auto there = symbols.gains().at(double(symbol + n));
            for (std::size_t k = 0; k < n; k++, i++) {
                const double part = double(k) / n;
                const Complex gain
                    = shrink * (here.value + part * (there.value - here.value));
                const double error_var
                    = here.error_var + part * (there.error_var - here.error_var);
                const double power = std::max(std::norm(gain), 1e-12);
                const Complex value
                    = conj_product(gain, Complex(symbols[symbol + k])) / power;
                payload.symbols[i] = layout.payload_signs()[i] * Sample(value);
                payload.noise_var[i]
                    = static_cast<float>((payload_noise + error_var) / power);
            }
        }
        frame.payloads.push_back(std::move(payload));
    }
}

void SingleCarrierReceiver::Impl::report(ReceivedFrame& frame) const
{
    const auto& channel = symbols.channel();
    if (channel.paths.empty()) {
        return;
    }
    const double reference = symbols.clock().position(channel.paths.front().delay);
    const double at = symbols.window().to_burst(reference);
    const double whole = std::round(at);
    const auto first_sample
        = std::int64_t(frame.sample) - symbols.window().detected_sample();
    frame.sample
        = std::uint64_t(std::max<std::int64_t>(0, first_sample + std::int64_t(whole)));
    frame.timing = at - whole;
    frame.cfo = symbols.cfo();
    frame.clock_ppm = (symbols.clock().period / profile.samples_per_symbol - 1.0) * 1e6;
    // With a single path the noise behind the equaliser is the same, at more symbols.
    const bool measured_since = !sections.empty() && channel.paths.size() == 1;
    const double noise = channel.noise_var
        * (measured_since ? symbols.noise_var() / symbols.designed_noise_var() : 1.0);
    const double energy = symbols.symbol_energy() * symbols.gains().power();
    frame.snr_db = 10.0 * std::log10(std::max(energy, 1e-30) / std::max(noise, 1e-30));
    const std::size_t end
        = sections.empty() ? symbols.reference_end() : sections.back().end(layout);
    const double end_at
        = symbols.window().to_burst(symbols.clock().position(double(end) - 1.0));
    frame.end_sample = std::uint64_t(
        std::max<std::int64_t>(0, first_sample + std::int64_t(std::floor(end_at)) + 1));
    frame.power = symbols.window().power(end * profile.samples_per_symbol);
}

SingleCarrierReceiver::SingleCarrierReceiver(const FrameProfile& profile)
    : d_impl(std::make_unique<Impl>(profile))
{ }

SingleCarrierReceiver::~SingleCarrierReceiver() = default;

ReceivedFrame SingleCarrierReceiver::demodulate(const DetectedBurst& burst)
{
    return d_impl->receive(burst);
}

} // namespace detail
} // namespace udeepsc_phy
