// SPDX-License-Identifier: GPL-3.0-or-later
#include "frame/frame_layout.h"
#include "ofdm/ofdm_channel.h"
#include "ofdm/ofdm_section.h"

#include <udeepsc_phy/burst_demodulator.h>
#include <udeepsc_phy/burst_detector.h>
#include <udeepsc_phy/framer.h>
#include <udeepsc_phy/radio_channel.h>
#include <udeepsc_phy/random.h>
#include <udeepsc_phy/soft_demapper.h>
#include <udeepsc_phy/theory.h>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

using namespace udeepsc_phy;
using namespace udeepsc_phy::detail;

namespace {

using Samples = std::vector<std::complex<float>>;
using Fault = ReceivedFrame::Fault;
using Complex = std::complex<double>;

const double INF = std::numeric_limits<double>::infinity();

const FrameProfile& ofdm_profile()
{
    static const FrameProfile s_profile = FrameProfile::from_name("ofdm");
    return s_profile;
}

Payload random_payload(std::size_t n, Modulation modulation, Xoshiro256pp& random)
{
    const Constellation constellation(modulation);
    Payload payload;
    payload.header.task = random() % 16;
    payload.header.frame_id = random() % 256;
    payload.header.modulation = modulation;
    payload.header.vectors = random() % 128;
    for (std::size_t i = 0; i < n; i++) {
        payload.symbols.push_back(constellation.points()[random() % constellation.size()]);
    }
    return payload;
}

/*
 * A burst through a channel, as a detector would hand it over: the true timing, and the
 * carrier offset with the error of a maximum-likelihood estimate from the preamble at 0 dB.
 */
DetectedBurst through(const Samples& burst, RadioChannelConfig config, Xoshiro256pp& random)
{
    config.delay = 20.0 + random.uniform();
    config.phase = 2.0 * M_PI * random.uniform();
    config.seed = random();
    Samples x = burst;
    x.resize(x.size() + 100);
    DetectedBurst detected;
    RadioChannel channel(config);
    detected.samples = channel.apply(x.data(), x.size());
    const double at = FrameLayout(ofdm_profile()).symbol_sample(0) + config.delay;
    detected.detection.sample = std::llround(at);
    detected.detection.timing = at - std::round(at);
    const double cfo_error = std::isinf(config.esn0_db) ? 0.0 : 1e-4;
    detected.detection.cfo = config.cfo * config.samples_per_symbol
        + cfo_error * (random.uniform() - 0.5);
    return detected;
}

//! Mean |error|^2 of what arrived.
double mean_error(const ReceivedPayload& received, const Payload& sent)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < sent.symbols.size(); i++) {
        sum += std::norm(Complex(received.symbols.at(i)) - Complex(sent.symbols[i]));
    }
    return sum / sent.symbols.size();
}

//! |h|^2 of each carrier of a channel that does not fade.
std::vector<double> carrier_powers(const std::string& multipath)
{
    std::vector<double> powers;
    for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
        Complex gain = 0.0;
        for (const auto& path : multipath_profile(multipath)) {
            gain += std::polar(std::sqrt(path.power),
                               path.phase
                                   - 2.0 * M_PI * ofdm_frequency(c) * path.delay
                                       / OFDM_CARRIERS);
        }
        powers.push_back(std::norm(gain));
    }
    return powers;
}

//! Symbol error rate of QPSK, the mean over all carriers.
double theory(const std::vector<double>& powers, double esn0_db)
{
    double sum = 0.0;
    for (double power : powers) {
        sum += symbol_error_rate_awgn(Modulation::qpsk, esn0_db + 10.0 * std::log10(power));
    }
    return sum / powers.size();
}

} // namespace

// --------------------------------------------------------------------- transmitter

