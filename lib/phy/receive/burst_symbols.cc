// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_symbols.h"

#include "frame/reference_symbols.h"
#include "math/complex_product.h"
#include "math/constants.h"
#include "math/grid_peak.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

using Sample = std::complex<float>;
using Complex = std::complex<double>;

//! Partial sums of the preamble between which the carrier may turn.
constexpr std::size_t PREAMBLE_PARTS = 16;

//! Most symbols in a row that one gain describes.
constexpr std::size_t BLOCK = 16;

//! Known symbols at the end of a run whose neighbours are unknown: not fitted to.
constexpr std::ptrdiff_t UNKNOWN_REACH = 8;

//! A symbol is there if so many more follow it: what is missing then is 30 dB down.
constexpr double COMPLETE = 4.0;

//! Standard deviation of clocks that one may expect, relative.
constexpr double CLOCK_SPREAD = 20e-6;

//! Error power of an eps symbols late sample: -rho''(0) eps^2, for any usual roll-off.
constexpr double LATE_POWER = 3.5;

//! Share of the noise that wrong timing may have before a frame is equalised again.
constexpr double LATE_SHARE = 0.005;
constexpr int MOST_PASSES = 3;

//! tanh to 2 %: weights of soft decisions need no more.
double soft_sign(double x)
{
    const double x2 = std::min(x * x, 9.0);
    return std::min(std::max(x * (27.0 + x2) / (27.0 + 9.0 * x2), -1.0), 1.0);
}

double ln_cosh(double x)
{
    const double a = std::abs(x);
    return a + std::log1p(std::exp(-2.0 * a)) - 0.6931471805599453;
}

} // namespace

BurstSymbols::BurstSymbols(const FrameProfile& profile,
                           const FrameLayout& layout,
                           const std::vector<float>& header_signs)
    : d_profile(profile)
    , d_layout(layout)
    , d_header_signs(header_signs)
    , d_pulse(profile)
    , d_estimator(d_pulse, profile.channel_taps)
    , d_half_symbols(d_pulse)
    , d_equalizer(d_pulse)
{ }

bool BurstSymbols::open(const DetectedBurst& burst)
{
    d_known.clear();
    d_z.clear();
    d_channel = {};
    d_noise_var = 1.0;
    d_tracker.fit({}, 1.0, 0.0);

    const double at = double(std::int64_t(burst.detection.sample - burst.first_sample))
        + burst.detection.timing;
    if (!std::isfinite(at) || std::abs(at) > 1e9 || !std::isfinite(burst.detection.cfo)) {
        return false;
    }
    d_cfo = burst.detection.cfo;
    d_window.open(burst.samples,
                  at,
                  d_profile.samples_per_symbol,
                  d_profile.preamble_symbols,
                  d_pulse.half_length() + 2.0 * d_profile.channel_taps + 16.0);
    d_clock = { d_window.start(), double(d_profile.samples_per_symbol) };
    return true;
}

double BurstSymbols::cfo() const
{
    return d_cfo + d_tracker.frequency() / (2.0 * PI);
}

std::size_t BurstSymbols::header_end() const
{
    return d_layout.body_symbol(d_header_signs.size() - 1) + 1;
}

// ----------------------------------------------------------------------- estimates

void BurstSymbols::refine_carrier()
{
    const auto& preamble = d_layout.preamble();
    const std::size_t margin = d_estimator.margin();
    std::vector<Sample> y;
    matched_filter(-std::ptrdiff_t(margin), preamble.size() + 2 * margin, y);

    const std::size_t lags = d_estimator.delays();
    const std::size_t part = preamble.size() / PREAMBLE_PARTS;
    std::vector<Complex> sums(PREAMBLE_PARTS * lags);
    std::vector<double> energy(lags, 0.0);
    for (std::size_t p = 0; p < PREAMBLE_PARTS; p++) {
        d_estimator.correlate(&preamble[p * part], part, &y[2 * p * part], &sums[p * lags]);
        for (std::size_t j = 0; j < lags; j++) {
            energy[j] += std::norm(sums[p * lags + j]);
        }
    }
    std::vector<std::size_t> order(lags);
    for (std::size_t j = 0; j < lags; j++) {
        order[j] = j;
    }
    const std::size_t used = std::min<std::size_t>(lags, 4);
    std::partial_sort(
        order.begin(), order.begin() + used, order.end(), [&](std::size_t a, std::size_t b) {
            return energy[a] > energy[b];
        });

    const auto power = [&](double turn) { // radians a part
        double total = 0.0;
        for (std::size_t i = 0; i < used; i++) {
            Complex sum = 0.0;
            const Complex step = std::polar(1.0, -turn);
            Complex phasor = 1.0;
            for (std::size_t p = 0; p < PREAMBLE_PARTS; p++) {
                sum += product(sums[p * lags + order[i]], phasor);
                phasor = product(phasor, step);
            }
            total += std::norm(sum);
        }
        return total;
    };
    // The detector is right to half a turn over the preamble; twice that is searched.
    const double step = 2.0 * PI / (8.0 * PREAMBLE_PARTS);
    const double best = grid_peak(power, step, 8);
    d_cfo += best / (2.0 * PI * double(part));
    place(header_end());
}

