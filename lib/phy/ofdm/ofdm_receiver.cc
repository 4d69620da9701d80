// SPDX-License-Identifier: GPL-3.0-or-later
#include "ofdm_receiver.h"

#include "ofdm_channel.h"
#include "ofdm_section.h"
#include "frame/frame_layout.h"
#include "frame/header_codec.h"
#include "math/constants.h"
#include "math/grid_peak.h"
#include "receive/sample_window.h"
#include "receive/symbol_clock.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

using Fault = ReceivedFrame::Fault;
using Complex = std::complex<double>;

//! The prefix left before the transform's window: room for paths later than the detected.
constexpr std::size_t WINDOW_START = OFDM_OVERLAP + OFDM_MAX_DELAY;

//! Carrier offset that a detector may leave, cycles per symbol: six standard deviations of
//! the maximum-likelihood estimate from 256 symbols at -6 dB.
constexpr double LARGEST_OFFSET = 1.2e-3;

//! Offset from which on the transform's own smearing counts: -45 dB.
constexpr double SMEARING_OFFSET = 0.003 / OFDM_CARRIERS;

//! Steps of the motion's fit, in radians, that change nothing any more.
constexpr double MOTION_SETTLED = 1e-7;

//! Rounds of channel and motion; they end when a round's phase is so small against the noise.
constexpr int MOST_ROUNDS = 20;
constexpr double PHASE_SHARE = 0.003;

//! OFDM symbols on either side that share a phase.
constexpr std::ptrdiff_t PHASE_REACH = 2;

//! Symbols of the window around the frame.
constexpr double REACH = 2.0;

//! Noise of a noiseless burst, relative to its symbols: rounding errors of floats.
constexpr double LEAST_NOISE = 1e-11;

constexpr float MOST_NOISE = 1e30f;

//! A received carrier whose symbol is known, the symbol taken out.
struct Observation {
    std::size_t symbol;  //!< OFDM symbol of the frame, training included
    std::size_t carrier;
    Complex value;       //!< sent * received; sent is +-1
};

struct Motion {
    double phase = 0; //!< radians, at OFDM symbol 0
    double turn = 0;  //!< radians an OFDM symbol
    double drift = 0; //!< symbols T an OFDM symbol

    double angle(double m, int k) const
    {
        return phase + turn * m - 2.0 * PI * k * drift * m / OFDM_CARRIERS;
    }
};

} // namespace

struct OfdmReceiver::Impl {
    explicit Impl(const FrameProfile& p)
        : profile(p)
        , layout(p)
        , ofdm(p)
        , transform(p.samples_per_symbol)
        , codec(p.header_repetition)
    { }

    ReceivedFrame receive(const DetectedBurst& burst);

private:
    Fault find_first_header(HeaderCodec::Decision& header);
    Fault read_payloads(ReceivedFrame& frame, HeaderCodec::Decision header);
    void report(ReceivedFrame& frame) const;

    bool open(const DetectedBurst& burst);
    void transform_until(std::size_t body_symbols);
    void retune();
    bool available(std::size_t position) const;
    std::size_t body_symbols_until(std::size_t position) const;

    void know_training();
    void know_pilots();
    void know_header(std::size_t position, const PayloadHeader& header);
    void observe(std::size_t symbol, std::size_t carrier, float sent);

    void acquire();
    void acquire_turn();
    void settle();
    enum class Begin { with_all_delays, with_those_found };
    void estimate_channel(Begin begin);
    std::vector<Complex> turns() const;
    void search_turn();
    void fit_motion();
    void measure_noise();
    void follow_phase();
    HeaderCodec::Decision decode_header(std::size_t position);
    void deliver(ReceivedFrame& frame) const;
    void equalize(std::size_t position, std::complex<float>& symbol, float& noise) const;

    const FrameProfile profile;
    const FrameLayout layout;
    const OfdmLayout ofdm;
    const OfdmTransform transform;
    const OfdmChannelEstimator estimator;
    HeaderCodec codec;

