// SPDX-License-Identifier: GPL-3.0-or-later
#include "pictures.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace udeepsc_conventional {

namespace {

constexpr int MAX_SIDE = 16384;

std::size_t samples(int height, int width)
{
    return 3 * static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
}

} // namespace

void require_size(int height, int width)
{
    if (height < 1 || width < 1 || height > MAX_SIDE || width > MAX_SIDE)
        throw std::invalid_argument("picture: " + std::to_string(height) + " x "
                                    + std::to_string(width)
                                    + " pixels, expected 1 to 16384 either way");
}

void require_picture(const RgbPicture& picture)
{
    require_size(picture.height, picture.width);
    if (picture.rgb.size() != samples(picture.height, picture.width))
        throw std::invalid_argument(
            "picture: " + std::to_string(picture.rgb.size()) + " bytes, expected "
            + std::to_string(samples(picture.height, picture.width)) + " for "
            + std::to_string(picture.height) + " x " + std::to_string(picture.width)
            + " x 3");
}

RgbPicture grey_picture(int height, int width)
{
    return { height, width, Bytes(samples(height, width), 128) };
}

Bytes colour_stream(const RgbPicture& picture, std::size_t budget)
{
    if (budget < 4)
        return {};
    Bytes stream { COLOUR_ONLY };
    const std::size_t pixels = picture.rgb.size() / 3;
    for (std::size_t c = 0; c < 3; ++c) {
        double sum = 0;
        for (std::size_t i = 0; i < pixels; ++i)
            sum += picture.rgb[3 * i + c];
        stream.push_back(
            static_cast<std::uint8_t>(std::lround(sum / static_cast<double>(pixels))));
    }
    return stream;
}

RgbPicture colour_picture(const Bytes& stream, int height, int width)
{
    auto picture = grey_picture(height, width);
    if (stream.size() >= 4)
        for (std::size_t i = 0; i < picture.rgb.size(); ++i)
            picture.rgb[i] = stream[1 + i % 3];
    return picture;
}

BestStream::BestStream(const PictureCodec& codec,
                       const RgbPicture& picture,
                       std::size_t budget)
    : d_codec(codec)
    , d_picture(picture)
    , d_stream(colour_stream(picture, budget))
    , d_psnr_db(psnr_db(d_stream))
{ }

double BestStream::psnr_db(const Bytes& stream) const
{
    return picture_psnr_db(d_codec.decode(stream, d_picture.height, d_picture.width),
                           d_picture);
}

void BestStream::offer(const Bytes& stream)
{
    if (stream.empty())
        return;
    const double psnr = psnr_db(stream);
    if (psnr > d_psnr_db) {
        d_psnr_db = psnr;
        d_stream = stream;
    }
}

RgbPicture halve(const RgbPicture& picture)
{
    RgbPicture half { (picture.height + 1) / 2, (picture.width + 1) / 2, {} };
    half.rgb.reserve(samples(half.height, half.width));
    const auto at = [&](int y, int x, int c) -> int {
        y = std::min(y, picture.height - 1);
        x = std::min(x, picture.width - 1);
        return picture.rgb[static_cast<std::size_t>((y * picture.width + x) * 3 + c)];
    };
    for (int y = 0; y < half.height; ++y)
        for (int x = 0; x < half.width; ++x)
            for (int c = 0; c < 3; ++c) {
                const int sum = at(2 * y, 2 * x, c) + at(2 * y, 2 * x + 1, c)
                    + at(2 * y + 1, 2 * x, c) + at(2 * y + 1, 2 * x + 1, c);
                half.rgb.push_back(static_cast<std::uint8_t>((sum + 2) / 4));
            }
    return half;
}

double picture_psnr_db(const RgbPicture& a, const RgbPicture& b)
{
    if (a.rgb.size() != b.rgb.size() || a.rgb.empty())
        throw std::invalid_argument("PSNR: pictures of " + std::to_string(a.rgb.size())
                                    + " and " + std::to_string(b.rgb.size()) + " bytes");
    double error = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i) {
        const double difference = double(a.rgb[i]) - double(b.rgb[i]);
        error += difference * difference;
    }
    if (error == 0)
        return 100.0;
    const double psnr
        = 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.rgb.size()) / error);
    return std::min(psnr, 100.0);
}

std::unique_ptr<PictureCodec> make_picture_codec(const std::string& name)
{
    if (name == "h264")
        return make_h264_codec();
    if (name == "hevc")
        return make_hevc_codec();
    if (name == "jpeg")
        return make_jpeg_codec();
    if (name == "jpeg2000")
        return make_jpeg2000_codec();
    throw std::invalid_argument("picture codec \"" + name
                                + "\", expected h264, hevc, jpeg or jpeg2000");
}

} // namespace udeepsc_conventional
