// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/random.h>
#include <udeepsc_phy/snr_predictor.h>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace udeepsc_phy;

namespace {

double normal(Xoshiro256pp& random)
{
    return std::sqrt(2.0) * random.complex_gaussian().real();
}

// Mean squared error of the predictor after a while, and that of the last report.
std::pair<double, double> errors(const std::vector<double>& reports)
{
    SnrPredictor predictor;
    double predicted = 0, last = 0;
    const std::size_t from = reports.size() / 4;
    for (std::size_t i = 0; i < reports.size(); i++) {
        if (i >= from) {
            predicted += std::pow(reports[i] - predictor.next(), 2);
            last += std::pow(reports[i] - reports[i - 1], 2);
        }
        predictor.add(reports[i]);
    }
    const auto n = static_cast<double>(reports.size() - from);
    return { predicted / n, last / n };
}

} // namespace

TEST(SnrPredictor, RefusesBadOptions)
{
    EXPECT_THROW(SnrPredictor({ 0, 0.99 }), std::invalid_argument);
    EXPECT_THROW(SnrPredictor({ 65, 0.99 }), std::invalid_argument);
    EXPECT_THROW(SnrPredictor({ 8, 1.01 }), std::invalid_argument);
    EXPECT_THROW(SnrPredictor({ 8, std::nan("") }), std::invalid_argument);
}

TEST(SnrPredictor, BeginsWithTheLastReport)
{
    SnrPredictor predictor;
    EXPECT_TRUE(std::isnan(predictor.next()));
    for (const double report : { 3.0, 12.0, -4.0 }) {
        predictor.add(report);
        EXPECT_EQ(predictor.next(), report);
    }
    predictor.add(std::numeric_limits<double>::infinity());
    predictor.add(std::nan(""));
    EXPECT_EQ(predictor.next(), -4);
    EXPECT_EQ(predictor.reports(), 3);
    predictor.forget();
    EXPECT_TRUE(std::isnan(predictor.next()));
    EXPECT_EQ(predictor.reports(), 0);
}

TEST(SnrPredictor, ReachesTheInnovationOfAnAutoregressiveProcess)
{
    // x_t = 1.5 x_t-1 - 0.8 x_t-2 + e: nothing predicts better than e's variance of 1.
    Xoshiro256pp random(1);
    std::vector<double> reports { 0, 0 };
    for (int i = 0; i < 4000; i++)
        reports.push_back(1.5 * reports[reports.size() - 1]
                          - 0.8 * reports[reports.size() - 2] + normal(random));
    for (auto& report : reports)
        report += 12;
    const auto [predicted, last] = errors(reports);
    // 3000 samples: the variance's estimate has a deviation of 0.026; 9 fitted weights
    // that forget over 500 cost about 9 / 1000.
    EXPECT_LT(predicted, 1.1);
    EXPECT_GT(predicted, 0.9);
    EXPECT_GT(last, 1.9);
}

TEST(SnrPredictor, PredictsASine)
{
    std::vector<double> reports;
    for (int i = 0; i < 1000; i++)
        reports.push_back(8 + 6 * std::sin(0.4 * i));
    const auto [predicted, last] = errors(reports);
    EXPECT_LT(predicted, 1e-3 * last);
}

TEST(SnrPredictor, OfWhiteReportsItSaysTheMean)
{
    Xoshiro256pp random(2);
    std::vector<double> reports;
    for (int i = 0; i < 4000; i++)
        reports.push_back(5 + 2 * normal(random));
    const auto [predicted, last] = errors(reports);
    EXPECT_NEAR(predicted / last, 0.5, 0.05);
}

TEST(SnrPredictor, AChannelThatStoodStillAndThenMoves)
{
    SnrPredictor predictor;
    for (int i = 0; i < 200000; i++)
        predictor.add(10);
    EXPECT_NEAR(predictor.next(), 10, 1e-6);
    Xoshiro256pp random(3);
    for (int i = 0; i < 1000; i++) {
        predictor.add(10 + normal(random));
        ASSERT_TRUE(std::isfinite(predictor.next()));
        ASSERT_NEAR(predictor.next(), 10, 10);
    }
}
