// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/burst_demodulator.h>

#include "channel_estimator.h"
#include "equalizer.h"
#include "frame_layout.h"
#include "gain_tracker.h"
#include "header_codec.h"
#include "known_symbols.h"
#include "ofdm_receiver.h"
#include "pulse.h"
#include "sample_window.h"
#include "symbol_filter.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace udeepsc_phy {

namespace {

using namespace detail;
using Fault = ReceivedFrame::Fault;
using Sample = std::complex<float>;
using Complex = std::complex<double>;

constexpr double PI = 3.14159265358979323846;

//! Partial sums of the preamble between which the carrier may turn.
constexpr std::size_t PREAMBLE_PARTS = 16;

//! Most symbols in a row that one gain describes.
constexpr std::size_t BLOCK = 16;

//! Known symbols at the end of a run whose neighbours are unknown: not fitted to.
constexpr std::ptrdiff_t UNKNOWN_REACH = 8;

//! A symbol is there if so many more follow it: what is missing then is 30 dB down.
constexpr double COMPLETE = 4.0;

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

//! Standard deviation of clocks that one may expect, relative.
constexpr double CLOCK_SPREAD = 20e-6;

//! Error power of an eps symbols late sample: -rho''(0) eps^2, for any usual roll-off.
constexpr double LATE_POWER = 3.5;

//! Share of the noise that wrong timing may have before a frame is equalised again.
constexpr double LATE_SHARE = 0.005;
constexpr int MOST_PASSES = 3;

//! tanh to 2 %: weights of soft decisions need no more.
double soft_sign(double x)
{
    const double x2 = std::min(x * x, 9.0);
    return std::min(std::max(x * (27.0 + x2) / (27.0 + 9.0 * x2), -1.0), 1.0);
}

double ln_cosh(double x)
{
    const double a = std::abs(x);
    return a + std::log1p(std::exp(-2.0 * a)) - 0.6931471805599453;
}

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
        , pulse(profile)
        , codec(profile.header_repetition)
        , header_signs(prbs_signs(HEADER_SCRAMBLER_SEED, codec.length()))
        , estimator(pulse, profile.channel_taps)
        , half_symbols(pulse)
        , equalizer(pulse)
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
    void refine_carrier();
    void estimate_from_preamble();
    void estimate_from_known();
    void track_first_header();
    double header_snr(std::size_t position, const PayloadHeader& header) const;
    HeaderCodec::Decision decode_header(std::size_t position);
    Fault read_payloads(HeaderCodec::Decision header);
    Fault conclude(Fault fault);
    void settle();
    bool gone(const Section& section) const;
    void deliver(ReceivedFrame& frame) const;
    void report(ReceivedFrame& frame) const;

    // Tools.
    void place(std::size_t symbols);
    void matched_filter(std::ptrdiff_t first, std::size_t n, std::vector<Sample>& y);
    void design_equalizer();
    void equalize_to(std::size_t end);
    void know(std::size_t symbol, const float* values, std::size_t n);
    void know_pilots(std::size_t groups);
    void know_header(std::size_t position, const PayloadHeader& header);
    std::vector<GainBlock> known_blocks(double* noise_var) const;
    void track();
    struct Lateness {
        double late, slope, middle;
    };
    Lateness lateness() const;
    bool correct_clock();
    bool available(std::size_t symbol) const;

    const FrameLayout layout;
    const Pulse pulse;
    HeaderCodec codec;
    const std::vector<float> header_signs;
    const ChannelEstimator estimator;
    SymbolFilter half_symbols;
    Equalizer equalizer;
    GainTracker tracker;
    std::unique_ptr<OfdmReceiver> ofdm; //!< receives instead, where the profile asks for it

    // The frame being received.
    SampleWindow window;
    SymbolClock clock;     //!< in window's samples
    double cfo = 0;        //!< cycles a symbol
    ChannelEstimate channel;
    std::vector<float> known;  //!< of each symbol from the preamble's first; 0: unknown
    std::vector<Sample> z;     //!< equalised symbols
    double noise_var = 1;      //!< of z, measured at the known symbols
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
    known.clear();
    z.clear();
    channel = {};
    noise_var = 1.0;
    tracker.fit({}, 1.0, 0.0);

