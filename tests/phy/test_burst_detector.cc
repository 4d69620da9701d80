// SPDX-License-Identifier: GPL-3.0-or-later
#include "detector_input.h"

#include <udeepsc_phy/radio_channel.h>
#include <udeepsc_phy/random.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

using namespace udeepsc_phy;
using namespace detector_input;

namespace {

struct Trials {
    int sent = 0, found = 0, false_alarms = 0;
    std::size_t samples = 0;
    double timing_squares = 0, cfo_squares = 0; //!< of errors in samples, cycles a symbol
    double timing_rms() const { return std::sqrt(timing_squares / found); }
    double cfo_rms() const { return std::sqrt(cfo_squares / found); }
};

//! Bursts with uniform carrier offset, phase, gain and fraction of a sample.
Trials run_trials(const DetectorConfig& config,
                  double esn0_db,
                  const std::string& multipath,
                  int n,
                  double largest_cfo = 0.02)
{
    const auto& profile = config.profile;
    const double sps = profile.samples_per_symbol;
    BurstDetector detector(config);
    RadioChannelConfig air;
    air.esn0_db = esn0_db;
    air.multipath = multipath;
    air.samples_per_symbol = profile.samples_per_symbol;
    RadioChannel channel(air);
    Xoshiro256pp random(11);
    Trials trials;
    for (int i = 0; i < n; i++) {
        auto x = make_burst(profile, 100 + i);
        x.resize(x.size() + 500);
        air.cfo = largest_cfo * (2 * random.uniform() - 1) / sps;
        air.delay = 200 + random.uniform();
        air.phase = 2 * M_PI * random.uniform();
        air.gain_db = 60 * random.uniform() - 50;
        channel.set_config(air);
        channel.restart();
        detector.reset();
        const auto y = channel.apply(x.data(), x.size());
        bool found = false;
        for (const auto& burst : detect(detector, y)) {
            const double timing = time_of(burst) - air.delay - preamble_sample(profile);
            const double cfo = burst.detection.cfo - air.cfo * sps;
            // The paths of the profiles used here end after two symbols.
            if (!found && timing > -sps && timing < 3 * sps && std::fabs(cfo) < 0.004) {
                found = true;
                trials.timing_squares += timing * timing;
                trials.cfo_squares += cfo * cfo;
            } else {
                trials.false_alarms++;
            }
        }
        trials.sent++;
        trials.found += found;
        trials.samples += y.size();
    }
    return trials;
}

std::size_t false_alarms(const DetectorConfig& config, std::size_t n, std::uint64_t seed)
{
    BurstDetector detector(config);
    Xoshiro256pp random(seed);
    std::size_t found = 0;
    for (std::size_t done = 0; done < n; done += 1 << 15) {
        Samples x(1 << 15);
        for (auto& v : x) {
            // 60 dB above full scale: only a constant false alarm rate holds there.
            v = std::complex<float>(1000.0 * random.complex_gaussian());
        }
        found += detector.push(x.data(), x.size()).size();
    }
    return found + detector.flush().size();
}

} // namespace

TEST(BurstDetector, FindsAnUndisturbedPreambleExactly)
{
    for (const auto& name : FrameProfile::names()) {
        for (unsigned sps : { 2u, 3u, 4u, 8u }) {
            auto config = detector_config(name);
            config.profile.samples_per_symbol = sps;
            RadioChannelConfig air;
            air.esn0_db = std::numeric_limits<double>::infinity();
            air.samples_per_symbol = sps;
            air.delay = 333.3;
            air.cfo = -0.0137 / sps;
            auto x = make_burst(config.profile, 1);
            x.resize(x.size() + 400);
            const auto y = RadioChannel(air).apply(x.data(), x.size());
            BurstDetector detector(config);
            const auto bursts = detect(detector, y);
            ASSERT_EQ(bursts.size(), 1u) << name << sps;
            const auto& burst = bursts[0];
            // What symbols do to each other under a matched filter of another frequency.
            EXPECT_NEAR(
                time_of(burst), 333.3 + preamble_sample(config.profile), 0.01 * sps);
            EXPECT_LE(std::fabs(burst.detection.timing), 0.5);
            EXPECT_NEAR(burst.detection.cfo, -0.0137, 1e-5) << name << sps;
            EXPECT_GT(burst.detection.rho, 0.99);
            EXPECT_LE(burst.detection.rho, 1.0);
        }
    }
}

// Ten minutes at 2 Msps are 1.2e9 samples. The tail is followed here over two decades to
// where it is quick; the formula holds better the higher the threshold.
TEST(BurstDetector, FalseAlarmsAreAsFewAsAskedFor)
{
    struct Case {
        const char* profile;
        double rate;
        std::size_t samples;
    };
    for (const Case& c : { Case { "standard", 1e-3, 100000 },
                           Case { "standard", 1e-4, 500000 },
                           Case { "standard", 1e-5, 2000000 },
                           Case { "multipath", 1e-4, 300000 },
                           Case { "short", 1e-4, 500000 } }) {
        auto config = detector_config(c.profile);
        config.false_alarm_rate = c.rate;
        const double expected = c.rate * c.samples;
        const auto found = static_cast<double>(false_alarms(config, c.samples, 21));
        // Poisson, five sigma; and not far fewer, which would cost detections. At 1e-3
        // false alarms begin to hide in each other's neighbourhood.
        EXPECT_LT(found, expected + 5 * std::sqrt(expected)) << c.profile << c.rate;
        EXPECT_GT(found, 0.8 * expected - 5 * std::sqrt(expected)) << c.profile << c.rate;
    }
    const auto config = detector_config("standard");
    EXPECT_LE(config.false_alarm_rate, 1e-6);
    EXPECT_EQ(false_alarms(config, 1000000, 22), 0u); // 0.1 expected
}