void BurstSymbols::estimate_from_preamble()
{
    const auto& preamble = d_layout.preamble();
    const std::size_t margin = d_estimator.margin();
    const auto last = std::ptrdiff_t(preamble.size()) - UNKNOWN_REACH;
    std::vector<Sample> y;
    matched_filter(-std::ptrdiff_t(margin), last + 2 * margin, y);
    std::vector<Complex> sums(d_estimator.delays());
    d_estimator.correlate(preamble.data(), last, y.data(), sums.data());

    KnownSymbols symbols;
    symbols.first = -std::ptrdiff_t(d_layout.ramp_up().size());
    symbols.values = d_layout.ramp_up();
    symbols.values.insert(symbols.values.end(), preamble.begin(), preamble.end());
    d_channel = d_estimator.estimate(symbols, 0, last, y.data(), sums.data());
    design_equalizer();
}

/*
 * At -6 dB the preamble tells the frequency to 1e-3 radians a symbol: a radian at the
 * header's end. The header's own symbols tell more. Their repetitions add up when the
 * frequency is right, whatever they say; so each candidate is judged by the likelihood of
 * what is known together with that of the sums, +-1 alike.
 */
void BurstSymbols::track_first_header()
{
    const std::size_t length = d_header_signs.size();
    const std::size_t end = header_end();
    equalize_again(end);
    d_noise_var = d_equalizer.error_var();

    double ignored;
    auto blocks = known_blocks(&ignored);
    const double middle = 0.5 * end;
    const double preamble = d_profile.preamble_symbols;
    const double range = 5.0 * std::sqrt(6.0 * d_noise_var / (preamble * preamble * preamble));
    const double step = 1.2 / end;
    const int steps = std::min(40, static_cast<int>(std::ceil(range / step)));

    std::vector<Complex> combined(HEADER_CODED_BITS);
    const auto combine = [&](double frequency) {
        std::fill(combined.begin(), combined.end(), Complex(0.0));
        std::size_t group_end = 0;
        Complex phasor;
        const Complex turn = std::polar(1.0, -frequency);
        for (std::size_t i = 0; i < length; i++) {
            const std::size_t symbol = d_layout.body_symbol(i);
            if (i == group_end) {
                phasor = std::polar(1.0, -frequency * (symbol - middle));
                group_end += d_profile.data_symbols;
            }
            combined[i % HEADER_CODED_BITS]
                += product(double(d_header_signs[i]) * Complex(d_z[symbol]), phasor);
            phasor = product(phasor, turn);
        }
    };
    const auto known_sum = [&](double frequency) {
        Complex sum = 0.0;
        for (const auto& block : blocks) {
            sum += block.weight
                * product(block.gain, std::polar(1.0, -frequency * (block.time - middle)));
        }
        return sum;
    };
    const double slope = 2.0 / d_noise_var;
    //! Sum with soft decisions for the header's symbols; its angle is the phase.
    const auto soft_sum = [&](Complex sum, Complex phase) {
        Complex total = sum;
        for (const auto& x : combined) {
            total += soft_sign(slope * conj_product(phase, x).real()) * x;
        }
        return total;
    };
    const auto unit = [](Complex value) {
        const double size = std::abs(value);
        return size > 0.0 ? value / size : Complex(1.0);
    };

    double best = 0.0, most = -INFINITY;
    Complex best_phase = 1.0;
    for (int i = -steps; i <= steps; i++) {
        const double frequency = i * step;
        const Complex sum = known_sum(frequency);
        combine(frequency);
        const Complex phase = unit(soft_sum(sum, unit(sum)));
        double likelihood = slope * conj_product(phase, sum).real();
        for (const auto& x : combined) {
            likelihood += ln_cosh(slope * conj_product(phase, x).real());
        }
        if (likelihood > most) {
            most = likelihood;
            best = frequency;
            best_phase = phase;
        }
    }

    // The header's soft decisions, as if known, for the tracker.
    combine(best);
    const auto hard_known = d_known;
    d_known.resize(std::max(d_known.size(), end), 0.0f);
    for (std::size_t i = 0; i < length; i++) {
        const auto& x = combined[i % HEADER_CODED_BITS];
        d_known[d_layout.body_symbol(i)] = static_cast<float>(
            d_header_signs[i] * soft_sign(slope * conj_product(best_phase, x).real()));
    }
    blocks = known_blocks(&ignored);
    for (auto& block : blocks) {
        block.gain = product(block.gain, std::polar(1.0, -best * (block.time - middle)));
    }
    d_tracker.fit(blocks, d_noise_var, step);
    d_tracker.shift_frequency(best, middle);
    d_known = hard_known;
}

