// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/burst_demodulator.h>

#include "burst_symbols.h"
#include "frame/frame_layout.h"
#include "frame/header_codec.h"
#include "frame/reference_symbols.h"
#include "math/complex_product.h"
#include "ofdm/ofdm_receiver.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace udeepsc_phy {

namespace {

using namespace detail;
using Fault = ReceivedFrame::Fault;
using Sample = std::complex<float>;
using Complex = std::complex<double>;

//! More of the samples than this not finite: no frame is built on the rest.
constexpr double MOST_BAD = 0.1;

/*
 * SNR of the header's combined symbols that its re-encoded form must have. The decoder
 * finds a code word in anything; to noise alone the best of 2^64 has an SNR of 0.9 here
 * (rate-distortion bound: cos^2 = 1 - 2^(-2 64 / 140)), a real one at -6 dB and sixfold
 * repetition 3. Beside the CRC this is worth another factor of a thousand or so against
 * frames that never were.
 */
constexpr double LEAST_HEADER_SNR = 1.4;

//! Power of a payload's pilots over the preamble's, of what is no part of the frame.
constexpr double GONE = 0.15;

} // namespace

std::string to_string(ReceivedFrame::Fault fault)
{
    switch (fault) {
    case Fault::none:
        return "none";
    case Fault::no_header:
        return "no_header";
    case Fault::bad_header:
        return "bad_header";
    case Fault::cut:
        return "cut";
    case Fault::lost_header:
        return "lost_header";
    case Fault::not_finite:
        return "not_finite";
    }
    throw std::invalid_argument("fault: got enum value "
                                + std::to_string(static_cast<int>(fault))
                                + ", expected one of the Fault enumerators");
}

struct BurstDemodulator::Impl {
    explicit Impl(const FrameProfile& p)
        : profile((p.validate(), p))
        , layout(profile)
        , codec(profile.header_repetition)
        , header_signs(prbs_signs(HEADER_SCRAMBLER_SEED, codec.length()))
        , symbols(profile, layout, header_signs)
    {
        if (profile.waveform == Waveform::ofdm) {
            ofdm = std::make_unique<OfdmReceiver>(profile);
        }
    }

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
    void know_header(std::size_t position, const PayloadHeader& header);
    Fault read_payloads(HeaderCodec::Decision header);
    Fault conclude(Fault fault);
    bool gone(const Section& section) const;
    void deliver(ReceivedFrame& frame) const;
    void report(ReceivedFrame& frame) const;

    const FrameLayout layout;
    HeaderCodec codec;
    const std::vector<float> header_signs;
    std::unique_ptr<OfdmReceiver> ofdm; //!< receives instead, where the profile asks for it

    // The frame being received.
    BurstSymbols symbols;
    std::vector<Section> sections; //!< complete payloads
};

// -------------------------------------------------------------------------- frame

ReceivedFrame BurstDemodulator::Impl::receive(const DetectedBurst& burst)
{
    if (ofdm) {
        return ofdm->demodulate(burst);
    }
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
    symbols.place(header_end);
    if (!symbols.available(header_end - 1)) {
        frame.fault = Fault::no_header;
        return frame;
    }
    if (symbols.window().bad_share() > MOST_BAD) {
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
        frame.fault = conclude(read_payloads(header));
        deliver(frame);
    }
    report(frame);
    return frame;
}

Fault BurstDemodulator::Impl::find_first_header(HeaderCodec::Decision& header)
{
    symbols.refine_carrier();
    symbols.know_preamble();
    symbols.estimate_from_preamble();
    symbols.know_pilots(codec.length() / profile.data_symbols);
    symbols.track_first_header();
    header = decode_header(0);
    if (header.fault == HeaderCodec::Fault::not_a_header) {
        // An oscillator too restless for one frequency; its pilots may do at high SNR.
        symbols.track();
        header = decode_header(0);
    }
    if (header.fault == HeaderCodec::Fault::not_a_header) {
        return Fault::no_header;
    }
    return header.fault == HeaderCodec::Fault::none ? Fault::none : Fault::bad_header;
}

//! Header by header, each with all that is known so far.
Fault BurstDemodulator::Impl::read_payloads(HeaderCodec::Decision header)
{
    std::size_t position = 0, payload_symbols = 0;
    for (;;) {
        know_header(position, header.header);
        if (position == 0) {
            symbols.estimate_from_known();
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
            for (const auto& run : layout.known_runs(position)) {
                symbols.know(run.first, run.values.data(), run.values.size());
            }
            return Fault::none;
        }
        symbols.know_pilots(position / profile.data_symbols);
        const std::size_t next_end = layout.body_symbol(position + codec.length() - 1) + 1;
        if (!symbols.available(next_end - 1)) {
            return Fault::cut;
        }
        symbols.know_pilots((position + codec.length()) / profile.data_symbols);
        symbols.place(next_end);
        symbols.equalize_to(next_end);
        symbols.settle();
        header = decode_header(position);
        if (header.fault != HeaderCodec::Fault::none) {
            return header.fault == HeaderCodec::Fault::bad_value ? Fault::bad_header
                                                                 : Fault::lost_header;
        }
    }
}

