// SPDX-License-Identifier: GPL-3.0-or-later
#include "radio_samples.h"

#include <udeepsc_phy/random.h>

#include <gtest/gtest.h>

#include <cmath>
#include <algorithm>
#include <functional>
#include <limits>

using namespace udeepsc_phy;
using namespace radio_samples;

namespace {

//! The band edge of a root raised cosine of roll-off 0.35 at two samples a symbol.
constexpr double BAND_EDGE = 1.35 / 4;

Complex turn(double cycles)
{
    return std::polar(1.0, 2.0 * M_PI * cycles);
}

Samples tone(double frequency, std::size_t n)
{
    Samples x(n);
    for (std::size_t i = 0; i < n; i++) {
        x[i] = std::complex<float>(turn(frequency * i));
    }
    return x;
}

Samples noise(std::size_t n, std::uint64_t seed)
{
    Xoshiro256pp random(seed);
    Samples x(n);
    for (auto& v : x) {
        v = std::complex<float>(random.complex_gaussian());
    }
    return x;
}

//! Largest |y[i] - expected(i)|, the first \p skip outputs (start of the stream) left
//! out.
double largest_error(const Samples& y,
                     std::size_t skip,
                     const std::function<Complex(std::size_t)>& expected)
{
    double worst = 0.0;
    for (std::size_t i = skip; i < y.size(); i++) {
        worst = std::max(worst, std::abs(Complex(y[i]) - expected(i)));
    }
    return worst;
}

//! Raised cosine: what a symbol's matched filter sees of its neighbour at distance t.
double raised_cosine(double t, double rolloff)
{
    if (t == 0.0) {
        return 1.0;
    }
    const double x = 2.0 * rolloff * t;
    return std::sin(M_PI * t) / (M_PI * t) * std::cos(M_PI * rolloff * t) / (1.0 - x * x);
}

} // namespace

TEST(RadioChannel, NothingChangesNothing)
{
    const auto x = noise(1000, 1);
    const auto y = send(noiseless(), x);
    ASSERT_EQ(y.size(), x.size() - AHEAD);
    EXPECT_TRUE(std::equal(y.begin(), y.end(), x.begin()));
}

TEST(RadioChannel, TheSameHoweverTheStreamIsCut)
{
    RadioChannelConfig config;
    config.esn0_db = 3;
    config.gain_db = -7;
    config.phase = 1;
    config.cfo = 0.01;
    config.delay = 33.4;
    config.clock_ppm = 150;
    config.phase_noise = 0.01;
    config.multipath = "three_tap";
    config.fading = "rician";
    config.doppler = 0.001;
    const auto x = noise(30000, 2);
    const auto whole = send(config, x);
    RadioChannel channel(config);
    Samples pieces;
    std::size_t at = 0, length = 0;
    while (at < x.size()) {
        length = (length * 5 + 1) % 997;
        const std::size_t n = std::min(length, x.size() - at);
        const auto y = channel.apply(x.data() + at, n);
        pieces.insert(pieces.end(), y.begin(), y.end());
        at += n;
    }
    EXPECT_EQ(whole, pieces);
    config.seed = 2;
    EXPECT_NE(whole, send(config, x));
}

TEST(RadioChannel, NoiseIsN0PerSampleAndTheGainScalesBoth)
{
    const std::size_t n = 400000;
    const Samples x(n + AHEAD, { 0.6f, -0.8f });
    for (double esn0_db : { -6.0, 0.0, 12.0 }) {
        for (double gain_db : { 0.0, -30.0, 13.0 }) {
            RadioChannelConfig config;
            config.esn0_db = esn0_db;
            config.gain_db = gain_db;
            const auto y = send(config, x);
            const double gain = std::pow(10.0, gain_db / 20.0);
            const double n0 = gain * gain * std::pow(10.0, -esn0_db / 10.0);
            double re = 0.0, im = 0.0;
            Complex mean = 0.0;
            for (const auto& v : y) {
                const Complex e = Complex(v) - gain * Complex(x[0]);
                re += e.real() * e.real() / n;
                im += e.imag() * e.imag() / n;
                mean += e / static_cast<double>(n);
            }
            // A mean of n squares of a Gaussian is off by sqrt(2/n) rms; five of these.
            EXPECT_NEAR(re, n0 / 2, 5 * n0 / 2 * std::sqrt(2.0 / n));
            EXPECT_NEAR(im, n0 / 2, 5 * n0 / 2 * std::sqrt(2.0 / n));
            EXPECT_LT(std::abs(mean), 5 * std::sqrt(n0 / n));
        }
    }
}

