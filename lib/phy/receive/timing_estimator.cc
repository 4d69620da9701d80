// SPDX-License-Identifier: GPL-3.0-or-later
#include "timing_estimator.h"

#include "equalizer.h"
#include "symbol_clock.h"
#include "math/complex_product.h"

#include <algorithm>

namespace udeepsc_phy {
namespace detail {

namespace {

using Complex = std::complex<double>;

//! 1 / variance of the timing offset that one may expect.
constexpr double OFFSET_PRIOR = 100.0;

} // namespace

TimingError estimate_timing_error(const std::vector<float>& reference,
                                  const std::vector<std::complex<float>>& z,
                                  const GainTracker& gains,
                                  const std::vector<std::complex<float>>& response,
                                  double noise_var,
                                  double clock_error)
{
    constexpr int SPAN = Equalizer::TIMING_SPAN;
    const auto end = std::ptrdiff_t(std::min(reference.size(), z.size()));
    const auto symbol
        = [&](std::ptrdiff_t k) { return k < 0 || k >= end ? 0.0f : reference[k]; };
    const double middle = 0.5 * end;
    double a00 = 0.0, a01 = 0.0, a11 = 0.0, b0 = 0.0, b1 = 0.0;
    Complex gain = 1.0;
    for (std::ptrdiff_t k = 0; k < end; k++) {
        if (reference[k] == 0.0f) {
            continue;
        }
        if (k % 8 == 0 || reference[k - 1] == 0.0f) {
            gain = gains.at(double(k + 3)).value;
        }
        std::complex<float> direction = 0.0f;
        for (int m = -SPAN; m <= SPAN; m++) {
            if (m != 0) {
                direction += symbol(k - m) * response[m + SPAN];
            }
        }
        const double t = k - middle;
        const Complex d = product(gain, Complex(direction));
        const Complex error = Complex(z[k]) - gain * double(reference[k]);
        const double weight = std::norm(d), evidence = conj_product(d, error).real();
        a00 += weight;
        a01 += weight * t;
        a11 += weight * t * t;
        b0 += evidence;
        b1 += evidence * t;
    }
    const double scale = 2.0 / noise_var;
    a00 = a00 * scale + OFFSET_PRIOR;
    a01 *= scale;
    const double prior = 1.0 / (CLOCK_SPREAD * CLOCK_SPREAD);
    a11 = a11 * scale + prior;
    b0 *= scale;
    b1 = b1 * scale - clock_error * prior;
    const double determinant = a00 * a11 - a01 * a01;
    return { (a11 * b0 - a01 * b1) / determinant,
             (a00 * b1 - a01 * b0) / determinant,
             middle };
}

} // namespace detail
} // namespace udeepsc_phy
