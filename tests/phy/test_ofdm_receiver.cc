// SPDX-License-Identifier: GPL-3.0-or-later
#include "ofdm_link.h"
#include "ofdm/ofdm_section.h"

#include <udeepsc_phy/burst_demodulator.h>
#include <udeepsc_phy/burst_detector.h>
#include <udeepsc_phy/soft_demapper.h>
#include <udeepsc_phy/theory.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace ofdm_link;

namespace {

using Fault = ReceivedFrame::Fault;
using Complex = std::complex<double>;

const double INF = std::numeric_limits<double>::infinity();

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
            gain += std::polar(
                std::sqrt(path.power),
                path.phase - 2.0 * M_PI * ofdm_frequency(c) * path.delay / OFDM_CARRIERS);
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
        sum += symbol_error_rate_awgn(Modulation::qpsk,
                                      esn0_db + 10.0 * std::log10(power));
    }
    return sum / powers.size();
}

} // namespace

TEST(Ofdm, NoiselessLoopIsExact)
{
    Xoshiro256pp random(4);
    const Framer framer(ofdm_profile());
    BurstDemodulator demodulator(ofdm_profile());
    const std::vector<Modulation> all {
        Modulation::bpsk, Modulation::qpsk, Modulation::qam64, Modulation::qam256
    };
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
        const auto frame
            = demodulator.demodulate(through(framer.frame(sent), config, random));
        ASSERT_EQ(frame.fault, Fault::none);
        ASSERT_EQ(frame.payloads.size(), count);
        for (std::size_t i = 0; i < count; i++) {
            PayloadHeader header = sent[i].header;
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
        EXPECT_LT(10.0 * std::log10(mean_error(frame.payloads[0], payload)), -60.0)
            << name;
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
 * Symbol errors against what each carrier's gain allows. The receiver may lose 0.5 dB;
 * the rest of the bound is four standard deviations of the count. That the noise is known
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
            const auto frame = demodulator.demodulate(
                through(framer.frame({ payload }), config, random));
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

// The longest frame with clocks 20 ppm apart, 0.9 symbols by its end: which is as good as
// its beginning.
TEST(Ofdm, ClockDriftOverTheLongestFrame)
{
    Xoshiro256pp random(7);
    const Framer framer(ofdm_profile());
    BurstDemodulator demodulator(ofdm_profile());
    for (double ppm : { -20.0, 20.0 }) {
        const std::vector<Payload> sent = picture(64, 512, random);
        RadioChannelConfig config;
        config.esn0_db = 20.0;
        config.clock_ppm = ppm;
        const auto frame
            = demodulator.demodulate(through(framer.frame(sent), config, random));
        ASSERT_EQ(frame.fault, Fault::none);
        ASSERT_EQ(frame.payloads.size(), 64u);
        EXPECT_NEAR(frame.clock_ppm, ppm, 2.0);
        for (std::size_t i : { 0u, 31u, 62u, 63u }) {
            // 512 of 1e-2: four standard deviations of 4.4 %, and 0.2 dB lost.
            EXPECT_LT(mean_error(frame.payloads[i], sent[i]), 0.0124) << i;
        }
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

// Pilots and training without noise beside payloads that have some: the receiver must not
// think that it knows offsets better than it does.
TEST(Ofdm, CutPeaksAreNoiseOfThePayload)
{
    Xoshiro256pp random(12);
    Framer framer(ofdm_profile());
    framer.set_peak_limit(6.0);
    BurstDetector detector({ ofdm_profile() });
    BurstDemodulator demodulator(ofdm_profile());
    for (int trial = 0; trial < 10; trial++) {
        const auto sent = random_payload(4000, Modulation::qpsk, random);
        auto samples = framer.frame({ sent });
        samples.resize(samples.size() + 500);
        RadioChannelConfig config;
        config.esn0_db = 60.0;
        config.samples_per_symbol = ofdm_profile().samples_per_symbol;
        config.cfo = 0.01 * (2.0 * random.uniform() - 1.0);
        config.delay = 200.0 + random.uniform();
        config.clock_ppm = 40.0 * random.uniform() - 20.0;
        config.seed = random();
        detector.reset();
        const auto air = RadioChannel(config).apply(samples.data(), samples.size());
        auto bursts = detector.push(air.data(), air.size());
        for (auto& burst : detector.flush()) {
            bursts.push_back(std::move(burst));
        }
        ASSERT_EQ(bursts.size(), 1u);
        const auto frame = demodulator.demodulate(bursts[0]);
        ASSERT_EQ(frame.payloads.size(), 1u);
        const double error = mean_error(frame.payloads[0], sent);
        EXPECT_GT(error, 1e-4);
        EXPECT_LT(error, 1e-2) << trial;
        // Pilots are not cut: the receiver must not take the frame for noise.
        const auto& noise = frame.payloads[0].noise_var;
        EXPECT_LT(*std::max_element(noise.begin(), noise.end()), 0.1) << trial;
    }
}

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

    // Cut within the second payload, in the description, in the header, at once.
    const FrameLayout layout(ofdm_profile());
    const std::size_t header = layout.header_length();
    const auto cut_at = [&](std::size_t body) {
        auto cut = good;
        cut.samples.resize(20 + layout.burst_samples(body) - 2 * 144);
        return demodulator.demodulate(cut);
    };
    auto frame = cut_at(layout.body_length(2 * 6, 600));
    EXPECT_EQ(frame.fault, Fault::cut);
    EXPECT_EQ(frame.payloads.size(), 1u);
    frame = cut_at(layout.body_length(2 * 6, 0) - 300);
    EXPECT_EQ(frame.fault, Fault::cut);
    EXPECT_TRUE(frame.payloads.empty());
    EXPECT_EQ(cut_at(header).fault, Fault::no_header);
    auto nothing = good;
    nothing.samples.clear();
    EXPECT_EQ(demodulator.demodulate(nothing).fault, Fault::no_header);

    // Noise, silence, NaN, and a position outside the samples.
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
