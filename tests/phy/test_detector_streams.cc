// SPDX-License-Identifier: GPL-3.0-or-later
#include "detector_input.h"

#include <udeepsc_phy/radio_channel.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

using namespace udeepsc_phy;
using namespace detector_input;

TEST(BurstDetector, TheSameHoweverTheStreamIsCut)
{
    const auto config = detector_config("standard");
    const auto burst = make_burst(config.profile, 1);
    auto x = noise(150000, 4);
    for (std::size_t at : { 0u, 9000u, 70000u, 70500u, 90001u, 120000u }) {
        add(x, at, burst, 1.5f);
    }
    BurstDetector whole(config);
    const auto expected = detect(whole, x);
    ASSERT_EQ(expected.size(), 6u);
    for (std::size_t longest : { 1000u, 30000u }) {
        BurstDetector detector(config);
        Bursts bursts;
        std::size_t at = 0, length = 1;
        while (at < x.size()) {
            const std::size_t n = std::min(length, x.size() - at);
            for (auto& b : detector.push(x.data() + at, n)) {
                bursts.push_back(std::move(b));
            }
            at += n;
            length = (length * 7 + 3) % longest;
        }
        for (auto& b : detector.flush()) {
            bursts.push_back(std::move(b));
        }
        ASSERT_EQ(bursts.size(), expected.size());
        for (std::size_t i = 0; i < bursts.size(); i++) {
            EXPECT_EQ(time_of(bursts[i]), time_of(expected[i]));
            EXPECT_EQ(bursts[i].detection.cfo, expected[i].detection.cfo);
            EXPECT_EQ(bursts[i].detection.rho, expected[i].detection.rho);
            EXPECT_EQ(bursts[i].first_sample, expected[i].first_sample);
            EXPECT_EQ(bursts[i].samples, expected[i].samples);
        }
    }
}

TEST(BurstDetector, GivesTheSamplesAroundABurst)
{
    const auto config = detector_config("standard");
    const auto& profile = config.profile;
    auto x = noise(60000, 5);
    add(x, 5000, make_burst(profile, 1), 2.0f);
    BurstDetector detector(config);
    const auto bursts = detector.push(x.data(), x.size());
    ASSERT_EQ(bursts.size(), 1u);
    const auto& burst = bursts[0];
    EXPECT_EQ(burst.detection.sample - burst.first_sample,
              (profile.channel_taps + profile.filter_span) * profile.samples_per_symbol);
    // Without ramps and tails, but with some samples around: those of this frame alone.
    const auto sent = make_burst(profile, 1).size();
    EXPECT_GE(burst.samples.size(), sent - 60);
    EXPECT_LE(burst.samples.size(), sent + 100);
    EXPECT_TRUE(std::equal(burst.samples.begin(),
                           burst.samples.end(),
                           x.begin() + static_cast<long>(burst.first_sample)));
}

TEST(BurstDetector, FlushGivesWhatIsThereOnceAndTheStreamGoesOn)
{
    const auto config = detector_config("standard");
    const auto& profile = config.profile;
    const auto burst = make_burst(profile, 1);
    const auto preamble_end = static_cast<std::size_t>(preamble_sample(profile)
                                                       + 2 * profile.preamble_symbols);
    auto x = noise(100000, 6);
    add(x, 5000, burst, 2.0f);
    add(x, 50000, burst, 2.0f);
    BurstDetector detector(config);
    // Not before the preamble is complete; as soon as it is.
    EXPECT_TRUE(detector.push(x.data(), 5000 + preamble_end - 200).empty());
    EXPECT_TRUE(detector.flush().empty());
    EXPECT_TRUE(detector.push(x.data() + 5000 + preamble_end - 200, 210).empty());
    const auto early = detector.flush();
    ASSERT_EQ(early.size(), 1u);
    EXPECT_NEAR(time_of(early[0]), 5000 + preamble_sample(profile), 0.5);
    EXPECT_EQ(early[0].first_sample + early[0].samples.size(), 5000 + preamble_end + 10);
    const std::size_t at = 5000 + preamble_end + 10;
    auto later = detector.push(x.data() + at, x.size() - at);
    ASSERT_EQ(later.size(), 1u);
    EXPECT_NEAR(time_of(later[0]), 50000 + preamble_sample(profile), 0.5);
    EXPECT_TRUE(detector.flush().empty());
    detector.reset();
    ASSERT_EQ(detector.push(x.data() + 4000, 60000).size(), 2u);
}

