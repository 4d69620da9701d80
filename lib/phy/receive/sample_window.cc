// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample_window.h"

#include "math/constants.h"
#include "math/turn_samples.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

/*
 * |sample|^2 over the typical one from which on it is no part of a burst. Gaussian noise
 * gets to 20 in one of 1e9 samples, 256-QAM and its pulse stay below that.
 */
constexpr double OUTLIER = 1e3;

//! |sample|^2 that a float holds.
constexpr double MOST_POWER = 1e38;

} // namespace

bool SampleWindow::open(const DetectedBurst& burst,
                        unsigned samples_per_symbol,
                        std::size_t preamble_symbols,
                        double reach)
{
    const auto& samples = burst.samples;
    const double at = double(std::int64_t(burst.detection.sample - burst.first_sample))
        + burst.detection.timing;
    // Half the preamble is enough; beside the samples there are zeros, which have no
    // Es/N0. Written so that NaN fails too.
    const double half = 0.5 * double(preamble_symbols * samples_per_symbol);
    if (!(at >= -half && at < double(samples.size()))
        || !std::isfinite(burst.detection.cfo)) {
        return false;
    }
    d_burst = &samples;
    d_at = at;
    d_samples_per_symbol = samples_per_symbol;
    d_reach = reach;
    d_first = std::lround(std::floor(at - reach * samples_per_symbol));
    d_not_finite = d_outliers = 0.0;
    d_line = 0.0f;

    // The median of a preamble's |sample|^2: one huge value does not move it.
    const auto size = std::ptrdiff_t(samples.size());
    const auto begin = std::min(size, std::max<std::ptrdiff_t>(0, std::lround(at)));
    const auto end = std::min<std::ptrdiff_t>(
        size, begin + std::ptrdiff_t(preamble_symbols * samples_per_symbol));
    std::vector<double> powers;
    for (std::ptrdiff_t i = begin; i < end; i++) {
        const double re = samples[i].real(), im = samples[i].imag();
        const double power = re * re + im * im;
        if (power <= MOST_POWER) { // NaN fails; fill() leaves out what is more
            powers.push_back(power);
        }
    }
    double typical = 0.0;
    if (!powers.empty()) {
        const auto middle = powers.begin() + powers.size() / 2;
        std::nth_element(powers.begin(), middle, powers.end());
        typical = *middle / 0.693; // of an exponential distribution's mean
    }
    const double scale
        = typical > 0.0 ? 1.0 / std::sqrt(typical * samples_per_symbol) : 0.0;
    const double limit = typical * OUTLIER;
    d_scale = std::isfinite(scale) && scale < 1e30 && scale > 1e-30
        ? static_cast<float>(scale)
        : 0.0f;
    d_limit = static_cast<float>(std::min(limit, MOST_POWER));
    return true;
}

void SampleWindow::fill(double cfo, std::size_t symbols)
{
    const double sps = d_samples_per_symbol;
    const auto n
        = static_cast<std::size_t>(std::ceil((double(symbols) + 2.0 * d_reach) * sps))
        + 1;
    d_samples.assign(n, { 0.0f, 0.0f });
    d_not_finite = d_outliers = 0.0;

    const auto size = std::ptrdiff_t(d_burst->size());
    const std::ptrdiff_t begin = std::min(size, std::max<std::ptrdiff_t>(0, d_first));
    const std::ptrdiff_t end = std::min(size, d_first + std::ptrdiff_t(n));
    if (begin >= end) {
        return;
    }
    std::size_t replaced = 0;
    std::complex<float>* out = &d_samples[begin - d_first];
    for (std::ptrdiff_t i = begin; i < end; i++, out++) {
        const float re = (*d_burst)[i].real(), im = (*d_burst)[i].imag();
        // NaN fails the comparison.
        const bool good = re * re + im * im <= d_limit;
        replaced += !good;
        *out = { good ? d_scale * re - d_line.real() : 0.0f,
                 good ? d_scale * im - d_line.imag() : 0.0f };
    }
    if (replaced > 0) {
        count_replaced(begin, end);
    }

    turn_samples(d_samples.data(), n, -2.0 * PI * cfo / sps, -start());
}

//! Of the burst's samples begin .. end - 1.
void SampleWindow::count_replaced(std::ptrdiff_t begin, std::ptrdiff_t end)
{
    std::size_t not_finite = 0, outliers = 0;
    for (std::ptrdiff_t i = begin; i < end; i++) {
        const float power = std::norm((*d_burst)[i]);
        if (!std::isfinite(power)) {
            not_finite++;
        } else if (power > d_limit) {
            outliers++;
        }
    }
    d_not_finite = double(not_finite) / double(end - begin);
    d_outliers = double(outliers) / double(end - begin);
}

std::int64_t SampleWindow::detected_sample() const
{
    return std::llround(d_at);
}

double SampleWindow::power(std::size_t n) const
{
    const auto size = std::ptrdiff_t(d_burst->size());
    const auto begin = std::min(size, std::max<std::ptrdiff_t>(0, std::lround(d_at)));
    const auto end = std::min<std::ptrdiff_t>(size, begin + std::ptrdiff_t(n));
    double sum = 0.0;
    std::size_t count = 0;
    for (std::ptrdiff_t i = begin; i < end; i++) {
        const double re = (*d_burst)[i].real(), im = (*d_burst)[i].imag();
        const double power = re * re + im * im;
        if (power <= d_limit) {
            sum += power;
            count++;
        }
    }
    return count > 0 ? sum / double(count) : 0.0;
}

} // namespace detail
} // namespace udeepsc_phy
