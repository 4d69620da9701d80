// SPDX-License-Identifier: GPL-3.0-or-later
#include "path_fit.h"

#include "math/complex_product.h"
#include "math/constants.h"
#include "math/dot_product.h"
#include "math/linear_system.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

using Complex = std::complex<double>;

//! Search grid, points a symbol.
constexpr int GRID = 8;

//! Symbols from its peak to where rho can be neglected beside a sequence's sidelobes.
constexpr int REACH = 6;

//! Closer paths have nearly the same shape: their gains could grow against each other.
constexpr double MIN_DISTANCE = 0.2;

//! Gauss-Newton steps after each path found.
constexpr int NEWTON_STEPS = 4;

/*!
 * Interpolates, between values half a symbol apart, what is band-limited to
 * (1 + rolloff) / 2 cycles a symbol. Arguments are half symbols.
 */
class HalfSymbolInterpolator {
public:
    explicit HalfSymbolInterpolator(unsigned half)
        : d_half(half)
        , d_table(2 * half * STEPS + 2)
    {
        for (std::size_t i = 0; i < d_table.size(); i++) {
            const double x = double(i) / STEPS - half;
            const double window = std::cos(0.5 * PI * std::min(1.0, std::abs(x) / half));
            const double sinc = std::abs(x) < 1e-9 ? 1.0 : std::sin(PI * x) / (PI * x);
            d_table[i] = sinc * window * window;
        }
    }

    double operator()(double x) const
    {
        const double at = (x + d_half) * STEPS;
        if (!(at >= 0.0 && at < d_table.size() - 1.0)) {
            return 0.0;
        }
        const auto i = static_cast<std::size_t>(at);
        return d_table[i] + (at - i) * (d_table[i + 1] - d_table[i]);
    }

private:
    static constexpr unsigned STEPS = 256;
    double d_half;
    std::vector<double> d_table;
};

} // namespace

PathFit::PathFit(const Pulse& pulse,
                 unsigned max_delay,
                 const ReferenceSymbols& reference,
                 std::ptrdiff_t first,
                 std::ptrdiff_t last,
                 const std::complex<float>* y,
                 const std::complex<double>* correlations)
    : d_pulse(pulse)
    , d_max_delay(max_delay)
    , d_reference(reference)
    , d_first(first)
    , d_last(last)
    , d_y(y)
    , d_correlations(correlations)
{
    autocorrelate();
    for (std::ptrdiff_t k = first; k < last; k++) {
        d_energy += symbol(k) * symbol(k);
    }
    d_energy = std::max(d_energy, 1e-9);
    make_grid();
}

// ------------------------------------------------------------- what the paths explain

double PathFit::symbol(std::ptrdiff_t k) const
{
    const std::ptrdiff_t i = k - d_reference.first;
    return i < 0 || i >= std::ptrdiff_t(d_reference.values.size())
        ? 0.0
        : d_reference.values[i];
}

//! The window's symbols and \p span more on either side.
std::vector<float> PathFit::padded_symbols(int span) const
{
    std::vector<float> padded(d_last - d_first + 2 * span);
    for (std::ptrdiff_t i = 0; i < std::ptrdiff_t(padded.size()); i++) {
        padded[i] = static_cast<float>(symbol(d_first - span + i));
    }
    return padded;
}

//! sum over the window of s_k s_(k - d): Toeplitz, since symbols beyond it are given.
void PathFit::autocorrelate()
{
    const int span = 2 * int(d_max_delay) + REACH + 1;
    const auto padded = padded_symbols(span);
    d_autocorrelation.resize(2 * span + 1);
    const float* s = padded.data() + span;
    const std::ptrdiff_t n = d_last - d_first;
    for (int d = -span; d <= span; d++) {
        d_autocorrelation[d + span] = dot_product(s, s - d, n);
    }
}

