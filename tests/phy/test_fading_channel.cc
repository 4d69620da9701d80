// SPDX-License-Identifier: GPL-3.0-or-later
#include "modulations.h"

#include <udeepsc_phy/fading_channel.h>
#include <udeepsc_phy/soft_demapper.h>
#include <udeepsc_phy/theory.h>

#include <cmath>
#include <limits>

using namespace udeepsc_phy;

namespace {

using Symbols = std::vector<std::complex<float>>;

const double INF = std::numeric_limits<double>::infinity();

FadingConfig make_config(Fading fading, double esn0_db, std::uint64_t seed = 1)
{
    FadingConfig config;
    config.fading = fading;
    config.esn0_db = esn0_db;
    config.seed = seed;
    return config;
}

//! Gains of n bursts.
std::vector<std::complex<double>> draw_gains(const FadingConfig& config, int n)
{
    BlockFadingChannel channel(config);
    std::vector<std::complex<double>> gains;
    std::complex<float> one = 1.0f, y;
    for (int i = 0; i < n; i++) {
        gains.emplace_back(channel.apply(&one, 1, &y).gain);
    }
    return gains;
}

} // namespace

// Es/N0 is per complex symbol: all of N0, not N0 per real dimension.
TEST(FadingChannel, NoisePowerPinsTheSnrConvention)
{
    const Symbols x(400000, { 0.6f, -0.8f });
    for (double db : { -10.0, 0.0, 7.0, 20.0 }) {
        for (Fading fading : { Fading::awgn, Fading::rayleigh, Fading::rician }) {
            BlockFadingChannel channel(make_config(fading, db));
            BurstState state;
            const auto y = channel.apply(x, &state);
            const double n0 = std::pow(10.0, -db / 10.0);
            EXPECT_DOUBLE_EQ(state.n0, n0);
            EXPECT_EQ(channel.n0(), state.n0);
            double re = 0.0, im = 0.0;
            for (std::size_t i = 0; i < x.size(); i++) {
                const auto noise = std::complex<double>(y[i])
                    - std::complex<double>(state.gain * x[i]);
                re += noise.real() * noise.real() / x.size();
                im += noise.imag() * noise.imag() / x.size();
            }
            // Standard error of the sum: 1/sqrt(400000) = 0.16 %; of each part 0.22 %.
            EXPECT_NEAR((re + im) / n0, 1.0, 0.01);
            EXPECT_NEAR(re / (n0 / 2), 1.0, 0.01);
            EXPECT_NEAR(im / (n0 / 2), 1.0, 0.01);
        }
    }
}

TEST(FadingChannel, WithoutNoiseOneGainHoldsForTheBurst)
{
    const Symbols x { { 1, 0 }, { 0, 1 }, { -0.5f, 0.25f }, { 0, 0 } };
    for (Fading fading : { Fading::rayleigh, Fading::rician }) {
        BlockFadingChannel channel(make_config(fading, INF));
        BurstState first, second;
        const auto y = channel.apply(x, &first);
        channel.apply(x, &second);
        EXPECT_EQ(first.n0, 0.0);
        EXPECT_NE(first.gain, second.gain);
        for (std::size_t i = 0; i < x.size(); i++) {
            EXPECT_NEAR(std::abs(y[i] - first.gain * x[i]), 0.0, 1e-6);
        }
    }
    for (const auto& config :
         { make_config(Fading::none, 3.0), make_config(Fading::awgn, INF) }) {
        BurstState state;
        EXPECT_EQ(BlockFadingChannel(config).apply(x, &state), x);
        EXPECT_EQ(state.gain, std::complex<float>(1.0f));
        EXPECT_EQ(state.n0, 0.0);
    }
}