    const double at = double(std::int64_t(burst.detection.sample - burst.first_sample))
        + burst.detection.timing;
    frame.sample = burst.detection.sample;
    frame.timing = burst.detection.timing;
    frame.cfo = burst.detection.cfo;
    const std::size_t header_end = layout.body_symbol(codec.length() - 1) + 1;
    if (!std::isfinite(at) || std::abs(at) > 1e9 || !std::isfinite(burst.detection.cfo)) {
        frame.fault = Fault::no_header;
        return frame;
    }
    cfo = burst.detection.cfo;
    window.open(burst.samples,
                at,
                profile.samples_per_symbol,
                profile.preamble_symbols,
                pulse.half_length() + 2.0 * profile.channel_taps + 16.0);
    clock = { window.start(), double(profile.samples_per_symbol) };
    place(header_end);
    if (!available(header_end - 1)) {
        frame.fault = Fault::no_header;
        return frame;
    }
    if (window.bad_share() > MOST_BAD) {
        frame.fault = Fault::not_finite;
        return frame;
    }
    if (window.silent()) {
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
    refine_carrier();
    know(0, layout.preamble().data(), layout.preamble().size());
    estimate_from_preamble();
    know_pilots(codec.length() / profile.data_symbols);
    track_first_header();
    header = decode_header(0);
    if (header.fault == HeaderCodec::Fault::not_a_header) {
        // An oscillator too restless for one frequency; its pilots may do at high SNR.
        track();
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
            estimate_from_known();
        }
        position += codec.length();
        payload_symbols += header.header.symbols;
        if (payload_symbols > profile.max_payload_symbols
            || (header.header.more && sections.size() + 1 >= profile.max_payloads)) {
            return Fault::bad_header;
        }
        const Section section { header.header, position };
        if (!available(section.end(layout) - 1)) {
            return Fault::cut;
        }
        sections.push_back(section);
        position += header.header.symbols;
        if (!header.header.more) {
            // The last group follows the last payload symbol, wherever that is.
            for (const auto& run : layout.known_runs(position)) {
                know(run.first, run.values.data(), run.values.size());
            }
            return Fault::none;
        }
        know_pilots(position / profile.data_symbols);
        const std::size_t next_end = layout.body_symbol(position + codec.length() - 1) + 1;
        if (!available(next_end - 1)) {
            return Fault::cut;
        }
        know_pilots((position + codec.length()) / profile.data_symbols);
        place(next_end);
        equalize_to(next_end);
        settle();
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
        known.resize(sections.back().end(layout), 0.0f);
    }
    place(known.size());
    z.clear();
    equalize_to(known.size());
    settle();
    if (window.bad_share() > MOST_BAD) {
        sections.clear();
        return Fault::not_finite;
    }
    while (!sections.empty() && gone(sections.back())) {
        sections.pop_back();
        fault = Fault::cut;
    }
    return fault;
}

// --------------------------------------------------------------------- first header

//! Maximum likelihood over the preamble, between the delays that hold most energy.
void BurstDemodulator::Impl::refine_carrier()
{
    const auto& preamble = layout.preamble();
    const std::size_t margin = estimator.margin();
    std::vector<Sample> y;
    matched_filter(-std::ptrdiff_t(margin), preamble.size() + 2 * margin, y);

    const std::size_t lags = estimator.delays();
    const std::size_t part = preamble.size() / PREAMBLE_PARTS;
    std::vector<Complex> sums(PREAMBLE_PARTS * lags);
    std::vector<double> energy(lags, 0.0);
    for (std::size_t p = 0; p < PREAMBLE_PARTS; p++) {
        estimator.correlate(&preamble[p * part], part, &y[2 * p * part], &sums[p * lags]);
        for (std::size_t j = 0; j < lags; j++) {
            energy[j] += std::norm(sums[p * lags + j]);
        }
    }
    std::vector<std::size_t> order(lags);
    for (std::size_t j = 0; j < lags; j++) {
        order[j] = j;
    }
    const std::size_t used = std::min<std::size_t>(lags, 4);
    std::partial_sort(
        order.begin(), order.begin() + used, order.end(), [&](std::size_t a, std::size_t b) {
            return energy[a] > energy[b];
        });

    const auto power = [&](double turn) { // radians a part
        double total = 0.0;
        for (std::size_t i = 0; i < used; i++) {
            Complex sum = 0.0;
            const Complex step = std::polar(1.0, -turn);
            Complex phasor = 1.0;
            for (std::size_t p = 0; p < PREAMBLE_PARTS; p++) {
                sum += product(sums[p * lags + order[i]], phasor);
                phasor = product(phasor, step);
            }
            total += std::norm(sum);
        }
        return total;
    };
    // The detector is right to half a turn over the preamble; twice that is searched.
    const double step = 2.0 * PI / (8.0 * PREAMBLE_PARTS);
    double best = 0.0, most = -1.0;
    for (int i = -8; i <= 8; i++) {
        const double value = power(i * step);
        if (value > most) {
            most = value;
            best = i * step;
        }
    }
    const double left = power(best - step), right = power(best + step);
    const double bend = left - 2.0 * most + right;
    if (bend < 0.0) {
        best += step * std::min(std::max(0.5 * (left - right) / bend, -0.5), 0.5);
    }
    cfo += best / (2.0 * PI * double(part));
    place(layout.body_symbol(codec.length() - 1) + 1);
}

