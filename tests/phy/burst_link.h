// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "frame/frame_layout.h"

#include <udeepsc_phy/burst_demodulator.h>
#include <udeepsc_phy/burst_detector.h>
#include <udeepsc_phy/framer.h>
#include <udeepsc_phy/mapper.h>
#include <udeepsc_phy/radio_channel.h>
#include <udeepsc_phy/random.h>
#include <udeepsc_phy/soft_demapper.h>
#include <udeepsc_phy/theory.h>

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <string>
#include <utility>
#include <vector>

namespace udeepsc_phy {

using Samples = std::vector<std::complex<float>>;
using Fault = ReceivedFrame::Fault;

inline Payload random_payload(std::size_t n, Modulation modulation, Xoshiro256pp& random)
{
    const Constellation constellation(modulation);
    Payload payload;
    payload.header.frame_id = random() % 256;
    payload.header.task = random() % 16;
    payload.header.modality = random() % 3;
    payload.header.layer = random() % 8;
    payload.header.model = 0xa5; // one in a frame
    payload.header.vectors = random() % 128;
    payload.header.modulation = modulation;
    for (std::size_t i = 0; i < n; i++) {
        payload.symbols.push_back(
            constellation.points()[random() % constellation.size()]);
    }
    return payload;
}

//! Payloads of one form, numbered in a row, as the tiles of a picture are.
inline std::vector<Payload> picture(std::size_t tiles,
                                    std::size_t symbols,
                                    Modulation modulation,
                                    Xoshiro256pp& random)
{
    std::vector<Payload> payloads;
    for (std::size_t i = 0; i < tiles; i++) {
        payloads.push_back(random_payload(symbols, modulation, random));
        payloads.back().header = payloads.front().header;
        payloads.back().header.frame_id = (payloads.front().header.frame_id + i) % 256;
    }
    return payloads;
}

//! Everything that a receiver does not know beforehand, drawn anew for each burst.
inline RadioChannelConfig
random_channel(const FrameProfile& profile, double esn0_db, Xoshiro256pp& random)
{
    const auto uniform
        = [&](double most) { return most * (2.0 * random.uniform() - 1.0); };
    RadioChannelConfig config;
    config.esn0_db = esn0_db;
    config.gain_db = uniform(40.0);
    config.phase = uniform(M_PI);
    config.cfo = uniform(profile.max_cfo) / profile.samples_per_symbol;
    config.delay = 100.0 + 10.0 * random.uniform();
    config.clock_ppm = uniform(20.0);
    config.samples_per_symbol = profile.samples_per_symbol;
    config.seed = random();
    return config;
}

//! A burst in silence, through a channel; the noise goes on before and after it.
inline Samples through(const Samples& burst, const RadioChannelConfig& config)
{
    Samples x = burst;
    x.resize(x.size() + 200);
    RadioChannel channel(config);
    return channel.apply(x.data(), x.size());
}

//! Where the preamble's first symbol arrives, in samples.
inline double arrival(const FrameProfile& profile, const RadioChannelConfig& config)
{
    return (double(detail::FrameLayout(profile).symbol_sample(0)) + config.delay)
        * (1.0 + config.clock_ppm * 1e-6);
}

//! What a detector with the accuracy of one at \p esn0_db would have said.
inline DetectedBurst detected(const FrameProfile& profile,
                              const RadioChannelConfig& config,
                              Samples samples,
                              Xoshiro256pp& random)
{
    const double energy
        = std::pow(10.0, config.esn0_db / 10.0) * profile.preamble_symbols;
    const double timing_error
        = std::isinf(energy) ? 0.0 : 0.4 * profile.samples_per_symbol / std::sqrt(energy);
    const double cfo_error
        = std::isinf(energy) ? 0.0 : 0.4 / (profile.preamble_symbols * std::sqrt(energy));
    const auto noise = random.complex_gaussian();
    const double at = arrival(profile, config) + timing_error * noise.real() * M_SQRT2;
    DetectedBurst burst;
    burst.detection.sample = std::llround(at);
    burst.detection.timing = at - std::round(at);
    burst.detection.cfo
        = config.cfo * profile.samples_per_symbol + cfo_error * noise.imag() * M_SQRT2;
    burst.samples = std::move(samples);
    return burst;
}

//! All bursts of a stream, received.
inline std::vector<ReceivedFrame>
receive(BurstDetector& detector, BurstDemodulator& demodulator, const Samples& stream)
{
    auto bursts = detector.push(stream.data(), stream.size());
    for (auto& burst : detector.flush()) {
        bursts.push_back(std::move(burst));
    }
    std::vector<ReceivedFrame> frames;
    for (const auto& burst : bursts) {
        frames.push_back(demodulator.demodulate(burst));
    }
    return frames;
}

//! Those with a header that holds.
inline std::vector<ReceivedFrame> good(const std::vector<ReceivedFrame>& frames)
{
    std::vector<ReceivedFrame> some;
    for (const auto& frame : frames) {
        if (frame.fault == Fault::none) {
            some.push_back(frame);
        }
    }
    return some;
}

inline double mean_error(const ReceivedPayload& received, const Payload& sent)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < sent.symbols.size(); i++) {
        sum += std::norm(std::complex<double>(received.symbols.at(i))
                         - std::complex<double>(sent.symbols[i]));
    }
    return sum / double(sent.symbols.size());
}

