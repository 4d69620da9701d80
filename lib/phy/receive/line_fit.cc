// SPDX-License-Identifier: GPL-3.0-or-later
#include "line_fit.h"

#include "math/complex_product.h"

#include <algorithm>

namespace udeepsc_phy {
namespace detail {

namespace {

using Complex = std::complex<double>;

/*
 * Energy that the line must take off, in ratio to the noise of a symbol. Noise alone is
 * exponential there, and exceeds 12 once in 160,000 fits. A line below that has less than
 * 12 / n of the noise: 0.04 dB at 1400 symbols.
 */
constexpr double MIN_LINE_ENERGY = 12.0;

//! Energy of a line of amplitude 1 in a symbol from which on it is seen at all.
constexpr double MIN_SEEN = 1e-4;

} // namespace

void LineFit::add(Complex received, Complex expected, Complex line)
{
    d_n++;
    d_received += std::norm(received);
    d_expected += std::norm(expected);
    d_line += std::norm(line);
    d_both += conj_product(line, expected);
    d_with_expected += conj_product(expected, received);
    d_with_line += conj_product(line, received);
}

std::complex<double> LineFit::amplitude() const
{
    if (d_n < 3 || !(d_expected > 0.0) || !(d_line > MIN_SEEN * double(d_n))) {
        return 0.0;
    }
    // Of the line, what the symbols cannot imitate.
    const double own = d_line - std::norm(d_both) / d_expected;
    if (!(own > MIN_SEEN * d_line)) {
        return 0.0;
    }
    const Complex amplitude
        = (d_with_line - product(d_both, d_with_expected) / d_expected) / own;
    const double taken_off = std::norm(amplitude) * own;
    const double left = d_received - std::norm(d_with_expected) / d_expected - taken_off;
    const double noise_var = std::max(left, 0.0) / double(d_n - 2);
    return taken_off > MIN_LINE_ENERGY * noise_var ? amplitude : 0.0;
}

} // namespace detail
} // namespace udeepsc_phy
