// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <udeepsc_core/link_block.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

/*!
 * \brief Elements of a frame that are enough at this Es/N0: by Shannon's capacity so many
 * symbols carry as many bits as all of them at \p least_snr_db.
 *
 * \param snr_db, least_snr_db Es/N0, dB
 * \param elements of the whole frame, 1 or more
 * \return 1 to elements; fewer at higher Es/N0
 */
int elements_at(double snr_db, int elements, double least_snr_db);

//! Elements that a mask may be of: 64.
constexpr int MOST_ELEMENTS = 64;

//! Bits of the enumerative code of a subset of `kept` of `elements`: log2 of the number
//! of those subsets, rounded up. Error for more than MOST_ELEMENTS.
int subset_bits(int elements, int kept);

/*!
 * \brief The number of a subset among all of its size, from 0 in lexical order.
 *
 * \param kept elements, rising
 * Source: T. Cover, "Enumerative source encoding", 1973. Error for elements that do not
 * rise or are outside 0..elements - 1.
 */
std::uint64_t subset_number(const std::vector<int>& kept, int elements);
//! The subset of this number. Error where there is none.
std::vector<int> subset_of_number(std::uint64_t number, int elements, int kept);

/*! What each element of one frame was worth. */
struct ElementDamages {
    std::string modality;
    std::vector<float> features; //!< as sent; `elements` sub-vectors one after the other
    std::vector<double> damages; //!< of an answer, by the loss of each element
};

/*!
 * \brief Which elements (symbols) of a frame are worth sending, learnt from the damage
 * that their loss does, and what a receiver takes for those that were not sent.
 *
 * An element's worth is a function of the frame's features, by ridge regression on them
 * and on their squares: a transmitter does not know what the receiver will be asked. What
 * was not sent is estimated from what was: the linear MMSE estimate by mean and
 * covariance of the frames learnt from.
 *
 * Source: "Large Model Empowered Semantic Communications", IV.D, learning-based adaptive
 * transmission; its masked elements are padded with zeros.
 */
class ElementMasks {
public:
    //! \param ridge penalty of the weights, of each input's mean square; > 0
    //! Error for less than two frames of a modality, sizes that differ, and numbers that
    //! are not finite.
    static ElementMasks fit(const std::vector<ElementDamages>& frames,
                            const std::string& model_id,
                            double ridge = 0.1);

    //! The elements of most worth of this frame, rising. features: as in ElementDamages.
    //! Error for a modality or a number of features that it has not learnt.
    std::vector<int> of_frame(const std::string& modality,
                              const std::vector<float>& features,
                              int count) const;
    //! Those of most worth on average, rising: the same for every frame.
    std::vector<int> of_all(const std::string& modality, int count) const;

    //! Puts estimates in the place of the elements that are not kept. kept: rising;
    //! noise_var: per complex symbol. Errors as of_frame().
    void fill(FeatureBlock& block, const std::vector<int>& kept, double noise_var) const;

    //! A safetensors file. Error.
    void save(const std::string& path) const;
    //! Error for a file that is missing, cut, damaged, foreign, or for another model.
    static ElementMasks load(const std::string& path, const std::string& model_id);

private:
    struct Part { // of a modality
        int elements = 0;
        std::vector<float> mean, covariance; // [features], [features, features]
        std::vector<float> worth; // mean of each element
        std::vector<float> weights; // [elements, 2 features + 1], the constant last
    };
    const Part& part(const std::string& modality, std::size_t features) const;

    std::string d_model_id;
    std::map<std::string, Part> d_parts;
};

} // namespace udeepsc_core
