// SPDX-License-Identifier: GPL-3.0-or-later
#include "axis_llr.h"

#include "math/target_clones.h"

#include <udeepsc_phy/constellation.h>
#include <udeepsc_phy/soft_demapper.h>

#include <cmath>
#include <cstring>

namespace udeepsc_phy {
namespace detail {

namespace {

constexpr unsigned MAX_LEVELS = 16;

//! Keeps l t - l^2 q, |l| <= 15, far from overflow and all but the silliest samples as
//! is.
constexpr float MAX_STATISTIC = 1e20f;

UDEEPSC_INLINE float limit(float x, float bound)
{
    x = x < bound ? x : bound;
    return x > -bound ? x : -bound;
}

//! exp(x) for x <= 0, to 1e-7 of 1.
UDEEPSC_INLINE float exp_negative(float x)
{
    float z = x * 1.44269504f;
    z = z > -126.0f ? z : -126.0f;
    // Adding and taking away 1.5 * 2^23 rounds to the nearest integer.
    const float rounded = (z + 12582912.0f) - 12582912.0f;
    const float r = (z - rounded) * 0.693147181f;
    const float p = 1.0f
        + r
            * (1.0f
               + r
                   * (0.5f
                      + r
                          * (1.0f / 6
                             + r * (1.0f / 24 + r * (1.0f / 120 + r * (1.0f / 720))))));
    const std::int32_t bits = (static_cast<std::int32_t>(rounded) + 127) << 23;
    float power;
    std::memcpy(&power, &bits, sizeof power);
    return p * power;
}

//! 2 atanh(z) for |z| <= 1/3, to 3e-8.
UDEEPSC_INLINE float twice_atanh(float z)
{
    const float s = z * z;
    return 2.0f * z
        * (1.0f
           + s
               * (1.0f / 3
                  + s
                      * (1.0f / 5
                         + s * (1.0f / 7 + s * (1.0f / 9 + s * (1.0f / 11 + s / 13))))));
}

//! ln(2 cosh x).
UDEEPSC_INLINE float log_2cosh(float x)
{
    const float magnitude = std::fabs(x);
    const float e = exp_negative(-2.0f * magnitude);
    return magnitude + twice_atanh(e / (2.0f + e));
}

//! ln x for 1 <= x < 16.
UDEEPSC_INLINE float log_of_sum(float x)
{
    // Into [0.75, 1.5), where z below is within 1/5 of zero.
    std::int32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    const std::int32_t exponent = (bits - 0x3f400000) >> 23;
    bits -= exponent << 23;
    float mantissa;
    std::memcpy(&mantissa, &bits, sizeof mantissa);
    const float z = (mantissa - 1.0f) / (mantissa + 1.0f);
    return static_cast<float>(exponent) * 0.693147181f + twice_atanh(z);
}

struct LevelMetrics {
    float values[MAX_LEVELS][AXIS_BLOCK]; // by Gray field

    UDEEPSC_INLINE void
    fill(const float* u, const float* w, std::size_t n, unsigned n_levels, float c)
    {
        for (unsigned field = 0; field < n_levels; field++) {
            const float x = c
                * static_cast<float>(2 * static_cast<int>(gray_decode(field))
                                     - static_cast<int>(n_levels) + 1);
            float* metric = values[field];
            for (std::size_t i = 0; i < n; i++) {
                metric[i] = x * (2.0f * u[i] - x * w[i]);
            }
        }
    }

    //! Largest metric of the fields whose bit \p bit (0 is the LSB) is \p value.
    UDEEPSC_INLINE void largest(
        std::size_t n, unsigned n_levels, unsigned bit, unsigned value, float* out) const
    {
        bool first = true;
        for (unsigned field = 0; field < n_levels; field++) {
            if (((field >> bit) & 1) != value) {
                continue;
            }
            const float* metric = values[field];
            if (first) {
                std::memcpy(out, metric, n * sizeof(float));
                first = false;
                continue;
            }
            for (std::size_t i = 0; i < n; i++) {
                out[i] = out[i] > metric[i] ? out[i] : metric[i];
            }
        }
    }