//! What a path of gain 1 leaves in c at a distance, and two derivatives.
PathFit::Gram PathFit::gram(double distance) const
{
    const int span = int(d_autocorrelation.size() / 2);
    const int middle = -int(std::lround(distance));
    Gram g { 0.0, 0.0, 0.0 };
    for (int d = std::max(-span, middle - REACH); d <= std::min(span, middle + REACH);
         d++) {
        const double a = d_autocorrelation[d + span];
        g.value += a * d_pulse.correlation(d + distance);
        g.slope += a * d_pulse.correlation_slope(d + distance);
        g.curvature += a * d_pulse.correlation_curvature(d + distance);
    }
    return g;
}

double PathFit::gram_value(double distance) const
{
    const int span = int(d_autocorrelation.size() / 2);
    const int middle = -int(std::lround(distance));
    double sum = 0.0;
    for (int d = std::max(-span, middle - REACH); d <= std::min(span, middle + REACH);
         d++) {
        sum += d_autocorrelation[d + span] * d_pulse.correlation(d + distance);
    }
    return sum;
}

//! c at any delay.
Complex PathFit::correlation(double delay) const
{
    static const HalfSymbolInterpolator s_interpolation(MARGIN);
    const double at = 2.0 * (delay + d_max_delay) + MARGIN;
    const auto middle = static_cast<std::ptrdiff_t>(std::floor(at));
    Complex sum = 0.0;
    for (std::ptrdiff_t i = middle - MARGIN + 1; i <= middle + std::ptrdiff_t(MARGIN);
         i++) {
        if (i >= 0 && i <= std::ptrdiff_t(4 * d_max_delay + 2 * MARGIN)) {
            sum += s_interpolation(at - i) * d_correlations[i];
        }
    }
    return sum;
}

Complex PathFit::correlation_slope(double delay) const
{
    constexpr double STEP = 1.0 / 64.0;
    return (correlation(delay + STEP) - correlation(delay - STEP)) / (2.0 * STEP);
}

void PathFit::make_grid()
{
    const int points = 2 * int(d_max_delay) * GRID + 1;
    d_grid.resize(points);
    for (int i = 0; i < points; i++) {
        d_grid[i] = correlation(double(i) / GRID - d_max_delay);
    }
    d_shape.resize(2 * points + 1);
    for (int i = -points; i <= points; i++) {
        d_shape[i + points] = gram_value(double(i) / GRID);
    }
}

double PathFit::residual_noise() const
{
    const int span = int(d_max_delay) + REACH;
    const std::ptrdiff_t n = d_last - d_first;
    const auto s = padded_symbols(span);
    std::vector<float> re(n), im(n);
    for (std::ptrdiff_t k = 0; k < n; k++) {
        re[k] = d_y[2 * k].real();
        im[k] = d_y[2 * k].imag();
    }
    for (int l = -span; l <= span; l++) {
        Complex tap = 0.0;
        for (const auto& p : d_paths) {
            tap += p.gain * d_pulse.correlation(l - p.delay);
        }
        const auto tap_re = static_cast<float>(tap.real());
        const auto tap_im = static_cast<float>(tap.imag());
        const float* from = s.data() + span - l;
        for (std::ptrdiff_t k = 0; k < n; k++) {
            re[k] -= tap_re * from[k];
            im[k] -= tap_im * from[k];
        }
    }
    double sum = 0.0;
    for (std::ptrdiff_t k = 0; k < n; k++) {
        sum += double(re[k]) * re[k] + double(im[k]) * im[k];
    }
    return sum / std::max(1.0, double(n) - 1.5 * d_paths.size());
}

// ------------------------------------------------------------------------- the fit

