// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_link.h"
#include "modulations.h"
#include "frame/frame_layout.h"

#include <limits>

using namespace udeepsc_phy;
using namespace udeepsc_phy::detail;

/* Bursts as a radio may bring them. */
namespace {

using Complex = std::complex<double>;

const double INF = std::numeric_limits<double>::infinity();

} // namespace

TEST(BadBursts, NothingAtAll)
{
    BurstDemodulator demodulator { FrameProfile() };
    DetectedBurst burst;
    EXPECT_EQ(demodulator.demodulate(burst).fault, Fault::no_header);
    burst.samples.assign(5000, { 0.0f, 0.0f });
    EXPECT_EQ(demodulator.demodulate(burst).fault, Fault::no_header);
    burst.samples.assign(5000, { 1e-42f, 0.0f }); // denormal
    EXPECT_EQ(demodulator.demodulate(burst).fault, Fault::no_header);
    burst.detection.cfo = std::nan("");
    EXPECT_EQ(demodulator.demodulate(burst).fault, Fault::no_header);
    burst.detection.cfo = 0.0;
    burst.detection.timing = INF;
    EXPECT_EQ(demodulator.demodulate(burst).fault, Fault::no_header);
    burst.detection.timing = 0.0;
    burst.detection.sample = std::numeric_limits<std::uint64_t>::max() - 5;
    EXPECT_EQ(demodulator.demodulate(burst).fault, Fault::no_header);
    burst.detection.sample = 1u << 30;
    EXPECT_EQ(demodulator.demodulate(burst).fault, Fault::no_header);
}

TEST(BadBursts, NoiseTonesAndSteps)
{
    BurstDemodulator demodulator { FrameProfile() };
    Xoshiro256pp random(60);
    for (int trial = 0; trial < 60; trial++) {
        DetectedBurst burst;
        burst.detection.sample = 100;
        const double tone = random.uniform() - 0.5;
        for (int i = 0; i < 6000; i++) {
            const Complex noise = random.complex_gaussian();
            const Complex kinds[]
                = { noise,
                    std::polar(1.0, 2.0 * M_PI * tone * i) + 0.1 * noise,
                    std::polar(1.0, 1e-5 * M_PI * i * i),
                    i < 1000 ? 1.0 : 0.0,
                    std::polar(1.0, 2.0 * M_PI * 0.25 * i),
                    1e15 * noise };
            burst.samples.push_back(std::complex<float>(kinds[trial % 6]));
        }
        const auto frame = demodulator.demodulate(burst);
        EXPECT_EQ(frame.fault, Fault::no_header) << trial;
        EXPECT_TRUE(frame.payloads.empty());
        EXPECT_TRUE(std::isfinite(frame.snr_db));
    }
}

TEST(BadBursts, NotANumber)
{
    const FrameProfile profile;
    BurstDemodulator demodulator(profile);
    Clean clean(profile, 70);
    const auto sent = random_payload(500, Modulation::qpsk, clean.random);
    const auto burst = clean.burst({ sent });
    const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();

    auto all = burst;
    for (auto& x : all.samples) {
        x = { nan, inf };
    }
    EXPECT_EQ(demodulator.demodulate(all).fault, Fault::not_finite);

    // Some are zeros for the demodulator: a loss of energy, and noise, but a frame.
    auto some = burst;
    for (std::size_t i = 0; i < some.samples.size(); i += 50) {
        some.samples[i] = i % 100 == 0 ? std::complex<float>(nan, 0.0f)
                                       : std::complex<float>(inf, -inf);
    }
    const auto frame = demodulator.demodulate(some);
    ASSERT_EQ(frame.fault, Fault::none);
    EXPECT_LT(mean_error(frame.payloads[0], sent), 0.06);
    EXPECT_TRUE(std::isfinite(frame.power));

    // Enormous values are as good as infinite.
    auto huge = burst;
    for (std::size_t i = 0; i < huge.samples.size(); i += 50) {
        huge.samples[i] = { 3e38f, -1e30f };
    }
    ASSERT_EQ(demodulator.demodulate(huge).fault, Fault::none);

    auto behind = burst; // the header is fine, the payload is not
    for (std::size_t i = behind.samples.size() - 1200; i < behind.samples.size(); i++) {
        behind.samples[i] = { nan, nan };
    }
    const auto cut = demodulator.demodulate(behind);
    EXPECT_EQ(cut.fault, Fault::not_finite);
    EXPECT_TRUE(cut.payloads.empty());
}

