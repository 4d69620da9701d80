// SPDX-License-Identifier: GPL-3.0-or-later
#include "modulations.h"

#include <udeepsc_phy/fading_channel.h>
#include <udeepsc_phy/mapper.h>
#include <udeepsc_phy/soft_demapper.h>

#include <cmath>
#include <limits>
#include <numeric>

using namespace udeepsc_phy;

namespace {

using C = std::complex<float>;
using Symbols = std::vector<C>;

const float NOT_A_NUMBER = std::nanf("");

//! Log-likelihood of every label in long double, straight from the density.
std::vector<long double>
log_likelihoods(const Constellation& constellation, C y, double n0, C h)
{
    std::vector<long double> out;
    for (const auto& x : constellation.points()) {
        const std::complex<long double> d = std::complex<long double>(y)
            - std::complex<long double>(h) * std::complex<long double>(x);
        out.push_back(-std::norm(d) / n0);
    }
    return out;
}

long double log_sum(const std::vector<long double>& terms, bool max_only)
{
    long double top = -std::numeric_limits<long double>::infinity(), sum = 0;
    for (auto term : terms) {
        top = std::max(top, term);
    }
    for (auto term : terms) {
        sum += std::exp(term - top);
    }
    return max_only ? top : top + std::log(sum);
}

std::vector<double> brute_force_llrs(
    const Constellation& constellation, C y, double n0, C h, SoftDemapper::Metric metric)
{
    const auto terms = log_likelihoods(constellation, y, n0, h);
    const bool max_only = metric == SoftDemapper::Metric::max_log;
    std::vector<double> llrs;
    for (unsigned bit = constellation.bits_per_symbol(); bit-- > 0;) {
        std::vector<long double> zero, one;
        for (std::size_t label = 0; label < terms.size(); label++) {
            ((label >> bit) & 1 ? one : zero).push_back(terms[label]);
        }
        llrs.push_back(
            static_cast<double>(log_sum(zero, max_only) - log_sum(one, max_only)));
    }
    return llrs;
}

//! Random symbols through a gain and noise, with a wide spread of N0.
struct Received {
    Symbols y, h;
    std::vector<float> n0;
};

Received receive(Modulation modulation, std::size_t n, std::uint64_t seed)
{
    const auto x = Mapper(modulation)
                       .map_labels(random_words(n, bits_per_symbol(modulation), seed));
    Xoshiro256pp random(seed);
    Received received;
    for (std::size_t i = 0; i < n; i++) {
        const auto n0 = static_cast<float>(std::pow(10.0, 3.0 - 6.0 * random.uniform()));
        const C h(random.complex_gaussian());
        received.n0.push_back(n0);
        received.h.push_back(h);
        received.y.push_back(h * x[i] + C(random.complex_gaussian()) * std::sqrt(n0));
    }
    return received;
}

} // namespace

class SoftDemapperTest : public testing::TestWithParam<Modulation> { };

INSTANTIATE_TEST_SUITE_P(All,
                         SoftDemapperTest,
                         testing::ValuesIn(ALL_MODULATIONS),
                         ModulationName());

TEST_P(SoftDemapperTest, LlrsEqualBruteForce)
{
    const auto rx = receive(GetParam(), 333, 11);
    const unsigned bits = bits_per_symbol(GetParam());
    for (auto metric : { SoftDemapper::Metric::exact, SoftDemapper::Metric::max_log }) {
        const SoftDemapper demapper(GetParam(), metric);
        const auto llrs = demapper.llrs(rx.y, ChannelState(rx.n0, rx.h));
        ASSERT_EQ(llrs.size(), rx.y.size() * bits);
        for (std::size_t i = 0; i < rx.y.size(); i++) {
            const auto expected = brute_force_llrs(
                demapper.constellation(), rx.y[i], rx.n0[i], rx.h[i], metric);
            // Float metrics reach about 3 |y||h|/N0 before they cancel.
            const double size = 3.0 * std::abs(rx.h[i])
                * (std::abs(rx.y[i]) + std::abs(rx.h[i])) / rx.n0[i];
            for (unsigned k = 0; k < bits; k++) {
                EXPECT_NEAR(llrs[i * bits + k], expected[k], 1e-6 * (1.0 + size))
                    << "symbol " << i << " bit " << k;
            }
        }
    }
}

