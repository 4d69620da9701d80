// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "path_fit.h"

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

struct ChannelEstimate {
    std::vector<ChannelPath> paths; //!< strongest first found; never empty
    double noise_var = 0; //!< N0 per complex sample
    std::size_t observations = 0; //!< reference symbols that it was fitted to

    //! Complex unknowns fitted: a gain and the real delay of each path.
    double parameters() const { return 1.5 * paths.size(); }

    //! Received energy of a symbol, without the part that the fit's noise adds.
    double symbol_energy(const Pulse& pulse) const;
};

/*!
 * \brief Least-squares fit of paths through the transmitter's pulse.
 *
 * After the matched filter, y(t) = sum_i h_i sum_m s_m rho(t - m - tau_i) + noise. Taps
 * of a plain finite impulse response would be many (the pulse's own, and T/2 apart), and
 * each estimated tap costs 1/L of the noise; paths are few. They are found one by one,
 * the strongest first, as long as the correlation that is left,
 *
 *     c(tau) = sum_k s_k (y(k + tau) - ...),   noise variance N0 sum_k s_k^2,
 *
 * stands out of the noise; after each find all gains and delays are fitted together
 * (Gauss-Newton). A path too weak to stand out costs less unmodelled than modelled.
 */
class ChannelEstimator {
public:
    //! \param max_delay largest distance of a path from the reference, symbols
    ChannelEstimator(const Pulse& pulse, unsigned max_delay);

    //! y must reach this many symbols beyond the symbols correlated.
    std::size_t margin() const;

    //! Delays of correlations(), half symbols apart and symmetric: their number.
    std::size_t delays() const { return 4 * (d_max_delay + PathFit::MARGIN / 2) + 1; }

    /*!
     * Sums over \p n symbols of s_k y(k + tau), for each of delays().
     * \param y matched filter's output each half symbol; y[0] lies margin() symbols
     * before the first symbol
     */
    void correlate(const float* symbols,
                   std::size_t n,
                   const std::complex<float>* y,
                   std::complex<double>* sums) const;

    /*!
     * \param reference all symbols that may reach into the window
     * \param first, last window of symbols fitted to: [first, last)
     * \param y matched filter's output, y[0] lies margin() symbols before \p first
     * \param correlations of the window, as correlate() gives them
     */
    ChannelEstimate estimate(const ReferenceSymbols& reference,
                             std::ptrdiff_t first,
                             std::ptrdiff_t last,
                             const std::complex<float>* y,
                             const std::complex<double>* correlations) const;

private:
    const Pulse& d_pulse;
    unsigned d_max_delay;
};

} // namespace detail
} // namespace udeepsc_phy
