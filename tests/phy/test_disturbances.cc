// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_link.h"
#include "math/disturbance.h"

using namespace udeepsc_phy;
using detail::find_disturbances;
using detail::NoiseSample;

/* Noise that is not the same everywhere: known where it is, and only there. */
namespace {

//! Sums of \p freedom squared Gaussians of variance noise_var.
NoiseSample draw(double noise_var, int freedom, Xoshiro256pp& random)
{
    NoiseSample sample { 0.0, double(freedom) };
    for (int i = 0; i < freedom; i++) {
        sample.energy += noise_var * std::norm(random.complex_gaussian());
    }
    return sample;
}

//! Mean of what a receiver says of the noise of some symbols, and of their errors.
struct Stretch {
    Stretch(const ReceivedPayload& got,
            const Payload& sent,
            std::size_t first,
            std::size_t n)
    {
        for (std::size_t i = first; i < first + n; i++) {
            claimed += got.noise_var[i] / n;
            error += std::norm(got.symbols[i] - sent.symbols[i]) / n;
        }
    }
    double claimed = 0.0, error = 0.0;
};

} // namespace

TEST(Disturbances, NothingIsFoundInEvenNoise)
{
    Xoshiro256pp random(1);
    int found = 0;
    for (int trial = 0; trial < 200; trial++) {
        std::vector<NoiseSample> samples;
        double energy = 0.0, freedom = 0.0;
        for (int i = 0; i < 100; i++) {
            samples.push_back(draw(0.1, i % 3 == 0 ? 15 : 7, random));
            energy += samples.back().energy;
            freedom += samples.back().freedom;
        }
        const auto disturbances = find_disturbances(samples, 1000.0);
        for (double ratio : disturbances.ratio) {
            found += ratio > 1.0;
        }
        EXPECT_NEAR(disturbances.mean_noise_var, energy / freedom, 1e-12);
    }
    // One in a million, of 20,000; the median's own error makes it a few times that.
    EXPECT_LE(found, 2);
}

TEST(Disturbances, AreMeasuredWhereTheyAre)
{
    Xoshiro256pp random(2);
    std::vector<NoiseSample> samples;
    for (int i = 0; i < 100; i++) {
        samples.push_back(draw(i >= 40 && i < 50 ? 10.0 : 0.1, 7, random));
    }
    const auto found = find_disturbances(samples, 1000.0);
    EXPECT_NEAR(found.noise_var, 0.1, 0.012);
    for (int i = 0; i < 100; i++) {
        if (i >= 40 && i < 50) {
            EXPECT_GT(found.ratio[i], 25.0);
        } else {
            EXPECT_EQ(found.ratio[i], 1.0);
        }
    }
    // Rounding errors are no noise.
    EXPECT_EQ(find_disturbances(samples, 1e12).ratio[45], 1.0);
    EXPECT_TRUE(find_disturbances({}, 1.0).ratio.empty());
}

// A pulse over a tenth of a burst: its symbols are told apart, the others are as without.
TEST(Disturbances, APulseIsNoiseOfItsSymbolsAlone)
{
    const FrameProfile profile;
    BurstDemodulator demodulator(profile);
    Clean clean(profile, 400);
    const detail::FrameLayout layout(profile);
    for (int trial = 0; trial < 10; trial++) {
        const auto sent = random_payload(4000, Modulation::qpsk, clean.random);
        auto burst = clean.burst({ sent }, 20.0);
        const double gain = std::pow(10.0, clean.config.gain_db / 20.0);
        const std::size_t position = layout.header_length() + 2000;
        const std::size_t first
            = burst.detection.sample + 2 * layout.body_symbol(position);
        // Twice the power of the signal, over 560 symbols.
        for (std::size_t i = first; i < first + 2 * 560; i++) {
            burst.samples[i]
                += std::complex<float>(gain * clean.random.complex_gaussian());
        }
        const auto frame = demodulator.demodulate(burst);
        ASSERT_EQ(frame.fault, Fault::none);
        const auto& got = frame.payloads[0];
        const Stretch before(got, sent, 0, 1900), hit(got, sent, 2060, 360),
            after(got, sent, 2700, 1300);
        EXPECT_NEAR(before.claimed / 0.01, 1.0, 0.25);
        EXPECT_NEAR(after.claimed / 0.01, 1.0, 0.25);
        EXPECT_NEAR(before.error / 0.01, 1.0, 0.35);
        EXPECT_NEAR(after.error / 0.01, 1.0, 0.35);
        EXPECT_GT(hit.error, 0.5);
        EXPECT_NEAR(10.0 * std::log10(hit.claimed / hit.error), 0.0, 2.0);
    }
}