    //! ln of the sum of exp(metric) over the same fields.
    UDEEPSC_INLINE void log_sum(
        std::size_t n, unsigned n_levels, unsigned bit, unsigned value, float* out) const
    {
        float top[AXIS_BLOCK];
        largest(n, n_levels, bit, value, top);
        std::memset(out, 0, n * sizeof(float));
        for (unsigned field = 0; field < n_levels; field++) {
            if (((field >> bit) & 1) != value) {
                continue;
            }
            const float* metric = values[field];
            for (std::size_t i = 0; i < n; i++) {
                out[i] += exp_negative(metric[i] - top[i]);
            }
        }
        for (std::size_t i = 0; i < n; i++) {
            out[i] = top[i] + log_of_sum(out[i]);
        }
    }
};

} // namespace

UDEEPSC_CLONES
void axis_statistics(
    const float* y, const float* inverse_n0, std::size_t n, float* u, float* w)
{
    for (std::size_t i = 0; i < n; i++) {
        const float a = y[2 * i], b = y[2 * i + 1];
        // x - x is 0 for every finite x and NaN for the others.
        const bool usable = (a - a) + (b - b) == 0.0f;
        const float scale = usable ? inverse_n0[i] : 0.0f;
        u[2 * i] = usable ? limit(a * scale, MAX_STATISTIC) : 0.0f;
        u[2 * i + 1] = usable ? limit(b * scale, MAX_STATISTIC) : 0.0f;
        w[2 * i] = scale;
        w[2 * i + 1] = scale;
    }
}

UDEEPSC_CLONES
void axis_statistics_with_gain(const float* y,
                               const float* h,
                               const float* inverse_n0,
                               std::size_t n,
                               float* u,
                               float* w)
{
    for (std::size_t i = 0; i < n; i++) {
        const float yr = y[2 * i], yi = y[2 * i + 1];
        const float hr = h[2 * i], hi = h[2 * i + 1];
        const float a = hr * yr + hi * yi, b = hr * yi - hi * yr;
        const float power = hr * hr + hi * hi;
        const bool usable = (a - a) + (b - b) + (power - power) == 0.0f;
        const float scale = inverse_n0[i];
        u[2 * i] = usable ? limit(a * scale, MAX_STATISTIC) : 0.0f;
        u[2 * i + 1] = usable ? limit(b * scale, MAX_STATISTIC) : 0.0f;
        const float gain = usable ? limit(power * scale, MAX_STATISTIC) : 0.0f;
        w[2 * i] = gain;
        w[2 * i + 1] = gain;
    }
}

UDEEPSC_CLONES
void axis_llrs_1bit(const float* u, std::size_t n, float c, float* out)
{
    const float factor = -4.0f * c;
    for (std::size_t i = 0; i < n; i++) {
        out[i] = limit(factor * u[i], MAX_LLR);
    }
}

/*
 * Levels -3, -1, 1, 3 are labelled 00, 01, 11, 10. Pairing the terms of each sum around
 * their mean turns it into a ln(2 cosh), and the LLRs into
 *   MSB: ln2cosh(t + 4q) - ln2cosh(t - 4q) - 4t
 *   LSB: ln2cosh(3t) - ln2cosh(t) - 8q;
 * max-log replaces ln(2 cosh x) by |x|.
 */
UDEEPSC_CLONES
void axis_llrs_2bit_exact(
    const float* u, const float* w, std::size_t n, float c, float* out)
{
    for (std::size_t i = 0; i < n; i++) {
        const float t = 2.0f * c * u[i], q = c * c * w[i];
        const float msb = log_2cosh(t + 4.0f * q) - log_2cosh(t - 4.0f * q) - 4.0f * t;
        const float lsb = log_2cosh(3.0f * t) - log_2cosh(t) - 8.0f * q;
        out[2 * i] = limit(msb, MAX_LLR);
        out[2 * i + 1] = limit(lsb, MAX_LLR);
    }
}

UDEEPSC_CLONES
void axis_llrs_2bit_max_log(
    const float* u, const float* w, std::size_t n, float c, float* out)
{
    for (std::size_t i = 0; i < n; i++) {
        const float t = 2.0f * c * u[i], q = c * c * w[i];
        const float msb = std::fabs(t + 4.0f * q) - std::fabs(t - 4.0f * q) - 4.0f * t;
        const float lsb = 2.0f * std::fabs(t) - 8.0f * q;
        out[2 * i] = limit(msb, MAX_LLR);
        out[2 * i + 1] = limit(lsb, MAX_LLR);
    }
}

UDEEPSC_CLONES
void axis_llrs_exact(const float* u,
                     const float* w,
                     std::size_t n,
                     unsigned bits_per_axis,
                     float c,
                     float* out)
{
    const unsigned n_levels = 1u << bits_per_axis;
    LevelMetrics metrics;
    metrics.fill(u, w, n, n_levels, c);
    float zero[AXIS_BLOCK], one[AXIS_BLOCK];
    for (unsigned k = 0; k < bits_per_axis; k++) {
        const unsigned bit = bits_per_axis - 1 - k;
        metrics.log_sum(n, n_levels, bit, 0, zero);
        metrics.log_sum(n, n_levels, bit, 1, one);
        for (std::size_t i = 0; i < n; i++) {
            out[i * bits_per_axis + k] = limit(zero[i] - one[i], MAX_LLR);
        }
    }
}

UDEEPSC_CLONES
void axis_llrs_max_log(const float* u,
                       const float* w,
                       std::size_t n,
                       unsigned bits_per_axis,
                       float c,
                       float* out)
{
    const unsigned n_levels = 1u << bits_per_axis;
    LevelMetrics metrics;
    metrics.fill(u, w, n, n_levels, c);
    float zero[AXIS_BLOCK], one[AXIS_BLOCK];
    for (unsigned k = 0; k < bits_per_axis; k++) {
        const unsigned bit = bits_per_axis - 1 - k;
        metrics.largest(n, n_levels, bit, 0, zero);
        metrics.largest(n, n_levels, bit, 1, one);
        for (std::size_t i = 0; i < n; i++) {
            out[i * bits_per_axis + k] = limit(zero[i] - one[i], MAX_LLR);
        }
    }
}

UDEEPSC_CLONES
void axis_decisions(
    const float* y, std::size_t n, unsigned bits_per_axis, float c, std::uint32_t* out)
{
    const float top = static_cast<float>((1u << bits_per_axis) - 1);
    const float to_steps = 0.5f / c;
    for (std::size_t i = 0; i < n; i++) {
        float step = y[i] * to_steps + 0.5f * top;
        step = step > 0.0f ? step : 0.0f;
        step = step < top ? step : top;
        out[i] = gray_encode(static_cast<unsigned>(static_cast<int>(step + 0.5f)));
    }
}

} // namespace detail
} // namespace udeepsc_phy
