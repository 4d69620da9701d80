// SPDX-License-Identifier: GPL-3.0-or-later
#include "equalizer.h"

#include "math/complex_product.h"
#include "math/constants.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

using Complex = std::complex<double>;

//! Frequencies at which the filter is designed; its taps reach +-MAX_HALF symbols.
constexpr int BINS = 256;
constexpr int MAX_HALF = 96;

//! Relative error that cutting the filter may add.
constexpr double CUT = 0.005;

//! Distances at which rho can be neglected, even where the spectrum is all but zero.
constexpr int REACH = 20;

//! 50 dB above this the limits are those of pulse and timing.
constexpr double MIN_NOISE = 1e-5;

//! A sequence of lags -half .. half.
struct Lags {
    explicit Lags(int h)
        : half(h)
        , values(2 * h + 1)
    { }
    Complex& operator[](int lag) { return values[lag + half]; }
    const Complex& operator[](int lag) const { return values[lag + half]; }

    int half;
    std::vector<Complex> values;
};

//! S_l, and its derivative for symbols that arrive later.
struct ChannelCorrelation {
    ChannelCorrelation(const std::vector<ChannelPath>& paths, const Pulse& pulse)
        : value(half_for(paths))
        , late(value.half)
    {
        for (const auto& a : paths) {
            for (const auto& b : paths) {
                const Complex gain = conj_product(a.gain, b.gain);
                for (int l = -value.half; l <= value.half; l++) {
                    const double t = l + a.delay - b.delay;
                    value[l] += gain * pulse.correlation(t);
                    late[l] -= gain * pulse.correlation_slope(t);
                }
            }
        }
    }

    static int half_for(const std::vector<ChannelPath>& paths)
    {
        double spread = 0.0;
        for (const auto& a : paths) {
            for (const auto& b : paths) {
                spread = std::max(spread, a.delay - b.delay);
            }
        }
        return REACH + static_cast<int>(std::ceil(spread));
    }

    Lags value, late;
};

//! exp(2 pi j i / BINS)
const std::vector<Complex>& phasors()
{
    static const std::vector<Complex> s_phasors = [] {
        std::vector<Complex> values(BINS);
        for (int i = 0; i < BINS; i++) {
            values[i] = std::polar(1.0, 2.0 * PI * i / BINS);
        }
        return values;
    }();
    return s_phasors;
}

//! Real, since S_(-l) = conj(S_l).
std::vector<double> spectrum(const Lags& lags)
{
    const auto& phasor = phasors();
    std::vector<double> s(BINS);
    for (int i = 0; i < BINS; i++) {
        double sum = lags[0].real();
        for (int l = 1; l <= lags.half; l++) {
            sum += 2.0 * conj_product(phasor[(i * l) % BINS], lags[l]).real();
        }
        // The cut pulse's correlation may dip below zero by -50 dB.
        s[i] = std::max(sum, 0.0);
    }
    return s;
}

//! Taps 0 .. MAX_HALF of 1 / (S + N0); the others are their conjugates.
std::vector<Complex> inverse_taps(const std::vector<double>& s, double noise_var)
{
    const auto& phasor = phasors();
    std::vector<double> w(BINS);
    for (int i = 0; i < BINS; i++) {
        w[i] = 1.0 / (BINS * (s[i] + noise_var));
    }
    std::vector<Complex> taps(MAX_HALF + 1);
    double peak = 0.0;
    int quiet = 0;
    for (int l = 0; l <= MAX_HALF; l++) {
        double re = 0.0, im = 0.0;
        for (int i = 0; i < BINS; i++) {
            const Complex& turn = phasor[(i * l) % BINS];
            re += w[i] * turn.real();
            im += w[i] * turn.imag();
        }
        taps[l] = { re, im };
        peak = std::max(peak, std::norm(taps[l]));
        quiet = std::norm(taps[l]) < 1e-9 * peak ? quiet + 1 : 0;
        if (quiet == 8) {
            break; // the rest stays 0
        }
    }
    return taps;
}

