// SPDX-License-Identifier: GPL-3.0-or-later
#include "ofdm_channel.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

using Complex = std::complex<double>;
constexpr std::size_t D = OfdmChannelEstimator::DELAYS;
constexpr double PI = 3.14159265358979323846;

constexpr int ITERATIONS = 20;

//! A delay is off if its power times all known energy is less than this share of the noise.
constexpr double LEAST_POWER = 0.01;

//! The fit has settled when the number of parameters that count changes by less.
constexpr double SETTLED = 0.02;

//! Of the symbols' energy.
constexpr double LEAST_NOISE = 1e-8;

//! Row-major Hermitian matrix.
using Matrix = std::vector<Complex>;

//! Inverse of a positive definite matrix, whose lower half is read, by Cholesky's factor.
Matrix inverse(const Matrix& a, std::size_t n)
{
    Matrix l(n * n);
    for (std::size_t i = 0; i < n; i++) {
        for (std::size_t k = 0; k <= i; k++) {
            Complex sum = a[i * n + k];
            for (std::size_t m = 0; m < k; m++) {
                sum -= l[i * n + m] * std::conj(l[k * n + m]);
            }
            l[i * n + k] = i == k ? std::sqrt(std::max(sum.real(), 1e-300))
                                  : sum / l[k * n + k].real();
        }
    }
    // Columns of L^-1, then L^-H L^-1.
    Matrix w(n * n);
    for (std::size_t c = 0; c < n; c++) {
        for (std::size_t i = c; i < n; i++) {
            Complex sum = i == c ? 1.0 : 0.0;
            for (std::size_t m = c; m < i; m++) {
                sum -= l[i * n + m] * w[m * n + c];
            }
            w[i * n + c] = sum / l[i * n + i].real();
        }
    }
    Matrix result(n * n);
    for (std::size_t i = 0; i < n; i++) {
        for (std::size_t k = 0; k <= i; k++) {
            Complex sum = 0.0;
            for (std::size_t m = i; m < n; m++) {
                sum += std::conj(w[m * n + i]) * w[m * n + k];
            }
            result[i * n + k] = sum;
            result[k * n + i] = std::conj(sum);
        }
    }
    return result;
}

using Delay = OfdmChannelEstimator::Delay;

//! Fills in gains and counts; returns the covariance.
Matrix posterior(std::vector<Delay>& delays,
                 const std::vector<Complex>& gram,
                 const std::vector<Complex>& b,
                 double n0)
{
    const std::size_t n = delays.size();
    Matrix a(n * n);
    for (std::size_t i = 0; i < n; i++) {
        for (std::size_t k = 0; k <= i; k++) {
            a[i * n + k] = gram[delays[i].index - delays[k].index] / n0;
        }
        a[i * n + i] += 1.0 / delays[i].power;
    }
    Matrix covariance = inverse(a, n);
    for (std::size_t i = 0; i < n; i++) {
        Complex sum = 0.0;
        for (std::size_t k = 0; k < n; k++) {
            sum += covariance[i * n + k] * b[delays[k].index];
        }
        delays[i].gain = sum / n0;
        delays[i].count = 1.0 - covariance[i * n + i].real() / delays[i].power;
    }
    return covariance;
}

//! False, and nothing changed, if all delays would be switched off.
bool update_powers(std::vector<Delay>& delays, double least)
{
    std::vector<Delay> still_on;
    for (Delay delay : delays) {
        delay.power = std::norm(delay.gain) / std::max(delay.count, 1e-6);
        if (delay.power > least) {
            still_on.push_back(delay);
        }
    }
    if (still_on.empty()) {
        return false;
    }
    delays = std::move(still_on);
    return true;
}

} // namespace

double OfdmChannel::energy() const
{
    double sum = 0.0;
    for (std::size_t k = 0; k < gain.size(); k++) {
        sum += std::norm(gain[k]) - gain_var[k];
    }
    return gain.empty() ? 0.0 : std::max(sum, 0.0) / gain.size();
}