TEST(Ofdm, EveryCarrierOfASymbolIsOneThing)
{
    const OfdmLayout layout(ofdm_profile());
    std::set<std::size_t> piloted;
    for (std::size_t m = 0; m < 20; m++) {
        std::set<std::size_t> seen;
        for (std::size_t i = 0; i < ofdm_profile().pilot_symbols; i++) {
            EXPECT_TRUE(seen.insert(layout.pilot_carrier(m, i)).second);
            piloted.insert(layout.pilot_carrier(m, i));
        }
        for (std::size_t slot = 0; slot < ofdm_profile().data_symbols; slot++) {
            EXPECT_TRUE(seen.insert(layout.data_carrier(m, slot)).second);
            if (slot > 0) {
                const int apart = static_cast<int>(layout.data_carrier(m, slot))
                    - static_cast<int>(layout.data_carrier(m, slot - 1));
                EXPECT_GE(std::abs(apart), 30); // neighbours do not fade together
            }
        }
        EXPECT_EQ(seen.size(), OFDM_CARRIERS);
        EXPECT_EQ(*seen.rbegin(), OFDM_CARRIERS - 1);
        // Pilots come by every carrier within eight symbols.
        if (m == 7) {
            EXPECT_EQ(piloted.size(), OFDM_CARRIERS);
        }
    }
    std::set<int> frequencies;
    for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
        frequencies.insert(ofdm_frequency(c));
    }
    EXPECT_EQ(frequencies.size(), OFDM_CARRIERS);
    EXPECT_EQ(frequencies.count(0), 0u);
    EXPECT_EQ(*frequencies.begin(), -64);
    EXPECT_EQ(*frequencies.rbegin(), 64);
}

// The sum that defines it, there and back, for rates that are no power of two either.
TEST(Ofdm, TransformIsUnitary)
{
    Xoshiro256pp random(1);
    for (unsigned sps : { 2u, 3u, 8u }) {
        const OfdmTransform transform(sps);
        const std::size_t n = transform.samples();
        ASSERT_EQ(n, 128 * sps);
        Samples x(OFDM_CARRIERS), y(n), back(OFDM_CARRIERS);
        for (auto& value : x) {
            value = random.complex_gaussian();
        }
        transform.synthesize(x.data(), y.data());
        for (std::size_t i = 0; i < n; i += 7) {
            Complex sum = 0.0;
            for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
                sum += Complex(x[c])
                    * std::polar(1.0 / std::sqrt(double(n)),
                                 2.0 * M_PI * ofdm_frequency(c) * double(i) / n);
            }
            ASSERT_NEAR(std::abs(Complex(y[i]) - sum), 0.0, 1e-5);
        }
        transform.analyze(y.data(), back.data());
        for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
            ASSERT_NEAR(std::abs(back[c] - x[c]), 0.0, 1e-5);
        }
    }
}

TEST(Ofdm, BurstHasTheLengthAndPowerOfTheConvention)
{
    Xoshiro256pp random(2);
    for (unsigned sps : { 2u, 4u }) {
        auto profile = ofdm_profile();
        profile.samples_per_symbol = sps;
        const Framer framer(profile);
        const FrameLayout layout(profile);
        for (std::size_t n : { 1u, 112u, 5000u }) {
            const auto burst = framer.frame({ random_payload(n, Modulation::qam16, random) });
            ASSERT_EQ(burst.size(), framer.burst_samples({ n }));
            ASSERT_EQ(burst.size(), layout.burst_samples(layout.body_length({ n })));
            EXPECT_EQ(framer.overhead_symbols({ n }),
                      layout.frame_symbols(layout.body_length({ n })) + 8 - n);
            // Mean power 1 / sps as in a single-carrier burst; 0.6 % is the standard
            // deviation for 5000 symbols of 16-QAM.
            const std::size_t begin = layout.symbol_sample(264 + 2), end = burst.size() - 4 * sps;
            double sum = 0.0;
            for (std::size_t i = begin; i < end; i++) {
                sum += std::norm(burst[i]);
            }
            const double power = sum / (end - begin) * sps;
            EXPECT_NEAR(power, 1.0, n == 5000 ? 0.03 : 0.06) << n;
            // The last sample of the fade: 0.04 of a typical one with two samples a symbol.
            EXPECT_LT(std::abs(burst.back()), 0.1f);
        }
        // The prefix repeats the end of its symbol, where neither overlaps a neighbour.
        const auto burst = framer.frame({ random_payload(500, Modulation::qpsk, random) });
        const std::size_t first = layout.symbol_sample(264) + 3 * 144 * sps;
        for (std::size_t i = 2 * sps; i < 16 * sps; i++) {
            ASSERT_NEAR(std::abs(burst[first + i] - burst[first + i + 128 * sps]), 0.0, 1e-6);
        }
    }
}

TEST(Ofdm, ProfileErrorsNameTheField)
{
    const auto refused = [](const char* field, auto change) {
        auto profile = ofdm_profile();
        change(profile);
        try {
            Framer framer(profile);
            ADD_FAILURE() << field;
        } catch (const std::invalid_argument& error) {
            EXPECT_EQ(std::string(error.what()).rfind(field, 0), 0u) << error.what();
        }
    };
    refused("pilot_symbols", [](auto& p) { p.pilot_symbols = 12; });
    refused("pilot_symbols", [](auto& p) { p.pilot_symbols = 128; });
    refused("data_symbols", [](auto& p) { p.data_symbols = 56; });
    refused("channel_taps", [](auto& p) { p.channel_taps = 8; });
}

