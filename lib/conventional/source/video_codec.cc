// SPDX-License-Identifier: GPL-3.0-or-later
#include "known_headers.h"
#include "video_intra.h"

#include <algorithm>

namespace udeepsc_conventional {

namespace {

/*! The first byte of a stream. */
struct Settings {
    bool full_chroma = false; //!< 4:4:4, not 4:2:0
    bool half_size = false;

    std::uint8_t byte() const
    {
        return static_cast<std::uint8_t>(full_chroma | half_size << 1);
    }
    static bool is_one(std::uint8_t byte) { return byte < 4; }
    static Settings from_byte(std::uint8_t byte)
    {
        return { (byte & 1) != 0, byte >= 2 };
    }
};

//! The least of what both encoders take that holds so many pixels.
int coded_side(int side)
{
    return std::max(INTRA_LEAST_SIDE, (side + 7) / 8 * 8);
}

YCbCr planes_for(const RgbPicture& picture, const Settings& settings)
{
    return ycbcr_of(picture,
                    coded_side(picture.height),
                    coded_side(picture.width),
                    !settings.full_chroma);
}

class IntraCodec : public PictureCodec {
public:
    explicit IntraCodec(VideoStandard standard)
        : d_standard(standard)
    { }

    std::string name() const override
    {
        return d_standard == VideoStandard::h264 ? "h264" : "hevc";
    }

    Bytes encode(const RgbPicture& picture, std::size_t budget) const override
    {
        require_picture(picture);
        BestStream best(*this, picture, budget);
        const auto half = halve(picture);
        for (const bool half_size : { false, true })
            for (const bool full_chroma : { false, true })
                best.offer(largest(
                    half_size ? half : picture, { full_chroma, half_size }, budget));
        return best.get();
    }

    RgbPicture decode(const Bytes& stream, int height, int width) const override
    {
        require_size(height, width);
        if (stream.empty() || !Settings::is_one(stream[0]))
            return colour_picture(stream, height, width);
        const auto settings = Settings::from_byte(stream[0]);
        const int scale = settings.half_size ? 2 : 1;
        const int coded_height = (height + scale - 1) / scale;
        const int coded_width = (width + scale - 1) / scale;
        IntraUnits units;
        units.parameter_sets = parameter_sets(coded_height, coded_width, settings);
        units.slice.assign(stream.begin() + 1, stream.end());
        const auto planes = read_intra(d_standard, units);
        const bool whole = planes[0].height == coded_side(coded_height)
            && planes[0].width == coded_side(coded_width);
        return whole ? rgb_of(planes, height, width, scale) : grey_picture(height, width);
    }

private:
    //! Both sides know them: they follow from the size and the first byte.
    Bytes parameter_sets(int height, int width, const Settings& settings) const
    {
        return d_parameter_sets.get({ height, width, settings.full_chroma, 0 }, [&] {
            const auto planes = planes_for(grey_picture(height, width), settings);
            return write_intra(d_standard, planes, INTRA_MOST_QP).parameter_sets;
        });
    }

    //! With the least quantisation that fits.
    Bytes
    largest(const RgbPicture& picture, const Settings& settings, std::size_t budget) const
    {
        const auto planes = planes_for(picture, settings);
        Bytes best;
        int low = INTRA_LEAST_QP, high = INTRA_MOST_QP;
        while (low <= high) {
            const int qp = (low + high) / 2;
            const auto slice = write_intra(d_standard, planes, qp).slice;
            if (!slice.empty() && slice.size() + 1 <= budget) {
                best = { settings.byte() };
                best.insert(best.end(), slice.begin(), slice.end());
                high = qp - 1;
            } else {
                low = qp + 1;
            }
        }
        return best;
    }

    VideoStandard d_standard;
    mutable KnownHeaders d_parameter_sets;
};

} // namespace

std::unique_ptr<PictureCodec> make_h264_codec()
{
    return std::make_unique<IntraCodec>(VideoStandard::h264);
}

std::unique_ptr<PictureCodec> make_hevc_codec()
{
    return std::make_unique<IntraCodec>(VideoStandard::hevc);
}

} // namespace udeepsc_conventional