TEST_P(SoftDemapperTest, EveryFormOfTheChannelStateAgrees)
{
    const auto rx = receive(GetParam(), 200, 12);
    const SoftDemapper demapper(GetParam());
    const std::size_t n = rx.y.size();
    const unsigned bits = bits_per_symbol(GetParam());
    const C h(0.3f, -1.1f);

    // One value each, and the same value per symbol.
    const auto scalar = demapper.llrs(rx.y, ChannelState(0.2, h));
    const std::vector<float> n0s(n, 0.2f);
    const Symbols hs(n, h);
    const auto per_symbol = demapper.llrs(rx.y, ChannelState(n0s, hs));
    const auto mixed = demapper.llrs(rx.y, ChannelState(0.2, hs));
    for (std::size_t i = 0; i < scalar.size(); i++) {
        // 1/N0 rounds once or twice.
        EXPECT_NEAR(scalar[i], per_symbol[i], 1e-5 * (1 + std::abs(scalar[i])));
        EXPECT_EQ(scalar[i], mixed[i]);
    }

    // A gain of one is no gain, and each symbol stands alone.
    const auto plain = demapper.llrs(rx.y, ChannelState(rx.n0));
    const auto unit = demapper.llrs(rx.y, ChannelState(rx.n0, Symbols(n, 1.0f)));
    for (std::size_t i = 0; i < n; i++) {
        const auto alone = demapper.llrs(Symbols { rx.y[i] }, rx.n0[i]);
        for (unsigned k = 0; k < bits; k++) {
            const float value = plain[i * bits + k];
            EXPECT_NEAR(value, unit[i * bits + k], 1e-5 * (1 + std::abs(value)));
            EXPECT_NEAR(value, alone[k], 1e-5 * (1 + std::abs(value)));
        }
    }

    // Equalising first is the same as knowing the gain.
    Symbols equalised(n);
    const double n0 = equalize(rx.y.data(), n, h, 0.2, equalised.data());
    const auto after = demapper.llrs(equalised, n0);
    for (std::size_t i = 0; i < scalar.size(); i++) {
        EXPECT_NEAR(scalar[i], after[i], 1e-4 * (1 + std::abs(scalar[i])));
    }
}

TEST_P(SoftDemapperTest, PosteriorsEqualBruteForceAndSumToOne)
{
    const auto rx = receive(GetParam(), 100, 13);
    const SoftDemapper demapper(GetParam());
    const unsigned size = demapper.constellation().size();
    const auto posteriors = demapper.label_posteriors(rx.y, ChannelState(rx.n0, rx.h));
    ASSERT_EQ(posteriors.size(), rx.y.size() * size);
    for (std::size_t i = 0; i < rx.y.size(); i++) {
        const auto terms
            = log_likelihoods(demapper.constellation(), rx.y[i], rx.n0[i], rx.h[i]);
        const auto total = log_sum(terms, false);
        double sum = 0.0;
        for (unsigned label = 0; label < size; label++) {
            const float p = posteriors[i * size + label];
            // Points are rounded to float here and there alike; exponents reach
            // thousands.
            EXPECT_NEAR(p, static_cast<double>(std::exp(terms[label] - total)), 2e-5);
            sum += p;
        }
        EXPECT_NEAR(sum, 1.0, 1e-5);
        const auto alone = demapper.label_posteriors(rx.y[i], rx.n0[i], rx.h[i]);
        EXPECT_EQ(alone,
                  std::vector<float>(posteriors.begin() + i * size,
                                     posteriors.begin() + (i + 1) * size));
    }
}

TEST_P(SoftDemapperTest, ExtremeNoiseVariances)
{
    const SoftDemapper demapper(GetParam());
    const auto& points = demapper.constellation().points();
    for (std::size_t label = 0; label < points.size(); label++) {
        const C y = points[label] * 1.01f;
        for (double n0 : { 1e-12, 1e-40, 5e-324 }) {
            const auto sure = demapper.label_posteriors(y, n0);
            EXPECT_EQ(sure[label], 1.0f);
            EXPECT_EQ(std::accumulate(sure.begin(), sure.end(), 0.0f), 1.0f);
            for (float llr : demapper.llrs(Symbols { y }, n0)) {
                EXPECT_GT(std::abs(llr), 1e3f);
                EXPECT_LE(std::abs(llr), MAX_LLR);
            }
        }
        for (double n0 : { 1e12, 1e300, std::numeric_limits<double>::infinity() }) {
            for (float p : demapper.label_posteriors(y, n0)) {
                EXPECT_NEAR(p * points.size(), 1.0, 1e-5);
            }
            for (float llr : demapper.llrs(Symbols { y }, n0)) {
                // The sums of logarithms are right to about 3e-7.
                EXPECT_NEAR(llr, 0.0f, 1e-6f);
            }
        }
    }
    // Far outside, at any noise: finite, and the right way round.
    for (float far : { 1e3f, 1e10f, 1e30f, 3e38f }) {
        for (double n0 : { 1e-30, 1.0, 1e30 }) {
            const C y(far, far);
            for (float llr : demapper.llrs(Symbols { y }, n0)) {
                EXPECT_TRUE(std::isfinite(llr));
            }
            const auto p = demapper.label_posteriors(y, n0);
            EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1.0, 1e-5);
            EXPECT_LE(demapper.llrs(Symbols { y }, n0)[0], 0.0f);
        }
    }
}