void BurstSymbols::estimate_from_known()
{
    track();
    correct_clock();
    d_cfo += d_tracker.frequency() / (2.0 * PI);
    const std::size_t end = d_z.size();
    place(end);
    equalize_again(end);
    track();

    const std::size_t margin = d_estimator.margin();
    const auto last = std::ptrdiff_t(end) - UNKNOWN_REACH;
    std::vector<Sample> y;
    matched_filter(-std::ptrdiff_t(margin), last + 2 * margin, y);
    if (d_tracker.wander() > 0.0) {
        for (std::size_t i = 0; i < y.size(); i++) {
            const Complex gain = d_tracker.at(0.5 * double(i) - double(margin)).value;
            y[i] = conj_product(Sample(gain / std::max(std::abs(gain), 1e-9)), y[i]);
        }
    }
    std::vector<Complex> sums(d_estimator.delays());
    d_estimator.correlate(d_known.data(), last, y.data(), sums.data());

    KnownSymbols symbols;
    symbols.first = -std::ptrdiff_t(d_layout.ramp_up().size());
    symbols.values = d_layout.ramp_up();
    symbols.values.insert(symbols.values.end(), d_known.begin(), d_known.begin() + end);
    d_channel = d_estimator.estimate(symbols, 0, last, y.data(), sums.data());
    design_equalizer();
    d_z.clear();
}

void BurstSymbols::settle()
{
    for (int pass = 0;; pass++) {
        track();
        if (pass + 1 == MOST_PASSES || !correct_clock()) {
            return;
        }
        equalize_again(d_z.size());
    }
}

// --------------------------------------------------------------- samples and symbols

void BurstSymbols::place(std::size_t symbols)
{
    d_window.fill(d_cfo, symbols);
}

//! y at symbols first .. first + n - 1 and half a symbol after each.
void BurstSymbols::matched_filter(std::ptrdiff_t first,
                                            std::size_t n,
                                            std::vector<Sample>& y)
{
    std::vector<Sample> whole(n + 1), half(n + 1);
    d_half_symbols.apply(d_window.samples(), d_clock, first, n + 1, whole.data());
    SymbolClock later = d_clock;
    later.start += 0.5 * d_clock.period;
    d_half_symbols.apply(d_window.samples(), later, first, n + 1, half.data());
    y.resize(2 * n + 2);
    for (std::size_t i = 0; i <= n; i++) {
        y[2 * i] = whole[i];
        y[2 * i + 1] = half[i];
    }
}

void BurstSymbols::design_equalizer()
{
    d_equalizer.design(d_channel.paths,
                     d_channel.noise_var,
                     d_channel.parameters() / double(d_channel.observations));
}

void BurstSymbols::equalize_to(std::size_t end)
{
    const std::size_t begin = d_z.size();
    if (end > begin) {
        d_z.resize(end);
        d_equalizer.apply(d_window.samples(), d_clock, begin, end - begin, &d_z[begin]);
    }
}

void BurstSymbols::equalize_again(std::size_t end)
{
    d_z.clear();
    equalize_to(end);
}

void BurstSymbols::know(std::size_t symbol, const float* values, std::size_t n)
{
    d_known.resize(std::max(d_known.size(), symbol + n), 0.0f);
    std::copy(values, values + n, d_known.begin() + symbol);
}

void BurstSymbols::know_preamble()
{
    know(0, d_layout.preamble().data(), d_layout.preamble().size());
}

void BurstSymbols::know_pilots(std::size_t groups)
{
    const std::size_t n = d_profile.pilot_symbols;
    for (std::size_t g = 0; g < groups; g++) {
        know(d_layout.pilot_symbol(g), &d_layout.pilots()[g * n], n);
    }
}

