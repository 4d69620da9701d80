// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <udeepsc_core/config.h>
#include <udeepsc_core/sample.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

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

/*! What there is to know of a data set as a whole. */
struct DatasetInfo {
    std::string name; //!< as a configuration names it
    std::string split;
    std::vector<std::string> classes; //!< names of the labels; empty where it has none
    std::vector<std::string> skipped; //!< what could not be read, one line each
    //! Answers outside a task's classes may occur: whatever is told, they are wrong.
    bool open_classes = false;
};

/*! Samples with what ought to be found in them. at() may be called from several threads.
 */
class Dataset {
public:
    virtual ~Dataset() = default;
    virtual std::size_t size() const = 0;
    //! Sample number i of size(). Its label counts in describe().classes.
    virtual Sample at(std::size_t i) const = 0;
    virtual const DatasetInfo& describe() const = 0;
};

/*! How data sets are opened. */
struct DatasetOptions {
    std::string data_dir; //!< folder in which they lie
    //! "train", "val", "trainval" or "test"; of fsdd also "unseen", a speaker of whom
    //! nothing is in the others
    std::string split = "train";
    int max_bad = 10; //!< unreadable files or lines that are skipped; more: Error
    bool every_class = false; //!< Error where a class of the task has no sample
    std::vector<std::string> data; //!< in place of those that the task names
};

/*!
 * \brief The data of one task of a model, one set after the other, with labels numbered
 * as the task's classes are.
 *
 * A task names its sets: "cifar10", "mnist", "sst2", "easyvqa", "daquar", "vqa2", "mosi",
 * "fsdd", "folder[:NAME]", "tiles[:NAME]", "tsv[:FILE]"; a NAME or FILE lies in data_dir.
 * See docs/configuration.md, Data sets.
 *
 * Errors: Error for a task without data, an unknown set, a set whose classes are not
 * those of the task (compared by name) or that lacks a modality, and for what cannot be
 * read.
 */
std::shared_ptr<const Dataset> open_data(const ModelConfig& model,
                                         const std::string& task,
                                         const DatasetOptions& options);

//! The names that a task's "data" may begin with.
std::vector<std::string> dataset_names();

} // namespace udeepsc_core
