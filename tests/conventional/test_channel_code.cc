// SPDX-License-Identifier: GPL-3.0-or-later
#include "code/constituent_code.h"
#include "code/crc16.h"
#include "noisy_link.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <tuple>

using namespace udeepsc_conventional;
using udeepsc_phy::Xoshiro256pp;

namespace {

CodeConfig
config(CodeFamily family, std::size_t information, std::size_t coded, unsigned width)
{
    CodeConfig made;
    made.family = family;
    made.information_bits = information;
    made.coded_bits = coded;
    made.bits_per_symbol = width;
    return made;
}

std::vector<float> noiseless(const Bits& coded)
{
    std::vector<float> llrs;
    for (const auto bit : coded)
        llrs.push_back(bit ? -4.0f : 4.0f);
    return llrs;
}

} // namespace

class RoundTrip : public testing::TestWithParam<std::tuple<CodeFamily, unsigned>> { };

// Sizes that use all eight sets of lifting sizes, both base graphs, fillers, repetition
// and several blocks. An LDPC word that were none would not be called sound.
TEST_P(RoundTrip, NoiselessBitsComeBack)
{
    const auto [family, width] = GetParam();
    Xoshiro256pp random(5);
    for (const std::size_t information :
         { 8, 40, 100, 293, 333, 512, 700, 1000, 1500, 2000, 2500, 9000 }) {
        for (const double rate : { 0.1, 0.34, 0.5, 0.66, 0.83 }) {
            const double check = family == CodeFamily::turbo ? 16 : 0;
            const auto symbols = static_cast<std::size_t>(
                (static_cast<double>(information) / rate + check) / width + 1);
            const auto code
                = make_channel_code(config(family, information, symbols * width, width));
            const auto bits = random_bits(information, random);
            const auto coded = code->encode(bits);
            ASSERT_EQ(coded.size(), symbols * width);
            const auto decoded = code->decode(noiseless(coded));
            EXPECT_EQ(decoded.bits, bits) << information << " bits, rate " << rate;
            EXPECT_EQ(decoded.sound, bits.size());
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Codes,
                         RoundTrip,
                         testing::Combine(testing::Values(CodeFamily::ldpc,
                                                          CodeFamily::turbo),
                                          testing::Values(1u, 2u, 6u)));

// Any sum of words is a word: a linear code's words differ by words.
TEST(ChannelCode, IsLinear)
{
    for (const auto family : { CodeFamily::ldpc, CodeFamily::turbo }) {
        // 24 bits and their CRC fill the turbo code's smallest block: the CRC is linear
        // too.
        const auto code = make_channel_code(config(family, 200, 600, 2));
        Xoshiro256pp random(6);
        auto a = random_bits(200, random), b = random_bits(200, random);
        const auto word_a = code->encode(a), word_b = code->encode(b);
        for (std::size_t i = 0; i < a.size(); ++i)
            a[i] ^= b[i];
        const auto sum = code->encode(a);
        for (std::size_t i = 0; i < sum.size(); ++i)
            ASSERT_EQ(sum[i], word_a[i] ^ word_b[i]);
    }
}

// 3GPP TS 36.212, 5.1.3.2.1, from the polynomials by hand: input 1 0 0 0 0 0 0 0.
TEST(ChannelCode, ConstituentCodesImpulseResponse)
{
    const auto word = encode_constituent({ 1, 0, 0, 0, 0, 0, 0, 0 });
    const Bits expected { 1, 1, 1, 1, 0, 0, 1, 0 };
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), word.parity.begin()));
}

TEST(ChannelCode, Crc16OfTheStandardsCheckString)
{
    Bits bits;
    for (const char c : std::string("123456789"))
        for (int b = 7; b >= 0; --b)
            bits.push_back((c >> b) & 1);
    EXPECT_EQ(crc16(bits.data(), bits.size()), 0x31c3); // CRC-16/XMODEM
}

TEST(ChannelCode, NothingReceivedIsNothingSound)
{
    for (const auto family : { CodeFamily::ldpc, CodeFamily::turbo }) {
        const auto code = make_channel_code(config(family, 512, 1024, 2));
        EXPECT_EQ(code->decode(std::vector<float>(1024, 0.0f)).sound, 0u);
        Xoshiro256pp random(7);
        std::vector<float> noise;
        for (int i = 0; i < 1024; ++i)
            noise.push_back(3.0f * static_cast<float>(random.complex_gaussian().real()));
        EXPECT_EQ(code->decode(noise).sound, 0u);
    }
}

// The bits in front of a lost block stay.
TEST(ChannelCode, SoundUpToTheFirstBadBlock)
{
    for (const auto family : { CodeFamily::ldpc, CodeFamily::turbo }) {
        const auto code = make_channel_code(config(family, 20000, 40000, 2));
        ASSERT_GE(code->blocks(), 3u);
        Xoshiro256pp random(8);
        const auto bits = random_bits(20000, random);
        auto llrs = noiseless(code->encode(bits));
        std::fill(llrs.begin() + 15000, llrs.end(), 0.0f);
        const auto decoded = code->decode(llrs);
        EXPECT_GT(decoded.sound, 4000u);
        EXPECT_LT(decoded.sound, 12001u);
        EXPECT_TRUE(std::equal(bits.begin(),
                               bits.begin() + static_cast<long>(decoded.sound),
                               decoded.bits.begin()));
    }
}

TEST(ChannelCode, InfiniteLlrsAreFine)
{
    const auto code = make_channel_code(config(CodeFamily::ldpc, 100, 300, 2));
    Xoshiro256pp random(9);
    const auto bits = random_bits(100, random);
    auto llrs = noiseless(code->encode(bits));
    for (auto& llr : llrs)
        llr *= std::numeric_limits<float>::infinity();
    EXPECT_EQ(code->decode(llrs).bits, bits);
}

TEST(ChannelCode, BadInputIsNamed)
{
    const auto message = [](const CodeConfig& c) -> std::string {
        try {
            make_channel_code(c);
        } catch (const std::invalid_argument& e) {
            return e.what();
        }
        return "";
    };
    EXPECT_NE(message(config(CodeFamily::ldpc, 0, 100, 2)).find("information_bits"),
              std::string::npos);
    EXPECT_NE(message(config(CodeFamily::ldpc, 50, 101, 2)).find("coded_bits"),
              std::string::npos);
    EXPECT_NE(message(config(CodeFamily::ldpc, 50, 102, 3)).find("bits_per_symbol is 3"),
              std::string::npos);
    EXPECT_NE(message(config(CodeFamily::ldpc, 99, 100, 2)).find("0.95"),
              std::string::npos);
    EXPECT_THROW(code_family_from_string("polar"), std::invalid_argument);
    const auto code = make_channel_code(config(CodeFamily::ldpc, 50, 100, 2));
    EXPECT_THROW(code->encode(Bits(49)), std::invalid_argument);
    EXPECT_THROW(code->decode(std::vector<float>(99)), std::invalid_argument);
    std::vector<float> llrs(100, 1.0f);
    llrs[3] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THROW(code->decode(llrs), std::invalid_argument);
}