//! Gains of all known symbols of z, and the noise around them.
std::vector<GainBlock> BurstSymbols::known_blocks(double* noise) const
{
    std::vector<GainBlock> blocks;
    double residual = 0.0, freedom = 0.0;
    const std::size_t end = std::min(d_known.size(), d_z.size());
    for (std::size_t begin = 0; begin < end;) {
        if (d_known[begin] == 0.0f) {
            begin++;
            continue;
        }
        std::size_t n = 0;
        double re = 0.0, im = 0.0, power = 0.0, weight = 0.0;
        for (; n < BLOCK && begin + n < end && d_known[begin + n] != 0.0f; n++) {
            const float s = d_known[begin + n];
            const Sample& value = d_z[begin + n];
            re += s * value.real();
            im += s * value.imag();
            power += std::norm(value);
            weight += s * s;
        }
        // Soft decisions weigh by what they are worth.
        const Complex gain = Complex(re, im) / std::max(weight, 1e-9);
        blocks.push_back({ begin + 0.5 * (n - 1.0), weight, gain });
        residual += power - weight * std::norm(gain);
        freedom += n - 1.0;
        begin += n;
    }
    *noise = freedom > 0.0 ? std::max(residual / freedom, 1e-9) : 1.0;
    return blocks;
}

void BurstSymbols::track()
{
    const auto blocks = known_blocks(&d_noise_var);
    const double n = double(header_end() - 1);
    d_tracker.fit(blocks, d_noise_var, 2e-4 + 5.0 * std::sqrt(6.0 * d_noise_var / (n * n * n)));
}

/*
 * Least squares for lateness and its slope, from the interference that late sampling makes
 * between known neighbours (Equalizer::timing_response). The clock's usual spread is
 * prior knowledge: a short frame says less.
 */
BurstSymbols::Lateness BurstSymbols::lateness() const
{
    constexpr int SPAN = Equalizer::TIMING_SPAN;
    const auto& response = d_equalizer.timing_response();
    const auto end = std::ptrdiff_t(std::min(d_known.size(), d_z.size()));
    const auto symbol = [&](std::ptrdiff_t k) {
        return k < 0 || k >= end ? 0.0f : d_known[k];
    };
    const double middle = 0.5 * end;
    double a00 = 0.0, a01 = 0.0, a11 = 0.0, b0 = 0.0, b1 = 0.0;
    Complex gain = 1.0;
    for (std::ptrdiff_t k = 0; k < end; k++) {
        if (d_known[k] == 0.0f) {
            continue;
        }
        if (k % 8 == 0 || d_known[k - 1] == 0.0f) {
            gain = d_tracker.at(double(k + 3)).value;
        }
        Sample direction = 0.0f;
        for (int m = -SPAN; m <= SPAN; m++) {
            if (m != 0) {
                direction += symbol(k - m) * response[m + SPAN];
            }
        }
        const double t = k - middle;
        const Complex d = product(gain, Complex(direction));
        const Complex error = Complex(d_z[k]) - gain * double(d_known[k]);
        const double weight = std::norm(d), evidence = conj_product(d, error).real();
        a00 += weight;
        a01 += weight * t;
        a11 += weight * t * t;
        b0 += evidence;
        b1 += evidence * t;
    }
    const double scale = 2.0 / d_noise_var;
    a00 = a00 * scale + 100.0;
    a01 *= scale;
    const double prior = 1.0 / (CLOCK_SPREAD * CLOCK_SPREAD);
    const double slope = d_clock.period / d_profile.samples_per_symbol - 1.0;
    a11 = a11 * scale + prior;
    b0 *= scale;
    b1 = b1 * scale - slope * prior;
    const double determinant = a00 * a11 - a01 * a01;
    return { (a11 * b0 - a01 * b1) / determinant,
             (a00 * b1 - a01 * b0) / determinant,
             middle };
}

//! Moves the clock; says whether by enough to be worth equalising again.
bool BurstSymbols::correct_clock()
{
    const auto found = lateness();
    const double limit = 0.3;
    const double late = std::min(std::max(found.late, -limit), limit);
    const double most = std::abs(late) + std::abs(found.slope) * found.middle;
    if (!(LATE_POWER * most * most > LATE_SHARE * d_noise_var)) {
        return false;
    }
    d_clock.correct(late, found.slope, found.middle);
    return true;
}

bool BurstSymbols::available(std::size_t symbol) const
{
    return d_window.to_burst(d_clock.position(double(symbol) + COMPLETE))
        < double(d_window.burst_size());
}

} // namespace detail
} // namespace udeepsc_phy
