// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_conventional/api.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace udeepsc_conventional UDEEPSC_CONVENTIONAL_API {

//! An 8-bit colour picture.
struct RgbPicture {
    int height = 0;
    int width = 0;
    std::vector<std::uint8_t> rgb; //!< [height, width, 3]
};

using Bytes = std::vector<std::uint8_t>;

/*!
 * \brief A picture in no more than so many bytes.
 *
 * Sizes of pictures are known to both sides and take no bytes; nor does anything of a
 * file that follows from them and from the first byte, which names the coder's settings.
 * So there are no markers, headers or tables in a stream, which favours the codec: in a
 * JPEG file of 32 x 32 pixels they are 600 bytes of 700.
 */
class PictureCodec {
public:
    virtual ~PictureCodec() = default;

    virtual std::string name() const = 0;

    /*!
     * \brief The best picture, by PSNR, that fits, of all settings tried.
     *
     * Where no setting fits, the mean colour (4 bytes), or below 4 bytes nothing.
     * \throws std::invalid_argument for a picture of no size, of more than 16384 pixels
     * in one direction or whose bytes are not height x width x 3.
     */
    virtual Bytes encode(const RgbPicture& picture, std::size_t budget) const = 0;

    /*!
     * \brief What the bytes show; they may be cut, wrong, or followed by others.
     *
     * Never throws for their sake: what cannot be decoded is grey.
     * \throws std::invalid_argument for a size that encode() would not take.
     */
    virtual RgbPicture decode(const Bytes& stream, int height, int width) const = 0;
};

/*!
 * \brief "h264" and "hevc" (ITU-T H.264 and H.265, intra: x264, x265 and FFmpeg), "jpeg"
 * (ITU-T T.81: libjpeg-turbo) or "jpeg2000" (ITU-T T.800: OpenJPEG).
 * \throws std::invalid_argument naming those that there are.
 */
std::unique_ptr<PictureCodec> make_picture_codec(const std::string& name);

//! PSNR in dB, peak 255, at most 100. \throws std::invalid_argument where sizes differ.
double picture_psnr_db(const RgbPicture& a, const RgbPicture& b);

} // namespace udeepsc_conventional
