// SPDX-License-Identifier: GPL-3.0-or-later
#include "ofdm_channel.h"

#include "math/constants.h"
#include "math/target_clones.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

using Complex = std::complex<double>;
constexpr std::size_t D = OfdmChannelEstimator::DELAYS;
constexpr int ITERATIONS = 20;

//! A delay is off if its power times all reference energy is less than this ratio to the
//! noise.
constexpr double MIN_POWER = 0.01;

//! The fit has converged when the number of parameters that count changes by less.
constexpr double CONVERGED = 0.02;

//! Of the symbols' energy.
constexpr double MIN_NOISE = 1e-8;

/*
 * Likewise: the noise that a fit of all delays begins with, a tenth of it at every
 * iteration. With so many delays and next to no noise the matrices are all but singular;
 * the powers of those that nothing asks for have to fall first.
 */
constexpr double FIRST_NOISE = 1e-3;

/*
 * Of a delay's power to the channel's mean power. Delays half a symbol apart are much
 * alike: where the noise is taken for far less than it is, it would be explained by
 * huge gains that cancel each other, until nothing is left of double precision.
 */
constexpr double MAX_POWER = 10.0;

//! Of a matrix's inversion in double precision.
constexpr double ROUNDING = 1e-13;

//! Square, row by row, real and imaginary parts apart.
struct Matrix {
    explicit Matrix(std::size_t size)
        : n(size)
        , re(size * size)
        , im(size * size)
    { }

    Complex at(std::size_t i, std::size_t k) const
    {
        return { re[i * n + k], im[i * n + k] };
    }

    std::size_t n;
    std::vector<double> re, im;
};

//! row -= factor other
inline void subtract_row(double* __restrict row_re,
                         double* __restrict row_im,
                         const double* __restrict other_re,
                         const double* __restrict other_im,
                         double re,
                         double im,
                         std::size_t n)
{
    for (std::size_t k = 0; k < n; k++) {
        row_re[k] -= re * other_re[k] - im * other_im[k];
        row_im[k] -= re * other_im[k] + im * other_re[k];
    }
}

/*
 * A Hermitian, positive definite matrix to its inverse: Gauss and Jordan, no exchange of
 * rows needed. least: what each pivot is at least, shape [n]. Rounding leaves less than
 * that, or less than nothing, where the matrix is all but singular.
 */
UDEEPSC_CLONES
void invert(double* re, double* im, const double* least, std::size_t n)
{
    for (std::size_t p = 0; p < n; p++) {
        double* pivot_re = re + p * n;
        double* pivot_im = im + p * n;
        const double scale = 1.0 / std::max(pivot_re[p], least[p]);
        pivot_re[p] = 1.0;
        pivot_im[p] = 0.0;
        for (std::size_t k = 0; k < n; k++) {
            pivot_re[k] *= scale;
            pivot_im[k] *= scale;
        }
        for (std::size_t i = 0; i < n; i++) {
            if (i == p) {
                continue;
            }
            double* row_re = re + i * n;
            double* row_im = im + i * n;
            const double factor_re = row_re[p], factor_im = row_im[p];
            row_re[p] = 0.0;
            row_im[p] = 0.0;
            subtract_row(row_re, row_im, pivot_re, pivot_im, factor_re, factor_im, n);
        }
    }
}

using Delay = OfdmChannel::Delay;

//! Fills in gains and counts; returns the covariance.
Matrix posterior(std::vector<Delay>& delays,
                 const std::vector<Complex>& gram,
                 const std::vector<Complex>& b,
                 double n0)
{
    const std::size_t n = delays.size();
    Matrix covariance(n);
    // A pivot is 1 / p and what the others leave of G / N0, which is nothing or more;
    // less than ROUNDING of the diagonal is error.
    std::vector<double> least(n);
    for (std::size_t i = 0; i < n; i++) {
        for (std::size_t k = 0; k < n; k++) {
            // Lower half; the upper one is its conjugate.
            const auto first = std::max(i, k), second = std::min(i, k);
            const Complex entry = gram[delays[first].index - delays[second].index] / n0;
            covariance.re[i * n + k] = entry.real();
            covariance.im[i * n + k] = i >= k ? entry.imag() : -entry.imag();
        }
        double& diagonal = covariance.re[i * n + i];
        diagonal += 1.0 / delays[i].power;
        least[i] = std::max(1.0 / delays[i].power, ROUNDING * diagonal);
    }
    invert(covariance.re.data(), covariance.im.data(), least.data(), n);
    for (std::size_t i = 0; i < n; i++) {
        Complex sum = 0.0;
        for (std::size_t k = 0; k < n; k++) {
            sum += covariance.at(i, k) * b[delays[k].index];
        }
        delays[i].gain = sum / n0;
        delays[i].count = 1.0 - covariance.at(i, i).real() / delays[i].power;
    }
    return covariance;
}

