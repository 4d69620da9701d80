// SPDX-License-Identifier: GPL-3.0-or-later
#include "modulations.h"

#include <udeepsc_phy/fading_channel.h>
#include <udeepsc_phy/mapper.h>
#include <udeepsc_phy/soft_demapper.h>
#include <udeepsc_phy/theory.h>

#include <algorithm>
#include <bitset>
#include <cmath>

using namespace udeepsc_phy;

/*
 * Mapper, channel and demapper together against theory. Every point compares a symbol and
 * a bit error rate; over the 5 x 2 x 4 points of this file that makes 80 comparisons, so
 * 99 % for all of them together takes 1 - 0.01/80 for each: 3.84 standard deviations.
 */
namespace {

constexpr double BOUND = 3.84;

struct Count {
    double n = 0, sum = 0, squares = 0;

    void add(double value)
    {
        n++;
        sum += value;
        squares += value * value;
    }
    double mean() const { return sum / n; }
    double standard_error() const
    {
        return std::sqrt((squares / n - mean() * mean()) / n);
    }
};

struct Point {
    Count symbol_errors, bit_errors; // bit errors of one symbol depend on each other
};

Point simulate(Modulation modulation,
               Fading fading,
               double esn0_db,
               std::size_t n_symbols,
               std::uint64_t seed)
{
    FadingConfig config;
    config.fading = fading;
    config.esn0_db = esn0_db;
    config.seed = seed;
    BlockFadingChannel channel(config);
    const Mapper mapper(modulation);
    const SoftDemapper demapper(modulation);
    const unsigned bits = bits_per_symbol(modulation);
    const auto labels = random_words(n_symbols, bits, seed + 1000);
    const auto x = mapper.map_labels(labels);

    // A burst is one symbol under fading, so that the errors are independent.
    const std::size_t burst = fading == Fading::awgn ? n_symbols : 1;
    std::vector<std::complex<float>> y(n_symbols), h(n_symbols);
    for (std::size_t i = 0; i < n_symbols; i += burst) {
        const auto state = channel.apply(&x[i], burst, &y[i]);
        std::fill_n(h.begin() + i, burst, state.gain);
    }
    const auto decided = demapper.hard_labels(y, ChannelState(channel.n0(), h));
    const auto llrs = demapper.llrs(y, ChannelState(channel.n0(), h));

    Point point;
    for (std::size_t i = 0; i < n_symbols; i++) {
        point.symbol_errors.add(decided[i] != labels[i]);
        point.bit_errors.add(std::bitset<16>(decided[i] ^ labels[i]).count());
        // The nearest point is not the more likely bit only where LLRs are near zero.
        for (unsigned k = 0; k < bits; k++) {
            const bool decided_one = (decided[i] >> (bits - 1 - k)) & 1;
            const float llr = llrs[i * bits + k];
            if ((llr < 0.0f) != decided_one) {
                EXPECT_LT(std::abs(llr), 2.0f);
            }
        }
    }
    return point;
}

//! Es/N0 in dB where the bit error rate falls to \p target.
template <typename Rate> double esn0_for(Rate rate, Modulation modulation, double target)
{
    double low = -20.0, high = 80.0;
    while (high - low > 1e-3) {
        const double middle = 0.5 * (low + high);
        (rate(modulation, middle) > target ? low : high) = middle;
    }
    return low;
}

} // namespace

class ErrorRateTest : public testing::TestWithParam<Modulation> { };

INSTANTIATE_TEST_SUITE_P(All,
                         ErrorRateTest,
                         testing::ValuesIn(ALL_MODULATIONS),
                         ModulationName());

TEST_P(ErrorRateTest, AwgnMeetsTheory)
{
    std::uint64_t seed = 100;
    for (double target : { 0.2, 3e-2, 3e-3, 5e-4 }) {
        const double db = esn0_for(bit_error_rate_awgn, GetParam(), target);
        const auto point = simulate(GetParam(), Fading::awgn, db, 500000, seed++);
        const auto& symbols = point.symbol_errors;
        EXPECT_NEAR(symbols.mean(),
                    symbol_error_rate_awgn(GetParam(), db),
                    BOUND * symbols.standard_error())
            << db << " dB";
        const double bits = bits_per_symbol(GetParam());
        EXPECT_NEAR(point.bit_errors.mean() / bits,
                    bit_error_rate_awgn(GetParam(), db),
                    BOUND * point.bit_errors.standard_error() / bits)
            << db << " dB";
    }
}

TEST_P(ErrorRateTest, RayleighWithKnownGainMeetsTheory)
{
    std::uint64_t seed = 200;
    for (double target : { 0.2, 5e-2, 1e-2, 2e-3 }) {
        const double db = esn0_for(bit_error_rate_rayleigh, GetParam(), target);
        const auto point = simulate(GetParam(), Fading::rayleigh, db, 300000, seed++);
        const auto& symbols = point.symbol_errors;
        EXPECT_NEAR(symbols.mean(),
                    symbol_error_rate_rayleigh(GetParam(), db),
                    BOUND * symbols.standard_error())
            << db << " dB";
        const double bits = bits_per_symbol(GetParam());
        EXPECT_NEAR(point.bit_errors.mean() / bits,
                    bit_error_rate_rayleigh(GetParam(), db),
                    BOUND * point.bit_errors.standard_error() / bits)
            << db << " dB";
    }
}

// The control: an Es/N0 off by half a decibel, let alone 3 dB, must not pass.
TEST(ErrorRateControl, HalfADecibelIsNoticed)
{
    const auto point = simulate(Modulation::qam16, Fading::awgn, 12.0, 500000, 300);
    const auto& symbols = point.symbol_errors;
    EXPECT_GT(std::abs(symbols.mean() - symbol_error_rate_awgn(Modulation::qam16, 12.5)),
              BOUND * symbols.standard_error());
}
