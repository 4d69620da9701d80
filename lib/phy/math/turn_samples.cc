// SPDX-License-Identifier: GPL-3.0-or-later
#include "turn_samples.h"

#include "constants.h"

#include <volk/volk.h>
#include <volk/volk_version.h>

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

//! Samples between two exact sines.
constexpr std::size_t INTERVAL = 1024;

// Each sample times the phasor, which turns by `step` from one to the next. VOLK 3.1
// takes `step` by its address.
void rotate(std::complex<float>* samples,
            std::complex<float> step,
            std::complex<float>& phasor,
            unsigned length)
{
#if VOLK_VERSION_MAJOR > 3 || (VOLK_VERSION_MAJOR == 3 && VOLK_VERSION_MINOR >= 1)
    volk_32fc_s32fc_x2_rotator2_32fc(samples, samples, &step, &phasor, length);
#else
    volk_32fc_s32fc_x2_rotator_32fc(samples, samples, step, &phasor, length);
#endif
}

} // namespace

void turn_samples(std::complex<float>* samples, std::size_t n, double turn, double first)
{
    const auto step = std::complex<float>(std::polar(1.0, turn));
    for (std::size_t i = 0; i < n; i += INTERVAL) {
        const double angle = std::remainder(turn * (double(i) + first), 2.0 * PI);
        auto phasor = std::complex<float>(std::polar(1.0, angle));
        const auto length = static_cast<unsigned>(std::min(INTERVAL, n - i));
        rotate(&samples[i], step, phasor, length);
    }
}

} // namespace detail
} // namespace udeepsc_phy
