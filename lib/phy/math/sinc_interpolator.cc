// SPDX-License-Identifier: GPL-3.0-or-later
#include "sinc_interpolator.h"

#include "constants.h"

#include <cmath>
#include <vector>

namespace udeepsc_phy {
namespace detail {

namespace {

//! Fractions that have taps in the table; between them the taps are interpolated
//! linearly, which is off by at most pi^2 / (8 * 3 * PHASES^2) = -104 dB of a tap.
constexpr int PHASES = 256;

//! Stop band of the Kaiser window about -90 dB, reached from 0.35 cycles a sample.
constexpr double KAISER_BETA = 9.0;

//! Modified Bessel function of the first kind, order 0.
double bessel_i0(double x)
{
    double term = 1.0, sum = 1.0;
    for (int k = 1; term > 1e-17 * sum; k++) {
        term *= (x / (2.0 * k)) * (x / (2.0 * k));
        sum += term;
    }
    return sum;
}

double windowed_sinc(double t)
{
    const double edge = t / SincInterpolator::HALF;
    if (std::fabs(edge) >= 1.0) {
        return 0.0;
    }
    const double window
        = bessel_i0(KAISER_BETA * std::sqrt(1.0 - edge * edge)) / bessel_i0(KAISER_BETA);
    return t == 0.0 ? 1.0 : window * std::sin(PI * t) / (PI * t);
}

//! Shape [PHASES + 1][TAPS].
std::vector<double> make_table()
{
    std::vector<double> table;
    for (int phase = 0; phase <= PHASES; phase++) {
        for (int i = 0; i < SincInterpolator::TAPS; i++) {
            table.push_back(windowed_sinc(static_cast<double>(phase) / PHASES - i
                                          + SincInterpolator::HALF - 1));
        }
    }
    return table;
}

} // namespace

void SincInterpolator::set_fraction(double fraction)
{
    static const std::vector<double> s_table = make_table();
    d_fraction = fraction;
    const double position = fraction * PHASES;
    const auto phase = static_cast<int>(position);
    const double part = position - phase;
    const double* lower = s_table.data() + phase * TAPS;
    for (int i = 0; i < TAPS; i++) {
        const double tap = lower[i] + part * (lower[i + TAPS] - lower[i]);
        d_taps[2 * i] = d_taps[2 * i + 1] = static_cast<float>(tap);
    }
}

} // namespace detail
} // namespace udeepsc_phy
