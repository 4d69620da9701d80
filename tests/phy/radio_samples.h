// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/radio_channel.h>

#include <complex>
#include <cstddef>
#include <limits>
#include <vector>

/* Samples through a radio channel. */
namespace radio_samples {

using namespace udeepsc_phy;
using Samples = std::vector<std::complex<float>>;
using Complex = std::complex<double>;

//! Samples that the interpolation looks ahead.
constexpr std::size_t AHEAD = 12;

inline RadioChannelConfig noiseless()
{
    RadioChannelConfig config;
    config.esn0_db = std::numeric_limits<double>::infinity();
    return config;
}

inline Samples send(const RadioChannelConfig& config, const Samples& x)
{
    RadioChannel channel(config);
    return channel.apply(x.data(), x.size());
}

inline double mean_power(const Samples& y)
{
    double sum = 0.0;
    for (const auto& v : y) {
        sum += std::norm(Complex(v));
    }
    return sum / y.size();
}

} // namespace radio_samples
