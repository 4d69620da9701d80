// SPDX-License-Identifier: GPL-3.0-or-later
// Layers laid out for inference give what they gave before.
#include <nn/packed_conv.h>
#include <nn/packed_linear.h>

#include <gtest/gtest.h>

#include <thread>

using namespace udeepsc_core;

namespace {

double relative_error(const torch::Tensor& got, const torch::Tensor& expected)
{
    const auto e = expected.to(torch::kFloat);
    return ((got.to(torch::kFloat) - e).norm() / e.norm()).item<double>();
}

// Sums in another order: fp32 rounds at 6e-8, bf16 at 4e-3.
constexpr double s_fp32 = 1e-5, s_bf16 = 1e-2;

Linear packed_copy(Linear& layer, torch::ScalarType type)
{
    Linear copy(layer->options);
    copy->weight.copy_(layer->weight);
    copy->bias.copy_(layer->bias);
    copy->pack(type);
    return copy;
}

} // namespace

TEST(Packed, LinearGivesTheSameForAnyNumberOfRows)
{
    torch::InferenceMode inference;
    torch::manual_seed(1);
    Linear layer(48, 40);
    auto packed = packed_copy(layer, torch::kFloat);
    for (const int rows : { 0, 1, 7, 64, 65, 127, 128, 129, 191, 192, 300 }) {
        const auto x = torch::randn({ rows, 48 });
        ASSERT_EQ(packed(x).sizes(), layer(x).sizes()) << rows;
        if (rows == 0)
            continue;
        EXPECT_LT(relative_error(packed(x), layer(x)), s_fp32) << rows;
        EXPECT_LT(relative_error(packed->forward_gelu(x), torch::gelu(layer(x))), s_fp32)
            << rows;
    }
    // [batch, tokens, dim], and an input that does not lie in one piece
    const auto x = torch::randn({ 3, 48, 5 }).transpose(1, 2);
    EXPECT_EQ(packed(x).sizes(), layer(x).sizes());
    EXPECT_LT(relative_error(packed(x), layer(x)), s_fp32);
    // The control: other weights are told apart.
    EXPECT_GT(relative_error(Linear(48, 40)(x), layer(x)), 0.1);
}

TEST(Packed, LinearInBf16)
{
    torch::InferenceMode inference;
    torch::manual_seed(2);
    Linear layer(96, 64);
    auto packed = packed_copy(layer, torch::kBFloat16);
    const auto x = torch::randn({ 10, 96 });
    const auto y = packed(x);
    EXPECT_EQ(y.scalar_type(), torch::kFloat);
    EXPECT_LT(relative_error(y, layer(x)), s_bf16);
    EXPECT_TRUE(torch::equal(packed(packed->rounded(x)), y)); // rounded before or in it
    // Sums are fp32: what bf16 would lose in a sum of 4096 ones is there.
    Linear sum(4096, 32);
    sum->weight.fill_(1.0);
    sum->bias.zero_();
    sum->pack(torch::kBFloat16);
    auto ones = torch::ones({ 2, 4096 });
    ones[1][0] = 2.0;
    EXPECT_TRUE(
        torch::equal(sum(ones).select(1, 0), torch::tensor({ 4096.0f, 4097.0f })));
}

TEST(Packed, ALayerRoundsForTheNext)
{
    torch::InferenceMode inference;
    torch::manual_seed(5);
    Linear first(96, 64), second(64, 32);
    const auto x = torch::randn({ 10, 96 });
    const auto expected = second(torch::gelu(first(x)));
    EXPECT_TRUE(
        torch::equal(second(first->forward_gelu(x, *second)), expected)); // not packed
    EXPECT_TRUE(torch::equal(second->rounded(x), x));
    for (const auto type : { torch::kFloat, torch::kBFloat16 }) {
        first->pack(type);
        second->pack(type);
        const auto between = first->forward_gelu(x, *second);
        EXPECT_EQ(between.scalar_type(), second->rounded(between).scalar_type());
        EXPECT_LT(relative_error(second(between), expected),
                  type == torch::kFloat ? s_fp32 : s_bf16);
    }
}

TEST(Packed, ConvolutionGivesTheSameForAnySize)
{
    torch::InferenceMode inference;
    torch::manual_seed(3);
    struct Case {
        int in, out, kernel, stride, padding;
        bool bias;
    };
    for (const auto& c : { Case { 3, 32, 3, 1, 1, true },
                           Case { 32, 64, 3, 2, 1, true },
                           Case { 24, 3, 3, 1, 1, true },
                           Case { 64, 48, 1, 1, 0, true },
                           Case { 3, 48, 4, 4, 0, false } }) {
        const auto options = torch::nn::Conv2dOptions(c.in, c.out, c.kernel)
                                 .stride(c.stride)
                                 .bias(c.bias);
        Conv2d layer(options, c.padding), packed(options, c.padding);
        packed->weight.copy_(layer->weight);
        if (c.bias)
            packed->bias.copy_(layer->bias);
        packed->pack(torch::kFloat);
        for (const auto& size : std::vector<std::vector<int64_t>> {
                 { 1, 32, 32 }, { 3, 8, 16 }, { 5, 4, 4 } }) {
            const auto x = torch::randn({ size[0], c.in, size[1], size[2] });
            const auto expected = layer(x);
            EXPECT_EQ(packed(x).sizes(), expected.sizes());
            EXPECT_LT(relative_error(packed(x), expected), s_fp32)
                << c.in << " " << c.out;
            const auto last = x.contiguous(torch::MemoryFormat::ChannelsLast);
            EXPECT_LT(relative_error(packed(last), expected), s_fp32)
                << c.in << " " << c.out;
        }
    }
}

TEST(Packed, ServesThreadsAtOnce)
{
    torch::manual_seed(4);
    Linear packed(64, 256);
    packed->pack(torch::kFloat);
    const auto x = torch::randn({ 33, 64 });
    torch::Tensor expected;
    {
        torch::InferenceMode inference;
        expected = packed(x);
    }
    std::vector<int> wrong(4);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            torch::InferenceMode inference;
            for (int i = 0; i < 200; ++i) // every thread also prepares sizes of its own
                wrong[t] += !torch::equal(packed(x), expected)
                    + (packed(torch::ones({ 1 + (i + 13 * t) % 60, 64 })).size(1) != 256);
        });
    for (auto& t : threads)
        t.join();
    EXPECT_EQ(wrong, std::vector<int>(4));
}
