// SPDX-License-Identifier: GPL-3.0-or-later
#include "ofdm_link.h"
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
#include <set>

using namespace ofdm_link;

namespace {

using Complex = std::complex<double>;

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
            const auto burst
                = framer.frame({ random_payload(n, Modulation::qam16, random) });
            ASSERT_EQ(burst.size(), framer.burst_samples({ n }));
            ASSERT_EQ(burst.size(), layout.burst_samples(layout.body_length(0, n)));
            EXPECT_EQ(framer.overhead_symbols({ n }),
                      layout.frame_symbols(layout.body_length(0, n)) + 8 - n);
            // Mean power 1 / sps as in a single-carrier burst; 0.6 % is the standard
            // deviation for 5000 symbols of 16-QAM.
            const std::size_t begin
                = layout.symbol_sample(std::ptrdiff_t(profile.preamble_symbols) + 8 + 2),
                end = burst.size() - 4 * sps;
            double sum = 0.0;
            for (std::size_t i = begin; i < end; i++) {
                sum += std::norm(burst[i]);
            }
            const double power = sum / (end - begin) * sps;
            EXPECT_NEAR(power, 1.0, n == 5000 ? 0.03 : 0.06) << n;
            // The last sample of the fade: 0.04 of a typical one with two samples a
            // symbol.
            EXPECT_LT(std::abs(burst.back()), 0.1f);
        }
        // The prefix repeats the end of its symbol, where neither overlaps a neighbour.
        const auto burst
            = framer.frame({ random_payload(500, Modulation::qpsk, random) });
        const std::size_t first
            = layout.symbol_sample(std::ptrdiff_t(profile.preamble_symbols) + 8)
            + 3 * 144 * sps;
        for (std::size_t i = 2 * sps; i < 16 * sps; i++) {
            ASSERT_NEAR(
                std::abs(burst[first + i] - burst[first + i + 128 * sps]), 0.0, 1e-6);
        }
    }
}

TEST(Ofdm, PeaksEndWhereTheyAreTold)
{
    Xoshiro256pp random(11);
    const auto profile = ofdm_profile();
    const auto sent = random_payload(5000, Modulation::qpsk, random);
    Framer framer(profile);
    const auto whole = framer.frame({ sent });
    framer.set_peak_limit(100.0);
    EXPECT_EQ(framer.frame({ sent }), whole);

    framer.set_peak_limit(5.0);
    const auto cut = framer.frame({ sent });
    ASSERT_EQ(cut.size(), whole.size());
    const FrameLayout layout(profile);
    const std::size_t training
        = layout.symbol_sample(std::ptrdiff_t(profile.preamble_symbols) + 8);
    const std::size_t body = training + OFDM_TRAINING * OFDM_SYMBOL * 2;
    double highest = 0.0, highest_before = 0.0, changed = 0.0;
    for (std::size_t i = 0; i < cut.size(); i++) {
        if (i < body) {
            EXPECT_EQ(cut[i], whole[i]) << i; // preamble and training
            continue;
        }
        highest = std::max(highest, 2.0 * double(std::norm(cut[i])));
        highest_before = std::max(highest_before, 2.0 * double(std::norm(whole[i])));
        changed += 2.0 * std::norm(cut[i] - whole[i]) / double(cut.size() - body);
    }
    // The filter lets some of them grow again.
    EXPECT_LT(10.0 * std::log10(highest), 7.0);
    EXPECT_GT(10.0 * std::log10(highest_before), 9.0);
    EXPECT_LT(10.0 * std::log10(changed), -15.0);

    for (const double bad : { -1.0, 101.0, double(NAN), -double(INFINITY) }) {
        EXPECT_THROW(framer.set_peak_limit(bad), std::invalid_argument) << bad;
    }
    EXPECT_EQ(framer.frame({ sent }), cut);
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
                            + std::sqrt(known * n0) * Complex(random.complex_gaussian()));
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

/*
 * Estimates that begin with more delays than carriers were observed, and next to no
 * noise: singular to double precision, so that rounding decides about the pivots' signs.
 * Some of these gave NaN where pivots had no floor.
 */
TEST(Ofdm, ChannelEstimateIsFiniteWhereMatricesAreSingular)
{
    Xoshiro256pp random(1);
    const OfdmChannelEstimator estimator;
    for (int run = 0; run < 3000; run++) {
        const double smallest = std::pow(10.0, -12.0 * random.uniform());
        const double n0 = std::pow(10.0, -12.0 * random.uniform());
        const double part = run % 2 ? 0.6 : 1.0; // of all delays
        std::vector<OfdmChannel::Delay> start;
        for (std::size_t d = 0; d < OfdmChannelEstimator::DELAYS; d++) {
            if (random.uniform() < part) {
                start.push_back({ d, std::pow(smallest, random.uniform()), 0.0, 0.0 });
            }
        }
        const double delay = 10.0 * random.uniform() - 5.0;
        std::vector<double> e(OFDM_CARRIERS);
        std::vector<Complex> z(OFDM_CARRIERS);
        for (std::size_t c = 0; c < OFDM_CARRIERS; c += 8) {
            e[c] = 1.0 + double(random() % 30);
            z[c] = e[c] * std::polar(1.0, 2.0 * M_PI * ofdm_frequency(c) * delay / 128)
                + std::sqrt(e[c] * n0) * Complex(random.complex_gaussian());
        }
        const auto channel = estimator.estimate(z, e, n0, start);
        ASSERT_TRUE(std::isfinite(channel.energy())) << run;
        ASSERT_GE(channel.parameters, 0.0) << run;
        ASSERT_LE(channel.parameters, 1.0 * OfdmChannelEstimator::DELAYS) << run;
        for (const auto& gain : channel.gain) {
            ASSERT_TRUE(std::isfinite(std::norm(gain))) << run;
        }
    }
}