TEST(FadingChannel, RayleighPowerIsExponentialAndPhaseUniform)
{
    const int n = 200000;
    const auto gains = draw_gains(make_config(Fading::rayleigh, INF), n);
    double power = 0.0;
    std::complex<double> mean = 0.0, square = 0.0;
    int deep = 0;
    for (auto h : gains) {
        power += std::norm(h) / n;
        mean += h / double(n);
        square += h * h / double(n);
        deep += std::norm(h) < 0.01;
    }
    // Four standard errors of each: 1/sqrt(n) = 0.0022 for the powers and sums.
    EXPECT_NEAR(power, 1.0, 0.009);
    EXPECT_NEAR(std::abs(mean), 0.0, 0.009);
    EXPECT_NEAR(std::abs(square), 0.0, 0.013);
    const double p = 1.0 - std::exp(-0.01);
    EXPECT_NEAR(deep, n * p, 4.0 * std::sqrt(n * p));
}

TEST(FadingChannel, RicianKSplitsSightAndScatter)
{
    const int n = 100000;
    for (double k_db : { -3.0, 0.0, 10.0 }) {
        auto config = make_config(Fading::rician, INF);
        config.rician_k_db = k_db;
        double power = 0.0;
        std::complex<double> mean = 0.0;
        for (auto h : draw_gains(config, n)) {
            power += std::norm(h) / n;
            mean += h / double(n);
        }
        const double k = std::pow(10.0, k_db / 10.0);
        // Four standard errors are below 4/sqrt(n) = 0.0127.
        EXPECT_NEAR(power, 1.0, 0.013);
        EXPECT_NEAR(mean.real(), std::sqrt(k / (k + 1.0)), 0.013);
        EXPECT_NEAR(mean.imag(), 0.0, 0.013);
    }
    auto config = make_config(Fading::rician, INF);
    config.rician_k_db = INF;
    EXPECT_EQ(draw_gains(config, 1)[0], std::complex<double>(1.0));
    // K = 0 is Rayleigh, draw for draw.
    config.rician_k_db = -INF;
    EXPECT_EQ(draw_gains(config, 3), draw_gains(make_config(Fading::rayleigh, INF), 3));
}

TEST(FadingChannel, SeedDecidesEverything)
{
    const Symbols x(100, { 1, 0 });
    BlockFadingChannel a(make_config(Fading::rayleigh, 10.0, 5));
    BlockFadingChannel b(make_config(Fading::rayleigh, 10.0, 5));
    BlockFadingChannel c(make_config(Fading::rayleigh, 10.0, 6));
    const auto first = a.apply(x);
    EXPECT_EQ(first, b.apply(x));
    EXPECT_NE(first, c.apply(x));
    EXPECT_NE(first, a.apply(x));

    // A new Es/N0 goes on with the generator; a new seed starts it again.
    a.set_config(make_config(Fading::rayleigh, 3.0, 5));
    EXPECT_NEAR(a.n0(), 0.501187, 1e-6);
    EXPECT_NE(first, a.apply(x));
    c.set_config(make_config(Fading::rayleigh, 10.0, 5));
    EXPECT_EQ(first, c.apply(x));
    c.restart();
    EXPECT_EQ(first, c.apply(x));
}

// Two runs of a comparison over SNR send payloads of other lengths through the same
// fades.
TEST(FadingChannel, GainsDoNotHangOnNoiseOrLength)
{
    for (Fading fading : { Fading::rayleigh, Fading::rician }) {
        const auto gains = draw_gains(make_config(fading, INF, 5), 4);
        BlockFadingChannel channel(make_config(fading, 0.0, 5));
        for (std::size_t k = 0; k < gains.size(); k++) {
            BurstState state;
            channel.apply(Symbols(7 * k + 1, { 1, 0 }), &state);
            EXPECT_EQ(gains[k], std::complex<double>(state.gain));
        }
    }
}