TEST(RadioChannel, CarrierOffsetAndPhase)
{
    auto config = noiseless();
    config.cfo = 0.0123;
    config.phase = 0.7;
    const auto y = send(config, Samples(100000, 1.0f));
    const auto expected
        = [&](std::size_t i) { return turn(config.cfo * i + 0.7 / (2 * M_PI)); };
    // Single precision of a product of unit phasors.
    EXPECT_LT(largest_error(y, 0, expected), 5e-7);
}

TEST(RadioChannel, ANewConfigurationDoesNotJump)
{
    auto config = noiseless();
    config.cfo = 0.01;
    config.clock_ppm = 50;
    RadioChannel channel(config);
    const auto x = tone(0.05, 50000);
    auto y = channel.apply(x.data(), 25001);
    config.cfo = -0.02;
    config.clock_ppm = -50;
    config.delay = 7; // waits for restart()
    channel.set_config(config);
    const auto second = channel.apply(x.data() + 25001, x.size() - 25001);
    y.insert(y.end(), second.begin(), second.end());
    for (std::size_t i = 100; i + 1 < y.size(); i++) {
        // The largest step of the phase is 0.05 + 0.01 cycles.
        ASSERT_LT(std::fabs(std::arg(Complex(y[i + 1]) / Complex(y[i]))),
                  2 * M_PI * 0.0602)
            << i;
    }
}

TEST(RadioChannel, FractionalDelayIsRightToTheBandEdge)
{
    for (double delay : { 0.0, 0.25, 0.5, 0.7312, 3.0, 100.9 }) {
        for (double f : { -BAND_EDGE, -0.2, 0.01, 0.3, BAND_EDGE }) {
            auto config = noiseless();
            config.delay = delay;
            const auto y = send(config, tone(f, 2000));
            const auto expected = [&](std::size_t i) { return turn(f * (i - delay)); };
            // -75 dB.
            EXPECT_LT(largest_error(y, 120, expected), 1.8e-4) << delay << " " << f;
        }
    }
    // A tone beyond the band is not held to it: the bound above can fail.
    auto config = noiseless();
    config.delay = 0.5;
    const auto expected = [&](std::size_t i) { return turn(0.45 * (i - 0.5)); };
    EXPECT_GT(largest_error(send(config, tone(0.45, 2000)), 120, expected), 1e-2);
}

TEST(RadioChannel, SilenceBeforeTheDelayedStream)
{
    auto config = noiseless();
    config.delay = 50;
    const auto y = send(config, Samples(1000, 1.0f));
    // Delayed by more than the interpolation, nothing has to wait.
    ASSERT_EQ(y.size(), 1000u);
    EXPECT_EQ(y[49], std::complex<float>(0.0f));
    EXPECT_EQ(y[50], std::complex<float>(1.0f));
}

TEST(RadioChannel, ClockDrift)
{
    const std::size_t n = 1000000;
    for (double ppm : { -20.0, 20.0, 300.0 }) {
        auto config = noiseless();
        config.clock_ppm = ppm;
        const double f = 0.3;
        const auto y = send(config, tone(f, n));
        EXPECT_NEAR(y.size(), (n - AHEAD) * (1 + ppm * 1e-6), 1.0);
        const auto expected
            = [&](std::size_t i) { return turn(f * (i / (1 + ppm * 1e-6))); };
        EXPECT_LT(largest_error(y, 100, expected), 1.8e-4) << ppm;
    }
}

