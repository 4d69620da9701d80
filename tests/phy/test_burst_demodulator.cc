// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_link.h"
#include "modulations.h"

#include <limits>

using namespace udeepsc_phy;
using namespace udeepsc_phy::detail;

namespace {

const double INF = std::numeric_limits<double>::infinity();

} // namespace

TEST(BurstDemodulator, RefusesABadProfile)
{
    FrameProfile profile;
    profile.samples_per_symbol = 1;
    expect_refused("samples_per_symbol", [&] { BurstDemodulator demodulator(profile); });
}

TEST(BurstDemodulator, NamesItsFaults)
{
    EXPECT_EQ(to_string(Fault::none), "none");
    EXPECT_EQ(to_string(Fault::no_header), "no_header");
    EXPECT_EQ(to_string(Fault::bad_header), "bad_header");
    EXPECT_EQ(to_string(Fault::cut), "cut");
    EXPECT_EQ(to_string(Fault::lost_description), "lost_description");
    EXPECT_EQ(to_string(Fault::not_finite), "not_finite");
    EXPECT_EQ(to_string(Fault::other_version), "other_version");
    expect_refused("fault", [] { to_string(static_cast<Fault>(99)); });
}

class DemodulatorRates : public testing::TestWithParam<unsigned> { };

INSTANTIATE_TEST_SUITE_P(SamplesPerSymbol, DemodulatorRates, testing::Values(2, 3, 5, 8));

// Without noise what is left are pulse, interpolation and timing: below -45 dB.
TEST_P(DemodulatorRates, NoiselessFramesComeBack)
{
    const auto profile = profile_with_rate(GetParam());
    BurstDemodulator demodulator(profile);
    Clean clean(profile, 10 + GetParam());
    std::uint64_t seed = 0;
    for (auto modulation : ALL_MODULATIONS) {
        for (std::size_t n : { 1u, 8u, 500u }) {
            Xoshiro256pp random(++seed);
            auto sent = random_payload(n, modulation, random);
            const auto frame = demodulator.demodulate(clean.burst({ sent }, INF));
            ASSERT_EQ(frame.fault, Fault::none);
            ASSERT_EQ(frame.payloads.size(), 1u);
            const auto& payload = frame.payloads[0];
            EXPECT_TRUE(same_content(payload.header, sent.header));
            ASSERT_EQ(payload.symbols.size(), n);
            ASSERT_EQ(payload.noise_var.size(), n);
            // Of one symbol the error may be several times the mean.
            EXPECT_LT(mean_error(payload, sent), n > 8 ? 3e-5 : 2e-4);
            EXPECT_GT(payload.noise_var[0], 0.0f);
            EXPECT_LT(payload.noise_var[0], 1e-4f);
            const double at = arrival(profile, clean.config);
            EXPECT_NEAR(frame.sample + frame.timing, at, 0.01 * GetParam());
            EXPECT_LE(std::abs(frame.timing), 0.5);
            EXPECT_NEAR(frame.cfo, clean.config.cfo * GetParam(), 1e-6);
            EXPECT_NEAR(frame.clock_ppm, clean.config.clock_ppm, 2.0);
        }
    }
}

TEST(BurstDemodulator, SeveralPayloadsInAFrame)
{
    for (const std::string name : { "standard", "multipath", "short" }) {
        const auto profile = FrameProfile::from_name(name);
        BurstDemodulator demodulator(profile);
        Clean clean(profile, 20);
        std::vector<Payload> sent;
        for (std::size_t n : { 3u, 700u, 56u, 111u }) {
            sent.push_back(random_payload(n, Modulation::qam16, clean.random));
        }
        const auto burst = clean.burst(sent);
        const auto frame = demodulator.demodulate(burst);
        ASSERT_EQ(frame.fault, Fault::none) << name;
        ASSERT_EQ(frame.payloads.size(), sent.size());
        for (std::size_t i = 0; i < sent.size(); i++) {
            EXPECT_TRUE(same_content(frame.payloads[i].header, sent[i].header));
            ASSERT_EQ(frame.payloads[i].symbols.size(), sent[i].symbols.size());
            if (i != 0) { // three symbols are too few for a mean
                EXPECT_NEAR(mean_error(frame.payloads[i], sent[i]) / 0.01, 1.0, 0.6);
            }
        }
        const FrameLayout layout(profile);
        const auto body = layout.body_length(4 * 6, 3 + 700 + 56 + 111);
        const double last = arrival(profile, clean.config)
            + 2.0 * double(layout.body_symbol(body - 1))
                * (1.0 + clean.config.clock_ppm * 1e-6);
        EXPECT_NEAR(double(frame.end_sample), last + 1.0, 1.0);
    }
}

