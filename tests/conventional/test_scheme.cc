// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample_pictures.h"

#include <udeepsc_conventional/scheme.h>
#include <udeepsc_phy/fading_channel.h>

#include <gtest/gtest.h>

using namespace udeepsc_conventional;

namespace {

const std::vector<std::string> TRAINING { "a fine film with a fine cast",
                                          "the cast is fine and the film is long" };

Scheme make(const std::string& name, const std::string& mcs = "adaptive")
{
    SchemeConfig config;
    config.name = name;
    config.mcs = mcs;
    config.training = TRAINING;
    return Scheme(config);
}

udeepsc_phy::BlockFadingChannel awgn(double esn0_db)
{
    udeepsc_phy::FadingConfig config;
    config.esn0_db = esn0_db;
    config.seed = 51;
    return udeepsc_phy::BlockFadingChannel(config);
}

//! What arrives over a channel.
DecodedBits over(udeepsc_phy::BlockFadingChannel channel,
                 const Scheme& scheme,
                 const Scheme::Sent& sent)
{
    return scheme.receive(
        channel.apply(sent.symbols), { static_cast<float>(channel.n0()) }, sent.mcs);
}

//! Mean PSNR of 6 pictures.
double psnr(const Scheme& scheme, std::size_t symbols, double esn0_db)
{
    auto channel = awgn(esn0_db);
    double sum = 0;
    for (int i = 0; i < 6; ++i) {
        const auto picture = sample_picture(32, 32, i);
        const auto sent = scheme.send(picture, symbols, esn0_db);
        DecodedBits bits = Scheme::deliver(sent);
        if (!scheme.is_capacity()) {
            EXPECT_EQ(sent.symbols.size(), symbols);
            bits = scheme.receive(channel.apply(sent.symbols),
                                  { static_cast<float>(channel.n0()) },
                                  sent.mcs);
        }
        sum += picture_psnr_db(scheme.picture_of(bits, 32, 32), picture);
    }
    return sum / 6;
}

} // namespace

class PictureSchemes : public testing::TestWithParam<const char*> { };

// Adaptive rises with the SNR and stays below an ideal code; fixed is flat above its
// threshold and falls off a cliff below it.
TEST_P(PictureSchemes, AdaptiveFixedAndIdeal)
{
    const std::string source = GetParam();
    for (const std::string code : { "ldpc", "turbo" }) {
        const auto adaptive = make(source + "-" + code);
        const auto fixed = make(source + "-" + code, "16qam-1/2");
        const auto ideal = make(source + "-capacity");
        double last = 0;
        for (const double esn0_db : { 0.0, 6.0, 12.0, 18.0 }) {
            const double value = psnr(adaptive, 512, esn0_db);
            EXPECT_GT(value, last + 0.2) << esn0_db << " dB";
            EXPECT_LT(value, psnr(ideal, 512, esn0_db)) << esn0_db << " dB";
            last = value;
        }
        const double threshold = threshold_db(
            code_family_from_string(code), mcs_from_string("16qam-1/2"), 512);
        const double above = psnr(fixed, 512, threshold + 1);
        EXPECT_NEAR(above, psnr(fixed, 512, 30), 1e-9);
        EXPECT_LT(psnr(fixed, 512, threshold - 2), above - 6);
    }
}

INSTANTIATE_TEST_SUITE_P(Sources,
                         PictureSchemes,
                         testing::Values("jpeg", "jpeg2000", "hevc", "h264"));

TEST(Scheme, TextsArriveOrAreCut)
{
    const std::string text = "the film is long and the cast is fine";
    for (const std::string name :
         { "utf8-turbo", "utf8-ldpc", "huffman-ldpc", "arithmetic-ldpc" }) {
        const auto scheme = make(name);
        const auto sent = scheme.send(text, 300, 8);
        EXPECT_EQ(scheme.text_of(over(awgn(8), scheme, sent)), text) << name;
        // Few bits fit: the first words.
        const std::string longer = text + " or quite short , with zebras and quizzes ?";
        const auto cut = scheme.send(longer, 60, 0);
        const auto words = scheme.text_of(over(awgn(40), scheme, cut));
        EXPECT_LT(words.size(), longer.size());
        EXPECT_EQ(words, longer.substr(0, words.size()));
        const auto ideal = make(name.substr(0, name.find('-')) + "-capacity");
        EXPECT_EQ(ideal.text_of(Scheme::deliver(ideal.send(text, 300, 8))), text);
    }
}

