// SPDX-License-Identifier: GPL-3.0-or-later
#include "scattered_gain.h"

#include "math/constants.h"

#include <cmath>

namespace udeepsc_phy {
namespace detail {

void ScatteredGain::draw(Xoshiro256pp& random, double doppler)
{
    d_constant = random.complex_gaussian();
    for (std::size_t i = 0; i < SINUSOIDS; i++) {
        const double angle = 2.0 * PI * (i + random.uniform()) / SINUSOIDS;
        d_frequency[i] = std::cos(angle);
        d_phase[i] = std::polar(std::sqrt(1.0 / SINUSOIDS), 2.0 * PI * random.uniform());
    }
    d_doppler = doppler;
    start_grid();
}

void ScatteredGain::set_doppler(double doppler)
{
    if (doppler != d_doppler) {
        turn(d_step);
        d_doppler = doppler;
        start_grid();
    }
}

void ScatteredGain::turn(unsigned samples)
{
    for (std::size_t i = 0; i < SINUSOIDS; i++) {
        d_phase[i] *= std::polar(1.0, 2.0 * PI * d_doppler * d_frequency[i] * samples);
    }
}

void ScatteredGain::start_grid()
{
    d_grid = 1;
    while (d_grid < 64 && 2 * d_grid * d_doppler <= 1.0 / 256) {
        d_grid *= 2;
    }
    for (std::size_t i = 0; i < SINUSOIDS; i++) {
        d_rotation[i] = std::polar(1.0, 2.0 * PI * d_doppler * d_frequency[i] * d_grid);
    }
    begin_interval();
}

void ScatteredGain::next_interval()
{
    for (std::size_t i = 0; i < SINUSOIDS; i++) {
        d_phase[i] = product(d_phase[i], d_rotation[i]);
    }
    // Keeps the rounding of 1e8 products from changing the amplitude.
    if (++d_grid_points % 1024 == 0) {
        for (auto& z : d_phase) {
            z *= std::sqrt(1.0 / SINUSOIDS) / std::abs(z);
        }
    }
    begin_interval();
}

void ScatteredGain::begin_interval()
{
    d_here = d_there = 0.0;
    for (std::size_t i = 0; i < SINUSOIDS; i++) {
        d_here += d_phase[i];
        d_there += product(d_phase[i], d_rotation[i]);
    }
    d_step = 0;
}

} // namespace detail
} // namespace udeepsc_phy
