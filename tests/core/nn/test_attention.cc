// SPDX-License-Identifier: GPL-3.0-or-later
#include <nn/layers.h>

#include <gtest/gtest.h>

using namespace udeepsc_core;

namespace {

double largest_difference(const torch::Tensor& a, const torch::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

} // namespace

TEST(MaskedSoftmax, EqualsSoftmaxOverTheKeptKeys)
{
    torch::manual_seed(1);
    const auto scores = torch::randn({ 2, 3, 5, 7 });
    auto mask = torch::ones({ 2, 1, 1, 7 });
    mask.index_put_({ torch::indexing::Slice(), 0, 0, 2 }, 0);
    mask.index_put_({ torch::indexing::Slice(), 0, 0, 6 }, 0);
    const auto weights = masked_softmax(scores, mask);
    const auto keep = torch::tensor({ 0, 1, 3, 4, 5 });
    const auto expected = torch::softmax(scores.index_select(3, keep), -1);
    EXPECT_LT(largest_difference(weights.index_select(3, keep), expected), 1e-6);
    EXPECT_EQ(weights.index_select(3, torch::tensor({ 2, 6 })).abs().max().item<float>(),
              0);
}

TEST(MaskedSoftmax, AHugeMaskedScoreDoesNoHarm)
{
    auto scores = torch::zeros({ 1, 1, 1, 3 });
    scores[0][0][0][1] = 1e4;
    const auto mask = torch::tensor({ 1.0f, 0.0f, 1.0f }).view({ 1, 1, 1, 3 });
    const auto weights = masked_softmax(scores, mask).flatten();
    EXPECT_NEAR(weights[0].item<float>(), 0.5, 1e-6);
    EXPECT_EQ(weights[1].item<float>(), 0);
    EXPECT_NEAR(weights[2].item<float>(), 0.5, 1e-6);
}

TEST(MaskedSoftmax, GradientsReachTheMaskOfDroppedKeys)
{
    const auto scores = torch::zeros({ 1, 1, 1, 3 });
    auto mask = torch::tensor({ 1.0f, 0.0f, 1.0f }).view({ 1, 1, 1, 3 }).requires_grad_();
    const auto values = torch::tensor({ 1.0f, 5.0f, 1.0f });
    (masked_softmax(scores, mask).flatten() * values).sum().backward();
    // d/dm of (1 + 5 m + 1) / (2 + m) at m = 0: (5 * 2 - 2) / 4 = 2
    EXPECT_NEAR(mask.grad()[0][0][0][1].item<float>(), 2.0, 1e-5);
}

TEST(Attention, MaskedKeysEqualDroppedKeys)
{
    torch::manual_seed(2);
    Attention attention(16, 16, 4, 0.0);
    attention->eval();
    const auto x = torch::randn({ 2, 6, 16 });
    const auto keep = torch::tensor({ 0, 2, 3, 5 });
    auto mask = torch::zeros({ 2, 6 });
    mask.index_fill_(1, keep, 1);
    const auto masked = attention(x, x, mask, true).index_select(1, keep);
    const auto kept = x.index_select(1, keep);
    const auto dropped = attention(kept, kept, torch::Tensor(), true);
    EXPECT_LT(largest_difference(masked, dropped), 1e-5);
    // The control: without the mask the result is another one.
    EXPECT_GT(largest_difference(
                  attention(x, x, torch::Tensor(), true).index_select(1, keep), dropped),
              1e-3);
}

TEST(Attention, ScalesByTheRootOfTheHeadWidth)
{
    // One head, identity projections: attention is softmax(x x^T / sqrt(dim)) x.
    Attention attention(4, 4, 1, 0.0);
    attention->eval();
    torch::NoGradGuard no_grad;
    for (auto& p : attention->named_parameters()) {
        if (p.key() == "key_value.weight")
            p.value().copy_(torch::cat({ torch::eye(4), torch::eye(4) }));
        else if (p.value().dim() == 2)
            p.value().copy_(torch::eye(4));
        else
            p.value().zero_();
    }
    torch::manual_seed(3);
    const auto x = torch::randn({ 1, 5, 4 });
    const auto expected
        = torch::matmul(torch::softmax(torch::matmul(x, x.transpose(1, 2)) / 2.0, -1), x);
    EXPECT_LT(largest_difference(attention(x, x, torch::Tensor(), false), expected),
              1e-6);
}

TEST(NoiseFeature, InputRisesWithTheVarianceAndStaysBelowOne)
{
    const auto noise
        = normalized_noise(torch::tensor({ 0.0f, 0.0631f, 1.0f, 3.98f, 1e9f }));
    EXPECT_EQ(noise[0].item<float>(), 0);
    EXPECT_NEAR(noise[2].item<float>(), 0.5, 1e-6);
    for (int i = 1; i < 5; ++i)
        EXPECT_GT(noise[i].item<float>(), noise[i - 1].item<float>());
    EXPECT_LE(noise[4].item<float>(), 1.0);
}
