// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ofdm_section.h"

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*! A channel as every carrier sees it. */
struct OfdmChannel {
    //! A delay that is not off.
    struct Delay {
        std::size_t index;
        double power; //!< p_d
        std::complex<double> gain; //!< g_d
        double count; //!< parameters that it counts as, 0 to 1
    };

    std::vector<Delay> delays; //!< in order
    std::vector<std::complex<double>> gain; //!< shape [OFDM_CARRIERS]
    std::vector<double> gain_var; //!< of the estimate, shape [OFDM_CARRIERS]
    double parameters = 0; //!< how many of the estimate's unknowns count

    //! Mean |gain|^2 without the part that the estimate's noise adds.
    double energy() const;
};

/*!
 * \brief Gains of all carriers from reference symbols on some.
 *
 * The channel is a sum of delays tau_d, half a symbol apart and at most OFDM_MAX_DELAY +
 * 1 from the one detected,
 *
 *     H_k = sum_d g_d exp(-2 pi j k tau_d / 128),
 *
 * with g_d ~ CN(0, p_d). The powers p_d are fitted, too (evidence maximisation: D. J. C.
 * MacKay, "Bayesian interpolation", Neural Computation 4, 1992): delays that the
 * observations do not ask for go to p_d = 0. So a channel of few paths costs few
 * parameters' noise, where plain least squares over the whole prefix would cost 16, and
 * one that needs all delays gets them.
 */
class OfdmChannelEstimator {
public:
    OfdmChannelEstimator();

    /*!
     * \param z sum over a carrier's reference symbols of conj(sent) received, shape [128]
     * \param e sum over them of |sent|^2, shape [128]
     * \param noise_var of a received symbol, more than 0
     * \param start of an estimate much like this one: others are off; empty: all delays
     */
    OfdmChannel estimate(const std::vector<std::complex<double>>& z,
                         const std::vector<double>& e,
                         double noise_var,
                         const std::vector<OfdmChannel::Delay>& start = {}) const;

    //! Correlations with each of delays(): sum_k z_k exp(+2 pi j k tau_d / 128).
    std::vector<std::complex<double>>
    correlate(const std::vector<std::complex<double>>& z) const;

    static constexpr std::size_t DELAYS = 4 * (OFDM_MAX_DELAY + 1) + 1;

private:
    std::vector<std::complex<double>> gram_row(const std::vector<double>& e) const;
    void to_carriers(const std::vector<double>& covariance_re,
                     const std::vector<double>& covariance_im,
                     OfdmChannel& channel) const;

    std::vector<std::complex<double>> d_turns; //!< shape [DELAYS, OFDM_CARRIERS]
};

} // namespace detail
} // namespace udeepsc_phy
