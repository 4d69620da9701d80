// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ycbcr.h"

namespace udeepsc_conventional {

//! What an HEVC encoder gives for one intra picture.
struct HevcUnits {
    Bytes parameter_sets; //!< VPS, SPS, PPS, with start codes
    Bytes slice; //!< header and data (RBSP), without start code, unit header and escapes
};

constexpr int HEVC_LEAST_SIDE = 16; //!< of a picture: the smallest coding tree unit
constexpr int HEVC_MOST_QP = 51;

/*!
 * \brief One picture in one slice, by x265.
 *
 * \param planes sides multiples of 8 and at least HEVC_LEAST_SIDE
 * \param qp quantisation parameter, 0 to HEVC_MOST_QP
 * \returns units without a slice where x265 reports an error
 */
HevcUnits write_hevc(const YCbCr& planes, int qp);

//! The picture of a slice, whatever it holds; without samples where FFmpeg gives up.
YCbCr read_hevc(const HevcUnits& units);

} // namespace udeepsc_conventional
