// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/hardware_faults.h>

#include <cmath>
#include <complex>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief The transmitter's converter and power amplifier: they bend magnitudes and leave
 * phases alone.
 *
 * The amplifier gives |y| = |x| / (1 + (|x| / A)^(2 p))^(1 / (2 p)) (C. Rapp, "Effects of
 * HPA-nonlinearity on a 4-DPSK/OFDM-signal", 1991): A where it is saturated, linear well
 * below.
 */
class Amplifier {
public:
    void set(const HardwareFaults& faults, double mean_power)
    {
        d_limit = magnitude(faults.clip_db, mean_power);
        d_saturation = magnitude(faults.pa_db, mean_power);
        d_smoothness = faults.pa_smoothness;
    }

    bool linear() const { return std::isinf(d_limit) && std::isinf(d_saturation); }

    std::complex<float> operator()(std::complex<float> x) const
    {
        const double before = std::hypot(x.real(), x.imag());
        // NaN goes through as it is.
        if (!(before > 0.0)) {
            return x;
        }
        double after = before < d_limit ? before : d_limit;
        if (std::isfinite(d_saturation)) {
            const double drive = std::pow(after / d_saturation, 2 * d_smoothness);
            // Far beyond saturation the power overflows.
            after = std::isinf(drive)
                ? d_saturation
                : after / std::pow(1 + drive, 1 / (2 * d_smoothness));
        }
        return x * static_cast<float>(after / before);
    }

private:
    static double magnitude(double over_mean_db, double mean_power)
    {
        return std::sqrt(mean_power) * std::pow(10.0, over_mean_db / 20.0);
    }

    double d_limit = HUGE_VAL, d_saturation = HUGE_VAL, d_smoothness = 2.0;
};

} // namespace detail
} // namespace udeepsc_phy