TEST_P(SoftDemapperTest, WhatIsNotFiniteIsAnErasure)
{
    const float inf = INFINITY;
    const C good = Constellation(GetParam()).points()[0];
    // sample, gain
    const std::pair<C, C> faults[] = {
        { { NOT_A_NUMBER, 0.5f }, 1.0f },
        { { 0.5f, NOT_A_NUMBER }, 1.0f },
        { { inf, 0.5f }, 1.0f },
        { { 0.5f, -inf }, 1.0f },
        { good, { NOT_A_NUMBER, 0.0f } },
        { good, { 1.0f, inf } },
        { { NOT_A_NUMBER, inf }, { inf, 0.0f } },
        { good, { 0.0f, 0.0f } },
        { { inf, 0.0f }, { 0.5f, 0.5f } },
    };
    const std::size_t n_faults = std::size(faults);
    // A good symbol on either side of every fault must not notice.
    Symbols y { good }, h { 1.0f };
    for (const auto& fault : faults) {
        y.insert(y.end(), { fault.first, good });
        h.insert(h.end(), { fault.second, 1.0f });
    }
    const unsigned bits = bits_per_symbol(GetParam());
    for (auto metric : { SoftDemapper::Metric::exact, SoftDemapper::Metric::max_log }) {
        const SoftDemapper demapper(GetParam(), metric);
        const unsigned size = demapper.constellation().size();
        const auto llrs = demapper.llrs(y, ChannelState(0.1, h));
        const auto posteriors = demapper.label_posteriors(y, ChannelState(0.1, h));
        const auto labels = demapper.hard_labels(y, ChannelState(0.1, h));
        const auto good_llrs = demapper.llrs(Symbols { good }, 0.1);
        for (std::size_t i = 0; i < 2 * n_faults + 1; i++) {
            const bool erased = i % 2 == 1;
            for (unsigned k = 0; k < bits; k++) {
                const float llr = llrs[i * bits + k];
                if (erased) {
                    EXPECT_EQ(llr, 0.0f) << "fault " << i / 2;
                } else {
                    EXPECT_NEAR(llr, good_llrs[k], 1e-4f);
                }
            }
            for (unsigned label = 0; erased && label < size; label++) {
                EXPECT_FLOAT_EQ(posteriors[i * size + label], 1.0f / size);
            }
            EXPECT_EQ(labels[i], 0) << "symbol " << i; // good is label 0 too
        }
    }
    // The same samples where no gain is given.
    const SoftDemapper demapper(GetParam());
    for (const auto& fault : faults) {
        if (std::isfinite(fault.first.real()) && std::isfinite(fault.first.imag())) {
            continue;
        }
        for (float llr : demapper.llrs(Symbols { fault.first }, 0.1)) {
            EXPECT_EQ(llr, 0.0f);
        }
        EXPECT_EQ(demapper.hard_labels(Symbols { fault.first })[0], 0);
    }
}

TEST_P(SoftDemapperTest, HardLabelsAreNearest)
{
    const auto rx = receive(GetParam(), 1000, 14);
    const SoftDemapper demapper(GetParam());
    const auto plain = demapper.hard_labels(rx.y);
    const auto known = demapper.hard_labels(rx.y, ChannelState(0.0, rx.h));
    for (std::size_t i = 0; i < rx.y.size(); i++) {
        for (const auto& [label, h] :
             { std::pair(plain[i], C(1.0f)), std::pair(known[i], rx.h[i]) }) {
            const auto& points = demapper.constellation().points();
            double nearest = 1e300;
            for (const auto& x : points) {
                nearest = std::min(nearest, double(std::abs(rx.y[i] - h * x)));
            }
            EXPECT_LE(std::abs(rx.y[i] - h * points[label]), nearest * (1 + 1e-5));
        }
    }
}

TEST(SoftDemapperPinned, SignAndScale)
{
    // BPSK: LLR = -4 y / N0, since label 0 is sent as -1.
    EXPECT_NEAR(
        SoftDemapper(Modulation::bpsk).llrs(Symbols { 0.3f }, 0.5)[0], -2.4, 1e-6);
    // QPSK: -2 sqrt(2) Re(y) / (N0/2) per bit, in-phase first.
    const auto llrs
        = SoftDemapper(Modulation::qpsk).llrs(Symbols { { 0.3f, -0.1f } }, 0.5);
    EXPECT_NEAR(llrs[0], -2.0 * std::sqrt(2.0) * 0.3 / 0.5, 1e-5);
    EXPECT_NEAR(llrs[1], 2.0 * std::sqrt(2.0) * 0.1 / 0.5, 1e-5);
}

TEST(SoftDemapperErrors, NamesWhatIsWrong)
{
    const SoftDemapper demapper(Modulation::qpsk);
    const Symbols y(3, { 1, 1 });
    for (double n0 : { 0.0, -1.0, std::nan("") }) {
        expect_refused("n0", [&] { demapper.llrs(y, n0); });
        expect_refused("n0", [&] { demapper.label_posteriors(y[0], n0); });
    }
    const std::vector<float> bad { 0.1f, NOT_A_NUMBER, 0.1f }, few { 0.1f };
    const Symbols h(4, 1.0f);
    expect_refused("n0[1]", [&] { demapper.llrs(y, ChannelState(bad)); });
    expect_refused("n0", [&] { demapper.llrs(y, ChannelState(few)); });
    expect_refused("h", [&] { demapper.llrs(y, ChannelState(0.1, h)); });
    expect_refused("h", [&] { demapper.hard_labels(y, ChannelState(0.1, h)); });
    EXPECT_TRUE(demapper.llrs(Symbols {}, 0.1).empty());
}