TEST(BurstDetector, BurstsAtTheStreamsEdges)
{
    const auto config = detector_config("standard");
    const auto burst = make_burst(config.profile, 1);
    // The ramp is missing: the preamble begins with the stream.
    const auto cut = static_cast<long>(preamble_sample(config.profile)) - 2;
    BurstDetector detector(config);
    const auto bursts = detect(detector, Samples(burst.begin() + cut, burst.end()));
    ASSERT_EQ(bursts.size(), 1u);
    EXPECT_NEAR(time_of(bursts[0]), 2, 0.1);
    EXPECT_EQ(bursts[0].first_sample, 0u);
    // A quarter of the preamble is missing: found where the rest says it began.
    detector.reset();
    auto x = noise(3000, 1);
    Samples rest(burst.begin() + cut + 130, burst.end());
    x.resize(1000 + rest.size());
    add(x, 1000, rest, 4.0f);
    const auto headless = detect(detector, x);
    ASSERT_EQ(headless.size(), 1u);
    EXPECT_NEAR(time_of(headless[0]), 1000 + 2 - 130, 0.5);
}

TEST(BurstDetector, GainDoesNotMatter)
{
    const auto config = detector_config("standard");
    auto x = noise(8000, 7);
    add(x, 1000, make_burst(config.profile, 1));
    BurstDetector detector(config);
    const auto expected = detect(detector, x);
    ASSERT_EQ(expected.size(), 1u);
    for (float gain : { 0x1p-30f, 0x1p-10f, 0x1p30f }) {
        auto y = x;
        for (auto& v : y) {
            v *= gain;
        }
        detector.reset();
        const auto bursts = detect(detector, y);
        ASSERT_EQ(bursts.size(), 1u) << gain;
        EXPECT_EQ(bursts[0].detection.rho, expected[0].detection.rho);
    }
}

TEST(BurstDetector, SamplesThatAreNotFiniteAreZeros)
{
    const auto config = detector_config("standard");
    auto x = noise(30000, 8), zeroed = x;
    const auto burst = make_burst(config.profile, 1);
    add(x, 3000, burst, 2.0f);
    add(zeroed, 3000, burst, 2.0f);
    const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
    const std::complex<float> bad[]
        = { { nan, 0 }, { 1, nan }, { -inf, 0 }, { 0, inf }, { 3e38f, 0 } };
    for (std::size_t i = 0; i < 200; i++) {
        const std::size_t at = 2000 + 17 * i;
        x[at] = bad[i % 5];
        zeroed[at] = 0.0f; // of a sample with one bad part nothing is left
    }
    BurstDetector detector(config);
    const auto expected = detect(detector, zeroed);
    detector.reset();
    const auto bursts = detect(detector, x);
    ASSERT_EQ(bursts.size(), 1u);
    ASSERT_EQ(expected.size(), 1u);
    EXPECT_NEAR(bursts[0].detection.rho, expected[0].detection.rho, 1e-6);
    detector.reset();
    EXPECT_TRUE(detect(detector, Samples(50000, { nan, inf })).empty());
}

TEST(BurstDetector, SilenceAndInterferersGiveNoFlood)
{
    const auto config = detector_config("standard");
    const std::size_t n = 200000;
    const auto count
        = [&](const std::function<std::complex<double>(double)>& at, double noise_level) {
              auto x = noise(n, 9);
              for (std::size_t i = 0; i < n; i++) {
                  x[i] = std::complex<float>(noise_level * std::complex<double>(x[i])
                                             + at(static_cast<double>(i)));
              }
              BurstDetector detector(config);
              return detect(detector, x).size();
          };
    EXPECT_EQ(count([](double) { return 0.0; }, 0.0), 0u);
    for (double level : { 0.0, 0.1, 1.0 }) {
        EXPECT_EQ(count([](double) { return 100.0; }, level), 0u);
        for (double f : { 0.0031, 0.05, 0.2, 0.31 }) {
            const auto tone
                = [f](double i) { return std::polar(30.0, 2 * M_PI * f * i); };
            EXPECT_EQ(count(tone, level), 0u) << f;
        }
        // Through the band in 20 ms and in 1 ms at 2 Msps.
        for (double sweep : { 2.5e-5, 5e-4 }) {
            const auto chirp
                = [sweep](double i) { return std::polar(10.0, M_PI * sweep * i * i); };
            EXPECT_LE(count(chirp, level), 1u) << sweep;
        }
        // Clipped noise: what a saturated receiver gives.
        const auto clipped = [](double i) {
            const auto bits = static_cast<unsigned>(i) * 2654435761u;
            return std::complex<double>(bits >> 31 ? 50 : -50,
                                        (bits >> 20) & 1 ? 50 : -50);
        };
        EXPECT_LE(count(clipped, level), 1u);
    }
}

TEST(BurstDetector, AFloodOfPreamblesIsBounded)
{
    const auto config = detector_config("standard");
    const auto burst = make_burst(config.profile, 1);
    const auto begin = static_cast<std::size_t>(preamble_sample(config.profile));
    const Samples preamble(burst.begin() + begin,
                           burst.begin() + begin + 2 * config.profile.preamble_symbols);
    Samples x;
    for (int i = 0; i < 200; i++) {
        x.insert(x.end(), preamble.begin(), preamble.end());
    }
    BurstDetector detector(config);
    const auto n = detect(detector, x).size();
    // 20 of them fit into a frame's longest duration.
    EXPECT_GE(n + detector.dropped(), 199u);
    EXPECT_LE(n + detector.dropped(), 205u);
}