    // The frame being received.
    SampleWindow window;
    double cfo = 0;                              //!< that the samples are turned back by
    std::vector<std::complex<float>> carriers;   //!< shape [OFDM symbols, 128]
    struct Known {
        std::size_t symbol, carrier;
        float sent;
    };
    std::vector<Known> known;
    std::vector<Observation> observations;
    std::size_t pilots_known = 0; //!< body OFDM symbols whose pilots are among them
    OfdmChannel channel;
    Motion motion;
    double noise_var = 1;
    std::vector<Complex> phases; //!< of each OFDM symbol, beyond the motion
    struct Section {
        PayloadHeader header;
        std::size_t position;
    };
    std::vector<Section> sections;
    std::size_t frame_end = 0; //!< T behind the last payload symbol's OFDM symbol
};

// -------------------------------------------------------------------------- frame

ReceivedFrame OfdmReceiver::Impl::receive(const DetectedBurst& burst)
{
    ReceivedFrame frame;
    frame.sample = burst.detection.sample;
    frame.timing = burst.detection.timing;
    frame.cfo = burst.detection.cfo;
    frame.fault = Fault::no_header;
    if (!open(burst)) {
        return frame;
    }
    transform_until(body_symbols_until(codec.length()));
    if (window.too_many_invalid()) {
        frame.fault = Fault::not_finite;
        return frame;
    }
    if (window.silent() || !available(codec.length() - 1)) {
        return frame;
    }
    HeaderCodec::Decision header;
    frame.fault = find_first_header(header);
    if (frame.fault == Fault::none) {
        frame.fault = read_payloads(frame, header);
    }
    report(frame);
    return frame;
}

Fault OfdmReceiver::Impl::find_first_header(HeaderCodec::Decision& header)
{
    know_training();
    know_pilots();
    acquire();
    header = decode_header(0);
    if (header.fault == HeaderCodec::Fault::not_a_header) {
        return Fault::no_header;
    }
    return header.fault == HeaderCodec::Fault::none ? Fault::none : Fault::bad_header;
}

Fault OfdmReceiver::Impl::read_payloads(ReceivedFrame& frame, HeaderCodec::Decision header)
{
    std::size_t position = 0, payload_symbols = 0;
    Fault fault = Fault::none;
    for (;;) {
        know_header(position, header.header);
        if (position == 0) {
            retune();
        }
        position += codec.length();
        const std::size_t n = header.header.symbols;
        payload_symbols += n;
        if (payload_symbols > profile.max_payload_symbols
            || (header.header.more && sections.size() + 1 >= profile.max_payloads)) {
            fault = Fault::bad_header;
            break;
        }
        if (!available(position + n - 1)) {
            fault = Fault::cut;
            break;
        }
        sections.push_back({ header.header, position });
        position += n;
        const std::size_t end = header.header.more ? position + codec.length() : position;
        if (!available(end - 1)) {
            fault = Fault::cut;
            break;
        }
        transform_until(body_symbols_until(end));
        know_pilots();
        search_turn();
        fit_motion();
        if (!header.header.more) {
            break;
        }
        follow_phase();
        header = decode_header(position);
        if (header.fault != HeaderCodec::Fault::none) {
            fault = header.fault == HeaderCodec::Fault::bad_value ? Fault::bad_header
                                                                  : Fault::lost_header;
            break;
        }
    }
    if (sections.empty()) {
        return fault;
    }
    const std::size_t payload_end = sections.back().position + sections.back().header.symbols;
    frame_end = ofdm.frame_symbols(payload_end);
    transform_until(body_symbols_until(payload_end));
    if (window.too_many_invalid()) {
        sections.clear();
        return Fault::not_finite;
    }
    know_pilots();
    settle();
    follow_phase();
    deliver(frame);
    return fault;
}

void OfdmReceiver::Impl::report(ReceivedFrame& frame) const
{
    const double symbol = double(OFDM_SYMBOL);
    frame.cfo = cfo + motion.turn / (2.0 * PI * symbol);
    frame.clock_ppm = motion.drift / symbol * 1e6;
    frame.snr_db = 10.0 * std::log10(std::max(channel.energy() / noise_var, 1e-10));
    const std::size_t sps = profile.samples_per_symbol;
    const std::size_t end = std::max(frame_end, std::size_t(profile.preamble_symbols));
    frame.power = window.power(end * sps);
    frame.end_sample = frame.sample + end * sps;
}

