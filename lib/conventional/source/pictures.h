// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_conventional/picture_codec.h>

namespace udeepsc_conventional {

//! First byte of a stream that holds a colour and nothing else.
constexpr std::uint8_t COLOUR_ONLY = 0xff;

//! \throws std::invalid_argument unless both are in 1..16384
void require_size(int height, int width);

void require_picture(const RgbPicture& picture);

RgbPicture grey_picture(int height, int width);

//! The mean colour as a stream, or nothing where 4 bytes are too many.
Bytes colour_stream(const RgbPicture& picture, std::size_t budget);

//! A picture of the colour in a stream, grey where it is cut off.
RgbPicture colour_picture(const Bytes& stream, int height, int width);

/*! The best of several streams for a picture, by the PSNR of what a codec makes of them;
 * at first the mean colour. */
class BestStream {
public:
    BestStream(const PictureCodec& codec, const RgbPicture& picture, std::size_t budget);

    //! An empty stream is none.
    void offer(const Bytes& stream);
    const Bytes& get() const { return d_stream; }

private:
    double psnr_db(const Bytes& stream) const;

    const PictureCodec& d_codec;
    const RgbPicture& d_picture;
    Bytes d_stream;
    double d_psnr_db;
};

//! Half the size, rounded up: means of 2 x 2 pixels.
RgbPicture halve(const RgbPicture& picture);

std::unique_ptr<PictureCodec> make_h264_codec();
std::unique_ptr<PictureCodec> make_hevc_codec();
std::unique_ptr<PictureCodec> make_jpeg_codec();
std::unique_ptr<PictureCodec> make_jpeg2000_codec();

} // namespace udeepsc_conventional