//! False, and nothing changed, if all delays would be switched off.
bool update_powers(std::vector<Delay>& delays, double least, double most)
{
    std::vector<Delay> still_on;
    for (Delay delay : delays) {
        delay.power = std::min(std::norm(delay.gain) / std::max(delay.count, 1e-6), most);
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
 * S = (G / N0 + diag(1 / p))^-1 and the mean S b / N0, G the delays' Gram matrix under
 * the observations' energies and b the correlations. Delay d then counts as 1 - S_dd /
 * p_d parameters, and p_d = |g_d|^2 over that count is MacKay's update.
 */
OfdmChannel OfdmChannelEstimator::estimate(const std::vector<Complex>& z,
                                           const std::vector<double>& e,
                                           double noise_var,
                                           const std::vector<Delay>& start) const
{
    double all = 0.0, squares = 0.0, received = 0.0;
    for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
        all += e[c];
        squares += e[c] * e[c];
        received += std::norm(z[c]);
    }
    all = std::max(all, 1e-300);
    // Less noise than this gives nothing more, but would leave the matrices singular.
    const double n0 = std::max({ noise_var, MIN_NOISE * received / all, 1e-300 });
    const double most
        = MAX_POWER * std::max(received / std::max(squares, 1e-300), 1e-300);
    const auto gram = gram_row(e);
    const auto b = correlate(z);

    std::vector<Delay> delays = start;
    if (delays.empty()) {
        const double power = std::max(received / (all * all), 1e-300);
        for (std::size_t d = 0; d < D; d++) {
            delays.push_back({ d, power, 0.0, 0.0 });
        }
    }
    double level = start.empty() ? FIRST_NOISE * received / all : 0.0;
    OfdmChannel channel;
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        const Matrix covariance = posterior(delays, gram, b, std::max(n0, level));
        const double previous = channel.parameters;
        channel.parameters = 0.0;
        for (const auto& delay : delays) {
            channel.parameters += delay.count;
        }
        const bool converged
            = level <= n0 && std::abs(channel.parameters - previous) < CONVERGED;
        level *= 0.1;
        channel.delays = delays;
        if (converged || iteration + 1 == ITERATIONS
            || !update_powers(delays, MIN_POWER * n0 / all, most)) {
            to_carriers(covariance.re, covariance.im, channel);
            break;
        }
    }
    return channel;
}

//! First column of the Gram matrix: an entry depends on the difference of its delays
//! alone.
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

void OfdmChannelEstimator::to_carriers(const std::vector<double>& covariance_re,
                                       const std::vector<double>& covariance_im,
                                       OfdmChannel& channel) const
{
    const auto& delays = channel.delays;
    const std::size_t n = delays.size();
    channel.gain.assign(OFDM_CARRIERS, 0.0);
    channel.gain_var.assign(OFDM_CARRIERS, 0.0);
    std::vector<Complex> turns(n);
    for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
        for (std::size_t i = 0; i < n; i++) {
            turns[i] = d_turns[delays[i].index * OFDM_CARRIERS + c];
            channel.gain[c] += std::conj(turns[i]) * delays[i].gain;
        }
        // u^H S u of a Hermitian S: its diagonal, and twice the lower half's real part.
        double variance = 0.0;
        for (std::size_t i = 0; i < n; i++) {
            variance += covariance_re[i * n + i];
            for (std::size_t k = 0; k < i; k++) {
                const Complex u = std::conj(turns[i]) * turns[k];
                variance += 2.0
                    * (u.real() * covariance_re[i * n + k]
                       - u.imag() * covariance_im[i * n + k]);
            }
        }
        channel.gain_var[c] = std::max(variance, 0.0);
    }
}

} // namespace detail
} // namespace udeepsc_phy