// ------------------------------------------------------------------------ samples

bool OfdmReceiver::Impl::open(const DetectedBurst& burst)
{
    if (!window.open(
            burst, profile.samples_per_symbol, profile.preamble_symbols, REACH)) {
        return false;
    }
    cfo = burst.detection.cfo;
    carriers.clear();
    known.clear();
    observations.clear();
    pilots_known = 0;
    channel = {};
    motion = {};
    noise_var = 1.0;
    phases.clear();
    sections.clear();
    frame_end = 0;
    return true;
}

std::size_t OfdmReceiver::Impl::body_symbols_until(std::size_t position) const
{
    return ofdm.body_symbols(position);
}

//! All of the OFDM symbol that holds a body position is in the burst.
bool OfdmReceiver::Impl::available(std::size_t position) const
{
    const std::size_t symbols = ofdm.first_symbol()
        + (OFDM_TRAINING + body_symbols_until(position + 1)) * OFDM_SYMBOL
        - (OFDM_PREFIX - WINDOW_START);
    const double end = window.to_burst(window.start())
        + double(symbols) * profile.samples_per_symbol;
    return end <= double(window.burst_size());
}

//! Samples to carriers, for the training and so many OFDM symbols of the body.
void OfdmReceiver::Impl::transform_until(std::size_t body_symbols)
{
    const std::size_t symbols = OFDM_TRAINING + body_symbols;
    const std::size_t done = carriers.size() / OFDM_CARRIERS;
    if (symbols <= done) {
        return;
    }
    window.fill(cfo, ofdm.first_symbol() + symbols * OFDM_SYMBOL);
    const std::size_t sps = profile.samples_per_symbol;
    carriers.resize(symbols * OFDM_CARRIERS);
    const auto origin = static_cast<std::size_t>(std::lround(window.start()));
    for (std::size_t m = done; m < symbols; m++) {
        const std::size_t t = ofdm.first_symbol() + m * OFDM_SYMBOL + WINDOW_START;
        auto* out = &carriers[m * OFDM_CARRIERS];
        transform.analyze(&window.samples()[origin + t * sps], out);
        // The window begins early: delay 0 is to be the path that was detected.
        for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
            const double early = double(OFDM_PREFIX - WINDOW_START);
            out[c] *= std::complex<float>(
                std::polar(1.0, 2.0 * PI * ofdm_frequency(c) * early / OFDM_CARRIERS));
        }
    }
}

/*
 * Offsets within a transform's window blur its carriers. Once the header has told the
 * offset well, the samples are turned back by it and transformed anew.
 */
void OfdmReceiver::Impl::retune()
{
    estimate_channel(Begin::with_all_delays);
    fit_motion();
    const double offset = motion.turn / (2.0 * PI * OFDM_SYMBOL);
    if (std::abs(offset) < SMEARING_OFFSET) {
        return;
    }
    cfo += offset;
    const std::size_t symbols = carriers.size() / OFDM_CARRIERS;
    carriers.clear();
    transform_until(symbols - OFDM_TRAINING);
    observations.clear();
    for (const auto& entry : known) {
        observations.push_back(
            { entry.symbol,
              entry.carrier,
              double(entry.sent) * Complex(carriers[entry.symbol * OFDM_CARRIERS + entry.carrier]) });
    }
    acquire();
}

// ------------------------------------------------------------------ known symbols

void OfdmReceiver::Impl::observe(std::size_t symbol, std::size_t carrier, float sent)
{
    known.push_back({ symbol, carrier, sent });
    observations.push_back(
        { symbol, carrier, double(sent) * Complex(carriers[symbol * OFDM_CARRIERS + carrier]) });
}

void OfdmReceiver::Impl::know_training()
{
    for (std::size_t m = 0; m < OFDM_TRAINING; m++) {
        for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
            observe(m, c, ofdm.training()[m * OFDM_CARRIERS + c]);
        }
    }
}