//! The payloads found, with everything known taken together.
Fault BurstDemodulator::Impl::conclude(Fault fault)
{
    if (sections.empty()) {
        return fault;
    }
    // Of a frame that broke off nothing counts beyond its last good payload.
    if (fault != Fault::none) {
        symbols.forget_from(sections.back().end(layout));
    }
    symbols.place(symbols.known_end());
    symbols.equalize_again(symbols.known_end());
    symbols.settle();
    if (symbols.window().bad_share() > MOST_BAD) {
        sections.clear();
        return Fault::not_finite;
    }
    while (!sections.empty() && gone(sections.back())) {
        sections.pop_back();
        fault = Fault::cut;
    }
    return fault;
}

// -------------------------------------------------------------------------- headers

/*!
 * SNR of a header's symbols, their repetitions added up, if that is what was sent. Phases
 * are the tracker's, amplitudes are not: in noise it may follow a few symbols, which a code
 * word then fits.
 */
double BurstDemodulator::Impl::header_snr(std::size_t position,
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
HeaderCodec::Decision BurstDemodulator::Impl::decode_header(std::size_t position)
{
    std::vector<float> llrs(codec.length());
    for (std::size_t i = 0; i < llrs.size(); i++) {
        const std::size_t symbol = layout.body_symbol(position + i);
        const auto gain = symbols.gains().at(double(symbol));
        llrs[i] = static_cast<float>(4.0 / symbols.noise_var()
                                     * conj_product(gain.value, Complex(symbols[symbol])).real());
    }
    auto decision = codec.decode(llrs);
    if (decision.fault == HeaderCodec::Fault::none
        && !(header_snr(position, decision.header) > LEAST_HEADER_SNR)) {
        decision.fault = HeaderCodec::Fault::not_a_header;
    }
    return decision;
}

void BurstDemodulator::Impl::know_header(std::size_t position, const PayloadHeader& header)
{
    const auto sent = codec.encode(header);
    for (std::size_t i = 0; i < sent.size(); i++) {
        symbols.know(layout.body_symbol(position + i), &sent[i], 1);
    }
}

// ------------------------------------------------------------------------- payloads

//! Says whether the transmitter fell silent, or another took over, before this payload.
bool BurstDemodulator::Impl::gone(const Section& section) const
{
    if (!(symbols.gains().wander() > 0.0)) {
        return false; // the last pilots agree with the first known symbols
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
    return here < GONE * power(0, profile.preamble_symbols);
}

void BurstDemodulator::Impl::deliver(ReceivedFrame& frame) const
{
    if (sections.empty()) {
        return;
    }
    const auto& channel = symbols.channel();
    // What the channel was fitted to looks better than what it was not.
    const double others_noise = symbols.noise_var()
        * (1.0 + 2.0 * (channel.parameters() - 1.0) / double(channel.observations));
    // Fitted to the noise of the known symbols as well, it brings those out larger.
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
                payload.symbols[i]
                    = layout.payload_signs()[i] * Sample(value);
                payload.noise_var[i]
                    = static_cast<float>((others_noise + error_var) / power);
            }
        }
        frame.payloads.push_back(std::move(payload));
    }
}

void BurstDemodulator::Impl::report(ReceivedFrame& frame) const
{
    const auto& channel = symbols.channel();
    if (channel.paths.empty()) {
        return;
    }
    const double reference = symbols.clock().position(channel.paths.front().delay);
    const double at = symbols.window().to_burst(reference);
    const double whole = std::round(at);
    const auto first_sample = std::int64_t(frame.sample) - symbols.window().detected_sample();
    frame.sample = std::uint64_t(std::max<std::int64_t>(0, first_sample + std::int64_t(whole)));
    frame.timing = at - whole;
    frame.cfo = symbols.cfo();
    frame.clock_ppm = (symbols.clock().period / profile.samples_per_symbol - 1.0) * 1e6;
    // With a single path the noise behind the equaliser is the same, at more symbols.
    const bool measured_since = !sections.empty() && channel.paths.size() == 1;
    const double noise = channel.noise_var
        * (measured_since ? symbols.noise_var() / symbols.expected_noise_var() : 1.0);
    const double energy = symbols.symbol_energy() * symbols.gains().power();
    frame.snr_db = 10.0 * std::log10(std::max(energy, 1e-30) / std::max(noise, 1e-30));
    const std::size_t end = sections.empty() ? symbols.known_end() : sections.back().end(layout);
    const double end_at = symbols.window().to_burst(symbols.clock().position(double(end) - 1.0));
    frame.end_sample = std::uint64_t(
        std::max<std::int64_t>(0, first_sample + std::int64_t(std::floor(end_at)) + 1));
    frame.power = symbols.window().power(end * profile.samples_per_symbol);
}

// ---------------------------------------------------------------------------- public

BurstDemodulator::BurstDemodulator(const FrameProfile& profile)
    : d_impl(std::make_unique<Impl>(profile))
{ }

BurstDemodulator::~BurstDemodulator() = default;

const FrameProfile& BurstDemodulator::profile() const
{
    return d_impl->profile;
}

ReceivedFrame BurstDemodulator::demodulate(const DetectedBurst& burst)
{
    return d_impl->receive(burst);
}

} // namespace udeepsc_phy