OfdmChannelEstimator::OfdmChannelEstimator()
    : d_turns(D * OFDM_CARRIERS)
{
    for (std::size_t d = 0; d < D; d++) {
        const double delay = 0.5 * d - double(OFDM_MAX_DELAY + 1);
        for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
            d_turns[d * OFDM_CARRIERS + c]
                = std::polar(1.0, 2.0 * PI * ofdm_frequency(c) * delay / OFDM_CARRIERS);
        }
    }
}

std::vector<Complex> OfdmChannelEstimator::correlate(const std::vector<Complex>& z) const
{
    std::vector<Complex> sums(D);
    for (std::size_t d = 0; d < D; d++) {
        const Complex* turns = &d_turns[d * OFDM_CARRIERS];
        double re = 0.0, im = 0.0;
        for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
            re += z[c].real() * turns[c].real() - z[c].imag() * turns[c].imag();
            im += z[c].real() * turns[c].imag() + z[c].imag() * turns[c].real();
        }
        sums[d] = { re, im };
    }
    return sums;
}

/*
 * With p(z | g) normal and g_d ~ CN(0, p_d), the posterior of g has the covariance
 * S = (G / N0 + diag(1 / p))^-1 and the mean S b / N0, G the delays' Gram matrix under the
 * observations' energies and b the correlations. Delay d then counts as
 * 1 - S_dd / p_d parameters, and p_d = |g_d|^2 over that count is MacKay's update.
 */
OfdmChannel OfdmChannelEstimator::estimate(const std::vector<Complex>& z,
                                           const std::vector<double>& e,
                                           double noise_var) const
{
    double all = 0.0, received = 0.0;
    for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
        all += e[c];
        received += std::norm(z[c]);
    }
    all = std::max(all, 1e-300);
    // Less noise than this tells nothing more, but would leave the matrices singular.
    const double n0 = std::max({ noise_var, LEAST_NOISE * received / all, 1e-300 });
    const auto gram = gram_row(e);
    const auto b = correlate(z);

    std::vector<Delay> delays(D);
    for (std::size_t d = 0; d < D; d++) {
        delays[d] = { d, std::max(received / (all * all), 1e-300), 0.0, 0.0 };
    }
    double parameters = 0.0;
    Matrix covariance;
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        covariance = posterior(delays, gram, b, n0);
        const double previous = parameters;
        parameters = 0.0;
        for (const auto& delay : delays) {
            parameters += delay.count;
        }
        if (std::abs(parameters - previous) < SETTLED || iteration + 1 == ITERATIONS
            || !update_powers(delays, LEAST_POWER * n0 / all)) {
            break;
        }
    }
    auto channel = to_carriers(delays, covariance);
    channel.parameters = parameters;
    return channel;
}

//! First column of the Gram matrix: an entry depends on the difference of its delays alone.
std::vector<Complex> OfdmChannelEstimator::gram_row(const std::vector<double>& e) const
{
    std::vector<Complex> gram(D);
    for (std::size_t d = 0; d < D; d++) {
        for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
            gram[d] += e[c] * d_turns[d * OFDM_CARRIERS + c] * std::conj(d_turns[c]);
        }
    }
    return gram;
}

OfdmChannel OfdmChannelEstimator::to_carriers(const std::vector<Delay>& delays,
                                              const std::vector<Complex>& covariance) const
{
    const std::size_t n = delays.size();
    OfdmChannel channel;
    channel.gain.resize(OFDM_CARRIERS);
    channel.gain_var.resize(OFDM_CARRIERS);
    std::vector<Complex> turns(n);
    for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
        for (std::size_t i = 0; i < n; i++) {
            turns[i] = d_turns[delays[i].index * OFDM_CARRIERS + c];
            channel.gain[c] += std::conj(turns[i]) * delays[i].gain;
        }
        double variance = 0.0;
        for (std::size_t i = 0; i < n; i++) {
            Complex row = 0.0;
            for (std::size_t k = 0; k < n; k++) {
                row += covariance[i * n + k] * turns[k];
            }
            variance += (std::conj(turns[i]) * row).real();
        }
        channel.gain_var[c] = std::max(variance, 0.0);
    }
    return channel;
}

} // namespace detail
} // namespace udeepsc_phy
