// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample_pictures.h"

#include <udeepsc_phy/random.h>

#include <gtest/gtest.h>

#include <future>

using namespace udeepsc_conventional;

class Pictures : public testing::TestWithParam<const char*> {
protected:
    std::unique_ptr<PictureCodec> codec = make_picture_codec(GetParam());

    // Of valid streams, damaged by damage(), 3400 a codec and kind: no crash, and always
    // a picture of the right size.
    template <typename Damage> void survive(Damage damage)
    {
        udeepsc_phy::Xoshiro256pp random(21);
        const std::pair<int, int> sizes[] = { { 32, 32 }, { 17, 40 }, { 64, 72 } };
        for (const auto& [height, width] : sizes) {
            std::vector<Bytes> streams;
            for (const std::size_t budget : { 3, 20, 90, 400 })
                streams.push_back(codec->encode(sample_picture(height, width), budget));
            for (int i = 0; i < 1134; ++i) {
                Bytes stream = streams[random() % streams.size()];
                damage(stream, random);
                const auto picture = codec->decode(stream, height, width);
                ASSERT_EQ(picture.height, height);
                ASSERT_EQ(picture.width, width);
                ASSERT_EQ(picture.rgb.size(), std::size_t(3 * height * width));
            }
        }
    }
};

TEST_P(Pictures, NeverMoreBytesAndBetterWithMore)
{
    for (const auto& [height, width] :
         { std::pair { 32, 32 }, { 33, 50 }, { 128, 96 } }) {
        const auto picture = sample_picture(height, width);
        double last = 0;
        for (const std::size_t budget : { 4, 24, 64, 256, 700, 2000 }) {
            const auto stream = codec->encode(picture, budget);
            EXPECT_LE(stream.size(), budget);
            const double psnr
                = picture_psnr_db(codec->decode(stream, height, width), picture);
            EXPECT_GE(psnr, last) << budget << " bytes";
            last = psnr;
        }
        EXPECT_GT(last, height == 32 ? 38.0 : 28.0);
    }
}

TEST_P(Pictures, NothingAndColours)
{
    const auto picture = sample_picture(32, 32);
    EXPECT_TRUE(codec->encode(picture, 0).empty());
    const auto grey = codec->decode({}, 20, 30);
    EXPECT_EQ(grey.rgb, Bytes(1800, 128));
    RgbPicture blue { 8, 8, {} };
    for (int i = 0; i < 64; ++i)
        blue.rgb.insert(blue.rgb.end(), { 10, 20, 200 });
    EXPECT_GT(picture_psnr_db(codec->decode(codec->encode(blue, 4), 8, 8), blue), 30.0);
    for (const int side : { 1, 2, 7 }) {
        const auto tiny = sample_picture(side, side);
        EXPECT_GT(
            picture_psnr_db(codec->decode(codec->encode(tiny, 200), side, side), tiny),
            20.0);
    }
    for (const int side : { 7, 17, 40 }) { // of any size more than the mean colour
        const auto picture = sample_picture(side, side);
        const auto psnr = [&](std::size_t budget) {
            return picture_psnr_db(
                codec->decode(codec->encode(picture, budget), side, side), picture);
        };
        EXPECT_GT(psnr(200), psnr(4) + 3.0) << side;
    }
}

// What follows a stream, such as padding, changes nothing; what is cut off blurs.
TEST_P(Pictures, PaddedAndCutStreams)
{
    const auto picture = sample_picture(64, 64);
    auto stream = codec->encode(picture, 600);
    const auto decoded = codec->decode(stream, 64, 64);
    auto padded = stream;
    padded.resize(800, 0);
    EXPECT_EQ(codec->decode(padded, 64, 64).rgb, decoded.rgb);
    stream.resize(stream.size() * 3 / 4);
    const double cut = picture_psnr_db(codec->decode(stream, 64, 64), picture);
    EXPECT_GT(cut, 10.0);
    EXPECT_LT(cut, picture_psnr_db(decoded, picture));
}

// A coder keeps the headers that it has made: it must not take those of another size or
// setting, in whichever order streams come, and from several threads.
TEST_P(Pictures, WhatWasDecodedBeforeChangesNothing)
{
    struct Stream {
        int height, width;
        Bytes bytes;
        RgbPicture picture; // by a codec that decodes nothing else
    };
    std::vector<Stream> streams;
    for (const auto& [height, width] : { std::pair { 32, 32 }, { 32, 64 }, { 64, 32 } })
        for (const std::size_t budget : { 20, 60, 600 }) {
            const auto bytes = codec->encode(sample_picture(height, width), budget);
            const auto picture
                = make_picture_codec(GetParam())->decode(bytes, height, width);
            streams.push_back({ height, width, bytes, picture });
        }
    std::vector<std::future<int>> threads;
    for (std::uint64_t seed = 1; seed <= 4; ++seed)
        threads.push_back(std::async(std::launch::async, [&, seed] {
            udeepsc_phy::Xoshiro256pp random(seed);
            int wrong = 0;
            for (int i = 0; i < 100; ++i) {
                const auto& s = streams[random() % streams.size()];
                wrong += codec->decode(s.bytes, s.height, s.width).rgb != s.picture.rgb;
            }
            return wrong;
        }));
    for (auto& thread : threads)
        EXPECT_EQ(thread.get(), 0);
}

TEST_P(Pictures, SurvivesWrongBits)
{
    survive([](Bytes& stream, udeepsc_phy::Xoshiro256pp& random) {
        if (stream.empty())
            return;
        for (std::uint64_t n = 1 + random() % 8; n > 0; --n)
            stream[random() % stream.size()]
                ^= static_cast<std::uint8_t>(1 << random() % 8);
    });
}

TEST_P(Pictures, SurvivesCuts)
{
    survive([](Bytes& stream, udeepsc_phy::Xoshiro256pp& random) {
        stream.resize(random() % (stream.size() + 1));
        if (random() % 2)
            stream.resize(stream.size() + random() % 50, 0xff);
    });
}

TEST_P(Pictures, SurvivesRandomBytes)
{
    survive([](Bytes& stream, udeepsc_phy::Xoshiro256pp& random) {
        stream.resize(1 + random() % 300);
        for (auto& byte : stream)
            byte = static_cast<std::uint8_t>(random());
    });
}

TEST_P(Pictures, BadInputIsNamed)
{
    EXPECT_THROW(codec->encode({ 0, 5, {} }, 100), std::invalid_argument);
    EXPECT_THROW(codec->encode({ 2, 2, Bytes(11) }, 100), std::invalid_argument);
    EXPECT_THROW(codec->decode({ 1, 2 }, 5, 20000), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Codecs,
                         Pictures,
                         testing::Values("h264", "hevc", "jpeg", "jpeg2000"));

TEST(PictureCodec, UnknownNamesAreAnsweredWithTheKnown)
{
    try {
        make_picture_codec("gif");
        FAIL();
    } catch (const std::invalid_argument& e) {
        EXPECT_NE(std::string(e.what()).find("jpeg2000"), std::string::npos);
    }
}

TEST(PictureCodec, PsnrOfAKnownError)
{
    const RgbPicture a { 1, 1, { 10, 20, 30 } }, b { 1, 1, { 13, 16, 30 } };
    EXPECT_NEAR(picture_psnr_db(a, b), 10 * std::log10(255.0 * 255.0 * 3 / 25), 1e-9);
    EXPECT_EQ(picture_psnr_db(a, a), 100.0);
    EXPECT_THROW(picture_psnr_db(a, { 0, 0, {} }), std::invalid_argument);
}
