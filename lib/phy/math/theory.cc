// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/theory.h>

#include "constants.h"

#include <cmath>
#include <stdexcept>

namespace udeepsc_phy {

namespace {

double linear(double esn0_db)
{
    if (std::isnan(esn0_db)) {
        throw std::invalid_argument("esn0_db: got NaN, expected a number of decibels");
    }
    return std::pow(10.0, esn0_db / 10.0);
}

//! Squared half distance between neighbours, which is SNR-free since mean energy is 1.
double half_distance_squared(const Constellation& constellation)
{
    const unsigned levels = 1u << constellation.bits_per_axis();
    return 3.0 / (constellation.axes() * (levels * levels - 1.0));
}

//! E[Q(sqrt(2 g))] over an exponential g of mean \p mean.
double mean_q(double mean)
{
    if (std::isinf(mean)) {
        return 0.0;
    }
    // (1 - mu)/2 with mu = sqrt(mean/(1 + mean)), written without the cancellation.
    return 0.5 / ((1.0 + mean) * (1.0 + std::sqrt(mean / (1.0 + mean))));
}

//! E[Q(sqrt(2 g))^2] over an exponential g of mean \p mean.
double mean_q_squared(double mean)
{
    if (std::isinf(mean)) {
        return 0.0;
    }
    if (mean == 0.0) {
        return 0.25;
    }
    const double mu = std::sqrt(mean / (1.0 + mean));
    return 0.25 - mu * std::atan(1.0 / mu) / detail::PI;
}

//! Symbol error rate from the means of Q and Q^2 for one nearest neighbour.
double symbol_error_rate(const Constellation& constellation, double q, double q_squared)
{
    const double neighbours
        = 2.0 * (1.0 - std::ldexp(1.0, -int(constellation.bits_per_axis())));
    const double axis = neighbours * q;
    if (constellation.axes() == 1) {
        return axis;
    }
    return 2.0 * axis - neighbours * neighbours * q_squared;
}

/*!
 * Cho and Yoon, eq. 9 and 10: a signed sum of Q functions at odd multiples of half the
 * distance. \p q(i) is the (mean) tail beyond i half distances.
 */
template <typename Tail> double bit_error_rate(const Constellation& constellation, Tail q)
{
    const int m = constellation.bits_per_axis();
    const int levels = 1 << m;
    double sum = 0.0;
    for (int k = 1; k <= m; k++) {
        const int n_terms = levels - (levels >> k);
        for (int i = 0; i < n_terms; i++) {
            const int turns = (i << (k - 1)) / levels;
            const int nearest = ((i << k) + levels) / (2 * levels);
            const double weight = (1 << (k - 1)) - nearest;
            sum += (turns % 2 == 0 ? 2.0 : -2.0) * weight * q(2 * i + 1);
        }
    }
    return sum / (levels * m);
}

} // namespace

double gaussian_q(double x)
{
    return 0.5 * std::erfc(x * M_SQRT1_2);
}

double symbol_error_rate_awgn(Modulation modulation, double esn0_db)
{
    const Constellation constellation(modulation);
    const double snr = half_distance_squared(constellation) * linear(esn0_db);
    const double q = gaussian_q(std::sqrt(2.0 * snr));
    return symbol_error_rate(constellation, q, q * q);
}

double bit_error_rate_awgn(Modulation modulation, double esn0_db)
{
    const Constellation constellation(modulation);
    const double snr = half_distance_squared(constellation) * linear(esn0_db);
    return bit_error_rate(constellation,
                          [&](int i) { return gaussian_q(i * std::sqrt(2.0 * snr)); });
}

double symbol_error_rate_rayleigh(Modulation modulation, double mean_esn0_db)
{
    const Constellation constellation(modulation);
    const double snr = half_distance_squared(constellation) * linear(mean_esn0_db);
    return symbol_error_rate(constellation, mean_q(snr), mean_q_squared(snr));
}

double bit_error_rate_rayleigh(Modulation modulation, double mean_esn0_db)
{
    const Constellation constellation(modulation);
    const double snr = half_distance_squared(constellation) * linear(mean_esn0_db);
    return bit_error_rate(constellation, [&](int i) { return mean_q(snr * i * i); });
}

} // namespace udeepsc_phy
