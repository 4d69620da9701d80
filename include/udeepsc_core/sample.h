// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

/*!
 * \brief One modality of one sample, as a source hands it over.
 *
 * | kind of modality | bytes or reals | shape |
 * | --- | --- | --- |
 * | image | bytes, RGB | [height, width, 3] |
 * | text | bytes, UTF-8 | [bytes] |
 * | vectors | reals | [vectors, features] |
 * | speech | reals, -1 to 1 | [frames, channels], with sample_rate |
 */
struct SourceSample {
    std::vector<std::uint8_t> bytes;
    std::vector<float> reals;
    std::vector<int> shape;
    double sample_rate = 0; //!< Hz, of speech

    static SourceSample image(int height, int width, std::vector<std::uint8_t> rgb);
    static SourceSample text(const std::string& utf8);
    static SourceSample vectors(int count, int features, std::vector<float> values);
    static SourceSample
    sound(int channels, double sample_rate, std::vector<float> samples);

    //! bytes as text
    std::string utf8() const { return { bytes.begin(), bytes.end() }; }
};

/*! What a receiver ought to find, as far as it is no modality of the sample itself. */
struct Target {
    int label = -1; //!< number of a class, -1: none
    std::vector<float>
        soft; //!< one score a class in [0, 1] instead, as VQA's answers have
    double score = std::numeric_limits<double>::quiet_NaN(); //!< of a regression
};

/*! One sample of a data set: what goes into the transmitter, and what ought to come out.
 */
struct Sample {
    std::map<std::string, SourceSample> inputs; //!< by modality
    //! Frames that came before, the oldest first, of modalities that the task remembers.
    std::map<std::string, std::vector<SourceSample>> context;
    Target target;
    std::string name; //!< file or line that it came from
};

} // namespace udeepsc_core
