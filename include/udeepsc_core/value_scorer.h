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
    int waves = 256; //!< random Fourier features, 0..4096; 0: linear alone
    double ridge = 0.01; //!< penalty of the weights, of the mean squared feature; > 0
    std::uint64_t seed = 1;
};

/*!
 * \brief The value of an entry, learnt from what others did: leave_one_out() distilled
 * into a function of the features alone, since a receiver does not know what it will be
 * asked.
 *
 * Ridge regression on the mean feature vector and on random Fourier features of it
 * (A. Rahimi and B. Recht, "Random Features for Large-Scale Kernel Machines", 2007).
 */
class ValueScorer {
public:
    //! \param entries features of the entries, all of one number of columns
    //! \param damages one number an entry, as leave_one_out() gives them
    //! Error for less than two entries, sizes that differ, and numbers not finite.
    static ValueScorer fit(const std::vector<FeatureMatrix>& entries,
                           const std::vector<double>& damages,
                           const std::string& model_id,
                           const ValueScorerOptions& options = {});

    //! Error for features of another number of columns.
    double operator()(const FeatureMatrix& features) const;
    double operator()(const ContextEntry& entry) const
    {
        return (*this)(entry.block.features);
    }

    //! A safetensors file. Error.
    void save(const std::string& path) const;
    //! Error for a file that is missing, cut, damaged, foreign, or for another model.
    static ValueScorer load(const std::string& path, const std::string& model_id);

private:
    std::vector<double> inputs(const FeatureMatrix& features) const;

    std::string d_model_id;
    int d_cols = 0, d_waves = 0;
    // [cols]; [waves, cols + 1] with the phase last; [cols + waves + 1], constant last
    std::vector<float> d_mean, d_scale, d_frequencies, d_weights;
};

} // namespace udeepsc_core
