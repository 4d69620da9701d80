// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/burst_detector.h>
#include <udeepsc_phy/framer.h>
#include <udeepsc_phy/random.h>

#include <complex>
#include <string>
#include <vector>

/* Streams for a burst detector, and what it makes of them. */
namespace detector_input {

using namespace udeepsc_phy;
using Samples = std::vector<std::complex<float>>;
using Bursts = std::vector<DetectedBurst>;

inline DetectorConfig detector_config(const std::string& profile)
{
    DetectorConfig config;
    config.profile = FrameProfile::from_name(profile);
    return config;
}

//! A burst of a random QPSK payload.
inline Samples
make_burst(const FrameProfile& profile, std::uint64_t seed, std::size_t symbols = 100)
{
    Xoshiro256pp random(seed);
    Payload payload;
    for (std::size_t i = 0; i < symbols; i++) {
        const auto bits = random();
        payload.symbols.emplace_back(bits & 1 ? 0.70710678f : -0.70710678f,
                                     bits & 2 ? 0.70710678f : -0.70710678f);
    }
    return Framer(profile).frame({ payload });
}

//! Samples from a burst's beginning to the centre of its preamble's first symbol.
inline double preamble_sample(const FrameProfile& profile)
{
    return (profile.ramp_symbols + profile.filter_span / 2.0)
        * profile.samples_per_symbol;
}

inline Samples noise(std::size_t n, std::uint64_t seed)
{
    Xoshiro256pp random(seed);
    Samples x(n);
    for (auto& v : x) {
        v = std::complex<float>(random.complex_gaussian());
    }
    return x;
}

inline void add(Samples& x, std::size_t at, const Samples& burst, float gain = 1.0f)
{
    for (std::size_t i = 0; i < burst.size(); i++) {
        x[at + i] += gain * burst[i];
    }
}

inline Bursts detect(BurstDetector& detector, const Samples& x)
{
    auto bursts = detector.push(x.data(), x.size());
    for (auto& burst : detector.flush()) {
        bursts.push_back(std::move(burst));
    }
    return bursts;
}

inline double time_of(const DetectedBurst& burst)
{
    return burst.detection.sample + burst.detection.timing;
}

} // namespace detector_input
