// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pictures.h"

namespace udeepsc_conventional {

/*!
 * \brief A JPEG 2000 codestream (no file format around it) of one layer and tile, 9/7
 * wavelet, of about \p bytes bytes in all. Empty where OpenJPEG reports an error.
 *
 * \param levels of the wavelet transform, 0 to 6
 */
Bytes write_jpeg2000(const RgbPicture& picture, int levels, std::size_t bytes);

//! The picture of a codestream, as far as its packets go. Of no size where OpenJPEG gives
//! up.
RgbPicture read_jpeg2000(const Bytes& codestream);

} // namespace udeepsc_conventional
