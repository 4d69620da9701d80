// SPDX-License-Identifier: GPL-3.0-or-later
#include "symbol_filter.h"

#include <algorithm>
#include <cmath>

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
    const auto last_tap = std::lround(std::ceil((latest + d_pulse.half_length()) * sps)) + 1;
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

void SymbolFilter::apply(const std::vector<std::complex<float>>& samples,
                         const SymbolClock& clock,
                         std::ptrdiff_t first,
                         std::size_t n,
                         std::complex<float>* out)
{
    const double steps = double(STEPS) / d_pulse.samples_per_symbol(); // a sample
    const auto length = std::ptrdiff_t(d_product.length());
    double made_for = -1.0;
    for (std::size_t i = 0; i < n; i++) {
        const double at
            = std::round(clock.position(double(first + std::ptrdiff_t(i))) * steps) / steps;
        const double whole = std::floor(at);
        const double fraction = at - whole;
        const auto begin = static_cast<std::ptrdiff_t>(whole) + d_first_tap;
        if (begin < 0 || begin + length > std::ptrdiff_t(samples.size())) {
            out[i] = 0.0f;
            continue;
        }
        if (std::abs(fraction - made_for) > 1e-9) {
            make_taps(fraction);
            made_for = fraction;
        }
        out[i] = product(d_gain, d_product(&samples[begin]));
    }
}

} // namespace detail
} // namespace udeepsc_phy