TEST(RadioChannel, PhaseNoiseIsARandomWalk)
{
    auto config = noiseless();
    config.phase_noise = 0.003;
    config.cfo = 0.1;
    const std::size_t n = 200000;
    const auto y = send(config, Samples(n + AHEAD, 1.0f));
    for (std::size_t lag : { 1u, 10u }) {
        double sum = 0.0;
        for (std::size_t i = 0; i + lag < n; i++) {
            const double step = std::arg(Complex(y[i + lag])
                                         * std::conj(Complex(y[i]) * turn(0.1 * lag)));
            sum += step * step / (n - lag);
        }
        // Overlapping sums of `lag` steps: about n / lag independent ones.
        EXPECT_NEAR(sum, lag * 9e-6, 5 * lag * 9e-6 * std::sqrt(2.0 * lag / n)) << lag;
    }
}

TEST(RadioChannel, MultipathHasTheResponseOfItsPaths)
{
    for (const auto& name : multipath_profiles()) {
        for (unsigned sps : { 2u, 4u }) {
            for (double f : { -0.3, -0.11, 0.0, 0.2, BAND_EDGE }) {
                auto config = noiseless();
                config.multipath = name;
                config.samples_per_symbol = sps;
                Complex response = 0.0;
                for (const auto& path : multipath_profile(name)) {
                    response += std::polar(std::sqrt(path.power), path.phase)
                        * turn(-f * path.delay * sps);
                }
                const auto y = send(config, tone(f, 500));
                const auto expected
                    = [&](std::size_t i) { return response * turn(f * i); };
                EXPECT_LT(largest_error(y, 30, expected), 3e-4) << name << f;
            }
        }
    }
}

// So that esn0_db stays the Es/N0 of what arrives, with every profile.
TEST(RadioChannel, MultipathKeepsTheMeanEnergyOfASymbol)
{
    for (const auto& name : multipath_profiles()) {
        const auto paths = multipath_profile(name);
        double energy = 0.0, power = 0.0;
        for (const auto& a : paths) {
            power += a.power;
            for (const auto& b : paths) {
                energy += std::sqrt(a.power * b.power) * std::cos(a.phase - b.phase)
                    * raised_cosine(a.delay - b.delay, 0.35);
            }
        }
        EXPECT_NEAR(power, 1.0, 1e-9) << name;
        EXPECT_NEAR(energy, 1.0, 1e-9) << name;
    }
}

TEST(RadioChannel, RefusesWhatIsOutOfRange)
{
    const auto refuses = [](const std::string& field, auto change) {
        RadioChannelConfig config;
        change(config);
        try {
            RadioChannel channel(config);
            ADD_FAILURE() << field << " accepted";
        } catch (const std::invalid_argument& e) {
            EXPECT_EQ(std::string(e.what()).rfind(field + ": got ", 0), 0u) << e.what();
        }
    };
    refuses("esn0_db", [](auto& c) { c.esn0_db = std::nan(""); });
    refuses("gain_db", [](auto& c) { c.gain_db = 300; });
    refuses("phase", [](auto& c) { c.phase = INFINITY; });
    refuses("cfo", [](auto& c) { c.cfo = 0.6; });
    refuses("delay", [](auto& c) { c.delay = -0.1; });
    refuses("clock_ppm", [](auto& c) { c.clock_ppm = 20000; });
    refuses("phase_noise", [](auto& c) { c.phase_noise = -1; });
    refuses("multipath", [](auto& c) { c.multipath = "canyon"; });
    refuses("fading", [](auto& c) { c.fading = "awgn"; });
    refuses("doppler", [](auto& c) { c.doppler = 1; });
    refuses("rician_k_db", [](auto& c) { c.rician_k_db = std::nan(""); });
    refuses("samples_per_symbol", [](auto& c) { c.samples_per_symbol = 0; });
}
