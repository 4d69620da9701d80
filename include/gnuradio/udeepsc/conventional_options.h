// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/api.h>
#include <string>

namespace gr {
namespace udeepsc {

/*! What conventional_encoder and conventional_decoder agree on. */
struct UDEEPSC_API conventional_options {
    //! SOURCE-CODE: jpeg, jpeg2000, h264, hevc, utf8, huffman or arithmetic; ldpc or
    //! turbo.
    std::string scheme = "jpeg-ldpc";
    //! "adaptive", or a modulation and rate such as "16qam-1/2".
    std::string mcs = "adaptive";
    //! Text file, a sentence a line, from which huffman and arithmetic learn.
    std::string training = "";
    int order = 4; //!< characters that the arithmetic coder looks back on, 0..6
};

} // namespace udeepsc
} // namespace gr
