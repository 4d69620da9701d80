// SPDX-License-Identifier: GPL-3.0-or-later
#include "channel_estimator.h"

#include "math/complex_product.h"
#include "math/constants.h"
#include "math/dot_product.h"

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

//! Paths that a channel may be made of; more only ever describe rounding.
constexpr std::size_t MAX_PATHS = 12;

/*
 * |c|^2 / (N0 sum s^2) that a further path must exceed. Noise alone is exponential there
 * and has about two independent values a symbol of delay: over 8 symbols it exceeds 8
 * once in 190 estimates. A path below it has less than 8 N0 / L, 0.04 dB at L = 1000.
 */
constexpr double NEW_PATH = 8.0;

//! Closer paths have nearly the same shape: their gains could grow against each other.
constexpr double CLOSEST = 0.2;

constexpr int NEWTON_STEPS = 4;

/*!
 * Interpolates, between values half a symbol apart, what is band-limited to
 * (1 + rolloff) / 2 cycles a symbol. Arguments are half symbols.
 */
class Interpolation {
public:
    explicit Interpolation(unsigned half)
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

/*!
 * Solves the n x n system a x = b by elimination with row exchanges; a and b are lost, x is
 * left in b. A pivot of zero makes its unknown zero.
 */
void solve(std::vector<double>& a, std::vector<double>& b)
{
    const std::size_t n = b.size();
    for (std::size_t column = 0; column < n; column++) {
        std::size_t pivot = column;
        for (std::size_t row = column + 1; row < n; row++) {
            if (std::abs(a[row * n + column]) > std::abs(a[pivot * n + column])) {
                pivot = row;
            }
        }
        if (pivot != column) {
            std::swap_ranges(&a[pivot * n], &a[pivot * n] + n, &a[column * n]);
            std::swap(b[pivot], b[column]);
        }
        if (!(std::abs(a[column * n + column]) > 1e-300)) {
            continue;
        }
        for (std::size_t row = column + 1; row < n; row++) {
            const double factor = a[row * n + column] / a[column * n + column];
            if (factor != 0.0) {
                for (std::size_t i = column; i < n; i++) {
                    a[row * n + i] -= factor * a[column * n + i];
                }
                b[row] -= factor * b[column];
            }
        }
    }
    for (std::size_t row = n; row-- > 0;) {
        for (std::size_t i = row + 1; i < n; i++) {
            b[row] -= a[row * n + i] * b[i];
        }
        const double pivot = a[row * n + row];
        b[row] = std::abs(pivot) > 1e-300 ? b[row] / pivot : 0.0;
    }
}

} // namespace

double ChannelEstimate::symbol_energy(const Pulse& pulse) const
{
    double energy = 0.0;
    for (const auto& a : paths) {
        for (const auto& b : paths) {
            energy += conj_product(a.gain, b.gain).real()
                * pulse.correlation(a.delay - b.delay);
        }
    }
    const double fitted_noise
        = noise_var * parameters() / std::max<std::size_t>(1, observations);
    return std::max(energy - fitted_noise, 1e-3 * energy);
}

ChannelEstimator::ChannelEstimator(const Pulse& pulse, unsigned max_delay)
    : d_pulse(pulse)
    , d_max_delay(max_delay)
{ }

std::size_t ChannelEstimator::margin() const
{
    return d_max_delay + MARGIN / 2;
}

void ChannelEstimator::correlate(const float* symbols,
                                 std::size_t n,
                                 const std::complex<float>* y,
                                 std::complex<double>* sums) const
{
    // Complex times real: twice as many reals in a row.
    const std::size_t reals = 2 * delays();
    std::vector<float> part(reals);
    auto* total = reinterpret_cast<double*>(sums);
    std::fill(total, total + reals, 0.0);
    // Short sums of floats into doubles: a weak path must not drown in rounding.
    constexpr std::size_t PART = 64;
    for (std::size_t begin = 0; begin < n; begin += PART) {
        const std::size_t end = std::min(begin + PART, n);
        std::fill(part.begin(), part.end(), 0.0f);
        for (std::size_t k = begin; k < end; k++) {
            const float s = symbols[k];
            const auto* from = reinterpret_cast<const float*>(y + 2 * k);
            for (std::size_t j = 0; j < reals; j++) {
                part[j] += s * from[j];
            }
        }
        for (std::size_t j = 0; j < reals; j++) {
            total[j] += part[j];
        }
    }
}

//! The state of one fit.
struct ChannelEstimator::Fit {
    Fit(const ChannelEstimator& estimator,
        const KnownSymbols& k,
        std::ptrdiff_t window_first,
        std::ptrdiff_t window_last,
        const std::complex<float>* matched,
        const Complex* correlations)
        : pulse(estimator.d_pulse)
        , max_delay(estimator.d_max_delay)
        , known(k)
        , first(window_first)
        , last(window_last)
        , y(matched + 2 * estimator.margin())
        , c(correlations)
    {
        autocorrelate();
        for (std::ptrdiff_t k = first; k < last; k++) {
            energy += symbol(k) * symbol(k);
        }
        energy = std::max(energy, 1e-9);
    }