void BurstDemodulator::Impl::estimate_from_preamble()
{
    const auto& preamble = layout.preamble();
    const std::size_t margin = estimator.margin();
    const auto last = std::ptrdiff_t(preamble.size()) - UNKNOWN_REACH;
    std::vector<Sample> y;
    matched_filter(-std::ptrdiff_t(margin), last + 2 * margin, y);
    std::vector<Complex> sums(estimator.delays());
    estimator.correlate(preamble.data(), last, y.data(), sums.data());

    KnownSymbols symbols;
    symbols.first = -std::ptrdiff_t(layout.ramp_up().size());
    symbols.values = layout.ramp_up();
    symbols.values.insert(symbols.values.end(), preamble.begin(), preamble.end());
    channel = estimator.estimate(symbols, 0, last, y.data(), sums.data());
    design_equalizer();
}

/*
 * At -6 dB the preamble tells the frequency to 1e-3 radians a symbol: a radian at the
 * header's end. The header's own symbols tell more. Their repetitions add up when the
 * frequency is right, whatever they say; so each candidate is judged by the likelihood of
 * what is known together with that of the sums, +-1 alike.
 */
void BurstDemodulator::Impl::track_first_header()
{
    const std::size_t length = codec.length();
    const std::size_t end = layout.body_symbol(length - 1) + 1;
    z.clear();
    equalize_to(end);
    noise_var = equalizer.error_var();

    double ignored;
    auto blocks = known_blocks(&ignored);
    const double middle = 0.5 * end;
    const double preamble = profile.preamble_symbols;
    const double range = 5.0 * std::sqrt(6.0 * noise_var / (preamble * preamble * preamble));
    const double step = 1.2 / end;
    const int steps = std::min(40, static_cast<int>(std::ceil(range / step)));

    std::vector<Complex> combined(HEADER_CODED_BITS);
    const auto combine = [&](double frequency) {
        std::fill(combined.begin(), combined.end(), Complex(0.0));
        std::size_t group_end = 0;
        Complex phasor;
        const Complex turn = std::polar(1.0, -frequency);
        for (std::size_t i = 0; i < length; i++) {
            const std::size_t symbol = layout.body_symbol(i);
            if (i == group_end) {
                phasor = std::polar(1.0, -frequency * (symbol - middle));
                group_end += profile.data_symbols;
            }
            combined[i % HEADER_CODED_BITS]
                += product(double(header_signs[i]) * Complex(z[symbol]), phasor);
            phasor = product(phasor, turn);
        }
    };
    const auto known_sum = [&](double frequency) {
        Complex sum = 0.0;
        for (const auto& block : blocks) {
            sum += block.weight
                * product(block.gain, std::polar(1.0, -frequency * (block.time - middle)));
        }
        return sum;
    };
    const double slope = 2.0 / noise_var;
    //! Sum with soft decisions for the header's symbols; its angle is the phase.
    const auto soft_sum = [&](Complex sum, Complex phase) {
        Complex total = sum;
        for (const auto& x : combined) {
            total += soft_sign(slope * conj_product(phase, x).real()) * x;
        }
        return total;
    };
    const auto unit = [](Complex value) {
        const double size = std::abs(value);
        return size > 0.0 ? value / size : Complex(1.0);
    };

    double best = 0.0, most = -INFINITY;
    Complex best_phase = 1.0;
    for (int i = -steps; i <= steps; i++) {
        const double frequency = i * step;
        const Complex sum = known_sum(frequency);
        combine(frequency);
        const Complex phase = unit(soft_sum(sum, unit(sum)));
        double likelihood = slope * conj_product(phase, sum).real();
        for (const auto& x : combined) {
            likelihood += ln_cosh(slope * conj_product(phase, x).real());
        }
        if (likelihood > most) {
            most = likelihood;
            best = frequency;
            best_phase = phase;
        }
    }

    // The header's soft decisions, as if known, for the tracker.
    combine(best);
    const auto hard_known = known;
    known.resize(std::max(known.size(), end), 0.0f);
    for (std::size_t i = 0; i < length; i++) {
        const auto& x = combined[i % HEADER_CODED_BITS];
        known[layout.body_symbol(i)] = static_cast<float>(
            header_signs[i] * soft_sign(slope * conj_product(best_phase, x).real()));
    }
    blocks = known_blocks(&ignored);
    for (auto& block : blocks) {
        block.gain = product(block.gain, std::polar(1.0, -best * (block.time - middle)));
    }
    tracker.fit(blocks, noise_var, step);
    tracker.shift_frequency(best, middle);
    known = hard_known;
}

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
        const Complex gain = tracker.at(double(symbol)).value;
        const double value = conj_product(gain, Complex(z[symbol])).real()
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

