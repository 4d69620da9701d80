// SPDX-License-Identifier: GPL-3.0-or-later
#include <nn/network.h>

#include <udeepsc_phy/constellation.h>
#include <udeepsc_phy/theory.h>

#include <gtest/gtest.h>

#include <cmath>

using namespace udeepsc_core;

namespace {

ModelConfig
config(const std::string& modulation, const std::string& mapping, int entries, int dim)
{
    auto c = ModelConfig::from_file(CONFIGS "/tiny.json");
    c.modulation = modulation;
    c.mapping = mapping;
    c.codebook.entries = entries;
    c.codebook.subvector_dim = dim;
    c.validate();
    return c;
}

torch::Tensor one()
{
    return torch::ones({ 1 });
}

} // namespace

class Modulations : public ::testing::TestWithParam<std::string> { };

// core and phy know nothing of each other; over the air they must agree.
TEST_P(Modulations, PointsAreThoseOfTheModem)
{
    const auto points = constellation_points(GetParam());
    const udeepsc_phy::Constellation modem(
        udeepsc_phy::modulation_from_string(GetParam()));
    ASSERT_EQ(points.size(0), static_cast<int64_t>(modem.points().size()));
    for (int64_t i = 0; i < points.size(0); ++i) {
        EXPECT_NEAR(points[i][0].item<float>(), modem.points()[i].real(), 1e-6);
        EXPECT_NEAR(points[i][1].item<float>(), modem.points()[i].imag(), 1e-6);
    }
    EXPECT_NEAR((points * points).sum(1).mean().item<float>(), 1.0, 1e-6);
}

TEST_P(Modulations, SymbolErrorRateIsTheory)
{
    const std::string name = GetParam();
    const auto modulation = udeepsc_phy::modulation_from_string(name);
    const int size = 1 << udeepsc_phy::bits_per_symbol(modulation);
    const SymbolMapping mapping(config(name, "symbol", size, 2));
    torch::manual_seed(11);
    const int n = 200000;
    for (double esn0_db : { 0.0, 6.0, 12.0 }) {
        const double noise_var = std::pow(10.0, -esn0_db / 10);
        const auto indices = torch::randint(size, { 1, n }, torch::kLong);
        const auto y = mapping.modulate(indices)
            + std::sqrt(noise_var / 2) * torch::randn({ 1, n, 2 });
        const double errors = (mapping.decide(y, one(), n) != indices)
                                  .to(torch::kDouble)
                                  .mean()
                                  .item<double>();
        const double expected = udeepsc_phy::symbol_error_rate_awgn(modulation, esn0_db);
        // 99 % two-sided, and room for one error where hardly any is expected
        EXPECT_NEAR(
            errors, expected, 2.576 * std::sqrt(expected * (1 - expected) / n) + 1.0 / n)
            << name << " at " << esn0_db << " dB";
    }
}

INSTANTIATE_TEST_SUITE_P(All,
                         Modulations,
                         ::testing::Values("bpsk", "qpsk", "16qam", "64qam", "256qam"));

struct MappingCase {
    std::string modulation, mapping;
    int entries;
};

std::ostream& operator<<(std::ostream& out, const MappingCase& c)
{
    return out << c.modulation << " " << c.mapping << " " << c.entries;
}

class Mappings : public ::testing::TestWithParam<MappingCase> {
protected:
    SymbolMapping mapping() const
    {
        return SymbolMapping(
            config(GetParam().modulation, GetParam().mapping, GetParam().entries, 2));
    }
};

TEST_P(Mappings, NoiselessRoundTrip)
{
    torch::manual_seed(12);
    const auto c
        = config(GetParam().modulation, GetParam().mapping, GetParam().entries, 2);
    const auto m = mapping();
    for (int n : { 1, 2, 3, 7, 64 }) {
        const auto indices = torch::randint(GetParam().entries, { 4, n }, torch::kLong);
        const auto gain = torch::full({ 1 }, 0.7);
        const auto symbols = m.modulate(indices) * gain;
        EXPECT_EQ(symbols.size(1), c.symbols_for(n));
        EXPECT_TRUE(torch::equal(m.decide(symbols, gain, n), indices));
        const auto posterior = m.posterior(symbols, torch::full({ 4, 1 }, 1e-3), gain, n);
        EXPECT_TRUE(torch::equal(posterior.argmax(-1), indices));
        EXPECT_NEAR((posterior.sum(-1) - 1).abs().max().item<float>(), 0, 1e-5);
    }
}

TEST_P(Mappings, WithoutInformationEveryIndexIsEquallyLikely)
{
    const auto m = mapping();
    const int n = 6;
    const auto symbols = m.modulate(torch::zeros({ 1, n }, torch::kLong));
    const auto posterior = m.posterior(symbols, torch::full({ 1, 1 }, 1e6), one(), n);
    EXPECT_NEAR(posterior.max().item<float>() * GetParam().entries, 1, 1e-3);
}