TEST(BadBursts, PositionsBesideTheSamples)
{
    for (const auto& name : FrameProfile::names()) {
        const auto profile = FrameProfile::from_name(name);
        BurstDemodulator demodulator(profile);
        Clean clean(profile, 72);
        const auto sent = random_payload(200, Modulation::qpsk, clean.random);
        const auto burst = clean.burst({ sent });
        for (const double samples : { -1e8, -1e5, -2000.0, -600.0, 5e4, 1e8 }) {
            auto moved = burst;
            moved.detection.timing += samples;
            const auto frame = demodulator.demodulate(moved);
            EXPECT_EQ(frame.fault, Fault::no_header) << name << " " << samples;
            EXPECT_TRUE(std::isfinite(frame.snr_db)) << name << " " << samples;
        }
        // The same place, however it is put.
        auto same = burst;
        same.detection.sample -= 50;
        same.detection.timing += 50.0;
        ASSERT_EQ(demodulator.demodulate(same).payloads.size(), 1u) << name;
        same = burst;
        same.detection.sample++;
        same.detection.timing -= 1.0;
        ASSERT_EQ(demodulator.demodulate(same).payloads.size(), 1u) << name;
    }
}

// Samples out of all proportion are no part of what was detected, but they are numbers.
TEST(BadBursts, ALoudBurstBehindAFalseAlarm)
{
    for (const auto& name : FrameProfile::names()) {
        const auto profile = FrameProfile::from_name(name);
        BurstDemodulator demodulator(profile);
        Clean clean(profile, 73);
        DetectedBurst alarm;
        alarm.detection.sample = 100;
        for (int i = 0; i < 8000; i++) {
            const double loud = i > 1200 ? 1.0 : 1e-3;
            alarm.samples.push_back(
                std::complex<float>(loud * clean.random.complex_gaussian()));
        }
        EXPECT_EQ(demodulator.demodulate(alarm).fault, Fault::no_header) << name;

        // Behind a header the payloads are gone.
        auto burst
            = clean.burst({ random_payload(2000, Modulation::qpsk, clean.random) });
        for (std::size_t i = burst.samples.size() - 3000; i < burst.samples.size(); i++) {
            burst.samples[i] = 1e3f * burst.samples[i];
        }
        const auto frame = demodulator.demodulate(burst);
        EXPECT_EQ(frame.fault, Fault::cut) << name;
        EXPECT_TRUE(frame.payloads.empty()) << name;
    }
}

TEST(BadBursts, SaturationIsNoise)
{
    const FrameProfile profile;
    BurstDemodulator demodulator(profile);
    Clean clean(profile, 80);
    const auto sent = random_payload(2000, Modulation::qpsk, clean.random);
    auto burst = clean.burst({ sent }, 20.0);
    const double gain = std::pow(10.0, clean.config.gain_db / 20.0);
    const auto limit = static_cast<float>(0.4 * gain); // rms of a part is 0.5
    for (auto& x : burst.samples) {
        x = { std::min(std::max(x.real(), -limit), limit),
              std::min(std::max(x.imag(), -limit), limit) };
    }
    const auto frame = demodulator.demodulate(burst);
    ASSERT_EQ(frame.fault, Fault::none);
    const double error = mean_error(frame.payloads[0], sent);
    EXPECT_GT(error, 0.015);
    EXPECT_LT(error, 0.2);
    // It says so.
    EXPECT_NEAR(error / frame.payloads[0].noise_var[1000], 1.0, 0.3);
}