//! Of all OFDM symbols transformed so far.
void OfdmReceiver::Impl::know_pilots()
{
    const std::size_t n = profile.pilot_symbols;
    const std::size_t symbols = carriers.size() / OFDM_CARRIERS - OFDM_TRAINING;
    for (; pilots_known < symbols; pilots_known++) {
        for (std::size_t i = 0; i < n; i++) {
            observe(OFDM_TRAINING + pilots_known,
                    ofdm.pilot_carrier(pilots_known, i),
                    layout.pilots()[pilots_known * n + i]);
        }
    }
}

void OfdmReceiver::Impl::know_header(std::size_t position, const PayloadHeader& header)
{
    const auto symbols = codec.encode(header);
    for (std::size_t i = 0; i < symbols.size(); i++) {
        const std::size_t m = (position + i) / profile.data_symbols;
        const std::size_t slot = (position + i) % profile.data_symbols;
        observe(OFDM_TRAINING + m, ofdm.data_carrier(m, slot), symbols[i]);
    }
}

// --------------------------------------------------------------------- estimation

//! From nothing but the detector's word to channel, motion and noise.
void OfdmReceiver::Impl::acquire()
{
    motion = {};
    acquire_turn();
    settle();
    follow_phase();
}

/*
 * Channel and motion in turn, each as if the other were known. A channel fitted under a
 * wrong motion takes some of it over, so it needs a few rounds; noise is then what is left.
 */
void OfdmReceiver::Impl::settle()
{
    estimate_channel(Begin::with_all_delays);
    const double last = double(carriers.size() / OFDM_CARRIERS);
    for (int round = 0; round < MOST_ROUNDS; round++) {
        const Motion before = motion;
        fit_motion();
        measure_noise();
        estimate_channel(Begin::with_those_found);
        // At the last symbol's middle and at its edge.
        const double middle = motion.angle(last, 0) - before.angle(last, 0);
        const double edge = PI * (motion.drift - before.drift) * last;
        if (middle * middle + edge * edge < PHASE_SHARE * noise_var / channel.energy()) {
            return;
        }
    }
}

/*
 * With the channel unknown, but no longer than the prefix, the likelihood of a turn omega
 * an OFDM symbol grows with the energy at the channel's delays,
 * sum_d |sum_m b_md exp(-j omega m)|^2, b_md the correlation of symbol m with delay d.
 */
void OfdmReceiver::Impl::acquire_turn()
{
    const std::size_t symbols = carriers.size() / OFDM_CARRIERS;
    std::vector<std::vector<Complex>> z(symbols, std::vector<Complex>(OFDM_CARRIERS));
    for (const auto& o : observations) {
        z[o.symbol][o.carrier] += o.value;
    }
    std::vector<std::vector<Complex>> b;
    for (const auto& carriers_of_symbol : z) {
        b.push_back(estimator.correlate(carriers_of_symbol));
    }
    const auto energy = [&](double turn) {
        double sum = 0.0;
        // Delays a whole symbol apart are independent.
        for (std::size_t d = 0; d < OfdmChannelEstimator::DELAYS; d += 2) {
            Complex at_delay = 0.0;
            for (std::size_t m = 0; m < symbols; m++) {
                at_delay += b[m][d] * std::polar(1.0, -turn * double(m));
            }
            sum += std::norm(at_delay);
        }
        return sum;
    };
    const double largest = 2.0 * PI * LARGEST_OFFSET * OFDM_SYMBOL;
    const double step = 2.0 * PI / (8.0 * double(symbols));
    const int steps = static_cast<int>(std::ceil(largest / step));
    const double best = grid_peak(energy, step, steps);
    motion.turn = best;

    // The difference of the two training symbols is twice their noise.
    double difference = 0.0;
    const Complex turned = std::polar(1.0, -best);
    for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
        difference += std::norm(z[1][c] * turned - z[0][c]);
    }
    double received = 0.0;
    for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
        received += std::norm(z[0][c]);
    }
    noise_var = std::max(difference / 2.0, received * LEAST_NOISE) / OFDM_CARRIERS;
    noise_var = std::max(noise_var, 1e-20);
}