//! Uses z, noise_var and tracker as they are.
HeaderCodec::Decision BurstDemodulator::Impl::decode_header(std::size_t position)
{
    std::vector<float> llrs(codec.length());
    for (std::size_t i = 0; i < llrs.size(); i++) {
        const std::size_t symbol = layout.body_symbol(position + i);
        const auto gain = tracker.at(double(symbol));
        llrs[i] = static_cast<float>(4.0 / noise_var
                                     * conj_product(gain.value, Complex(z[symbol])).real());
    }
    auto decision = codec.decode(llrs);
    if (decision.fault == HeaderCodec::Fault::none
        && !(header_snr(position, decision.header) > LEAST_HEADER_SNR)) {
        decision.fault = HeaderCodec::Fault::not_a_header;
    }
    return decision;
}

// ------------------------------------------------------------------------- payloads

//! Carrier, clock and channel once more, now that the header is known as well.
void BurstDemodulator::Impl::estimate_from_known()
{
    track();
    correct_clock();
    cfo += tracker.frequency() / (2.0 * PI);
    const std::size_t end = z.size();
    place(end);

    z.clear();
    equalize_to(end);
    track();

    const std::size_t margin = estimator.margin();
    const auto last = std::ptrdiff_t(end) - UNKNOWN_REACH;
    std::vector<Sample> y;
    matched_filter(-std::ptrdiff_t(margin), last + 2 * margin, y);
    if (tracker.wander() > 0.0) {
        for (std::size_t i = 0; i < y.size(); i++) {
            const Complex gain = tracker.at(0.5 * double(i) - double(margin)).value;
            y[i] = conj_product(Sample(gain / std::max(std::abs(gain), 1e-9)), y[i]);
        }
    }
    std::vector<Complex> sums(estimator.delays());
    estimator.correlate(known.data(), last, y.data(), sums.data());

    KnownSymbols symbols;
    symbols.first = -std::ptrdiff_t(layout.ramp_up().size());
    symbols.values = layout.ramp_up();
    symbols.values.insert(symbols.values.end(), known.begin(), known.begin() + end);
    channel = estimator.estimate(symbols, 0, last, y.data(), sums.data());
    design_equalizer();
    z.clear();
}

//! Gains, noise and clock for all that is known by now; equalises again if the clock moved.
void BurstDemodulator::Impl::settle()
{
    for (int pass = 0;; pass++) {
        track();
        if (pass + 1 == MOST_PASSES || !correct_clock()) {
            return;
        }
        const std::size_t end = z.size();
        z.clear();
        equalize_to(end);
    }
}

