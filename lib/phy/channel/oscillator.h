// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "math/constants.h"

#include <udeepsc_phy/random.h>

#include <cmath>
#include <complex>

namespace udeepsc_phy {
namespace detail {

/*! e^(j phi): carrier offset and phase noise, a random walk. */
class Oscillator {
public:
    void set(double cfo, double phase, double phase_noise)
    {
        d_turned += 2.0 * PI * d_cfo * d_step;
        d_cfo = cfo;
        d_offset = phase;
        d_noise = phase_noise;
        begin_interval();
    }

    void restart()
    {
        d_turned = 0.0;
        begin_interval();
    }

    std::complex<float> next(Xoshiro256pp& random)
    {
        const std::complex<float> value(d_phasor);
        d_step++;
        if (d_noise > 0.0 || d_step == INTERVAL) {
            d_turned += 2.0 * PI * d_cfo * d_step;
            if (d_noise > 0.0) {
                d_turned += d_noise * M_SQRT2 * random.complex_gaussian().real();
            }
            begin_interval();
        } else {
            const double re = d_phasor.real(), im = d_phasor.imag();
            d_phasor = { re * d_rotation.real() - im * d_rotation.imag(),
                         re * d_rotation.imag() + im * d_rotation.real() };
        }
        return value;
    }

private:
    //! Samples between two exact sines.
    static constexpr unsigned INTERVAL = 64;

    void begin_interval()
    {
        d_turned = std::remainder(d_turned, 2.0 * PI);
        d_phasor = std::polar(1.0, d_turned + d_offset);
        d_rotation = std::polar(1.0, 2.0 * PI * d_cfo);
        d_step = 0;
    }

    double d_cfo = 0.0, d_offset = 0.0, d_noise = 0.0;
    double d_turned = 0.0; //!< at the interval's first sample, without the offset
    unsigned d_step = 0;
    std::complex<double> d_phasor = 1.0, d_rotation = 1.0;
};

} // namespace detail
} // namespace udeepsc_phy
