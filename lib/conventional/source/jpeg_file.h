// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pictures.h"

namespace udeepsc_conventional {

/*! How a picture becomes a JPEG file. */
struct JpegSettings {
    int quality = 50; //!< 1 to 100, as libjpeg has it
    bool full_chroma = false; //!< 4:4:4, else 4:2:0
    bool arithmetic = false; //!< entropy coder, else Huffman with the tables of annex K
};

//! A whole file. Empty where libjpeg reports an error.
Bytes write_jpeg(const RgbPicture& picture, const JpegSettings& settings);

/*!
 * \brief The picture of a file, however damaged, at \p scale (1 or 2) times its size;
 * what is missing repeats the last that was there. Of no size where libjpeg gives up.
 */
RgbPicture read_jpeg(const Bytes& file, int scale);

} // namespace udeepsc_conventional