// ----------------------------------------------------------------- channel estimate

/*
 * One path, on the delays' grid and between its points: the error has the power of a few
 * parameters' noise, not of 16, and the estimate says how much it is.
 */
TEST(Ofdm, ChannelEstimateCostsWhatTheChannelNeeds)
{
    Xoshiro256pp random(3);
    const OfdmChannelEstimator estimator;
    const double n0 = 4.0, known = 4.0; // -6 dB, four known symbols a carrier
    for (double delay : { 0.0, 3.5, -2.23 }) {
        double error = 0.0, claimed = 0.0;
        const int runs = 100;
        for (int run = 0; run < runs; run++) {
            std::vector<Complex> z;
            const std::vector<double> e(OFDM_CARRIERS, known);
            std::vector<Complex> gain;
            for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
                gain.push_back(
                    std::polar(1.0, 1.0 - 2.0 * M_PI * ofdm_frequency(c) * delay / 128));
                z.push_back(known * gain[c]
                            + std::sqrt(known * n0)
                                * Complex(random.complex_gaussian()));
            }
            const auto channel = estimator.estimate(z, e, n0);
            for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
                error += std::norm(channel.gain[c] - gain[c]) / (128.0 * runs);
                claimed += channel.gain_var[c] / (128.0 * runs);
            }
        }
        const double one_parameter = n0 / known / 128.0;
        // Five to seven were measured; plain least squares over the prefix would have 16.
        EXPECT_LT(error, 8.0 * one_parameter) << delay;
        EXPECT_GT(claimed, 0.4 * error);
        EXPECT_LT(claimed, 2.5 * error);
    }
}

// -------------------------------------------------------------------------- receiver

TEST(Ofdm, NoiselessLoopIsExact)
{
    Xoshiro256pp random(4);
    const Framer framer(ofdm_profile());
    BurstDemodulator demodulator(ofdm_profile());
    const std::vector<Modulation> all { Modulation::bpsk,
                                        Modulation::qpsk,
                                        Modulation::qam64,
                                        Modulation::qam256 };
    std::vector<Payload> payloads;
    for (Modulation modulation : all) {
        payloads.push_back(random_payload(1 + random() % 1500, modulation, random));
    }
    for (std::size_t count = 1; count <= payloads.size(); count++) {
        const std::vector<Payload> sent(payloads.begin(), payloads.begin() + count);
        RadioChannelConfig config;
        config.esn0_db = INF;
        config.gain_db = -40.0;
        config.cfo = 0.003;
        const auto frame = demodulator.demodulate(through(framer.frame(sent), config, random));
        ASSERT_EQ(frame.fault, Fault::none);
        ASSERT_EQ(frame.payloads.size(), count);
        for (std::size_t i = 0; i < count; i++) {
            PayloadHeader header = sent[i].header;
            header.more = i + 1 < count;
            header.symbols = sent[i].symbols.size();
            EXPECT_EQ(frame.payloads[i].header, header);
            EXPECT_LT(10.0 * std::log10(mean_error(frame.payloads[i], sent[i])), -65.0);
            for (float n0 : frame.payloads[i].noise_var) {
                ASSERT_GT(n0, 0.0f);
                ASSERT_LT(n0, 1e-6f);
            }
        }
        EXPECT_NEAR(frame.cfo, 0.006, 1e-8);
        EXPECT_NEAR(frame.clock_ppm, 0.0, 0.1);
        EXPECT_NEAR(10.0 * std::log10(frame.power), -40.0 - 3.01, 0.3);
    }
}

// Every named channel is shorter than the prefix: nothing of it is left. An echo beyond
// the prefix is the control.
TEST(Ofdm, MultipathWithinThePrefixLeavesNoFloor)
{
    Xoshiro256pp random(5);
    const Framer framer(ofdm_profile());
    BurstDemodulator demodulator(ofdm_profile());
    const auto payload = random_payload(1000, Modulation::qam64, random);
    const auto burst = framer.frame({ payload });
    for (const auto& name : { "none", "two_tap", "three_tap", "late_peak" }) {
        RadioChannelConfig config;
        config.esn0_db = INF;
        config.multipath = name;
        config.cfo = -0.002;
        const auto frame = demodulator.demodulate(through(burst, config, random));
        ASSERT_EQ(frame.fault, Fault::none) << name;
        EXPECT_LT(10.0 * std::log10(mean_error(frame.payloads[0], payload)), -60.0) << name;
    }
    auto echo = burst;
    const std::size_t late = 30 * ofdm_profile().samples_per_symbol;
    for (std::size_t i = late; i < echo.size(); i++) {
        echo[i] += 0.3f * burst[i - late];
    }
    RadioChannelConfig config;
    config.esn0_db = INF;
    const auto frame = demodulator.demodulate(through(echo, config, random));
    ASSERT_EQ(frame.fault, Fault::none);
    EXPECT_GT(10.0 * std::log10(mean_error(frame.payloads[0], payload)), -25.0);
}

