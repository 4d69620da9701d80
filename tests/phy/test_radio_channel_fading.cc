// SPDX-License-Identifier: GPL-3.0-or-later
#include "radio_samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace udeepsc_phy;
using namespace radio_samples;

TEST(RadioChannel, BlockFadingDrawsOneGainARestart)
{
    auto config = noiseless();
    config.fading = "rayleigh";
    RadioChannel channel(config);
    const Samples x(40, 1.0f);
    const int n = 20000;
    double power = 0.0;
    int deep = 0;
    for (int i = 0; i < n; i++) {
        const auto y = channel.apply(x.data(), x.size());
        for (const auto& v : y) {
            ASSERT_EQ(v, y[0]);
        }
        power += std::norm(Complex(y[0])) / n;
        deep += std::norm(y[0]) < 0.1f;
        channel.restart();
    }
    // |g|^2 is exponential: mean 1, variance 1, P(|g|^2 < 0.1) = 1 - e^-0.1.
    EXPECT_NEAR(power, 1.0, 5 / std::sqrt(n));
    const double p = 1 - std::exp(-0.1);
    EXPECT_NEAR(deep / static_cast<double>(n), p, 5 * std::sqrt(p * (1 - p) / n));
}

TEST(RadioChannel, RicianHasALineOfSight)
{
    auto config = noiseless();
    config.fading = "rician";
    config.rician_k_db = 6;
    RadioChannel channel(config);
    const Samples x(20, 1.0f);
    const int n = 20000;
    Complex mean = 0.0;
    double power = 0.0;
    for (int i = 0; i < n; i++) {
        const Complex g = channel.apply(x.data(), x.size())[0];
        mean += g / static_cast<double>(n);
        power += std::norm(g) / n;
        channel.restart();
    }
    const double k = std::pow(10.0, 0.6);
    EXPECT_LT(std::abs(mean - std::sqrt(k / (k + 1))), 5 / std::sqrt(n));
    EXPECT_NEAR(power, 1.0, 5 / std::sqrt(n));
}

TEST(RadioChannel, DopplerFadingHasJakesCorrelation)
{
    auto config = noiseless();
    config.fading = "rayleigh";
    for (double doppler : { 0.0005, 0.02 }) {
        config.doppler = doppler;
        RadioChannel channel(config);
        const int runs = 400;
        const std::size_t lags[] = { 0,
                                     static_cast<std::size_t>(0.2 / doppler),
                                     static_cast<std::size_t>(0.6 / doppler) };
        const Samples x(lags[2] + AHEAD + 1, 1.0f);
        Complex correlation[3] = {};
        for (int i = 0; i < runs; i++) {
            channel.restart();
            const auto y = channel.apply(x.data(), x.size());
            for (int k = 0; k < 3; k++) {
                correlation[k]
                    += Complex(y[lags[k]]) * std::conj(Complex(y[0])) / double(runs);
            }
        }
        for (int k = 0; k < 3; k++) {
            const double expected = std::cyl_bessel_j(0.0, 2 * M_PI * doppler * lags[k]);
            EXPECT_LT(std::abs(correlation[k] - expected), 5 / std::sqrt(runs))
                << doppler << " " << lags[k];
        }
    }
}

// A slow gain must be smooth: the interpolation between grid points may not show.
TEST(RadioChannel, DopplerFadingIsBandLimited)
{
    auto config = noiseless();
    config.fading = "rayleigh";
    config.doppler = 0.001;
    const auto y = send(config, Samples(20000, 1.0f));
    EXPECT_NEAR(mean_power(y), 1.0, 0.3); // one realisation, 20 Doppler cycles
    for (std::size_t i = 1; i + 1 < y.size(); i++) {
        // |g''| <= (2 pi f)^2 sum |a_i| = 4e-5 * sqrt(32); a corner of the line adds the
        // change of slope over one interval of the grid, 4 samples.
        const Complex second
            = Complex(y[i + 1]) - 2.0 * Complex(y[i]) + Complex(y[i - 1]);
        ASSERT_LT(std::abs(second), 4e-5 * 5.7 * 4) << i;
    }
}

// With H(f) = g0 + g1 e^(-j 2 pi f d), the paths' gains independent and each with Jakes'
// correlation: E H(f, t + tau) conj H(0, t) = (p0 + p1 e^(-j 2 pi f d)) J0(2 pi doppler
// tau).
TEST(RadioChannel, DopplerOverMultipathFadesEachPathByItself)
{
    auto config = noiseless();
    config.fading = "rayleigh";
    config.multipath = "two_tap"; // powers 0.8 and 0.2, two samples apart
    config.doppler = 0.002;
    const double f = 0.2;
    const std::size_t skip = 40, lag = 150;
    const int runs = 2000;
    const Samples constant(skip + lag + AHEAD + 1, 1.0f);
    Samples tone(constant.size());
    for (std::size_t i = 0; i < tone.size(); i++) {
        tone[i] = std::complex<float>(std::polar(1.0, 2 * M_PI * f * i));
    }
    // Equal seeds: the same gains for both.
    RadioChannel at_zero(config), at_f(config);
    Complex same = 0.0, later = 0.0;
    for (int i = 0; i < runs; i++) {
        at_zero.restart();
        at_f.restart();
        const Complex h0 = at_zero.apply(constant.data(), constant.size())[skip];
        const auto y = at_f.apply(tone.data(), tone.size());
        const auto h = [&](std::size_t m) {
            return Complex(y[m]) * std::polar(1.0, -2 * M_PI * f * m);
        };
        same += h(skip) * std::conj(h0) / double(runs);
        later += h(skip + lag) * std::conj(h0) / double(runs);
    }
    const Complex expected = 0.8 + std::polar(0.2, -2 * M_PI * f * 2);
    EXPECT_LT(std::abs(same - expected), 5 / std::sqrt(runs));
    EXPECT_LT(std::abs(later - expected * std::cyl_bessel_j(0.0, 2 * M_PI * 0.002 * lag)),
              5 / std::sqrt(runs));
}
