// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <udeepsc_core/context_store.h>
#include <udeepsc_core/link_block.h>
#include <udeepsc_core/sample.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

/*! A drawn picture and a sentence that says what is in it. */
struct CaptionedPicture {
    SourceSample picture; //!< [side, side, 3]
    std::string caption; //!< "There is a red circle and a gray triangle."
};

//! \param side of the picture, pixels
//! \param seed the same one gives the same picture
CaptionedPicture captioned_picture(int side, std::uint64_t seed);

/*! Features of one moment, as a receiver has them, in two modalities. */
struct MomentPair {
    FeatureBlock first, second;
};

/*! Parameters of SharedSpace::fit(). */
struct SharedSpaceOptions {
    int size = 32; //!< dimensions of the space, 1..1024
    int hidden = 128; //!< of each modality's projection, 1..4096
    int steps = 2000;
    int batch = 128; //!< pairs that each is told from, 2..65536
    double learning_rate = 2e-3;
    std::uint64_t seed = 1;

    //! Error naming the field, what it holds and what it may hold.
    void validate() const;
};

/*!
 * \brief A space that modalities share: a picture lies where the sentence lies that says
 * what is in it.
 *
 * Each modality has a projection of its own: a hidden layer on each feature vector, their
 * mean, and a linear layer; the result has length 1. Learnt by a contrastive loss on
 * pairs of one moment (A. Radford et al., "Learning transferable visual models from
 * natural language supervision", 2021). The network that made the features stays as it
 * is.
 *
 * Source: "Large Model Empowered Semantic Communications", IV.A, alignment.
 */
class SharedSpace {
public:
    //! Error for less pairs than a batch, pairs of other modalities or columns than the
    //! first one, a pair of one modality alone, and numbers that are not finite.
    static SharedSpace fit(const std::vector<MomentPair>& pairs,
                           const std::string& model_id,
                           const SharedSpaceOptions& options = {});

    //! The place of these features; empty for a modality that was not learnt. Error for
    //! another number of columns.
    std::vector<float> operator()(const FeatureBlock& block) const;
    int size() const { return d_size; }

    //! Gives the entries of a store their embeddings.
    void embed(ContextStore& store) const;

    //! A safetensors file. Error.
    void save(const std::string& path) const;
    //! Error for a file that is missing, cut, damaged, foreign, or for another model.
    static SharedSpace load(const std::string& path, const std::string& model_id);

private:
    struct Projection { // of a modality
        int cols = 0, hidden = 0;
        std::vector<float> inner, inner_bias; // [hidden, cols], [hidden]
        std::vector<float> outer, outer_bias; // [size, hidden], [size]
    };

    std::string d_model_id;
    int d_size = 0;
    std::map<std::string, Projection> d_projections;
};

} // namespace udeepsc_core