// Error rates near 1e-6 hang on the far tail, where pools and approximations fail.
TEST(GaussianNoise, TailCountsDownToOneInAMillion)
{
    const int n_complex = 50000000;
    Xoshiro256pp random(2024);
    const double tails[] = { 1e-2, 1e-3, 1e-4, 1e-5, 1e-6 };
    // Two-sided quantiles of the standard normal distribution.
    const double bounds[] = { 2.5758293, 3.2905267, 3.8905919, 4.4171734, 4.8916385 };
    long counts[5] = {};
    for (int i = 0; i < n_complex; i++) {
        const auto z = random.complex_gaussian();
        // Standard deviation 1/sqrt(2) per dimension; most samples fail the first test.
        for (double v : { std::abs(z.real()) * M_SQRT2, std::abs(z.imag()) * M_SQRT2 }) {
            for (int k = 0; k < 5 && v > bounds[k]; k++) {
                counts[k]++;
            }
        }
    }
    for (int k = 0; k < 5; k++) {
        ASSERT_NEAR(2.0 * gaussian_q(bounds[k]), tails[k], 1e-6 * tails[k]);
        const double expected = 2.0 * n_complex * tails[k];
        // 99 % over five bounds: 3.09 standard deviations; 100 +- 31 at the last.
        EXPECT_NEAR(counts[k], expected, 3.09 * std::sqrt(expected)) << tails[k];
    }
}

TEST(Equalize, UndoesTheGainAndScalesTheNoise)
{
    const Symbols x { { 1, 0 }, { 0.3f, -0.7f } };
    const std::complex<float> h(0.2f, -0.5f);
    Symbols y { h * x[0], h * x[1] };
    EXPECT_NEAR(equalize(y.data(), y.size(), h, 0.1, y.data()), 0.1 / 0.29, 1e-7);
    for (std::size_t i = 0; i < x.size(); i++) {
        EXPECT_NEAR(std::abs(y[i] - x[i]), 0.0, 1e-6);
    }
}

TEST(Equalize, StaysFiniteAndFitForTheDemapper)
{
    const float nan = std::nanf(""), inf = INFINITY;
    const SoftDemapper demapper(Modulation::qam16);
    for (const std::complex<float> h : { std::complex<float>(0.0f, 0.0f),
                                         { 1e-30f, 1e-30f },
                                         { nan, 0.0f },
                                         { 0.0f, inf },
                                         { 1e15f, 0.0f } }) {
        for (double n0 : { 0.0, 1e-30, 1.0, 1e30, INF }) {
            const Symbols y { { 1, -1 } };
            Symbols out(1);
            const double effective = equalize(y.data(), 1, h, n0, out.data());
            EXPECT_TRUE(std::isfinite(effective) && effective > 0.0) << effective;
            EXPECT_TRUE(std::isfinite(out[0].real()) && std::isfinite(out[0].imag()));
            for (float llr : demapper.llrs(out, effective)) {
                EXPECT_TRUE(std::isfinite(llr));
            }
        }
    }
    // A burst faded away says nothing.
    const Symbols y { { 0.1f, -0.2f } };
    Symbols out(1);
    const double effective = equalize(y.data(), 1, 0.0f, 0.1, out.data());
    EXPECT_GT(effective, 1e18);
    expect_refused("n0", [&] { equalize(y.data(), 1, 1.0f, -1.0, out.data()); });
    expect_refused("n0", [&] { equalize(y.data(), 1, 1.0f, std::nan(""), out.data()); });
}

TEST(FadingChannelErrors, NamesTheField)
{
    expect_refused("esn0_db",
                   [] { BlockFadingChannel(make_config(Fading::awgn, std::nan(""))); });
    expect_refused("esn0_db",
                   [] { BlockFadingChannel(make_config(Fading::awgn, -INF)); });
    expect_refused("fading",
                   [] { BlockFadingChannel(make_config(static_cast<Fading>(9), 1.0)); });
    expect_refused("fading", [] { fading_from_string("nakagami"); });
    auto config = make_config(Fading::rician, 1.0);
    config.rician_k_db = std::nan("");
    expect_refused("rician_k_db", [&] { BlockFadingChannel { config }; });
    BlockFadingChannel channel(make_config(Fading::awgn, 10.0));
    expect_refused("rician_k_db", [&] { channel.set_config(config); });
    EXPECT_EQ(channel.config().fading, Fading::awgn); // a refused config changes nothing
    for (Fading fading :
         { Fading::none, Fading::awgn, Fading::rayleigh, Fading::rician }) {
        EXPECT_EQ(fading_from_string(to_string(fading)), fading);
    }
}