inline bool same_content(const PayloadHeader& a, const PayloadHeader& b)
{
    return a.frame_id == b.frame_id && a.task == b.task && a.modality == b.modality
        && a.layer == b.layer && a.model == b.model && a.modulation == b.modulation
        && a.vectors == b.vectors;
}

/*!
 * Output SNR of the MMSE equaliser that knows the channel, of any length:
 * 1 / mean(N0 / (S + N0)) - 1 with the folded energy spectrum S. In dB; for a flat
 * channel it is Es/N0.
 */
inline double ideal_esn0_db(const std::string& multipath, double esn0_db, double rolloff)
{
    const double n0 = std::pow(10.0, -esn0_db / 10.0);
    constexpr int BINS = 2048;
    double mean = 0.0;
    for (int i = 0; i < BINS; i++) {
        double s = 0.0;
        for (int alias = -1; alias <= 1; alias++) {
            const double f = (i + 0.5) / BINS - 0.5 + alias;
            const double edge = (std::abs(f) - 0.5 * (1.0 - rolloff)) / rolloff;
            const double raised_cosine = edge <= 0.0 ? 1.0
                : edge >= 1.0                        ? 0.0
                              : 0.5 * (1.0 + std::cos(M_PI * edge));
            std::complex<double> gain = 0.0;
            for (const auto& path : multipath_profile(multipath)) {
                gain += std::polar(std::sqrt(path.power),
                                   path.phase - 2.0 * M_PI * f * path.delay);
            }
            s += raised_cosine * std::norm(gain);
        }
        mean += n0 / (s + n0) / BINS;
    }
    return 10.0 * std::log10(1.0 / mean - 1.0);
}

inline FrameProfile profile_with_rate(unsigned samples_per_symbol)
{
    FrameProfile profile;
    profile.samples_per_symbol = samples_per_symbol;
    return profile;
}

//! A frame over a channel as random_channel() draws it.
struct Clean {
    explicit Clean(const FrameProfile& p, std::uint64_t seed)
        : profile(p)
        , random(seed)
    { }

    DetectedBurst burst(const std::vector<Payload>& payloads, double esn0_db = 20.0)
    {
        const Framer framer(profile);
        config = random_channel(profile, esn0_db, random);
        return detected(profile, config, through(framer.frame(payloads), config), random);
    }

    FrameProfile profile;
    Xoshiro256pp random;
    RadioChannelConfig config;
};

//! A transmitter and a receiver with the same profile.
class Link {
public:
    Link(const FrameProfile& profile, std::uint64_t seed)
        : d_profile(profile)
        , d_framer(profile)
        , d_detector(config(profile))
        , d_demodulator(profile)
        , d_random(seed)
    { }

    const FrameProfile& profile() const { return d_profile; }
    Xoshiro256pp& random() { return d_random; }

    Samples burst(const Payload& payload) const { return d_framer.frame({ payload }); }

    RadioChannelConfig draw(double esn0_db, const std::string& multipath = "none")
    {
        auto c = random_channel(d_profile, esn0_db, d_random);
        c.multipath = multipath;
        return c;
    }

    std::vector<ReceivedFrame> receive(const Samples& stream)
    {
        d_detector.reset();
        return udeepsc_phy::receive(d_detector, d_demodulator, stream);
    }

    //! One frame there and back; nothing unless it is the only one and says what was
    //! sent.
    std::vector<ReceivedFrame> exchange(const Payload& sent, const RadioChannelConfig& c)
    {
        auto frames = good(receive(through(burst(sent), c)));
        if (frames.size() != 1 || frames[0].payloads.size() != 1
            || frames[0].payloads[0].symbols.size() != sent.symbols.size()
            || !same_content(frames[0].payloads[0].header, sent.header)) {
            frames.clear();
        }
        return frames;
    }

private:
    static DetectorConfig config(const FrameProfile& profile)
    {
        DetectorConfig c;
        c.profile = profile;
        return c;
    }

    FrameProfile d_profile;
    Framer d_framer;
    BurstDetector d_detector;
    BurstDemodulator d_demodulator;
    Xoshiro256pp d_random;
};

} // namespace udeepsc_phy