INSTANTIATE_TEST_SUITE_P(All,
                         Mappings,
                         ::testing::Values(MappingCase { "16qam", "symbol", 16 },
                                           MappingCase { "64qam", "symbol", 64 },
                                           MappingCase { "qpsk", "bits", 64 },
                                           MappingCase { "16qam", "bits", 1024 },
                                           MappingCase { "bpsk", "bits", 16 },
                                           MappingCase { "64qam", "bits", 16 }));

TEST(Posterior, IsBayesRule)
{
    const auto m = SymbolMapping(config("16qam", "symbol", 16, 2));
    const auto points = constellation_points("16qam");
    const auto y = torch::tensor({ 0.3f, -0.8f });
    const double noise_var = 0.4, gain = 0.9;
    double sum = 0;
    std::vector<double> expected;
    for (int i = 0; i < 16; ++i) {
        expected.push_back(
            std::exp(-(y - gain * points[i]).pow(2).sum().item<double>() / noise_var));
        sum += expected.back();
    }
    const auto p = m.posterior(y.view({ 1, 1, 2 }),
                               torch::full({ 1, 1 }, noise_var),
                               torch::full({ 1 }, gain),
                               1)
                       .flatten();
    for (int i = 0; i < 16; ++i)
        EXPECT_NEAR(p[i].item<double>(), expected[i] / sum, 1e-5);
}

TEST(Codebook, NearestIsTheNearest)
{
    torch::manual_seed(13);
    Codebook book(config("16qam", "symbol", 16, 3));
    const auto x = torch::randn({ 50, 3 });
    const auto indices = book->nearest(x);
    for (int i = 0; i < 50; ++i) {
        const auto distance = (book->codewords() - x[i]).pow(2).sum(1);
        EXPECT_EQ(distance.argmin().item<int64_t>(), indices[i].item<int64_t>());
    }
}

TEST(Codebook, LossIsEquation23)
{
    Codebook book(config("16qam", "symbol", 16, 2)); // beta 0.25
    auto x = torch::tensor({ { 0.5f, 0.0f }, { 3.0f, 3.0f } }).requires_grad_();
    const auto indices = torch::tensor({ 0, 1 });
    const auto weight = torch::tensor({ 1.0f, 0.0f }); // the second was not sent
    const auto e = book->codewords()[0].detach();
    const double square = (x[0].detach() - e).pow(2).sum().item<double>();
    const auto loss = book->loss(x, indices, weight);
    EXPECT_NEAR(loss.item<double>(), 1.25 * square, 1e-5);
    loss.backward();
    const auto to_x = 0.25 * 2 * (x[0].detach() - e);
    EXPECT_LT((x.grad()[0] - to_x).abs().max().item<float>(), 1e-5);
    EXPECT_EQ(x.grad()[1].abs().max().item<float>(), 0);
    const auto to_e = -2 * (x[0].detach() - e);
    EXPECT_LT((book->codewords().grad()[0] - to_e).abs().max().item<float>(), 1e-5);
}

TEST(Codebook, StartsFromDataAndRevivesTheDead)
{
    torch::manual_seed(14);
    Codebook book(config("64qam", "symbol", 64, 4));
    const auto x = 5.0 + torch::randn({ 4096, 4 }); // far from where codewords begin
    const auto used = [&] {
        return static_cast<double>(std::get<0>(torch::_unique2(book->nearest(x))).size(0))
            / 64;
    };
    EXPECT_LT(used(), 0.3); // the control: at random nearly all are out of reach
    book->count_use(x, book->nearest(x));
    book->reset_unused(book->use().clone(), book->fresh_codewords());
    EXPECT_EQ(book->use().sum().item<float>(), 0);
    EXPECT_GT(used(), 0.6);
    Codebook other(config("64qam", "symbol", 64, 4));
    other->start_from(x);
    const auto indices = other->nearest(x);
    EXPECT_GT(static_cast<double>(std::get<0>(torch::_unique2(indices)).size(0)) / 64,
              0.95);
}

TEST(Codebook, OverAConstellationStartsAsTheConstellation)
{
    Codebook book(config("64qam", "symbol", 64, 2));
    EXPECT_TRUE(torch::equal(book->codewords(), constellation_points("64qam")));
}

TEST(Codebook, OverAConstellationRevivesAtTheSizeItHasGrownTo)
{
    Codebook book(config("64qam", "symbol", 64, 2));
    const auto grown = 1.5 * constellation_points("64qam");
    {
        torch::NoGradGuard no_grad;
        book->codewords().copy_(grown);
        book->codewords()[5].zero_(); // strayed, and no longer used
    }
    auto use = torch::ones({ 64 });
    use[5] = 0;
    book->reset_unused(use, book->fresh_codewords());
    // One point of 64 at zero pulls the fitted size by no more than its share of the
    // energy.
    EXPECT_LT((book->codewords() - grown).abs().max().item<float>(), 0.05 * 1.5);
    EXPECT_GT(book->codewords()[5].abs().max().item<float>(), 0.1);
}