// What follows lost samples is worth nothing, and the receiver knows it, wherever in the
// burst they were lost.
TEST(Disturbances, BehindLostSamplesOfdmIsDoubtful)
{
    const auto profile = FrameProfile::from_name("ofdm");
    BurstDemodulator demodulator(profile);
    Clean clean(profile, 402);
    const std::size_t symbol = 144 * profile.samples_per_symbol;
    for (const std::size_t lost : { 7u, 100u, 400u }) {
        for (const std::size_t left : { 4u, 12u, 20u }) { // OFDM symbols behind
            const auto sent = random_payload(3000, Modulation::qpsk, clean.random);
            auto burst = clean.burst({ sent }, 15.0);
            // Noise in place of what is missing at the end.
            for (std::size_t i = 0; i < lost; i++) {
                burst.samples.push_back(burst.samples[i]);
            }
            const auto at = burst.samples.end()
                - std::ptrdiff_t(left * symbol + symbol / 2 + 200 + lost);
            burst.samples.erase(at, at + std::ptrdiff_t(lost));
            const auto frame = demodulator.demodulate(burst);
            ASSERT_EQ(frame.fault, Fault::none) << lost << " " << left;
            const auto& got = frame.payloads[0];
            const std::size_t behind = (left - 1) * 112;
            const Stretch before(got, sent, 0, 3000 - behind - 3 * 112),
                after(got, sent, 3000 - behind, behind);
            EXPECT_NEAR(before.claimed / before.error, 1.0, 0.3) << lost << " " << left;
            EXPECT_GT(after.error, 0.5) << lost << " " << left;
            EXPECT_NEAR(10.0 * std::log10(after.claimed / after.error), 0.0, 2.0)
                << lost << " " << left;
        }
    }
}

// A tone on one carrier of OFDM, as strong as all of the signal: it spills over to few.
TEST(Disturbances, AToneIsNoiseOfItsCarriersAlone)
{
    const auto profile = FrameProfile::from_name("ofdm");
    BurstDemodulator demodulator(profile);
    Clean clean(profile, 401);
    const auto sent = random_payload(4000, Modulation::qpsk, clean.random);
    auto burst = clean.burst({ sent }, 20.0);
    const double gain = std::pow(10.0, clean.config.gain_db / 20.0);
    const double frequency = burst.detection.cfo + 21.0 / 128.0;
    for (std::size_t i = 0; i < burst.samples.size(); i++) {
        burst.samples[i]
            += std::complex<float>(std::polar(0.5 * gain, M_PI * frequency * double(i)));
    }
    const auto frame = demodulator.demodulate(burst);
    ASSERT_EQ(frame.fault, Fault::none);
    const auto& got = frame.payloads[0];
    std::size_t doubtful = 0, surprises = 0;
    double quiet_error = 0.0, quiet_claim = 0.0;
    for (std::size_t i = 0; i < sent.symbols.size(); i++) {
        const double error = std::norm(got.symbols[i] - sent.symbols[i]);
        surprises += error > 25.0 * got.noise_var[i];
        if (got.noise_var[i] > 0.05) {
            doubtful++;
        } else {
            quiet_error += error;
            quiet_claim += got.noise_var[i];
        }
    }
    EXPECT_GT(doubtful, sent.symbols.size() / 200); // a carrier is one in 128
    EXPECT_LT(doubtful, sent.symbols.size() / 10);
    EXPECT_EQ(surprises, 0u);
    EXPECT_NEAR(quiet_error / quiet_claim, 1.0, 0.25);
}