//! exp(-j angle) of the motion for each carrier received, shape [OFDM symbols, 128].
std::vector<Complex> OfdmReceiver::Impl::turns() const
{
    std::vector<Complex> table(carriers.size());
    for (std::size_t i = 0; i < table.size(); i += OFDM_CARRIERS) {
        const double m = double(i / OFDM_CARRIERS);
        const Complex step = std::polar(1.0, 2.0 * PI * motion.drift * m / OFDM_CARRIERS);
        Complex turn = std::polar(1.0, -motion.angle(m, ofdm_frequency(0)));
        for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
            table[i + c] = turn;
            turn *= step;
            if (c + 1 == OFDM_CARRIERS / 2) { // no carrier at the middle
                turn *= step;
            }
        }
    }
    return table;
}

void OfdmReceiver::Impl::estimate_channel(Begin begin)
{
    std::vector<Complex> z(OFDM_CARRIERS);
    std::vector<double> e(OFDM_CARRIERS);
    const auto turn = turns();
    for (const auto& o : observations) {
        z[o.carrier] += o.value * turn[o.symbol * OFDM_CARRIERS + o.carrier];
        e[o.carrier] += 1.0;
    }
    const auto start = begin == Begin::with_those_found ? channel.delays
                                                        : std::vector<OfdmChannel::Delay>();
    channel = estimator.estimate(z, e, noise_var, start);
}

//! The likeliest turn within what the fit so far leaves open, over all that is known now.
void OfdmReceiver::Impl::search_turn()
{
    const std::size_t symbols = carriers.size() / OFDM_CARRIERS;
    std::vector<Complex> sums(symbols);
    const auto turn = turns();
    for (const auto& o : observations) {
        sums[o.symbol] += o.value * std::conj(channel.gain[o.carrier])
            * turn[o.symbol * OFDM_CARRIERS + o.carrier];
    }
    // Variance of a slope fitted to the header's phases, which the last fit rests on.
    const double header = double(body_symbols_until(codec.length()));
    const double energy = channel.energy() * header * profile.data_symbols;
    const double variance
        = 6.0 * noise_var / (std::max(energy, 1e-300) * header * header);
    const double range = 5.0 * std::sqrt(variance);
    const double step = 2.0 * PI / (8.0 * double(symbols));
    const int steps = std::min(static_cast<int>(std::ceil(range / step)), 200);
    double best = 0.0, most = -1.0;
    for (int i = -steps; i <= steps; i++) {
        Complex sum = 0.0;
        for (std::size_t m = 0; m < symbols; m++) {
            sum += sums[m] * std::polar(1.0, -i * step * double(m));
        }
        if (std::norm(sum) > most) {
            most = std::norm(sum);
            best = i * step;
        }
    }
    motion.turn += best;
}

/*
 * Newton's method on the log likelihood (2 / N0) Re sum conj(h_k) y_mk exp(-j angle), with
 * the clock's usual spread as its prior.
 */
