// SPDX-License-Identifier: GPL-3.0-or-later
#include "symbol_filter.h"

#include "math/complex_product.h"
#include "math/constants.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace udeepsc_phy {
namespace detail {

SymbolFilter::SymbolFilter(const Pulse& pulse)
    : d_pulse(pulse)
{
    set_paths({ { 0.0, 1.0 } });
}

void SymbolFilter::set_paths(const std::vector<ChannelPath>& paths)
{
    d_paths = paths;
    double earliest = paths.front().delay, latest = paths.front().delay;
    for (const auto& path : paths) {
        earliest = std::min(earliest, path.delay);
        latest = std::max(latest, path.delay);
    }
    const double sps = d_pulse.samples_per_symbol();
    d_first_tap = std::lround(std::floor((earliest - d_pulse.half_length()) * sps));
    // One more, for the fraction of a sample.
    const auto last_tap
        = std::lround(std::ceil((latest + d_pulse.half_length()) * sps)) + 1;
    const auto taps = static_cast<std::size_t>(last_tap - d_first_tap + 1);
    d_taps.assign(paths.size() > 1 ? taps : 0, { 0.0f, 0.0f });
    d_real_taps.assign(paths.size() > 1 ? 0 : taps, 0.0f);
    make_taps(0.0);
    d_gain = paths.size() > 1 ? 1.0f : std::complex<float>(std::conj(paths.front().gain));
}

void SymbolFilter::make_taps(double fraction)
{
    const double sps = d_pulse.samples_per_symbol();
    for (std::size_t i = 0; i < d_real_taps.size(); i++) {
        const double t = (d_first_tap + std::ptrdiff_t(i) - fraction) / sps;
        d_real_taps[i] = static_cast<float>(d_pulse.value(t - d_paths.front().delay));
    }
    for (std::size_t i = 0; i < d_taps.size(); i++) {
        const double t = (d_first_tap + std::ptrdiff_t(i) - fraction) / sps;
        std::complex<double> tap = 0.0;
        for (const auto& path : d_paths) {
            tap += std::conj(path.gain) * d_pulse.value(t - path.delay);
        }
        d_taps[i] = std::complex<float>(tap);
    }
    if (d_taps.empty()) {
        d_product.set(d_real_taps);
    } else {
        d_product.set(d_taps);
    }
}

std::complex<double> SymbolFilter::response(double frequency) const
{
    const double turn = 2.0 * PI * frequency; // radians a symbol
    const double sps = d_pulse.samples_per_symbol();
    const auto half = std::lround(d_pulse.half_length() * sps);
    double pulse = d_pulse.value(0.0);
    for (long i = 1; i <= half; i++) {
        const double t = double(i) / sps;
        pulse += 2.0 * d_pulse.value(t) * std::cos(turn * t);
    }
    std::complex<double> channel = 0.0;
    for (const auto& path : d_paths) {
        channel += conj_product(path.gain, std::polar(1.0, turn * path.delay));
    }
    return pulse * channel;
}

void SymbolFilter::apply(const std::vector<std::complex<float>>& samples,
                         const SymbolClock& clock,
                         std::ptrdiff_t first,
                         std::size_t n,
                         std::complex<float>* out)
{
    const double sps = d_pulse.samples_per_symbol();
    const auto stride = static_cast<std::size_t>(sps);
    // In whole steps, and positive, where rounding is an addition.
    const std::int64_t steps = STEPS / d_pulse.samples_per_symbol(); // a sample
    const std::int64_t origin = steps << 32;
    const auto step_of = [&](std::size_t i) {
        const double at = clock.position(double(first + std::ptrdiff_t(i)));
        return static_cast<std::int64_t>(at * double(steps) + double(origin) + 0.5);
    };
    const auto length = std::ptrdiff_t(d_product.length());
    const auto size = std::ptrdiff_t(samples.size());
    std::int64_t made_for = -1;
    for (std::size_t i = 0; i < n;) {
        // As many symbols as lie alike among the samples.
        const std::int64_t here = step_of(i);
        std::size_t run = 1;
        while (i + run < n
               && step_of(i + run) == here + std::int64_t(run * stride) * steps) {
            run++;
        }
        const std::int64_t fraction = here % steps;
        if (fraction != made_for) {
            make_taps(double(fraction) / double(steps));
            made_for = fraction;
        }
        const auto begin
            = std::ptrdiff_t((here - origin - fraction) / steps) + d_first_tap;
        // Of the run, those inside the samples.
        std::size_t skip = 0;
        while (skip < run && begin + std::ptrdiff_t(skip * stride) < 0) {
            out[i + skip++] = 0.0f;
        }
        std::size_t inside = skip;
        while (inside < run && begin + std::ptrdiff_t(inside * stride) + length <= size) {
            inside++;
        }
        std::fill(out + i + inside, out + i + run, std::complex<float>(0.0f));
        if (inside > skip) {
            d_product.apply(
                &samples[begin + skip * stride], stride, inside - skip, out + i + skip);
            for (std::size_t k = skip; k < inside; k++) {
                out[i + k] = product(d_gain, out[i + k]);
            }
        }
        i += run;
    }
}

} // namespace detail
} // namespace udeepsc_phy