/*
 * Symbol errors against what each carrier's gain allows. The receiver may lose 0.5 dB; the
 * rest of the bound is four standard deviations of the count. That the noise is known
 * carrier by carrier is what a soft decision needs: errors over their stated variance are
 * 1 on weak and on strong carriers alike.
 */
TEST(Ofdm, SymbolErrorsOverThreeTapsMeetTheory)
{
    const auto powers = carrier_powers("three_tap");
    const Framer framer(ofdm_profile());
    const SoftDemapper demapper(Modulation::qpsk);
    BurstDemodulator demodulator(ofdm_profile());
    Xoshiro256pp random(6);
    for (double esn0_db : { -6.0, 0.0, 6.0, 12.0 }) {
        std::size_t errors = 0, count = 0;
        double weak_error = 0.0, strong_error = 0.0, snr_error = 0.0;
        std::size_t weak = 0, strong = 0;
        const int frames = 8;
        for (int i = 0; i < frames; i++) {
            const auto payload = random_payload(2000, Modulation::qpsk, random);
            RadioChannelConfig config;
            config.esn0_db = esn0_db;
            config.multipath = "three_tap";
            config.cfo = 0.005;
            config.clock_ppm = i % 2 ? 20.0 : -20.0;
            const auto frame
                = demodulator.demodulate(through(framer.frame({ payload }), config, random));
            ASSERT_EQ(frame.fault, Fault::none) << esn0_db;
            const auto& received = frame.payloads[0];
            snr_error += std::abs(frame.snr_db - esn0_db) / frames;
            const auto sent = demapper.hard_labels(payload.symbols);
            const auto decided = demapper.hard_labels(received.symbols);
            const double n0 = std::pow(10.0, -esn0_db / 10.0);
            for (std::size_t k = 0; k < sent.size(); k++, count++) {
                errors += sent[k] != decided[k];
                const double ratio = std::norm(received.symbols[k] - payload.symbols[k])
                    / received.noise_var[k];
                if (received.noise_var[k] > 1.5 * n0) {
                    weak_error += ratio;
                    weak++;
                } else {
                    strong_error += ratio;
                    strong++;
                }
            }
        }
        const double rate = double(errors) / count;
        const double spread = 4.0 * std::sqrt(rate * (1.0 - rate) / count);
        EXPECT_LT(rate, theory(powers, esn0_db - 0.5) + spread) << esn0_db;
        EXPECT_GT(rate, theory(powers, esn0_db + 0.3) - spread) << esn0_db;
        // Thousands of errors each; the estimate's own error is common to a frame's.
        ASSERT_GT(weak, 1000u);
        ASSERT_GT(strong, 1000u);
        EXPECT_NEAR(weak_error / weak, 1.0, 0.15) << esn0_db;
        EXPECT_NEAR(strong_error / strong, 1.0, 0.1) << esn0_db;
        EXPECT_LT(snr_error, 0.5) << esn0_db;
    }
}

// The longest frame with clocks 20 ppm apart: its end is as good as its beginning.
TEST(Ofdm, ClockDriftOverTheLongestFrame)
{
    Xoshiro256pp random(7);
    const Framer framer(ofdm_profile());
    BurstDemodulator demodulator(ofdm_profile());
    for (double ppm : { -20.0, 20.0 }) {
        const auto payload = random_payload(8191, Modulation::qpsk, random);
        RadioChannelConfig config;
        config.esn0_db = 20.0;
        config.clock_ppm = ppm;
        const auto frame
            = demodulator.demodulate(through(framer.frame({ payload }), config, random));
        ASSERT_EQ(frame.fault, Fault::none);
        double last = 0.0;
        for (std::size_t k = 8191 - 1000; k < 8191; k++) {
            last += std::norm(frame.payloads[0].symbols[k] - payload.symbols[k]) / 1000;
        }
        EXPECT_NEAR(frame.clock_ppm, ppm, 2.0);
        // 1000 of 1e-2: a standard deviation of 3 %, and 0.2 dB lost.
        EXPECT_LT(last, 0.0115);
    }
}

