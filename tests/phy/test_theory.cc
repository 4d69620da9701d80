// SPDX-License-Identifier: GPL-3.0-or-later
#include "modulations.h"

#include <udeepsc_phy/theory.h>

#include <bitset>
#include <cmath>
#include <limits>

using namespace udeepsc_phy;

namespace {

struct Rates {
    double symbol, bit;
};

/*
 * First principles: the probability that each level of an axis is decided as each other
 * level, weighted with the bits that differ.
 */
Rates rates_by_regions(Modulation modulation, double esn0_db)
{
    const Constellation constellation(modulation);
    const int levels = 1 << constellation.bits_per_axis();
    // Half distances in units of the noise's standard deviation per axis, sqrt(N0/2).
    const double step
        = constellation.scale() * std::sqrt(2.0 * std::pow(10.0, esn0_db / 10.0));
    double wrong = 0.0, bits = 0.0;
    for (int sent = 0; sent < levels; sent++) {
        for (int got = 0; got < levels; got++) {
            if (got == sent) {
                continue;
            }
            const int apart = std::abs(got - sent);
            const bool edge = got == 0 || got == levels - 1;
            const double p = gaussian_q((2 * apart - 1) * step)
                - (edge ? 0.0 : gaussian_q((2 * apart + 1) * step));
            wrong += p / levels;
            bits += p / levels
                * std::bitset<8>(gray_encode(sent) ^ gray_encode(got)).count()
                / constellation.bits_per_axis();
        }
    }
    return { constellation.axes() == 1 ? wrong : wrong * (2.0 - wrong), bits };
}

//! Mean of f(Es/N0 in dB) over the exponential power of Rayleigh fading, by Simpson's
//! rule.
template <typename F> double rayleigh_mean(double mean_db, F f)
{
    // g = exp(s): the integrand exp(-g) g ds is smooth and dies out at both ends.
    const int n = 4000;
    const double low = -30.0, high = 4.0, ds = (high - low) / n;
    double sum = 0.0;
    for (int i = 0; i <= n; i++) {
        const double s = low + i * ds;
        const double g = std::exp(s);
        const double weight = i == 0 || i == n ? 1.0 : i % 2 == 1 ? 4.0 : 2.0;
        sum += weight * std::exp(-g) * g * f(mean_db + 10.0 * std::log10(g));
    }
    return sum * ds / 3.0;
}

} // namespace

class TheoryTest : public testing::TestWithParam<Modulation> { };

INSTANTIATE_TEST_SUITE_P(All,
                         TheoryTest,
                         testing::ValuesIn(ALL_MODULATIONS),
                         ModulationName());

TEST_P(TheoryTest, AwgnEqualsSumOverDecisionRegions)
{
    for (double db = -20.0; db <= 30.0; db += 2.5) {
        const Rates expected = rates_by_regions(GetParam(), db);
        // The scale is rounded to float, 6e-8, and the tail amplifies that.
        EXPECT_NEAR(symbol_error_rate_awgn(GetParam(), db),
                    expected.symbol,
                    1e-4 * expected.symbol);
        EXPECT_NEAR(
            bit_error_rate_awgn(GetParam(), db), expected.bit, 1e-4 * expected.bit);
    }
}

TEST_P(TheoryTest, RayleighEqualsAverageOfAwgn)
{
    const auto modulation = GetParam();
    for (double db = -10.0; db <= 50.0; db += 10.0) {
        const double symbol = rayleigh_mean(
            db, [&](double x) { return symbol_error_rate_awgn(modulation, x); });
        const double bit = rayleigh_mean(
            db, [&](double x) { return bit_error_rate_awgn(modulation, x); });
        EXPECT_NEAR(symbol_error_rate_rayleigh(modulation, db), symbol, 1e-6 * symbol);
        EXPECT_NEAR(bit_error_rate_rayleigh(modulation, db), bit, 1e-6 * bit);
    }
}

TEST_P(TheoryTest, LimitsAreChanceAndZero)
{
    const auto modulation = GetParam();
    const double inf = std::numeric_limits<double>::infinity();
    const double chance = 1.0 - std::ldexp(1.0, -int(bits_per_symbol(modulation)));
    for (auto rate : { symbol_error_rate_awgn, symbol_error_rate_rayleigh }) {
        EXPECT_NEAR(rate(modulation, -200.0), chance, 1e-8);
        EXPECT_EQ(rate(modulation, inf), 0.0);
    }
    for (auto rate : { bit_error_rate_awgn, bit_error_rate_rayleigh }) {
        EXPECT_NEAR(rate(modulation, -200.0), 0.5, 1e-8);
        EXPECT_EQ(rate(modulation, inf), 0.0);
        expect_refused("esn0_db", [&] { rate(modulation, std::nan("")); });
    }
}

// Values in every textbook: they catch an SNR convention that is off by 3 dB.
TEST(TheoryPinned, Textbook)
{
    EXPECT_NEAR(bit_error_rate_awgn(Modulation::bpsk, 9.588), 1e-5, 1e-8);
    EXPECT_NEAR(bit_error_rate_awgn(Modulation::qpsk, 9.588 + 3.0103), 1e-5, 1e-8);
    // Eb/N0 = 20 dB in Rayleigh fading: close to 1/(4 Eb/N0).
    EXPECT_NEAR(bit_error_rate_rayleigh(Modulation::bpsk, 20.0), 2.481e-3, 1e-6);
}