ChannelPath PathFit::strongest_residual() const
{
    double best = -1.0;
    ChannelPath path { 0.0, 0.0 };
    const double points = d_shape.size() / 2;
    for (std::size_t i = 0; i < d_grid.size(); i++) {
        Complex residual = d_grid[i];
        const double delay = double(i) / GRID - d_max_delay;
        bool close = false;
        for (const auto& p : d_paths) {
            const double x = (delay - p.delay) * GRID + points;
            const double whole = std::floor(x);
            const auto j = static_cast<std::size_t>(
                std::min(std::max(whole, 0.0), d_shape.size() - 2.0));
            residual
                -= p.gain * (d_shape[j] + (x - whole) * (d_shape[j + 1] - d_shape[j]));
            close = close || std::abs(delay - p.delay) < 1.5 * MIN_DISTANCE;
        }
        if (!close && std::norm(residual) > best) {
            best = std::norm(residual);
            path = { delay, residual / d_energy };
        }
    }
    return path;
}

void PathFit::add(const ChannelPath& path)
{
    d_paths.push_back(path);
    refine();
}

//! All gains for the delays as they are, then Gauss-Newton steps of both.
void PathFit::refine()
{
    fit_gains();
    for (int step = 0; step < NEWTON_STEPS; step++) {
        if (gauss_newton_step() < 1e-3) {
            break;
        }
    }
    fit_gains();
}

void PathFit::fit_gains()
{
    const std::size_t n = d_paths.size();
    std::vector<double> a(4 * n * n), b(2 * n);
    for (std::size_t i = 0; i < n; i++) {
        const Complex value = correlation(d_paths[i].delay);
        b[i] = value.real();
        b[n + i] = value.imag();
        for (std::size_t j = 0; j < n; j++) {
            const double g = gram_value(d_paths[i].delay - d_paths[j].delay);
            a[i * 2 * n + j] = a[(n + i) * 2 * n + n + j] = g;
        }
    }
    solve_linear_system(a, b);
    for (std::size_t i = 0; i < n; i++) {
        d_paths[i].gain = { b[i], b[n + i] };
    }
}

//! One step of gains and delays together; returns the longest, in symbols.
double PathFit::gauss_newton_step()
{
    const std::size_t n = d_paths.size();
    std::vector<double> a(9 * n * n), b(3 * n);
    for (std::size_t i = 0; i < n; i++) {
        const Complex hi = d_paths[i].gain;
        Complex residual = correlation(d_paths[i].delay);
        Complex residual_slope = correlation_slope(d_paths[i].delay);
        for (std::size_t j = 0; j < n; j++) {
            const Complex hj = d_paths[j].gain;
            const Gram g = gram(d_paths[i].delay - d_paths[j].delay);
            residual -= hj * g.value;
            residual_slope -= hj * g.slope;
            const auto at = [&](std::size_t row, std::size_t column) -> double& {
                return a[(row * n + i) * 3 * n + column * n + j];
            };
            at(0, 0) = at(1, 1) = g.value;
            at(0, 2) = -hj.real() * g.slope;
            at(1, 2) = -hj.imag() * g.slope;
            at(2, 0) = hi.real() * g.slope;
            at(2, 1) = hi.imag() * g.slope;
            at(2, 2) = -conj_product(hi, hj).real() * g.curvature;
        }
        // A delay that the data say nothing about stays.
        a[(2 * n + i) * 3 * n + 2 * n + i] += 1e-3 * d_energy * std::norm(hi) + 1e-30;
        b[i] = residual.real();
        b[n + i] = residual.imag();
        b[2 * n + i] = conj_product(hi, residual_slope).real();
    }
    solve_linear_system(a, b);
    double longest = 0.0;
    for (std::size_t i = 0; i < n; i++) {
        const double step = std::min(std::max(b[2 * n + i], -0.15), 0.15);
        const double limit = d_max_delay;
        d_paths[i].delay = std::min(std::max(d_paths[i].delay + step, -limit), limit);
        longest = std::max(longest, std::abs(step));
    }
    fit_gains();
    return longest;
}

bool PathFit::too_close() const
{
    for (std::size_t i = 0; i < d_paths.size(); i++) {
        for (std::size_t j = 0; j < i; j++) {
            if (std::abs(d_paths[i].delay - d_paths[j].delay) < MIN_DISTANCE) {
                return true;
            }
        }
    }
    return false;
}

} // namespace detail
} // namespace udeepsc_phy
