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
 * \brief A zero-IF receiver's analogue part: I and Q that differ in gain and are not
 * orthogonal, the oscillator's line at 0 Hz, and a gain that steps.
 *
 *     I' = a (I cos h - Q sin h),  Q' = (Q cos h - I sin h) / a
 *
 * with h half the phase error and a^2 the ratio of the gains. The image lies
 * 10 log10((g^2 + 1 + 2 g cos 2h) / (g^2 + 1 - 2 g cos 2h)), g = a^2, under the signal.
 */
class FrontEnd {
public:
    //! \p gain is the receiver's, which scales the line too.
    void set(const HardwareFaults& faults, double mean_power, double gain)
    {
        const double half = faults.iq_phase_deg * PI / 360.0;
        const double a = std::pow(10.0, faults.iq_gain_db / 40.0);
        d_ii = static_cast<float>(a * std::cos(half));
        d_iq = static_cast<float>(-a * std::sin(half));
        d_qi = static_cast<float>(-std::sin(half) / a);
        d_qq = static_cast<float>(std::cos(half) / a);
        d_line = static_cast<float>(gain * std::sqrt(mean_power)
                                    * std::pow(10.0, faults.dc_dbc / 20.0));
        d_up = static_cast<float>(std::pow(10.0, faults.agc_step_db / 20.0));
        d_steps.set(2 * faults.agc_period, faults.agc_period);
        d_perfect = faults.iq_phase_deg == 0.0 && faults.iq_gain_db == 0.0
            && d_line == 0.0f && faults.agc_step_db == 0.0;
    }

    bool perfect() const { return d_perfect; }

    void restart(Xoshiro256pp& random) { d_steps.restart(random); }

    std::complex<float> next(std::complex<float> x)
    {
        const std::complex<float> y = { d_ii * x.real() + d_iq * x.imag() + d_line,
                                        d_qi * x.real() + d_qq * x.imag() };
        return d_steps.next() ? d_up * y : y;
    }

private:
    float d_ii = 1.0f, d_iq = 0.0f, d_qi = 0.0f, d_qq = 1.0f; //!< to I or Q from I or Q
    float d_line = 0.0f, d_up = 1.0f;
    DutyCycle d_steps;
    bool d_perfect = true;
};

} // namespace detail
} // namespace udeepsc_phy
