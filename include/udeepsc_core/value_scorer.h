// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <udeepsc_core/context_store.h>
#include <udeepsc_core/transceiver.h>

#include <cstdint>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

/*!
 * \brief What each entry of a context did for an answer: the probability of the right
 * class with all of them, less that without this one.
 *
 * \param blocks of one sample, as Transceiver::decode() takes them
 * \param label the right class
 * \return one number a block; 0 for those of the present frame
 */
std::vector<double> leave_one_out(const Transceiver& model,
                                  const std::string& task,
                                  const std::vector<FeatureBlock>& blocks,
                                  int label);

/*! Parameters of ValueScorer::fit(). */
struct ValueScorerOptions {
    int waves = 128; //!< random Fourier features, 0..4096; 0: linear alone
    int directions = 16; //!< principal components that pairs are compared in, 0..64
    double ridge = 0.1; //!< penalty of the weights, of each feature's mean square; > 0
    std::uint64_t seed = 1;
};

/*!
 * \brief The value of an entry, learnt from what others did: leave_one_out() distilled
 * into a function of the features alone, since a receiver does not know what it will be
 * asked.
 *
 * An entry's value is that of itself, by ridge regression on its mean feature vector and
 * on random Fourier features of it (A. Rahimi and B. Recht, "Random Features for
 * Large-Scale Kernel Machines", 2007), and a bilinear form of it and of each younger
 * entry, in their principal components: "Mary is in the garden" is worth little when
 * "Mary went to the kitchen" has come.
 */
class ValueScorer {
public:
    //! \param contexts features of the entries of each context, oldest first; all of one
    //!        number of columns
    //! \param damages of each, as leave_one_out() gives them
    //! Error for less than two entries, sizes that differ, and numbers not finite.
    static ValueScorer fit(const std::vector<std::vector<FeatureMatrix>>& contexts,
                           const std::vector<std::vector<double>>& damages,
                           const std::string& model_id,
                           const ValueScorerOptions& options = {});

    //! The value of an entry when it comes. Error for features of another number of
    //! columns.
    double operator()(const FeatureMatrix& features) const;
    //! What a younger one adds to it. Error as above.
    double pair(const FeatureMatrix& older, const FeatureMatrix& younger) const;

    //! Both, for a store.
    void score(ContextStore& store) const;

    //! A safetensors file. Error.
    void save(const std::string& path) const;
    //! Error for a file that is missing, cut, damaged, foreign, or for another model.
    static ValueScorer load(const std::string& path, const std::string& model_id);

private:
    void standardise(const std::vector<FeatureMatrix>& entries);
    void find_directions(const std::vector<FeatureMatrix>& entries, int directions);
    void draw_waves(const ValueScorerOptions& options);
    // Mean feature vector, each number of mean 0 and variance 1; [cols]
    std::vector<double> standard(const FeatureMatrix& features) const;
    // What one entry's value is linear in; [cols + waves + 1], the constant last
    std::vector<double> inputs(const std::vector<double>& x) const;
    // Principal components and a constant; [directions + 1]
    std::vector<double> project(const std::vector<double>& x) const;

    std::string d_model_id;
    int d_cols = 0, d_waves = 0, d_directions = 0;
    // [cols]; [waves, cols + 1] with the phase last; [directions, cols]
    std::vector<float> d_mean, d_scale, d_frequencies, d_axes;
    // [cols + waves + 1]; [directions + 1, directions + 1], older first
    std::vector<float> d_weights, d_pairs;
};

} // namespace udeepsc_core
