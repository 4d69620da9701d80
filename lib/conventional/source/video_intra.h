// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ycbcr.h"

namespace udeepsc_conventional {

//! Whose intra pictures.
enum class VideoStandard {
    h264, //!< ITU-T H.264, by x264
    hevc //!< ITU-T H.265, by x265
};

//! What a video encoder gives for one intra picture.
struct IntraUnits {
    Bytes parameter_sets; //!< VPS, SPS, PPS, with start codes
    Bytes slice; //!< header and data (RBSP), without start code, unit header and escapes
};

constexpr int INTRA_LEAST_SIDE = 16; //!< of a picture: the smallest coding tree unit
constexpr int INTRA_LEAST_QP = 1; //!< 0 is without loss in H.264, another profile
constexpr int INTRA_MOST_QP = 51;

/*!
 * \brief One picture in one slice.
 *
 * \param planes sides multiples of 8 and at least INTRA_LEAST_SIDE
 * \param qp quantisation parameter, INTRA_LEAST_QP to INTRA_MOST_QP
 * \returns units without a slice where the encoder reports an error
 */
IntraUnits write_intra(VideoStandard standard, const YCbCr& planes, int qp);

//! The picture of a slice, whatever it holds; without samples where FFmpeg gives up.
YCbCr read_intra(VideoStandard standard, const IntraUnits& units);

} // namespace udeepsc_conventional
