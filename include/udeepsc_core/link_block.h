// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <complex>
#include <cstdint>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

/*! Feature vectors of one sample, row after row. */
struct FeatureMatrix {
    int rows = 0, cols = 0;
    std::vector<float> data;
};

/*!
 * \brief What travels: some feature vectors of one modality as symbols.
 *
 * A frame carries a list of blocks. Each has noise of its own, any of them may be lost,
 * and the receiver decodes those that come.
 */
struct LinkBlock {
    std::string modality;
    int layer = 0; //!< its place in a layered transmission, 0: the first
    int vectors = 0; //!< feature vectors in it
    std::vector<int> positions; //!< of the vectors among the candidates; empty: not told
    int age = -1; //!< of an entry of the receiver's memory: frames since it came; -1: of
                  //!< the present frame
    std::vector<std::complex<float>> symbols; //!< as sent, or received and equalised
    float gain = 1; //!< amplitude of the constellation
    std::string modulation;
    //! At the receiver, per complex symbol: one value, or one for each symbol.
    std::vector<float> noise_var;
};

/*! A received block after the look-up. */
struct FeatureBlock {
    std::string modality;
    int layer = 0;
    FeatureMatrix features; //!< [vectors, subvectors * subvector_dim]
    std::vector<int> positions; //!< as in LinkBlock
    int age = -1; //!< of an entry of the receiver's memory: frames since it came; -1: of
                  //!< the present frame
    float noise_var = 0; //!< mean of the block's symbols
};

} // namespace udeepsc_core
