// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/frame.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief The transmitter's pulse p at any instant, and its autocorrelation.
 *
 * Sampled p(n / samples_per_symbol + x) has energy 1 for every x, so the matched filter's
 * noise has variance N0 and the autocorrelation rho the value rho(0) = 1. Times are
 * symbols. Both are read from tables 1/256 symbol apart with straight lines between: an
 * error below -90 dB.
 */
class Pulse {
public:
    explicit Pulse(const FrameProfile& profile);

    unsigned samples_per_symbol() const { return d_samples_per_symbol; }

    //! p is zero beyond this many symbols from its centre.
    double half_length() const { return d_half_length; }

    double value(double t) const { return interpolate(d_pulse, t, d_half_length); }

    //! rho(t), for |t| <= reach(); zero beyond.
    double correlation(double t) const { return interpolate(d_rho, t, d_reach); }
    double correlation_slope(double t) const { return interpolate(d_slope, t, d_reach); }
    double correlation_curvature(double t) const
    {
        return interpolate(d_curvature, t, d_reach);
    }

    //! Beyond this rho is below -80 dB at roll-offs that radios use.
    double reach() const { return d_reach; }

private:
    static double interpolate(const std::vector<float>& table, double t, double half)
    {
        const double x = (t + half) * STEPS;
        if (!(x >= 0.0 && x < table.size() - 1.0)) {
            return 0.0;
        }
        const auto i = static_cast<std::size_t>(x);
        const double part = x - i;
        return table[i] + part * (table[i + 1] - table[i]);
    }

    static constexpr unsigned STEPS = 256; //!< of the tables, a symbol

    unsigned d_samples_per_symbol;
    double d_half_length;
    double d_reach;
    std::vector<float> d_pulse, d_rho, d_slope, d_curvature;
};

} // namespace detail
} // namespace udeepsc_phy
