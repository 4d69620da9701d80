// SPDX-License-Identifier: GPL-3.0-or-later
#include "carrier_estimator.h"

#include "math/complex_product.h"
#include "math/constants.h"
#include "math/grid_peak.h"

#include <algorithm>

namespace udeepsc_phy {
namespace detail {

namespace {

using Complex = std::complex<double>;

//! Partial sums of the preamble between which the carrier may turn.
constexpr std::size_t PARTS = 16;

//! Delays that count.
constexpr std::size_t MAX_DELAYS = 4;

//! Indices of the \p n largest values, the largest first.
std::vector<std::size_t> largest(const std::vector<double>& values, std::size_t n)
{
    std::vector<std::size_t> order(values.size());
    for (std::size_t j = 0; j < order.size(); j++) {
        order[j] = j;
    }
    std::partial_sort(
        order.begin(), order.begin() + n, order.end(), [&](std::size_t a, std::size_t b) {
            return values[a] > values[b];
        });
    order.resize(n);
    return order;
}

} // namespace

double estimate_carrier_offset(const std::vector<float>& preamble,
                               const std::vector<std::complex<float>>& y,
                               const ChannelEstimator& estimator)
{
    const std::size_t delays = estimator.delays();
    const std::size_t part = preamble.size() / PARTS;
    std::vector<Complex> sums(PARTS * delays);
    std::vector<double> energy(delays, 0.0);
    for (std::size_t p = 0; p < PARTS; p++) {
        estimator.correlate(
            &preamble[p * part], part, &y[2 * p * part], &sums[p * delays]);
        for (std::size_t j = 0; j < delays; j++) {
            energy[j] += std::norm(sums[p * delays + j]);
        }
    }
    const auto used = largest(energy, std::min(delays, MAX_DELAYS));

    const auto power = [&](double turn) { // radians a part
        double total = 0.0;
        for (std::size_t delay : used) {
            Complex sum = 0.0;
            const Complex step = std::polar(1.0, -turn);
            Complex phasor = 1.0;
            for (std::size_t p = 0; p < PARTS; p++) {
                sum += product(sums[p * delays + delay], phasor);
                phasor = product(phasor, step);
            }
            total += std::norm(sum);
        }
        return total;
    };
    // The detector is right to half a turn over the preamble; twice that is searched.
    const double best = grid_peak(power, 2.0 * PI / (8.0 * PARTS), 8);
    return best / (2.0 * PI * double(part));
}

} // namespace detail
} // namespace udeepsc_phy