//! Output of the filter cut at +-half.
struct Cut {
    Cut(const std::vector<Complex>& taps, int h, const Lags& s, double noise_var)
        : half(h)
        , filter(h)
        , response(h + s.half)
    {
        for (int l = 0; l <= half; l++) {
            filter[l] = taps[l];
            filter[-l] = std::conj(taps[l]);
        }
        for (int a = -half; a <= half; a++) {
            for (int l = -s.half; l <= s.half; l++) {
                response[a + l] += product(filter[a], s[l]);
            }
        }
        double interference = 0.0, noise = 0.0;
        for (int l = -response.half; l <= response.half; l++) {
            interference += l == 0 ? 0.0 : std::norm(response[l]);
        }
        for (int l = -half; l <= half; l++) {
            noise += conj_product(filter[l], response[l]).real();
        }
        const double gain = std::norm(response[0]);
        error_var = (interference + noise_var * noise) / std::max(gain, 1e-300);
    }

    int half;
    Lags filter, response;
    double error_var;
};

} // namespace

Equalizer::Equalizer(const Pulse& pulse)
    : d_pulse(pulse)
    , d_matched(pulse)
{
    design({ { 0.0, 1.0 } }, 0.1, 0.0);
}

void Equalizer::design(const std::vector<ChannelPath>& paths,
                       double noise_var,
                       double uncertainty)
{
    const ChannelCorrelation s(paths, d_pulse);
    const double n0 = std::max(noise_var * (1.0 + uncertainty),
                               MIN_NOISE * std::max(s.value[0].real(), 1e-300));
    const auto density = spectrum(s.value);
    const auto taps = inverse_taps(density, n0);

    double gain = 0.0;
    for (double value : density) {
        gain += value / (value + n0) / BINS;
    }
    const double least = (1.0 - gain) / gain;
    int half = 0;
    Cut cut(taps, half, s.value, n0);
    while (half < MAX_HALF && cut.error_var > (1.0 + CUT) * least + MIN_NOISE) {
        half = std::min(MAX_HALF, half < 4 ? half + 1 : half * 3 / 2);
        cut = Cut(taps, half, s.value, n0);
    }

    const Complex scale = 1.0 / cut.response[0];
    d_half = half;
    d_error_var = cut.error_var;
    std::vector<std::complex<float>> reversed(2 * half + 1);
    for (int l = -half; l <= half; l++) {
        reversed[half - l] = std::complex<float>(scale * cut.filter[l]);
    }
    d_product.set(reversed);
    d_taps = reversed;
    d_only_tap = reversed[half];
    d_timing.assign(2 * TIMING_SPAN + 1, 0.0f);
    for (int m = -TIMING_SPAN; m <= TIMING_SPAN; m++) {
        Complex sum = 0.0;
        for (int a = -half; a <= half; a++) {
            if (std::abs(m - a) <= s.late.half) {
                sum += product(cut.filter[a], s.late[m - a]);
            }
        }
        d_timing[m + TIMING_SPAN] = std::complex<float>(scale * sum);
    }
    d_matched.set_paths(paths);
}

std::complex<double> Equalizer::response(double frequency) const
{
    Complex sum = 0.0;
    const auto half = static_cast<int>(d_half);
    for (int i = 0; i <= 2 * half; i++) {
        sum += product(Complex(d_taps[i]),
                       std::polar(1.0, 2.0 * PI * frequency * (i - half)));
    }
    return product(sum, d_matched.response(frequency));
}

void Equalizer::apply(const std::vector<std::complex<float>>& samples,
                      const SymbolClock& clock,
                      std::ptrdiff_t first,
                      std::size_t n,
                      std::complex<float>* out)
{
    const auto half = static_cast<std::ptrdiff_t>(d_half);
    if (half == 0) {
        d_matched.apply(samples, clock, first, n, out);
        for (std::size_t i = 0; i < n; i++) {
            out[i] = product(d_only_tap, out[i]);
        }
        return;
    }
    d_work.assign(n + d_product.length(), { 0.0f, 0.0f });
    d_matched.apply(samples, clock, first - half, n + 2 * d_half, d_work.data());
    d_product.apply(d_work.data(), 1, n, out);
}

} // namespace detail
} // namespace udeepsc_phy
