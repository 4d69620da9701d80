// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "math/complex_product.h"

#include <udeepsc_phy/random.h>

#include <array>
#include <complex>
#include <cstddef>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief One path's scattered part: CN(0, 1), constant or with Jakes' spectrum.
 *
 * A sum of sinusoids whose angles of arrival divide the circle, each at random within its
 * sector (Y. R. Zheng and C. Xiao, IEEE Commun. Lett. 6(6), 2002): autocorrelation
 * J0(2 pi doppler t). The sum is formed at grid points at most 1/256 of a Doppler cycle
 * apart; the straight line between them is off by less than -80 dB.
 */
class ScatteredGain {
public:
    //! New gain and angles. \p doppler in cycles per sample.
    void draw(Xoshiro256pp& random, double doppler);

    //! From the next sample on, without a jump of the gain.
    void set_doppler(double doppler);

    //! The gain of this sample; the next call gives that of the next one.
    std::complex<double> next()
    {
        if (d_doppler == 0.0) {
            return d_constant;
        }
        if (d_step == d_grid) {
            next_interval();
        }
        const double part = static_cast<double>(d_step++) / d_grid;
        return d_here + part * (d_there - d_here);
    }

private:
    static constexpr std::size_t SINUSOIDS = 32;
    using Phasors = std::array<std::complex<double>, SINUSOIDS>;

    void turn(unsigned samples);
    void start_grid();
    void next_interval();
    void begin_interval();

    std::complex<double> d_constant;
    double d_doppler = 0.0;
    std::array<double, SINUSOIDS> d_frequency {}; //!< of the largest Doppler shift
    Phasors d_phase, d_rotation; //!< at the grid point; over one interval
    std::complex<double> d_here, d_there; //!< at the two ends of the interval
    unsigned d_grid = 1, d_step = 0; //!< samples an interval; within it
    unsigned d_grid_points = 0;
};

} // namespace detail
} // namespace udeepsc_phy
