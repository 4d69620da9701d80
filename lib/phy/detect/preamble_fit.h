// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "math/sinc_interpolator.h"

#include <complex>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*! Where a preamble fits best, from a candidate position on. */
struct PreambleFit {
    double shift = 0.0; //!< positions, between samples
    double cfo = 0.0; //!< cycles a symbol
    double rho = 0.0; //!< |Y|^2 / (L sum |z|^2) there
};

/*!
 * \brief The fine search of a burst detector: climbs from a candidate to the maximum of
 * the correlation over continuous time and carrier offset, all L symbols coherent.
 *
 * The maximum is the maximum-likelihood estimate of both, and rho there has lost nothing
 * to the coarse grid (2 dB between its points).
 */
class PreambleFitter {
public:
    PreambleFitter(const std::vector<float>& signs, unsigned phases, double max_cfo);

    //! Positions before the candidate and after its last symbol that fit() may read.
    static constexpr int MARGIN = SincInterpolator::HALF + 2;

    /*!
     * \p z points at the candidate. Gives up early, with the rho found so far, if that is
     * below \p early at the candidate itself.
     */
    PreambleFit fit(const std::complex<float>* z, double early);

private:
    //! Partial sums at a shift, turned back by \p cfo, and the energy of the window.
    void correlate(const std::complex<float>* z, double shift, double cfo);
    //! |Y|^2 at \p cfo, near the offset given to correlate().
    double power(double cfo) const;
    double coarse_cfo();
    //! Vertex of the parabola through cfo and its neighbours.
    double refine_cfo(double cfo, double spacing) const;
    double
    refine_shift(const std::complex<float>* z, double shift, double step, double cfo);
    double rho(double cfo) const;

    std::vector<float> d_signs;
    unsigned d_phases;
    std::size_t d_segment;
    double d_highest; //!< carrier offset searched
    SincInterpolator d_interpolate;
    std::vector<std::complex<double>> d_parts;
    double d_energy = 0.0, d_reference = 0.0;
    //! Of coarse_cfo(), for each offset.
    std::vector<double> d_turn_re, d_turn_im, d_sum_re, d_sum_im;
};

} // namespace detail
} // namespace udeepsc_phy
