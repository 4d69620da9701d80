// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "frame/pulse.h"
#include "frame/reference_symbols.h"

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

//! One way from transmitter to receiver: the pulse, late by delay symbols, times gain.
struct ChannelPath {
    double delay;
    std::complex<double> gain;
};

/*!
 * \brief The state of one fit of a ChannelEstimator: paths, and what they leave of the
 * correlations c(tau) of received and reference symbols.
 */
class PathFit {
public:
    //! Half symbols on either side that interpolation of the correlations reads.
    static constexpr unsigned MARGIN = 6;

    /*!
     * \param reference all symbols that may reach into the window
     * \param first, last window of symbols fitted to: [first, last)
     * \param y matched filter's output each half symbol; y[0] lies at \p first
     * \param correlations at delays half a symbol apart, MARGIN of them beyond
     * +-max_delay
     */
    PathFit(const Pulse& pulse,
            unsigned max_delay,
            const ReferenceSymbols& reference,
            std::ptrdiff_t first,
            std::ptrdiff_t last,
            const std::complex<float>* y,
            const std::complex<double>* correlations);

    //! sum of |s_k|^2 over the window.
    double energy() const { return d_energy; }
    const std::vector<ChannelPath>& paths() const { return d_paths; }
    void set_paths(const std::vector<ChannelPath>& paths) { d_paths = paths; }

    //! On a grid of delays, where most of c is not explained by the paths.
    ChannelPath strongest_residual() const;
    //! Adds a path and fits all gains and delays together.
    void add(const ChannelPath& path);
    //! Two paths so near that their gains could grow against each other.
    bool too_close() const;
    //! N0 from what the paths leave of y, one value a symbol: white there.
    double residual_noise() const;

private:
    struct Gram {
        double value, slope, curvature;
    };

    double symbol(std::ptrdiff_t k) const;
    std::vector<float> padded_symbols(int span) const;
    void autocorrelate();
    void make_grid();
    Gram gram(double distance) const;
    double gram_value(double distance) const;
    std::complex<double> correlation(double delay) const;
    std::complex<double> correlation_slope(double delay) const;
    void refine();
    void fit_gains();
    double gauss_newton_step();

    const Pulse& d_pulse;
    const unsigned d_max_delay;
    const ReferenceSymbols& d_reference;
    const std::ptrdiff_t d_first, d_last;
    const std::complex<float>* const d_y;
    const std::complex<double>* const d_correlations;

    double d_energy = 0.0;
    std::vector<double> d_autocorrelation; //!< of the symbols, shape [2 span + 1]
    std::vector<std::complex<double>> d_grid; //!< correlation() on the search grid
    std::vector<double> d_shape; //!< gram_value() on the search grid
    std::vector<ChannelPath> d_paths;
};

} // namespace detail
} // namespace udeepsc_phy
