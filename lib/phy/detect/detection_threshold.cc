// SPDX-License-Identifier: GPL-3.0-or-later
#include "detection_threshold.h"

#include "math/constants.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

/*
 * u = L rho is, for large L, half a chi-squared field of 2 degrees of freedom over (time,
 * offset). The expected number of peaks above u in an area A is
 *
 *     A sqrt(l_t l_f) (2 u - 1) e^-u / (2 pi)  + T sqrt(l_t u / pi) e^-u
 *
 * with the second term for the two edges of the band (K. J. Worsley, Adv. Appl. Prob. 26,
 * 1994, the Euler characteristic of chi-squared fields). l_t and l_f are the curvatures
 * of the correlation in time (the raised cosine's second moment) and offset (pi^2 L^2 /
 * 3). What multiplies e^-u is the number of bins; e^-u becomes the exact (1 - rho)^(L-1).
 */
double detection_threshold(const DetectorConfig& config)
{
    const auto& profile = config.profile;
    const double length = profile.preamble_symbols;
    const double time = 1.0 / profile.samples_per_symbol; // symbols a sample
    const double band = 2.0 * (profile.max_cfo + 0.5 / length);
    const double moment
        = 1.0 / 12.0 + profile.rolloff * profile.rolloff * (0.25 - 2.0 / (PI * PI));
    const double curvature_time = 4.0 * PI * PI * moment;
    const double curvature_offset = PI * PI * length * length / 3.0;
    double rho = 0.0;
    for (int i = 0; i < 50; i++) {
        const double u = std::max(1.0, length * rho);
        const double bins = time * band * std::sqrt(curvature_time * curvature_offset)
                * (2.0 * u - 1.0) / (2.0 * PI)
            + time * std::sqrt(curvature_time * u / PI);
        rho = 1.0
            - std::pow(config.false_alarm_rate / std::max(bins, 1.0),
                       1.0 / (length - 1.0));
    }
    return rho;
}

} // namespace detail
} // namespace udeepsc_phy