// With a detector before it, through noise at -6 dB: 1e-3 is the goal; no failure in 40.
TEST(Ofdm, HeadersSurviveMinusSixBehindTheDetector)
{
    Xoshiro256pp random(8);
    const Framer framer(ofdm_profile());
    BurstDemodulator demodulator(ofdm_profile());
    DetectorConfig detection;
    detection.profile = ofdm_profile();
    BurstDetector detector(detection);
    int arrived = 0;
    const int sent = 40;
    for (int i = 0; i < sent; i++) {
        const auto payload = random_payload(30, Modulation::qpsk, random);
        Samples x(500);
        const auto burst = framer.frame({ payload });
        x.insert(x.end(), burst.begin(), burst.end());
        x.resize(x.size() + 500);
        RadioChannelConfig config;
        config.esn0_db = -6.0;
        config.multipath = i % 2 ? "none" : "three_tap";
        config.cfo = 0.018 * (random.uniform() - 0.5);
        config.delay = random.uniform();
        config.seed = 100 + i;
        RadioChannel channel(config);
        const auto y = channel.apply(x.data(), x.size());
        detector.reset();
        auto bursts = detector.push(y.data(), y.size());
        for (auto& b : detector.flush()) {
            bursts.push_back(std::move(b));
        }
        for (const auto& b : bursts) {
            const auto frame = demodulator.demodulate(b);
            if (frame.fault == Fault::none) {
                PayloadHeader header = payload.header;
                header.symbols = 30;
                EXPECT_EQ(frame.payloads[0].header, header);
                arrived++;
            }
        }
    }
    EXPECT_EQ(arrived, sent);
}

// ---------------------------------------------------------------------------- faults

TEST(Ofdm, WhatARadioMayBring)
{
    Xoshiro256pp random(9);
    const Framer framer(ofdm_profile());
    BurstDemodulator demodulator(ofdm_profile());
    const auto first = random_payload(300, Modulation::qpsk, random);
    const auto second = random_payload(300, Modulation::qpsk, random);
    RadioChannelConfig config;
    config.esn0_db = 10.0;
    const auto good = through(framer.frame({ first, second }), config, random);
    ASSERT_EQ(demodulator.demodulate(good).fault, Fault::none);

    // Cut within the second payload, in the second header, in the first header, at once.
    const FrameLayout layout(ofdm_profile());
    const std::size_t header = layout.header_length();
    const auto cut_at = [&](std::size_t body) {
        auto cut = good;
        cut.samples.resize(20 + layout.burst_samples(body) - 2 * 144);
        return demodulator.demodulate(cut);
    };
    auto frame = cut_at(2 * header + 600);
    EXPECT_EQ(frame.fault, Fault::cut);
    EXPECT_EQ(frame.payloads.size(), 1u);
    frame = cut_at(2 * header + 300);
    EXPECT_EQ(frame.fault, Fault::cut);
    EXPECT_EQ(frame.payloads.size(), 1u);
    EXPECT_EQ(cut_at(header).fault, Fault::no_header);
    auto nothing = good;
    nothing.samples.clear();
    EXPECT_EQ(demodulator.demodulate(nothing).fault, Fault::no_header);

    // Noise, silence, NaN, and a place outside the samples.
    auto noise = good;
    for (auto& x : noise.samples) {
        x = random.complex_gaussian();
    }
    EXPECT_EQ(demodulator.demodulate(noise).fault, Fault::no_header);
    auto silence = good;
    silence.samples.assign(good.samples.size(), 0.0f);
    EXPECT_EQ(demodulator.demodulate(silence).fault, Fault::no_header);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    auto broken = good;
    for (std::size_t i = 1000; i < broken.samples.size(); i += 2) {
        broken.samples[i] = { nan, 0.0f };
    }
    EXPECT_EQ(demodulator.demodulate(broken).fault, Fault::not_finite);
    auto outside = good;
    outside.detection.sample = 1u << 30;
    EXPECT_EQ(demodulator.demodulate(outside).fault, Fault::no_header);

    // A few bad samples do not matter, and nothing is left of what came before.
    auto scratched = good;
    for (std::size_t i = 3000; i < 3010; i++) {
        scratched.samples[i] = { nan, nan };
    }
    EXPECT_EQ(demodulator.demodulate(scratched).fault, Fault::none);
    frame = demodulator.demodulate(good);
    ASSERT_EQ(frame.fault, Fault::none);
    EXPECT_LT(mean_error(frame.payloads[1], second), 0.15);
}
