// SPDX-License-Identifier: GPL-3.0-or-later
#include "source/utf8.h"

#include <udeepsc_conventional/sound_codec.h>
#include <udeepsc_conventional/text_codec.h>
#include <udeepsc_phy/random.h>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

using namespace udeepsc_conventional;

namespace {

const std::vector<std::string> TRAINING {
    "a fine film with a fine cast",      "the cast is fine and the film is long",
    "it is not a film that one forgets", "the story of a long and fine journey",
    "one of the best films of the year", "not the best story , but a fine cast",
};

} // namespace

class Texts : public testing::TestWithParam<const char*> {
protected:
    std::unique_ptr<TextCodec> codec = make_text_codec(GetParam(), TRAINING);
};

TEST_P(Texts, ComeBack)
{
    for (const std::string text : { "",
                                    "a",
                                    "the film is fine",
                                    "Zwölf ~ \n\t",
                                    "\xff\x01",
                                    "the the the the the the the the the the the the" })
        EXPECT_EQ(codec->decode(codec->encode(text)), text);
    for (const auto& text : TRAINING) { // and with padding behind them
        auto bits = codec->encode(text);
        bits.resize(bits.size() + 100, 0);
        EXPECT_EQ(codec->decode(bits), text);
    }
}

TEST_P(Texts, FewerWordsWhereBitsAreFew)
{
    const std::string text = "the cast of the film is fine";
    const auto all = codec->encode(text);
    EXPECT_EQ(codec->encode_within(text, all.size()), all);
    std::string last = text;
    for (std::size_t most = all.size(); most-- > 0;) {
        const auto bits = codec->encode_within(text, most);
        ASSERT_LE(bits.size(), most);
        const auto shorter = codec->decode(bits);
        ASSERT_EQ(text.substr(0, shorter.size()), shorter);
        ASSERT_LE(shorter.size(), last.size());
        ASSERT_TRUE(shorter.empty() || text[shorter.size()] == ' ') << shorter;
        last = shorter;
    }
    EXPECT_EQ(last, "");
}

// The beginning of a stream gives the beginning of the text, but for the last characters.
TEST_P(Texts, CutStreamsKeepTheirBeginning)
{
    const std::string text = "not the best film of the year";
    auto bits = codec->encode(text);
    bits.resize(bits.size() / 2);
    const auto cut = codec->decode(bits);
    ASSERT_GT(cut.size(), 8u);
    EXPECT_EQ(cut.substr(0, cut.size() - 4), text.substr(0, cut.size() - 4));
}

TEST_P(Texts, SurviveAnyBits)
{
    udeepsc_phy::Xoshiro256pp random(31);
    for (int i = 0; i < 3400; ++i) {
        Bits bits(random() % 200);
        for (auto& bit : bits)
            bit = random() >> 63;
        EXPECT_LE(codec->decode(bits, 60).size(), 60u);
    }
    for (int i = 0; i < 3400; ++i) {
        auto bits = codec->encode(TRAINING[random() % TRAINING.size()]);
        bits[random() % bits.size()] ^= 1;
        EXPECT_LE(codec->decode(bits, 60).size(), 60u);
    }
}

TEST_P(Texts, Byte0IsRefused)
{
    EXPECT_THROW(codec->encode(std::string("a\0b", 3)), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Codecs, Texts, testing::Values("utf8", "huffman", "arithmetic"));

// Huffman's code is within one bit a character of the entropy, and no code is below it.
TEST(TextCodec, HuffmanAgainstTheEntropy)
{
    std::map<char, double> counts;
    double characters = 0, bits = 0, entropy = 0;
    const auto codec = make_text_codec("huffman", TRAINING);
    for (const auto& text : TRAINING) {
        for (const char c : text + '\0')
            counts[c] += 1;
        characters += static_cast<double>(text.size()) + 1;
        bits += static_cast<double>(codec->encode(text).size());
    }
    for (const auto& c : counts)
        entropy -= c.second * std::log2(c.second / characters);
    EXPECT_GE(bits, entropy);
    EXPECT_LE(bits, entropy + characters);
    EXPECT_LE(bits, 1.05 * entropy); // as it happens, for these counts
}

// Order 0 comes to the entropy within its smoothing, higher orders below it.
TEST(TextCodec, ArithmeticCoderGainsByContext)
{
    const auto size = [](int order) {
        const auto codec = make_text_codec("arithmetic", TRAINING, order);
        std::size_t bits = 0;
        for (const auto& text : TRAINING)
            bits += codec->encode(text).size();
        return bits;
    };
    EXPECT_LT(size(2), 0.6 * static_cast<double>(size(0)));
    EXPECT_LT(size(4), size(2));
}

TEST(TextCodec, BadParametersAreNamed)
{
    EXPECT_THROW(make_text_codec("zip", TRAINING), std::invalid_argument);
    EXPECT_THROW(make_text_codec("huffman", {}), std::invalid_argument);
    EXPECT_THROW(make_text_codec("arithmetic", TRAINING, 7), std::invalid_argument);
    EXPECT_NO_THROW(make_text_codec("utf8", {}));
}

TEST(TextCodec, IllFormedUtf8)
{
    EXPECT_EQ(valid_utf8("fine \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
              "fine \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    EXPECT_EQ(valid_utf8("a\xff\x80z"), "a??z");
    EXPECT_EQ(valid_utf8("\xc0\xaf"), "??"); // overlong
    EXPECT_EQ(valid_utf8("\xed\xa0\x80"), "???"); // a surrogate
    EXPECT_EQ(valid_utf8("cut \xe2\x82"), "cut ??");
}

TEST(SoundCodec, Pcm16)
{
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(
        encode_pcm16({ 0.0f, 1.0f, -1.0f, 2.0f, nan }),
        (std::vector<std::uint8_t> { 0, 0, 0x7f, 0xff, 0x80, 0x01, 0x7f, 0xff, 0, 0 }));
    std::vector<float> tone;
    for (int i = 0; i < 100; ++i)
        tone.push_back(std::sin(0.1f * static_cast<float>(i)));
    auto bytes = encode_pcm16(tone);
    bytes.push_back(7);
    const auto back = decode_pcm16(bytes);
    ASSERT_EQ(back.size(), tone.size());
    for (std::size_t i = 0; i < tone.size(); ++i)
        EXPECT_NEAR(back[i], tone[i], 0.5f / 32767.0f + 1e-6f);
    EXPECT_EQ(decode_pcm16({ 0x80, 0 }).at(0), -1.0f);
}