TEST(BurstDemodulator, EstimatesWhatTheRadioDid)
{
    const FrameProfile profile;
    BurstDemodulator demodulator(profile);
    Clean clean(profile, 30);
    for (int i = 0; i < 20; i++) {
        const auto sent = random_payload(4000, Modulation::qam64, clean.random);
        const auto frame = demodulator.demodulate(clean.burst({ sent }, 20.0));
        ASSERT_EQ(frame.fault, Fault::none);
        // Four standard deviations of what single runs show.
        EXPECT_NEAR(frame.cfo, clean.config.cfo * 2.0, 2e-6);
        EXPECT_NEAR(frame.clock_ppm, clean.config.clock_ppm, 6.0);
        EXPECT_NEAR(frame.snr_db, 20.0, 0.5);
        const double gain = std::pow(10.0, clean.config.gain_db / 10.0);
        EXPECT_NEAR(frame.power / (gain * (0.5 + 0.01)), 1.0, 0.05);
    }
}

TEST(BurstDemodulator, PhaseNoiseAndFadingAreFollowed)
{
    const FrameProfile profile;
    BurstDemodulator demodulator(profile);
    Xoshiro256pp random(40);
    const Framer framer(profile);
    double with = 0.0, normalised = 0.0;
    constexpr int TRIALS = 20;
    for (int i = 0; i < TRIALS; i++) {
        auto sent = random_payload(3000, Modulation::qpsk, random);
        auto config = random_channel(profile, 20.0, random);
        // 0.35 radians rms over a frame of 7800 samples.
        config.phase_noise = 0.004;
        const auto frame = demodulator.demodulate(
            detected(profile, config, through(framer.frame({ sent }), config), random));
        ASSERT_EQ(frame.fault, Fault::none);
        const double error = mean_error(frame.payloads[0], sent);
        double claimed = 0.0;
        for (float value : frame.payloads[0].noise_var) {
            claimed += value / sent.symbols.size();
        }
        with += error / TRIALS;
        normalised += error / claimed / TRIALS;
    }
    // 64 symbols from pilot to pilot: q = 2 * 0.004^2 a symbol, a sixth of 64 q between.
    EXPECT_LT(10.0 * std::log10(with / 0.01), 0.5);
    EXPECT_NEAR(normalised, 1.0, 0.15);
}

// Profiles that no name stands for: a frame at 20 dB with no more than 1 dB lost.
TEST(BurstDemodulator, UnusualProfiles)
{
    std::vector<FrameProfile> profiles(14);
    profiles[0].channel_taps = 1;
    profiles[1].channel_taps = 32;
    profiles[2].pilot_symbols = 1;
    profiles[2].data_symbols = 1;
    profiles[3].data_symbols = 4096;
    profiles[4].pilot_symbols = 256;
    profiles[5].preamble_symbols = 64;
    profiles[6].header_repetition = 1;
    profiles[7].header_repetition = 32;
    profiles[8].rolloff = 0.1;
    profiles[8].filter_span = 64;
    profiles[9].rolloff = 1.0;
    profiles[10].filter_span = 8;
    profiles[11].ramp_symbols = 0;
    profiles[12].data_symbols = 140;
    profiles[13].max_payloads = 64;
    profiles[13].max_cfo = 0.2;
    for (std::size_t i = 0; i < profiles.size(); i++) {
        BurstDemodulator demodulator(profiles[i]);
        Clean clean(profiles[i], 200 + i);
        double error = 0.0;
        for (std::size_t n : { 1u, 56u, 999u }) {
            const auto sent = random_payload(n, Modulation::qpsk, clean.random);
            const auto frame = demodulator.demodulate(clean.burst({ sent }, 20.0));
            ASSERT_EQ(frame.fault, Fault::none) << i;
            ASSERT_EQ(frame.payloads[0].symbols.size(), n) << i;
            error = mean_error(frame.payloads[0], sent);
        }
        EXPECT_LT(10.0 * std::log10(error / 0.01), 1.0) << i;
    }
}

TEST(BurstDemodulator, ForgetsTheFrameBefore)
{
    const FrameProfile profile;
    BurstDemodulator used(profile), fresh(profile);
    Clean clean(profile, 50);
    const auto other
        = clean.burst({ random_payload(900, Modulation::qpsk, clean.random) }, 0.0);
    const auto burst
        = clean.burst({ random_payload(300, Modulation::qam16, clean.random) });
    used.demodulate(other);
    used.demodulate(DetectedBurst());
    const auto a = used.demodulate(burst), b = fresh.demodulate(burst),
               c = used.demodulate(burst);
    ASSERT_EQ(a.fault, Fault::none);
    EXPECT_EQ(a.payloads[0].symbols, b.payloads[0].symbols);
    EXPECT_EQ(a.payloads[0].noise_var, b.payloads[0].noise_var);
    EXPECT_EQ(a.payloads[0].symbols, c.payloads[0].symbols);
    EXPECT_EQ(a.snr_db, b.snr_db);
    EXPECT_EQ(a.cfo, b.cfo);
}
