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

//! A delay whose power times all known symbols' energy is less than this of the noise is off.
constexpr double LEAST_POWER = 0.01;

//! The fit has settled when the number of parameters that count changes by less.
constexpr double SETTLED = 0.02;

//! Of the symbols' energy.
constexpr double LEAST_NOISE = 1e-8;

//! Row-major Hermitian matrix.
using Matrix = std::vector<Complex>;

//! Inverse of a positive definite matrix by its Cholesky factor.
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

OfdmChannel OfdmChannelEstimator::estimate(const std::vector<Complex>& z,
                                           const std::vector<double>& e,
                                           double noise) const
{
    const auto b = correlate(z);
    // Entry (d, d') depends on the difference of the delays alone.
    std::vector<Complex> gram(D);
    double all = 0.0;
    for (std::size_t d = 0; d < D; d++) {
        for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
            gram[d] += e[c] * d_turns[d * OFDM_CARRIERS + c] * std::conj(d_turns[c]);
        }
    }
    for (double energy : e) {
        all += energy;
    }
    double received = 0.0;
    for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
        received += std::norm(z[c]);
    }

    // Less noise than this tells nothing more, but would leave the matrices singular.
    const double noise_var
        = std::max(noise, LEAST_NOISE * received / std::max(all, 1e-300));

    // All delays alike to begin with; those switched off leave the list.
    std::vector<std::size_t> on(D);
    std::vector<double> power(D);
    const double start = std::max(received / std::max(all * all, 1e-300), 1e-300);
    for (std::size_t d = 0; d < D; d++) {
        on[d] = d;
        power[d] = start;
    }
    Matrix covariance;
    std::vector<Complex> g;
    double parameters = 0.0, previous = -1.0;
    for (int iteration = 0;; iteration++) {
        const std::size_t n = on.size();
        Matrix a(n * n);
        for (std::size_t i = 0; i < n; i++) {
            for (std::size_t k = 0; k < n; k++) {
                const std::size_t apart = on[i] > on[k] ? on[i] - on[k] : on[k] - on[i];
                const Complex value = gram[apart] / noise_var;
                a[i * n + k] = on[i] >= on[k] ? value : std::conj(value);
            }
            a[i * n + i] += 1.0 / power[on[i]];
        }
        covariance = inverse(a, n);
        g.assign(n, 0.0);
        parameters = 0.0;
        for (std::size_t i = 0; i < n; i++) {
            for (std::size_t k = 0; k < n; k++) {
                g[i] += covariance[i * n + k] * b[on[k]] / noise_var;
            }
            parameters += 1.0 - covariance[i * n + i].real() / power[on[i]];
        }
        const double change = std::abs(parameters - previous);
        previous = parameters;
        if (iteration == ITERATIONS || change < SETTLED) {
            break;
        }
        for (std::size_t i = 0; i < n; i++) {
            const double counted
                = 1.0 - covariance[i * n + i].real() / power[on[i]];
            power[on[i]] = std::norm(g[i]) / std::max(counted, 1e-6);
        }
        std::vector<std::size_t> still_on;
        for (std::size_t d : on) {
            if (power[d] * all > LEAST_POWER * noise_var) {
                still_on.push_back(d);
            }
        }
        if (still_on.empty()) {
            break;
        }
        on = still_on;
    }

    OfdmChannel channel;
    channel.parameters = parameters;
    const std::size_t n = g.size();
    for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
        Complex gain = 0.0;
        double var = 0.0;
        for (std::size_t i = 0; i < n; i++) {
            const Complex u = d_turns[on[i] * OFDM_CARRIERS + c];
            gain += std::conj(u) * g[i];
            Complex row = 0.0;
            for (std::size_t k = 0; k < n; k++) {
                row += covariance[i * n + k] * d_turns[on[k] * OFDM_CARRIERS + c];
            }
            var += (std::conj(u) * row).real();
        }
        channel.gain.push_back(gain);
        channel.gain_var.push_back(std::max(var, 0.0));
    }
    return channel;
}

} // namespace detail
} // namespace udeepsc_phy
