// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

namespace udeepsc_phy {
namespace detail {

//! What is left of some reference symbols once their gain is taken away.
struct NoiseSample {
    double energy; //!< sum of |residual|^2
    double freedom; //!< complex degrees of freedom of that sum
};

/*! Noise that is the same everywhere but in a few places. */
struct Disturbances {
    double noise_var = 0; //!< of a symbol, where nothing disturbs
    double mean_noise_var = 0; //!< over all samples
    double freedom = 0; //!< of all samples
    std::vector<double>
        ratio; //!< of each sample's noise to noise_var; 1 unless disturbed
};

/*!
 * Samples whose noise is beyond chance. Compared with the median, a sample of k degrees
 * of freedom is disturbed where chi^2 of 2 k degrees gets once in a million; so with the
 * same noise everywhere nothing is changed. Where there is next to no noise (-60 dB of \p
 * received, the energy of the symbols) nothing is looked for.
 */
Disturbances find_disturbances(const std::vector<NoiseSample>& samples, double received);

//! Ratio of a sample's noise to \p noise_var, which is known; 1 unless it is beyond
//! chance, as above.
double disturbance(const NoiseSample& sample, double noise_var);

} // namespace detail
} // namespace udeepsc_phy
