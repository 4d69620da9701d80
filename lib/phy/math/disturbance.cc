// SPDX-License-Identifier: GPL-3.0-or-later
#include "disturbance.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

//! Standard normal quantile of 1 - 1e-6.
constexpr double QUANTILE = 4.75;

//! Samples of fewer degrees of freedom tell nothing.
constexpr double LEAST_FREEDOM = 2.0;

//! Ratio of noise to received energy below which it is rounding or a pulse's cut tails.
constexpr double LEAST_NOISE = 1e-6;

//! Quantile of chi^2 / (2 k) with 2 k degrees of freedom, z the normal one (Wilson and
//! Hilferty).
double chi_squared(double k, double z)
{
    const double v = 1.0 / (9.0 * k);
    return std::pow(1.0 - v + z * std::sqrt(v), 3.0);
}

//! Median of the samples' noise, each divided by where its own median should be.
double typical_noise(const std::vector<NoiseSample>& samples)
{
    std::vector<double> noise;
    for (const auto& s : samples) {
        if (s.freedom >= LEAST_FREEDOM) {
            noise.push_back(s.energy / s.freedom / chi_squared(s.freedom, 0.0));
        }
    }
    if (noise.empty()) {
        return 0.0;
    }
    const auto middle = noise.begin() + std::ptrdiff_t(noise.size() / 2);
    std::nth_element(noise.begin(), middle, noise.end());
    return *middle;
}

double mean(const std::vector<NoiseSample>& samples, const std::vector<bool>& left_out)
{
    double energy = 0.0, freedom = 0.0;
    for (std::size_t i = 0; i < samples.size(); i++) {
        if (!left_out[i]) {
            energy += samples[i].energy;
            freedom += samples[i].freedom;
        }
    }
    return freedom > 0.0 ? energy / freedom : 0.0;
}

} // namespace

Disturbances find_disturbances(const std::vector<NoiseSample>& samples, double received)
{
    Disturbances found;
    found.ratio.assign(samples.size(), 1.0);
    std::vector<bool> disturbed(samples.size(), false);
    for (const auto& s : samples) {
        found.freedom += s.freedom;
    }
    found.mean_noise_var = found.noise_var = mean(samples, disturbed);
    const double typical = typical_noise(samples);
    if (!(typical * found.freedom > LEAST_NOISE * received)) {
        return found;
    }
    for (std::size_t i = 0; i < samples.size(); i++) {
        const auto& s = samples[i];
        disturbed[i] = s.freedom >= LEAST_FREEDOM
            && s.energy / s.freedom > typical * chi_squared(s.freedom, QUANTILE);
    }
    found.noise_var = mean(samples, disturbed);
    for (std::size_t i = 0; i < samples.size(); i++) {
        if (disturbed[i]) {
            const double noise = samples[i].energy / samples[i].freedom;
            found.ratio[i] = std::max(noise / std::max(found.noise_var, 1e-300), 1.0);
        }
    }
    return found;
}

double disturbance(const NoiseSample& sample, double noise_var)
{
    if (sample.freedom < LEAST_FREEDOM || !(noise_var > 0.0)) {
        return 1.0;
    }
    const double ratio = sample.energy / sample.freedom / noise_var;
    return ratio > chi_squared(sample.freedom, QUANTILE) ? ratio : 1.0;
}

} // namespace detail
} // namespace udeepsc_phy