    double symbol(std::ptrdiff_t k) const
    {
        const std::ptrdiff_t i = k - known.first;
        return i < 0 || i >= std::ptrdiff_t(known.values.size()) ? 0.0 : known.values[i];
    }

    //! sum over the window of s_k s_(k - d): Toeplitz, since symbols beyond it are known.
    void autocorrelate()
    {
        const int span = 2 * int(max_delay) + REACH + 1;
        std::vector<float> padded(last - first + 2 * span);
        for (std::ptrdiff_t i = 0; i < std::ptrdiff_t(padded.size()); i++) {
            padded[i] = static_cast<float>(symbol(first - span + i));
        }
        autocorrelation.resize(2 * span + 1);
        const float* s = padded.data() + span;
        const std::ptrdiff_t n = last - first;
        for (int d = -span; d <= span; d++) {
            autocorrelation[d + span] = dot_product(s, s - d, n);
        }
    }

    struct Gram {
        double value, slope, bend;
    };

    //! What a path of gain 1 leaves in c at a distance, and two derivatives.
    Gram gram(double distance) const
    {
        const int span = int(autocorrelation.size() / 2);
        const int middle = -int(std::lround(distance));
        Gram g { 0.0, 0.0, 0.0 };
        for (int d = std::max(-span, middle - REACH); d <= std::min(span, middle + REACH);
             d++) {
            const double a = autocorrelation[d + span];
            g.value += a * pulse.correlation(d + distance);
            g.slope += a * pulse.correlation_slope(d + distance);
            g.bend += a * pulse.correlation_bend(d + distance);
        }
        return g;
    }

    //! c at any delay.
    Complex correlation(double delay) const
    {
        static const Interpolation s_interpolation(MARGIN);
        const double at = 2.0 * (delay + max_delay) + MARGIN;
        const auto middle = static_cast<std::ptrdiff_t>(std::floor(at));
        Complex sum = 0.0;
        for (std::ptrdiff_t i = middle - MARGIN + 1; i <= middle + std::ptrdiff_t(MARGIN);
             i++) {
            if (i >= 0 && i <= std::ptrdiff_t(4 * max_delay + 2 * MARGIN)) {
                sum += s_interpolation(at - i) * c[i];
            }
        }
        return sum;
    }

    Complex correlation_slope(double delay) const
    {
        constexpr double STEP = 1.0 / 64.0;
        return (correlation(delay + STEP) - correlation(delay - STEP)) / (2.0 * STEP);
    }

    //! c less what the paths explain, on the search grid; made once, updated by search().
    void make_grid()
    {
        const int points = 2 * int(max_delay) * GRID + 1;
        grid.resize(points);
        for (int i = 0; i < points; i++) {
            grid[i] = correlation(double(i) / GRID - max_delay);
        }
        shape.resize(2 * points + 1);
        for (int i = -points; i <= points; i++) {
            shape[i + points] = gram_value(double(i) / GRID);
        }
    }

    double gram_value(double distance) const
    {
        const int span = int(autocorrelation.size() / 2);
        const int middle = -int(std::lround(distance));
        double sum = 0.0;
        for (int d = std::max(-span, middle - REACH); d <= std::min(span, middle + REACH);
             d++) {
            sum += autocorrelation[d + span] * pulse.correlation(d + distance);
        }
        return sum;
    }

    //! Where most is left unexplained.
    ChannelPath strongest_left() const
    {
        double best = -1.0;
        ChannelPath path { 0.0, 0.0 };
        const double points = shape.size() / 2;
        for (std::size_t i = 0; i < grid.size(); i++) {
            Complex left = grid[i];
            const double delay = double(i) / GRID - max_delay;
            bool close = false;
            for (const auto& p : paths) {
                const double x = (delay - p.delay) * GRID + points;
                const double whole = std::floor(x);
                const auto j = static_cast<std::size_t>(
                    std::min(std::max(whole, 0.0), shape.size() - 2.0));
                left -= p.gain * (shape[j] + (x - whole) * (shape[j + 1] - shape[j]));
                close = close || std::abs(delay - p.delay) < 1.5 * CLOSEST;
            }
            if (!close && std::norm(left) > best) {
                best = std::norm(left);
                path = { delay, left / energy };
            }
        }
        return path;
    }

    //! All gains for the delays as they are, then Gauss-Newton steps of both.
    void refine()
    {
        fit_gains();
        for (int step = 0; step < NEWTON_STEPS; step++) {
            if (move() < 1e-3) {
                break;
            }
        }
        fit_gains();
    }

    void fit_gains()
    {
        const std::size_t n = paths.size();
        std::vector<double> a(4 * n * n), b(2 * n);
        for (std::size_t i = 0; i < n; i++) {
            const Complex value = correlation(paths[i].delay);
            b[i] = value.real();
            b[n + i] = value.imag();
            for (std::size_t j = 0; j < n; j++) {
                const double g = gram_value(paths[i].delay - paths[j].delay);
                a[i * 2 * n + j] = a[(n + i) * 2 * n + n + j] = g;
            }
        }
        solve(a, b);
        for (std::size_t i = 0; i < n; i++) {
            paths[i].gain = { b[i], b[n + i] };
        }
    }

