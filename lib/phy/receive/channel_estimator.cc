// SPDX-License-Identifier: GPL-3.0-or-later
#include "channel_estimator.h"

#include "math/complex_product.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

//! Paths that a channel may be made of; more only ever describe rounding.
constexpr std::size_t MAX_PATHS = 12;

/*
 * |c|^2 / (N0 sum s^2) that a further path must exceed. Noise alone is exponential there
 * and has about two independent values a symbol of delay: over 8 symbols it exceeds 8
 * once in 190 estimates. A path below it has less than 8 N0 / L, 0.04 dB at L = 1000.
 */
constexpr double MIN_PATH_ENERGY = 8.0;

} // namespace

double ChannelEstimate::symbol_energy(const Pulse& pulse) const
{
    double energy = 0.0;
    for (const auto& a : paths) {
        for (const auto& b : paths) {
            energy += conj_product(a.gain, b.gain).real()
                * pulse.correlation(a.delay - b.delay);
        }
    }
    const double fitted_noise
        = noise_var * parameters() / std::max<std::size_t>(1, observations);
    return std::max(energy - fitted_noise, 1e-3 * energy);
}

ChannelEstimator::ChannelEstimator(const Pulse& pulse, unsigned max_delay)
    : d_pulse(pulse)
    , d_max_delay(max_delay)
{ }

std::size_t ChannelEstimator::margin() const
{
    return d_max_delay + PathFit::MARGIN / 2;
}

void ChannelEstimator::correlate(const float* symbols,
                                 std::size_t n,
                                 const std::complex<float>* y,
                                 std::complex<double>* sums) const
{
    // Complex times real: twice as many reals in a row.
    const std::size_t reals = 2 * delays();
    std::vector<float> part(reals);
    auto* total = reinterpret_cast<double*>(sums);
    std::fill(total, total + reals, 0.0);
    // Short sums of floats into doubles: a weak path must not drown in rounding.
    constexpr std::size_t PART = 64;
    for (std::size_t begin = 0; begin < n; begin += PART) {
        const std::size_t end = std::min(begin + PART, n);
        std::fill(part.begin(), part.end(), 0.0f);
        for (std::size_t k = begin; k < end; k++) {
            const float s = symbols[k];
            const auto* from = reinterpret_cast<const float*>(y + 2 * k);
            for (std::size_t j = 0; j < reals; j++) {
                part[j] += s * from[j];
            }
        }
        for (std::size_t j = 0; j < reals; j++) {
            total[j] += part[j];
        }
    }
}

ChannelEstimate ChannelEstimator::estimate(const ReferenceSymbols& reference,
                                           std::ptrdiff_t first,
                                           std::ptrdiff_t last,
                                           const std::complex<float>* y,
                                           const std::complex<double>* correlations) const
{
    PathFit fit(
        d_pulse, d_max_delay, reference, first, last, y + 2 * margin(), correlations);
    fit.add(fit.strongest_residual());
    double noise_var = fit.residual_noise();
    const std::size_t most = std::min<std::size_t>(MAX_PATHS, 2 * d_max_delay + 2);
    while (fit.paths().size() < most) {
        const auto before = fit.paths();
        const auto path = fit.strongest_residual();
        if (!(std::norm(path.gain) * fit.energy() > MIN_PATH_ENERGY * noise_var)) {
            break;
        }
        fit.add(path);
        const double with_path = fit.residual_noise();
        if (fit.too_close() || !(with_path < noise_var)) {
            fit.set_paths(before);
            break;
        }
        noise_var = with_path;
    }
    ChannelEstimate estimate;
    estimate.paths = fit.paths();
    std::sort(estimate.paths.begin(),
              estimate.paths.end(),
              [](const ChannelPath& a, const ChannelPath& b) {
                  return std::norm(a.gain) > std::norm(b.gain);
              });
    estimate.noise_var = noise_var;
    estimate.observations = static_cast<std::size_t>(last - first);
    return estimate;
}

} // namespace detail
} // namespace udeepsc_phy
