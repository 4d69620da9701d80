// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "channel/duty_cycle.h"
#include "math/constants.h"

#include <udeepsc_phy/hardware_faults.h>

#include <cmath>
#include <complex>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Others on the air: pulses of white noise, and a narrow band.
 *
 * The narrow band is a sine, or white noise through one pole, z[m] = r z[m-1] + n[m],
 * whose spectrum has fallen to half at r = exp(-pi width).
 */
class Interference {
public:
    void set(const HardwareFaults& faults, double mean_power)
    {
        d_pulse = amplitude(faults.pulse_sir_db, mean_power);
        d_pulses.set(faults.pulse_period, faults.pulse_duty * faults.pulse_period);
        d_narrow = amplitude(faults.narrowband_sir_db, mean_power);
        d_offset = faults.narrowband_offset;
        d_pole = std::exp(-PI * faults.narrowband_width);
        d_fresh = std::sqrt(1.0 - d_pole * d_pole);
    }

    bool silent() const { return d_pulse == 0.0 && d_narrow == 0.0; }

    void restart(Xoshiro256pp& random)
    {
        d_pulses.restart(random);
        d_cycles = random.uniform();
        d_envelope = random.complex_gaussian();
    }

    std::complex<float> next(Xoshiro256pp& random)
    {
        std::complex<double> y = 0.0;
        // Drawn in every sample, so that a setting does not shift what is drawn later.
        const auto pulse = random.complex_gaussian(), fresh = random.complex_gaussian();
        if (d_pulses.next()) {
            y += d_pulse * pulse;
        }
        d_envelope = d_pole * d_envelope + d_fresh * fresh;
        d_cycles += d_offset;
        d_cycles -= std::floor(d_cycles);
        if (d_narrow > 0.0) {
            const auto turn = std::polar(d_narrow, 2 * PI * d_cycles);
            y += d_fresh > 0.0 ? turn * d_envelope : turn;
        }
        return std::complex<float>(y);
    }

private:
    static double amplitude(double sir_db, double mean_power)
    {
        return std::sqrt(mean_power) * std::pow(10.0, -sir_db / 20.0);
    }

    double d_pulse = 0.0, d_narrow = 0.0; //!< rms
    double d_offset = 0.0, d_cycles = 0.0;
    double d_pole = 1.0, d_fresh = 0.0;
    std::complex<double> d_envelope = 1.0;
    DutyCycle d_pulses;
};

} // namespace detail
} // namespace udeepsc_phy
