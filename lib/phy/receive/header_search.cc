// SPDX-License-Identifier: GPL-3.0-or-later
#include "header_search.h"

#include "math/complex_product.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

//! tanh to 2 %: weights of soft decisions need no more.
double soft_sign(double x)
{
    const double x2 = std::min(x * x, 9.0);
    return std::min(std::max(x * (27.0 + x2) / (27.0 + 9.0 * x2), -1.0), 1.0);
}

double ln_cosh(double x)
{
    const double a = std::abs(x);
    return a + std::log1p(std::exp(-2.0 * a)) - 0.6931471805599453;
}

std::complex<double> unit(std::complex<double> value)
{
    const double size = std::abs(value);
    return size > 0.0 ? value / size : std::complex<double>(1.0);
}

} // namespace

HeaderSearch::HeaderSearch(const FrameLayout& layout,
                           const std::vector<float>& signs,
                           const std::vector<std::complex<float>>& z,
                           const std::vector<GainBlock>& blocks,
                           double noise_var,
                           double middle)
    : d_layout(layout)
    , d_signs(signs)
    , d_z(z)
    , d_blocks(blocks)
    , d_slope(2.0 / noise_var)
    , d_middle(middle)
    , d_combined(HEADER_CODED_BITS)
{ }

HeaderSearch::Result HeaderSearch::search(double step, int steps)
{
    double best = 0.0, most = -INFINITY;
    Complex best_phase = 1.0;
    for (int i = -steps; i <= steps; i++) {
        const double frequency = i * step;
        const Complex sum = reference_sum(frequency);
        combine(frequency);
        const Complex phase = unit(soft_sum(sum, unit(sum)));
        const double likelihood = log_likelihood(sum, phase);
        if (likelihood > most) {
            most = likelihood;
            best = frequency;
            best_phase = phase;
        }
    }

    combine(best);
    Result result { best, std::vector<float>(d_signs.size()) };
    for (std::size_t i = 0; i < d_signs.size(); i++) {
        const auto& x = d_combined[i % HEADER_CODED_BITS];
        result.symbols[i] = static_cast<float>(
            d_signs[i] * soft_sign(d_slope * conj_product(best_phase, x).real()));
    }
    return result;
}

//! Adds up the header's repetitions, turned back by a frequency.
void HeaderSearch::combine(double frequency)
{
    std::fill(d_combined.begin(), d_combined.end(), Complex(0.0));
    std::size_t group_end = 0;
    Complex phasor;
    const Complex turn = std::polar(1.0, -frequency);
    for (std::size_t i = 0; i < d_signs.size(); i++) {
        const std::size_t symbol = d_layout.body_symbol(i);
        if (i == group_end) {
            phasor = std::polar(1.0, -frequency * (symbol - d_middle));
            group_end += d_layout.profile().data_symbols;
        }
        d_combined[i % HEADER_CODED_BITS]
            += product(double(d_signs[i]) * Complex(d_z[symbol]), phasor);
        phasor = product(phasor, turn);
    }
}

HeaderSearch::Complex HeaderSearch::reference_sum(double frequency) const
{
    Complex sum = 0.0;
    for (const auto& block : d_blocks) {
        sum += block.weight
            * product(block.gain, std::polar(1.0, -frequency * (block.time - d_middle)));
    }
    return sum;
}

//! Sum with soft decisions for the header's symbols; its angle is the phase.
HeaderSearch::Complex HeaderSearch::soft_sum(Complex sum, Complex phase) const
{
    Complex total = sum;
    for (const auto& x : d_combined) {
        total += soft_sign(d_slope * conj_product(phase, x).real()) * x;
    }
    return total;
}

double HeaderSearch::log_likelihood(Complex sum, Complex phase) const
{
    double likelihood = d_slope * conj_product(phase, sum).real();
    for (const auto& x : d_combined) {
        likelihood += ln_cosh(d_slope * conj_product(phase, x).real());
    }
    return likelihood;
}

} // namespace detail
} // namespace udeepsc_phy
