// SPDX-License-Identifier: GPL-3.0-or-later
#include "jpeg_file.h"
#include "known_headers.h"

#include <algorithm>

namespace udeepsc_conventional {

namespace {

// Settings of one stream, as its first byte tells them: 63 qualities, 4:4:4 or 4:2:0,
// full or half size. Steps of 1 to quality 30, of 2 from there on, are about equal in
// bytes.
struct Settings {
    int step = 0; //!< 0 to 62
    bool full_chroma = false, half_size = false;

    int quality() const { return step < 30 ? step + 1 : 32 + 2 * (step - 30); }
    std::uint8_t byte() const
    {
        return static_cast<std::uint8_t>(step << 2 | full_chroma << 1 | half_size);
    }
    static Settings from_byte(std::uint8_t byte)
    {
        return { byte >> 2, (byte >> 1 & 1) != 0, (byte & 1) != 0 };
    }
};

constexpr int STEPS = 63;

// The arithmetic coder learns its statistics while it goes, the Huffman coder has tables
// from the start: in small pictures these win.
constexpr int MIN_ARITHMETIC_PIXELS = 64 * 64;

JpegSettings file_settings(const Settings& settings, int height, int width)
{
    return { settings.quality(),
             settings.full_chroma,
             height * width >= MIN_ARITHMETIC_PIXELS };
}

//! Where the scan's data begin: after the header of the first scan.
std::size_t scan_begin(const Bytes& file)
{
    std::size_t at = 2; // start of image
    while (at + 4 <= file.size()) {
        const std::size_t length = std::size_t(file[at + 2]) << 8 | file[at + 3];
        const bool scan = file[at + 1] == 0xda;
        at += 2 + length;
        if (scan)
            return std::min(at, file.size());
    }
    return file.size();
}

//! The scan's data without the zeros that follow each 0xff so that it is no marker.
Bytes scan_data(const Bytes& file)
{
    Bytes data;
    for (std::size_t i = scan_begin(file); i + 2 < file.size(); ++i) { // 2: end of image
        data.push_back(file[i]);
        if (file[i] == 0xff)
            ++i;
    }
    return data;
}

//! What both sides know: all in front of the scan's data.
Bytes header_of(const JpegSettings& settings, int height, int width)
{
    Bytes file = write_jpeg(grey_picture(height, width), settings);
    file.resize(scan_begin(file));
    return file;
}

//! A file again: zeros after 0xff, end of image.
Bytes file_of(Bytes file, const Bytes& stream)
{
    for (std::size_t i = 1; i < stream.size(); ++i) {
        file.push_back(stream[i]);
        if (stream[i] == 0xff)
            file.push_back(0);
    }
    file.push_back(0xff);
    file.push_back(0xd9);
    return file;
}

class JpegCodec : public PictureCodec {
public:
    std::string name() const override { return "jpeg"; }

    Bytes encode(const RgbPicture& picture, std::size_t budget) const override
    {
        require_picture(picture);
        if (budget < 2)
            return colour_stream(picture, budget);
        BestStream best(*this, picture, budget);
        const auto half = halve(picture);
        for (const bool half_size : { false, true }) {
            for (const bool full_chroma : { false, true }) {
                best.offer(largest(
                    half_size ? half : picture, { 0, full_chroma, half_size }, budget));
            }
        }
        return best.get();
    }

    RgbPicture decode(const Bytes& stream, int height, int width) const override
    {
        require_size(height, width);
        if (stream.empty() || stream[0] == COLOUR_ONLY || stream[0] >> 2 >= STEPS)
            return colour_picture(stream, height, width);
        const auto settings = Settings::from_byte(stream[0]);
        const int scale = settings.half_size ? 2 : 1;
        const int coded_height = (height + scale - 1) / scale;
        const int coded_width = (width + scale - 1) / scale;
        const auto known
            = d_headers.get({ coded_height, coded_width, stream[0] >> 1, 0 }, [&] {
                  const auto file = file_settings(settings, coded_height, coded_width);
                  return header_of(file, coded_height, coded_width);
              });
        const auto decoded = read_jpeg(file_of(known, stream), scale);
        auto picture = grey_picture(height, width);
        if (decoded.height < height || decoded.width < width)
            return picture;
        for (int y = 0; y < height; ++y)
            std::copy_n(decoded.rgb.begin() + long(y) * decoded.width * 3,
                        long(width) * 3,
                        picture.rgb.begin() + long(y) * width * 3);
        return picture;
    }

private:
    //! The highest quality that fits, by bisection; empty if none does.
    static Bytes largest(const RgbPicture& picture, Settings settings, std::size_t budget)
    {
        Bytes best;
        int low = 0, high = STEPS - 1;
        while (low <= high) {
            settings.step = (low + high) / 2;
            const auto file = write_jpeg(
                picture, file_settings(settings, picture.height, picture.width));
            if (file.empty())
                return {};
            auto stream = scan_data(file);
            stream.insert(stream.begin(), settings.byte());
            if (stream.size() <= budget) {
                best = std::move(stream);
                low = settings.step + 1;
            } else {
                high = settings.step - 1;
            }
        }
        return best;
    }

    mutable KnownHeaders d_headers;
};

} // namespace

std::unique_ptr<PictureCodec> make_jpeg_codec()
{
    return std::make_unique<JpegCodec>();
}

} // namespace udeepsc_conventional
