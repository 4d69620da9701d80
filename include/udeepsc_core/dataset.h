// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace udeepsc_core {

//! Pictures of one size with a class each.
struct ImageSet {
    int height = 32;
    int width = 32;
    std::vector<std::uint8_t> pixels; //!< [n, 3, height, width], planes R, G, B
    std::vector<int> labels; //!< [n], index into class_names
    std::vector<std::string> class_names; //!< [classes]

    std::size_t size() const { return labels.size(); }
    //! Bytes per picture.
    std::size_t stride() const
    {
        return 3 * static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    }
};

//! Sentences with a class each: 0 negative, 1 positive.
struct TextSet {
    std::vector<std::string> sentences; //!< UTF-8, no white space at the ends
    std::vector<int> labels; //!< [n]

    std::size_t size() const { return labels.size(); }
};

/*!
 * \brief CIFAR-10, the "binary version", in data_dir/cifar-10-batches-bin.
 *
 * \param split "train" (batches 1 to 4), "val" (batch 5), "trainval" (1 to 5) or "test"
 * Errors: Error naming the file, the record, found and expected.
 *
 * Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
 */
ImageSet load_cifar10(const std::string& data_dir, const std::string& split);

/*!
 * \brief SST-2 as GLUE has it, in data_dir/SST-2: a line "sentence<TAB>label", then data.
 *
 * \param split "train" (train.tsv), "val" (val.tsv), "trainval" (both, and
 *     phrases_of_val.tsv where it is there: the phrases cut out of the validation
 *     sentences, kept out of "train" so that "val" stays unseen) or "test" (dev.tsv)
 * Errors: Error naming the file, the line, found and expected.
 *
 * Source: R. Socher et al., "Recursive Deep Models for Semantic Compositionality Over a
 * Sentiment Treebank", 2013.
 */
TextSet load_sst2(const std::string& data_dir, const std::string& split);

} // namespace udeepsc_core