// The long form is in `udeepsc bench phy`. No miss in 500 bounds Pd from below by 0.994
// at 95 %; one miss is allowed for Pd = 0.999 itself.
TEST(BurstDetector, FindsBurstsAtMinus6Db)
{
    const auto trials = run_trials(detector_config("standard"), -6, "none", 500);
    EXPECT_GE(trials.found, 499);
    // 2e6 samples at 1e-7.
    EXPECT_LE(trials.false_alarms, 2);
    // Cramer-Rao at energy L Es/N0 = 64.3: 0.094 samples in time (2 (2 pi)^2 * 0.0891 a
    // symbol^2) and 1.9e-4 cycles a symbol (sqrt(6 / 64.3) / (2 pi L)).
    EXPECT_LT(trials.timing_rms(), 1.15 * 0.094);
    EXPECT_LT(trials.cfo_rms(), 1.15 * 1.9e-4);
    // The control: 8 dB less is beyond it.
    EXPECT_LT(run_trials(detector_config("standard"), -14, "none", 50).found, 25);
}

TEST(BurstDetector, FindsBurstsAtMinus6DbOverThreeTaps)
{
    const auto trials = run_trials(detector_config("multipath"), -6, "three_tap", 400);
    EXPECT_GE(trials.found, 398);
    EXPECT_LE(trials.false_alarms, 2);
    EXPECT_LT(trials.cfo_rms(), 2e-4);
    EXPECT_LT(run_trials(detector_config("multipath"), -15, "three_tap", 50).found, 25);
}

TEST(BurstDetector, KeepsToItsCarrierOffsets)
{
    // Twice the range: half of the bursts lie outside, some just.
    const auto trials = run_trials(detector_config("standard"), 0, "none", 100, 0.04);
    EXPECT_GT(trials.found, 35);
    EXPECT_LT(trials.found, 70);
}

/*
 * BPSK symbols are real: where the carrier is right their correlation with a preamble has
 * one degree of freedom, not two, and a header passes the threshold of noise in half a
 * percent of all bursts. Side lobes would do so in every one.
 */
TEST(BurstDetector, StrongBurstsHaveFewSideDetections)
{
    for (const char* multipath : { "none", "three_tap", "late_peak" }) {
        for (const char* profile : { "standard", "multipath" }) {
            const auto trials = run_trials(detector_config(profile), 50, multipath, 60);
            EXPECT_EQ(trials.found, 60) << multipath << profile;
            EXPECT_LE(trials.false_alarms, 3) << multipath << profile;
        }
    }
}

TEST(BurstDetector, OverlappingBurstsAreBothFound)
{
    const auto config = detector_config("standard");
    const auto first = make_burst(config.profile, 1),
               second = make_burst(config.profile, 2);
    for (std::size_t apart : { 20u, 101u, 600u, 2000u }) {
        auto x = noise(12000, 3);
        add(x, 1000, first, 2.0f);
        add(x, 1000 + apart, second, 2.0f);
        BurstDetector detector(config);
        auto bursts = detect(detector, x);
        // A header may look like a preamble just above the threshold.
        bursts.erase(std::remove_if(bursts.begin(),
                                    bursts.end(),
                                    [](const auto& b) { return b.detection.rho < 0.1; }),
                     bursts.end());
        ASSERT_EQ(bursts.size(), 2u) << apart;
        const double at = 1000 + preamble_sample(config.profile);
        EXPECT_NEAR(time_of(bursts[0]), at, 0.5);
        EXPECT_NEAR(time_of(bursts[1]), at + apart, 0.5);
    }
}

TEST(BurstDetector, FindsABurstBesideATone)
{
    const auto config = detector_config("standard");
    auto x = noise(20000, 10);
    for (std::size_t i = 0; i < x.size(); i++) {
        x[i] += std::complex<float>(std::polar(2.0, 2 * M_PI * 0.11 * i));
    }
    add(x, 5000, make_burst(config.profile, 1), 1.5f);
    BurstDetector detector(config);
    EXPECT_EQ(detect(detector, x).size(), 1u);
}

TEST(BurstDetector, RefusesWhatIsOutOfRange)
{
    auto config = detector_config("standard");
    for (double rate : { 0.0, -1.0, 0.5, std::nan("") }) {
        config.false_alarm_rate = rate;
        try {
            BurstDetector detector(config);
            ADD_FAILURE() << rate << " accepted";
        } catch (const std::invalid_argument& e) {
            EXPECT_EQ(std::string(e.what()).rfind("false_alarm_rate: got ", 0), 0u);
        }
    }
    config = detector_config("standard");
    config.profile.samples_per_symbol = 1;
    EXPECT_THROW(BurstDetector { config }, std::invalid_argument);
}