//! Says whether the transmitter fell silent, or another took over, before this payload.
bool BurstDemodulator::Impl::gone(const Section& section) const
{
    if (!(tracker.wander() > 0.0)) {
        return false; // the last pilots agree with the first known symbols
    }
    const auto power = [&](std::size_t first, std::size_t last) {
        const std::size_t step = std::max<std::size_t>(1, (last - first) / 64);
        double sum = 0.0, n = 0.0;
        for (std::size_t k = first; k < last; k += step) {
            sum += std::norm(tracker.at(double(k)).value);
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
    // What the channel was fitted to looks better than what it was not.
    const double others_noise = noise_var
        * (1.0 + 2.0 * (channel.parameters() - 1.0) / double(channel.observations));
    // Fitted to the noise of the known symbols as well, it brings those out larger.
    const double shrink = 1.0
        - std::min(0.1,
                   (channel.parameters() - 1.0) * channel.noise_var
                       / (double(channel.observations) * channel.symbol_energy(pulse)));
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
            const auto here = tracker.at(double(symbol));
            const auto there = tracker.at(double(symbol + n));
            for (std::size_t k = 0; k < n; k++, i++) {
                const double part = double(k) / n;
                const Complex gain
                    = shrink * (here.value + part * (there.value - here.value));
                const double error_var
                    = here.error_var + part * (there.error_var - here.error_var);
                const double power = std::max(std::norm(gain), 1e-12);
                const Complex value
                    = conj_product(gain, Complex(z[symbol + k])) / power;
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
    if (channel.paths.empty()) {
        return;
    }
    const double reference = clock.position(channel.paths.front().delay);
    const double at = window.to_burst(reference);
    const double whole = std::round(at);
    const auto first_sample = std::int64_t(frame.sample) - window.detected_sample();
    frame.sample = std::uint64_t(std::max<std::int64_t>(0, first_sample + std::int64_t(whole)));
    frame.timing = at - whole;
    frame.cfo = cfo + tracker.frequency() / (2.0 * PI);
    frame.clock_ppm = (clock.period / profile.samples_per_symbol - 1.0) * 1e6;
    // With a single path the noise behind the equaliser is the same, at more symbols.
    const bool measured_since = !sections.empty() && channel.paths.size() == 1;
    const double noise
        = channel.noise_var * (measured_since ? noise_var / equalizer.error_var() : 1.0);
    const double energy = channel.symbol_energy(pulse) * tracker.power();
    frame.snr_db = 10.0 * std::log10(std::max(energy, 1e-30) / std::max(noise, 1e-30));
    const std::size_t end = sections.empty() ? known.size() : sections.back().end(layout);
    const double end_at = window.to_burst(clock.position(double(end) - 1.0));
    frame.end_sample = std::uint64_t(
        std::max<std::int64_t>(0, first_sample + std::int64_t(std::floor(end_at)) + 1));
    frame.power = window.power(end * profile.samples_per_symbol);
}

// ---------------------------------------------------------------------------- tools

//! Samples for so many symbols, turned back by the carrier offset.
void BurstDemodulator::Impl::place(std::size_t symbols)
{
    window.fill(cfo, symbols);
}

//! y at symbols first .. first + n - 1 and half a symbol after each.
void BurstDemodulator::Impl::matched_filter(std::ptrdiff_t first,
                                            std::size_t n,
                                            std::vector<Sample>& y)
{
    std::vector<Sample> whole(n + 1), half(n + 1);
    half_symbols.apply(window.samples(), clock, first, n + 1, whole.data());
    SymbolClock later = clock;
    later.start += 0.5 * clock.period;
    half_symbols.apply(window.samples(), later, first, n + 1, half.data());
    y.resize(2 * n + 2);
    for (std::size_t i = 0; i <= n; i++) {
        y[2 * i] = whole[i];
        y[2 * i + 1] = half[i];
    }
}

void BurstDemodulator::Impl::design_equalizer()
{
    equalizer.design(channel.paths,
                     channel.noise_var,
                     channel.parameters() / double(channel.observations));
}

//! Makes z as long as that.
void BurstDemodulator::Impl::equalize_to(std::size_t end)
{
    const std::size_t begin = z.size();
    if (end > begin) {
        z.resize(end);
        equalizer.apply(window.samples(), clock, begin, end - begin, &z[begin]);
    }
}

void BurstDemodulator::Impl::know(std::size_t symbol, const float* values, std::size_t n)
{
    known.resize(std::max(known.size(), symbol + n), 0.0f);
    std::copy(values, values + n, known.begin() + symbol);
}

void BurstDemodulator::Impl::know_pilots(std::size_t groups)
{
    const std::size_t n = profile.pilot_symbols;
    for (std::size_t g = 0; g < groups; g++) {
        know(layout.pilot_symbol(g), &layout.pilots()[g * n], n);
    }
}

void BurstDemodulator::Impl::know_header(std::size_t position, const PayloadHeader& header)
{
    const auto symbols = codec.encode(header);
    for (std::size_t i = 0; i < symbols.size(); i++) {
        know(layout.body_symbol(position + i), &symbols[i], 1);
    }
}

//! Gains of all known symbols of z, and the noise around them.
std::vector<GainBlock> BurstDemodulator::Impl::known_blocks(double* noise) const
{
    std::vector<GainBlock> blocks;
    double residual = 0.0, freedom = 0.0;
    const std::size_t end = std::min(known.size(), z.size());
    for (std::size_t begin = 0; begin < end;) {
        if (known[begin] == 0.0f) {
            begin++;
            continue;
        }
        std::size_t n = 0;
        double re = 0.0, im = 0.0, power = 0.0, weight = 0.0;
        for (; n < BLOCK && begin + n < end && known[begin + n] != 0.0f; n++) {
            const float s = known[begin + n];
            const Sample& value = z[begin + n];
            re += s * value.real();
            im += s * value.imag();
            power += std::norm(value);
            weight += s * s;
        }
        // Soft decisions weigh by what they are worth.
        const Complex gain = Complex(re, im) / std::max(weight, 1e-9);
        blocks.push_back({ begin + 0.5 * (n - 1.0), weight, gain });
        residual += power - weight * std::norm(gain);
        freedom += n - 1.0;
        begin += n;
    }
    *noise = freedom > 0.0 ? std::max(residual / freedom, 1e-9) : 1.0;
    return blocks;
}

void BurstDemodulator::Impl::track()
{
    const auto blocks = known_blocks(&noise_var);
    const double n = double(layout.body_symbol(codec.length() - 1));
    tracker.fit(blocks, noise_var, 2e-4 + 5.0 * std::sqrt(6.0 * noise_var / (n * n * n)));
}

/*
 * Least squares for lateness and its slope, from the interference that late sampling makes
 * between known neighbours (Equalizer::timing_response). The clock's usual spread is
 * prior knowledge: a short frame says less.
 */
BurstDemodulator::Impl::Lateness BurstDemodulator::Impl::lateness() const
{
    constexpr int SPAN = Equalizer::TIMING_SPAN;
    const auto& response = equalizer.timing_response();
    const auto end = std::ptrdiff_t(std::min(known.size(), z.size()));
    const auto symbol = [&](std::ptrdiff_t k) {
        return k < 0 || k >= end ? 0.0f : known[k];
    };
    const double middle = 0.5 * end;
    double a00 = 0.0, a01 = 0.0, a11 = 0.0, b0 = 0.0, b1 = 0.0;
    Complex gain = 1.0;
    for (std::ptrdiff_t k = 0; k < end; k++) {
        if (known[k] == 0.0f) {
            continue;
        }
        if (k % 8 == 0 || known[k - 1] == 0.0f) {
            gain = tracker.at(double(k + 3)).value;
        }
        Sample direction = 0.0f;
        for (int m = -SPAN; m <= SPAN; m++) {
            if (m != 0) {
                direction += symbol(k - m) * response[m + SPAN];
            }
        }
        const double t = k - middle;
        const Complex d = product(gain, Complex(direction));
        const Complex error = Complex(z[k]) - gain * double(known[k]);
        const double weight = std::norm(d), evidence = conj_product(d, error).real();
        a00 += weight;
        a01 += weight * t;
        a11 += weight * t * t;
        b0 += evidence;
        b1 += evidence * t;
    }
    const double scale = 2.0 / noise_var;
    a00 = a00 * scale + 100.0;
    a01 *= scale;
    const double prior = 1.0 / (CLOCK_SPREAD * CLOCK_SPREAD);
    const double slope = clock.period / profile.samples_per_symbol - 1.0;
    a11 = a11 * scale + prior;
    b0 *= scale;
    b1 = b1 * scale - slope * prior;
    const double determinant = a00 * a11 - a01 * a01;
    return { (a11 * b0 - a01 * b1) / determinant,
             (a00 * b1 - a01 * b0) / determinant,
             middle };
}

//! Moves the clock; says whether by enough to be worth equalising again.
bool BurstDemodulator::Impl::correct_clock()
{
    const auto found = lateness();
    const double limit = 0.3;
    const double late = std::min(std::max(found.late, -limit), limit);
    const double most = std::abs(late) + std::abs(found.slope) * found.middle;
    if (!(LATE_POWER * most * most > LATE_SHARE * noise_var)) {
        return false;
    }
    clock.correct(late, found.slope, found.middle);
    return true;
}

bool BurstDemodulator::Impl::available(std::size_t symbol) const
{
    return window.to_burst(clock.position(double(symbol) + COMPLETE))
        < double(window.burst_size());
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