// Where a text leaves room the rate is lower than the channel would allow.
TEST(Scheme, ShortTextsAreSentMoreRobustly)
{
    const auto scheme = make("huffman-ldpc");
    const auto brief = scheme.send(std::string("fine"), 200, 20);
    const auto lengthy
        = scheme.send(std::string("the film is long ") + std::string(60, 'x'), 200, 20);
    EXPECT_LT(brief.mcs.efficiency(), lengthy.mcs.efficiency());
    EXPECT_TRUE(make("huffman-ldpc", "16qam-1/2").send(std::string("fine"), 200, 20).mcs
                == mcs_from_string("16qam-1/2"));
}

// Told the modulation alone, the receiver finds the rate.
TEST(Scheme, RateIsDetected)
{
    for (const std::string name : { "jpeg-ldpc", "jpeg-turbo" }) {
        for (const auto& mcs : mcs_table()) {
            const auto scheme = make(name, to_string(mcs));
            const double esn0_db = 1
                + threshold_db(name == "jpeg-turbo" ? CodeFamily::turbo
                                                    : CodeFamily::ldpc,
                               mcs,
                               512);
            const auto sent = scheme.send(sample_picture(32, 32), 512, esn0_db);
            auto channel = awgn(esn0_db);
            const auto received = channel.apply(sent.symbols);
            EXPECT_TRUE(scheme.detect_mcs(received,
                                          { static_cast<float>(channel.n0()) },
                                          mcs.modulation)
                        == mcs)
                << name << " " << to_string(mcs);
        }
    }
    EXPECT_THROW(
        make("jpeg-ldpc").detect_mcs({}, { 1.0f }, udeepsc_phy::Modulation::qpsk),
        std::invalid_argument);
}

// A large picture in one piece is better than cut into tiles of as many symbols in all.
TEST(Scheme, WholePicturesAreBetterThanTiles)
{
    const auto scheme = make("jpeg-ldpc");
    const auto whole = sample_picture(128, 128);
    const auto sent = scheme.send(whole, 16 * 512, 6);
    const auto received = scheme.picture_of(over(awgn(6), scheme, sent), 128, 128);
    const double together = picture_psnr_db(received, whole);
    EXPECT_GT(together, psnr(scheme, 512, 6));
}

TEST(Scheme, BadInputIsNamed)
{
    const auto message
        = [](const std::string& name, const std::string& mcs) -> std::string {
        try {
            make(name, mcs);
        } catch (const std::invalid_argument& e) {
            return e.what();
        }
        return "";
    };
    for (const auto& name : scheme_names())
        EXPECT_EQ(message(name, "adaptive"), "");
    EXPECT_NE(message("gif-ldpc", "adaptive").find("jpeg2000-turbo"), std::string::npos);
    EXPECT_NE(message("jpeg", "adaptive").find("jpeg-ldpc"), std::string::npos);
    EXPECT_NE(message("jpeg-ldpc", "8psk-1/2").find("qpsk-1/2"), std::string::npos);
    EXPECT_NE(message("jpeg-capacity", "qpsk-1/2").find("ideal"), std::string::npos);
    EXPECT_THROW(make("jpeg-ldpc").with_mcs("qpsk-9/8"), std::invalid_argument);
    EXPECT_EQ(make("jpeg-ldpc").with_mcs("qpsk-1/2").config().mcs, "qpsk-1/2");
    EXPECT_THROW(make("jpeg-ldpc").send(std::string("text"), 512, 6),
                 std::invalid_argument);
    EXPECT_THROW(make("utf8-ldpc").send(sample_picture(8, 8), 512, 6),
                 std::invalid_argument);
    EXPECT_THROW(make("jpeg-ldpc").send(sample_picture(8, 8), 0, 6),
                 std::invalid_argument);
}