void OfdmReceiver::Impl::fit_motion()
{
    const double spread = CLOCK_SPREAD * OFDM_SYMBOL;
    for (int iteration = 0; iteration < 6; iteration++) {
        std::array<double, 3> slope {};
        std::array<std::array<double, 3>, 3> bend {};
        const auto turned = turns();
        for (const auto& o : observations) {
            const double m = double(o.symbol);
            const int k = ofdm_frequency(o.carrier);
            const Complex c = o.value * std::conj(channel.gain[o.carrier])
                * turned[o.symbol * OFDM_CARRIERS + o.carrier];
            const std::array<double, 3> w { 1.0, m, -2.0 * PI * k * m / OFDM_CARRIERS };
            for (int i = 0; i < 3; i++) {
                slope[i] += w[i] * c.imag();
                for (int j = 0; j < 3; j++) {
                    bend[i][j] += w[i] * w[j] * c.real();
                }
            }
        }
        const double prior = 0.5 * noise_var / (spread * spread);
        slope[2] -= prior * motion.drift;
        bend[2][2] += prior;

        // Three by three, by Cramer's rule.
        const auto& a = bend;
        const auto minor = [&](int r0, int r1, int c0, int c1) {
            return a[r0][c0] * a[r1][c1] - a[r0][c1] * a[r1][c0];
        };
        const double det = a[0][0] * minor(1, 2, 1, 2) - a[0][1] * minor(1, 2, 0, 2)
            + a[0][2] * minor(1, 2, 0, 1);
        if (!(det > 0.0) || !(a[0][0] > 0.0)) {
            return; // no maximum here: noise
        }
        const double phase = slope[0] * minor(1, 2, 1, 2) - slope[1] * minor(0, 2, 1, 2)
            + slope[2] * minor(0, 1, 1, 2);
        const double turn = -slope[0] * minor(1, 2, 0, 2) + slope[1] * minor(0, 2, 0, 2)
            - slope[2] * minor(0, 1, 0, 2);
        const double drift = slope[0] * minor(1, 2, 0, 1) - slope[1] * minor(0, 2, 0, 1)
            + slope[2] * minor(0, 1, 0, 1);
        motion.phase += phase / det;
        motion.turn += turn / det;
        motion.drift += drift / det;
        const double last = double(observations.back().symbol);
        if (std::abs(phase / det) + std::abs(turn / det) * last < MOTION_SETTLED) {
            return;
        }
    }
}

void OfdmReceiver::Impl::measure_noise()
{
    double residual = 0.0, received = 0.0;
    const auto turn = turns();
    for (const auto& o : observations) {
        residual += std::norm(o.value * turn[o.symbol * OFDM_CARRIERS + o.carrier]
                              - channel.gain[o.carrier]);
        received += std::norm(o.value);
    }
    const double free = std::max(double(observations.size()) - channel.parameters - 1.5, 1.0);
    noise_var = std::max(residual, received * LEAST_NOISE) / free;
    noise_var = std::max(noise_var, 1e-20);
}

//! What the phase does beyond the motion, from means over neighbouring OFDM symbols.
void OfdmReceiver::Impl::follow_phase()
{
    const std::size_t symbols = carriers.size() / OFDM_CARRIERS;
    std::vector<Complex> sums(symbols);
    const auto turn = turns();
    for (const auto& o : observations) {
        sums[o.symbol] += o.value * std::conj(channel.gain[o.carrier])
            * turn[o.symbol * OFDM_CARRIERS + o.carrier];
    }
    phases.assign(symbols, 1.0);
    for (std::size_t m = 0; m < symbols; m++) {
        Complex sum = 0.0;
        for (std::ptrdiff_t i = -PHASE_REACH; i <= PHASE_REACH; i++) {
            const std::ptrdiff_t at = std::ptrdiff_t(m) + i;
            if (at >= 0 && at < std::ptrdiff_t(symbols)) {
                sum += sums[at];
            }
        }
        const double size = std::abs(sum);
        if (size > 0.0 && std::isfinite(size)) {
            phases[m] = sum / size;
        }
    }
}

// ----------------------------------------------------------------------- symbols

//! Zero forcing, which is all there is to a carrier; the noise grows where the gain fades.
void OfdmReceiver::Impl::equalize(std::size_t position,
                                  std::complex<float>& symbol,
                                  float& noise) const
{
    const std::size_t body = position / profile.data_symbols;
    const std::size_t c = ofdm.data_carrier(body, position % profile.data_symbols);
    const std::size_t m = OFDM_TRAINING + body;
    const Complex gain = channel.gain[c] * phases[m]
        * std::polar(1.0, motion.angle(double(m), ofdm_frequency(c)));
    const double power = std::norm(gain);
    const Complex y(carriers[m * OFDM_CARRIERS + c]);
    const double variance = (noise_var + channel.gain_var[c]) / power;
    if (!(variance < MOST_NOISE)) {
        symbol = 0.0f;
        noise = MOST_NOISE;
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

void OfdmReceiver::Impl::deliver(ReceivedFrame& frame) const
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