TEST(BadBursts, CutAtEitherEnd)
{
    const FrameProfile profile;
    BurstDemodulator demodulator(profile);
    const FrameLayout layout(profile);
    Clean clean(profile, 90);
    const std::vector<Payload> sent
        = { random_payload(200, Modulation::qpsk, clean.random),
            random_payload(300, Modulation::qpsk, clean.random) };
    const auto whole = clean.burst(sent);
    ASSERT_EQ(demodulator.demodulate(whole).payloads.size(), 2u);
    const auto header = layout.header_length();
    const auto payloads = layout.body_length(2 * 6, 0);
    const auto sample_of = [&](std::size_t position) {
        return whole.detection.sample + 2 * layout.body_symbol(position);
    };
    const auto ending_at = [&](std::size_t sample) {
        auto burst = whole;
        burst.samples.resize(sample);
        return demodulator.demodulate(burst);
    };
    EXPECT_EQ(ending_at(whole.detection.sample).fault, Fault::no_header);
    EXPECT_EQ(ending_at(sample_of(0)).fault, Fault::no_header);
    EXPECT_EQ(ending_at(sample_of(header - 100)).fault, Fault::no_header);
    const auto without = ending_at(sample_of(header + 100));
    EXPECT_EQ(without.fault, Fault::cut);
    EXPECT_TRUE(without.payloads.empty());
    EXPECT_TRUE(ending_at(sample_of(payloads + 100)).payloads.empty());
    // The first payload is complete, then the cut comes at once, and late.
    for (std::size_t position : { payloads + 210, payloads + 490 }) {
        const auto frame = ending_at(sample_of(position));
        EXPECT_EQ(frame.fault, Fault::cut) << position;
        ASSERT_EQ(frame.payloads.size(), 1u) << position;
        EXPECT_TRUE(same_content(frame.payloads[0].header, sent[0].header));
        EXPECT_LT(mean_error(frame.payloads[0], sent[0]), 0.02);
    }
    // Ramp and tail are of no use to a receiver: all payloads are there.
    const auto tail = ending_at(sample_of(payloads + 499) + 30);
    EXPECT_EQ(tail.fault, Fault::none);
    ASSERT_EQ(tail.payloads.size(), 2u);
    EXPECT_LT(mean_error(tail.payloads[1], sent[1]), 0.02);

    // Samples that begin within the burst; a third of the preamble can be missed here.
    for (std::size_t lost : { 150u, 600u, 1500u }) {
        auto burst = whole;
        const auto first = std::ptrdiff_t(whole.detection.sample + lost);
        burst.samples.erase(burst.samples.begin(), burst.samples.begin() + first);
        burst.first_sample = first;
        const auto frame = demodulator.demodulate(burst);
        if (frame.fault == Fault::none) {
            ASSERT_EQ(frame.payloads.size(), 2u);
            EXPECT_TRUE(same_content(frame.payloads[0].header, sent[0].header));
            EXPECT_LT(mean_error(frame.payloads[0], sent[0]), 0.02);
        } else {
            EXPECT_EQ(frame.fault, Fault::no_header);
        }
        EXPECT_TRUE(frame.fault == Fault::none || lost > 200) << lost;
    }
}

TEST(BadBursts, MorePayloadThanAllowedOrSent)
{
    const FrameProfile profile;
    Clean clean(profile, 100);
    const std::vector<Payload> sent
        = { random_payload(100, Modulation::qpsk, clean.random),
            random_payload(400, Modulation::qpsk, clean.random) };
    auto burst = clean.burst(sent);

    auto small = profile;
    small.max_payload_symbols = 300;
    const auto refused = BurstDemodulator(small).demodulate(burst);
    EXPECT_EQ(refused.fault, Fault::bad_header);
    EXPECT_TRUE(refused.payloads.empty());
    auto single = profile;
    single.max_payloads = 1;
    const auto too_many = BurstDemodulator(single).demodulate(burst);
    EXPECT_EQ(too_many.fault, Fault::bad_header);
    EXPECT_TRUE(too_many.payloads.empty());

    // A transmitter that falls silent: the noise behind must not pass for symbols.
    const FrameLayout layout(profile);
    const auto long_payload = random_payload(1500, Modulation::qpsk, clean.random);
    burst = clean.burst({ long_payload });
    const std::size_t silent
        = burst.detection.sample + 2 * layout.body_symbol(layout.header_length() + 500);
    const double gain = std::pow(10.0, clean.config.gain_db / 20.0);
    for (std::size_t i = silent; i < burst.samples.size(); i++) {
        burst.samples[i]
            = std::complex<float>(gain * 0.1 * clean.random.complex_gaussian());
    }
    const auto frame = BurstDemodulator(profile).demodulate(burst);
    ASSERT_EQ(frame.payloads.size(), 1u);
    const auto& noise = frame.payloads[0].noise_var;
    EXPECT_LT(noise[250], 0.03f);
    EXPECT_GT(noise[1000], 0.5f);
    EXPECT_GT(noise[1400], 0.5f);
}

TEST(BadBursts, DescriptionLost)
{
    const FrameProfile profile;
    BurstDemodulator demodulator(profile);
    const FrameLayout layout(profile);
    Clean clean(profile, 110);
    const std::vector<Payload> sent
        = { random_payload(100, Modulation::qpsk, clean.random),
            random_payload(400, Modulation::qpsk, clean.random) };
    auto burst = clean.burst(sent);
    const double gain = std::pow(10.0, clean.config.gain_db / 20.0);
    const std::size_t first
        = burst.detection.sample + 2 * layout.body_symbol(layout.header_length());
    for (std::size_t i = first; i < first + 2800; i++) {
        burst.samples[i] = std::complex<float>(gain * clean.random.complex_gaussian());
    }
    const auto frame = demodulator.demodulate(burst);
    EXPECT_EQ(frame.fault, Fault::lost_description);
    EXPECT_TRUE(frame.payloads.empty());
}
