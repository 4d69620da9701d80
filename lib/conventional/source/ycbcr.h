// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pictures.h"

#include <array>

namespace udeepsc_conventional {

//! Rows of 8-bit samples.
struct Plane {
    int height = 0;
    int width = 0;
    Bytes samples; //!< [height, width]
};

//! Luminance and two colour differences, full range (ITU-T T.871, JFIF).
using YCbCr = std::array<Plane, 3>;

/*!
 * \brief A picture as luminance and colour differences, its last row and column repeated
 * up to \p height x \p width.
 *
 * \param halved whether the differences are means of 2 x 2 pixels (4:2:0), for which both
 * sides have to be even
 */
YCbCr ycbcr_of(const RgbPicture& picture, int height, int width, bool halved);

/*! \p height x \p width pixels of a picture that planes show, made \p scale times larger;
 * what has fewer samples than that is interpolated. */
RgbPicture rgb_of(const YCbCr& planes, int height, int width, int scale);

} // namespace udeepsc_conventional