    //! One Gauss-Newton step of gains and delays together; returns the longest, in symbols.
    double move()
    {
        const std::size_t n = paths.size();
        std::vector<double> a(9 * n * n), b(3 * n);
        for (std::size_t i = 0; i < n; i++) {
            const Complex hi = paths[i].gain;
            Complex left = correlation(paths[i].delay);
            Complex slope_left = correlation_slope(paths[i].delay);
            for (std::size_t j = 0; j < n; j++) {
                const Complex hj = paths[j].gain;
                const Gram g = gram(paths[i].delay - paths[j].delay);
                left -= hj * g.value;
                slope_left -= hj * g.slope;
                const auto at = [&](std::size_t row, std::size_t column) -> double& {
                    return a[(row * n + i) * 3 * n + column * n + j];
                };
                at(0, 0) = at(1, 1) = g.value;
                at(0, 2) = -hj.real() * g.slope;
                at(1, 2) = -hj.imag() * g.slope;
                at(2, 0) = hi.real() * g.slope;
                at(2, 1) = hi.imag() * g.slope;
                at(2, 2) = -conj_product(hi, hj).real() * g.bend;
            }
            // A delay that the data say nothing about stays.
            a[(2 * n + i) * 3 * n + 2 * n + i] += 1e-3 * energy * std::norm(hi) + 1e-30;
            b[i] = left.real();
            b[n + i] = left.imag();
            b[2 * n + i] = conj_product(hi, slope_left).real();
        }
        solve(a, b);
        double longest = 0.0;
        for (std::size_t i = 0; i < n; i++) {
            const double step = std::min(std::max(b[2 * n + i], -0.15), 0.15);
            const double limit = max_delay;
            paths[i].delay = std::min(std::max(paths[i].delay + step, -limit), limit);
            longest = std::max(longest, std::abs(step));
        }
        fit_gains();
        return longest;
    }

    bool too_close() const
    {
        for (std::size_t i = 0; i < paths.size(); i++) {
            for (std::size_t j = 0; j < i; j++) {
                if (std::abs(paths[i].delay - paths[j].delay) < CLOSEST) {
                    return true;
                }
            }
        }
        return false;
    }

    //! N0 from what the paths leave of y, one value a symbol: white there.
    double residual() const
    {
        const int span = int(max_delay) + REACH;
        const std::ptrdiff_t n = last - first;
        std::vector<float> s(n + 2 * span);
        for (std::ptrdiff_t i = 0; i < n + 2 * span; i++) {
            s[i] = static_cast<float>(symbol(first - span + i));
        }
        std::vector<float> re(n), im(n);
        for (std::ptrdiff_t k = 0; k < n; k++) {
            re[k] = y[2 * k].real();
            im[k] = y[2 * k].imag();
        }
        for (int l = -span; l <= span; l++) {
            Complex tap = 0.0;
            for (const auto& p : paths) {
                tap += p.gain * pulse.correlation(l - p.delay);
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
        return sum / std::max(1.0, double(n) - 1.5 * paths.size());
    }

    const Pulse& pulse;
    unsigned max_delay;
    const KnownSymbols& known;
    std::ptrdiff_t first, last;
    const std::complex<float>* y;
    const Complex* c;

    double energy = 0.0; //!< of the window's symbols
    std::vector<double> autocorrelation;
    std::vector<Complex> grid;
    std::vector<double> shape; //!< gram_value() on the grid
    std::vector<ChannelPath> paths;
};

ChannelEstimate ChannelEstimator::estimate(const KnownSymbols& known,
                                           std::ptrdiff_t first,
                                           std::ptrdiff_t last,
                                           const std::complex<float>* y,
                                           const std::complex<double>* correlations) const
{
    Fit fit(*this, known, first, last, y, correlations);
    fit.make_grid();
    fit.paths.push_back(fit.strongest_left());
    fit.refine();
    double noise_var = fit.residual();
    const std::size_t most = std::min<std::size_t>(MAX_PATHS, 2 * d_max_delay + 2);
    while (fit.paths.size() < most) {
        const auto before = fit.paths;
        const auto path = fit.strongest_left();
        if (!(std::norm(path.gain) * fit.energy > NEW_PATH * noise_var)) {
            break;
        }
        fit.paths.push_back(path);
        fit.refine();
        const double with_path = fit.residual();
        if (fit.too_close() || !(with_path < noise_var)) {
            fit.paths = before;
            break;
        }
        noise_var = with_path;
    }
    ChannelEstimate estimate;
    estimate.paths = fit.paths;
    std::sort(estimate.paths.begin(),
              estimate.paths.end(),
              [](const ChannelPath& a, const ChannelPath& b) {
                  return std::norm(a.gain) > std::norm(b.gain);
              });
    estimate.noise_var = noise_var;
    estimate.observations = static_cast<std::size_t>(last - first);
    return estimate;
}

} // namespace detail
} // namespace udeepsc_phy
