// SPDX-License-Identifier: GPL-3.0-or-later
#include "ofdm_tracker.h"

#include "math/constants.h"
#include "math/disturbance.h"
#include "math/grid_peak.h"
#include "math/linear_system.h"
#include "receive/symbol_clock.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

//! Carrier offset that a detector may leave, cycles per symbol: six standard deviations
//! of the maximum-likelihood estimate from 256 symbols at -6 dB.
constexpr double MAX_OFFSET = 1.2e-3;

//! Steps of the offsets' fit, in radians, that change nothing any more.
constexpr double CONVERGED = 1e-7;

//! Rounds of channel and offsets; they end when a round's phase error has this ratio to
//! the noise.
constexpr int MAX_ROUNDS = 20;
constexpr double PHASE_ERROR_RATIO = 0.003;

//! OFDM symbols on either side that have the same phase.
constexpr std::ptrdiff_t PHASE_REACH = 2;

//! Share of the error that a change of level must leave at most to be one.
constexpr double LEVEL_EXPLAINS = 0.25;

//! Noise of a noiseless burst, relative to its symbols: rounding errors of floats.
constexpr double MIN_NOISE_RATIO = 1e-11;

//! Of a symmetric 3 x 3 matrix, by its leading minors.
bool positive_definite(const std::vector<double>& a)
{
    const auto minor = [&](int r0, int r1, int c0, int c1) {
        return a[3 * r0 + c0] * a[3 * r1 + c1] - a[3 * r0 + c1] * a[3 * r1 + c0];
    };
    const double determinant
        = a[0] * minor(1, 2, 1, 2) - a[1] * minor(1, 2, 0, 2) + a[2] * minor(1, 2, 0, 1);
    return a[0] > 0.0 && minor(0, 1, 0, 1) > 0.0 && determinant > 0.0;
}

} // namespace

double SyncOffsets::angle(double m, int k) const
{
    return phase + frequency * m - 2.0 * PI * k * clock * m / OFDM_CARRIERS;
}

void OfdmTracker::reset()
{
    d_symbols = 0;
    d_observations.clear();
    d_channel = {};
    d_offsets = {};
    d_noise_var = d_mean_noise_var = 1.0;
    d_noise_ratio.assign(OFDM_CARRIERS, 1.0);
    d_states.clear();
    d_phases.clear();
}

void OfdmTracker::add(std::size_t symbol, std::size_t carrier, Complex value)
{
    d_observations.push_back({ symbol, carrier, value });
}

OfdmTracker::Complex OfdmTracker::gain(std::size_t symbol, std::size_t carrier) const
{
    return d_channel.gain[carrier] * state(symbol).level * d_phases[symbol]
        * std::polar(1.0, d_offsets.angle(double(symbol), ofdm_frequency(carrier)));
}

// ------------------------------------------------------------------- all together

void OfdmTracker::acquire()
{
    d_offsets = {};
    acquire_frequency();
    calibrate();
    track_phase();
}

/*
 * Channel and offsets in turn, each as if the other were given. A channel fitted under
 * wrong offsets takes some of them over, so it needs a few rounds; noise is then what is
 * left.
 */
void OfdmTracker::calibrate()
{
    estimate_channel(Start::with_all_delays);
    const double last = double(d_symbols);
    for (int round = 0; round < MAX_ROUNDS; round++) {
        const SyncOffsets before = d_offsets;
        fit_offsets();
        measure_noise();
        estimate_channel(Start::with_those_found);
        // At the last symbol's middle and at its edge.
        const double middle = d_offsets.angle(last, 0) - before.angle(last, 0);
        const double edge = PI * (d_offsets.clock - before.clock) * last;
        if (middle * middle + edge * edge
            < PHASE_ERROR_RATIO * d_noise_var / d_channel.energy()) {
            return;
        }
    }
}

void OfdmTracker::estimate()
{
    estimate_channel(Start::with_all_delays);
    fit_offsets();
}

void OfdmTracker::refine_offsets(std::size_t symbols, std::size_t carriers)
{
    search_frequency(symbols, carriers);
    fit_offsets();
}

// --------------------------------------------------------------- channel and noise

//! exp(-j angle) / level for each carrier received, shape [OFDM symbols, 128].
std::vector<OfdmTracker::Complex> OfdmTracker::rotations() const
{
    std::vector<Complex> table(d_symbols * OFDM_CARRIERS);
    for (std::size_t i = 0; i < table.size(); i += OFDM_CARRIERS) {
        const double m = double(i / OFDM_CARRIERS);
        const Complex step
            = std::polar(1.0, 2.0 * PI * d_offsets.clock * m / OFDM_CARRIERS);
        Complex turn = std::polar(1.0 / state(i / OFDM_CARRIERS).level,
                                  -d_offsets.angle(m, ofdm_frequency(0)));
        for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
            table[i + c] = turn;
            turn *= step;
            if (c + 1 == OFDM_CARRIERS / 2) { // no carrier at the middle
                turn *= step;
            }
        }
    }
    return table;
}

void OfdmTracker::estimate_channel(Start start)
{
    std::vector<Complex> z(OFDM_CARRIERS);
    std::vector<double> e(OFDM_CARRIERS);
    const auto turn = rotations();
    for (const auto& o : d_observations) {
        z[o.carrier] += weight(o) * o.value * turn[o.symbol * OFDM_CARRIERS + o.carrier];
        e[o.carrier] += weight(o);
    }
    const auto delays = start == Start::with_those_found
        ? d_channel.delays
        : std::vector<OfdmChannel::Delay>();
    d_channel = d_estimator.estimate(z, e, d_noise_var, delays);
}

void OfdmTracker::measure_noise()
{
    double received = 0.0;
    std::vector<NoiseSample> noise(OFDM_CARRIERS); // of each carrier
    const double all = double(d_observations.size());
    const double free = std::max(all - d_channel.parameters - 1.5, 1.0);
    const auto turn = rotations();
    for (const auto& o : d_observations) {
        // Of a disturbed symbol, as if it had the noise of the others.
        noise[o.carrier].energy += weight(o) * d_noise_ratio[o.carrier]
            * std::norm(o.value * turn[o.symbol * OFDM_CARRIERS + o.carrier]
                        - d_channel.gain[o.carrier]);
        noise[o.carrier].freedom += free / all;
        received += std::norm(o.value);
    }
    const auto found = find_disturbances(noise, received);
    const double least = std::max(received * MIN_NOISE_RATIO / free, 1e-20);
    d_noise_var = std::max(found.noise_var, least);
    d_mean_noise_var = std::max(found.mean_noise_var, least);
    d_noise_ratio = found.ratio;
}

/*
 * Each OFDM symbol's references against the channel, in a phase of their own. The noise
 * is that of the symbols before, so that it does not matter how much of a frame is
 * disturbed.
 */
void OfdmTracker::find_disturbed_symbols()
{
    struct Sums {
        Complex both = 0.0;
        double channel = 0.0, received = 0.0, n = 0.0;
    };
    std::vector<Sums> sums(d_symbols);
    const auto turn = rotations();
    for (const auto& o : d_observations) {
        auto& s = sums[o.symbol];
        const Complex h = d_channel.gain[o.carrier];
        const Complex y = o.value * turn[o.symbol * OFDM_CARRIERS + o.carrier];
        const double ratio = d_noise_ratio[o.carrier];
        s.both += std::conj(h) * y / ratio;
        s.channel += std::norm(h) / ratio;
        s.received += std::norm(y) / ratio;
        s.n++;
    }
    d_states.resize(d_symbols);
    for (std::size_t m = 0; m < d_symbols; m++) {
        const auto& s = sums[m];
        const double level = std::abs(s.both) / std::max(s.channel, 1e-300);
        const double as_it_is = s.received + s.channel - 2.0 * std::abs(s.both);
        const double at_its_level = s.received - level * std::abs(s.both);
        // What rotations() divided by the level so far.
        const double before = d_states[m].level * d_states[m].level;
        NoiseSample noise { as_it_is * before, s.n };
        if (disturbance(noise, d_noise_var) > 1.0
            && at_its_level < LEVEL_EXPLAINS * as_it_is) {
            d_states[m].level *= level;
            noise.energy = at_its_level * before;
        }
        d_states[m].noise_ratio = disturbance(noise, d_noise_var);
    }
}

double OfdmTracker::mean_noise_var() const
{
    double sum = 0.0;
    for (const auto& s : d_states) {
        sum += s.noise_ratio;
    }
    return d_mean_noise_var * (d_states.empty() ? 1.0 : sum / double(d_states.size()));
}

// ------------------------------------------------------------- offsets and phase

//! Of each OFDM symbol: its references, channel and offsets taken out.
std::vector<OfdmTracker::Complex> OfdmTracker::symbol_sums() const
{
    std::vector<Complex> sums(d_symbols);
    const auto turn = rotations();
    for (const auto& o : d_observations) {
        sums[o.symbol] += weight(o) * o.value * std::conj(d_channel.gain[o.carrier])
            * turn[o.symbol * OFDM_CARRIERS + o.carrier];
    }
    return sums;
}

/*
 * With the channel unknown, but no longer than the prefix, the likelihood of a frequency
 * omega, radians an OFDM symbol, grows with the energy at the channel's delays, sum_d
 * |sum_m b_md exp(-j omega m)|^2, b_md the correlation of symbol m with delay d.
 */
void OfdmTracker::acquire_frequency()
{
    std::vector<std::vector<Complex>> z(d_symbols, std::vector<Complex>(OFDM_CARRIERS));
    for (const auto& o : d_observations) {
        z[o.symbol][o.carrier] += o.value;
    }
    std::vector<std::vector<Complex>> b;
    for (const auto& carriers_of_symbol : z) {
        b.push_back(d_estimator.correlate(carriers_of_symbol));
    }
    const auto energy = [&](double frequency) {
        double sum = 0.0;
        // Delays a whole symbol apart are independent.
        for (std::size_t d = 0; d < OfdmChannelEstimator::DELAYS; d += 2) {
            Complex at_delay = 0.0;
            for (std::size_t m = 0; m < d_symbols; m++) {
                at_delay += b[m][d] * std::polar(1.0, -frequency * double(m));
            }
            sum += std::norm(at_delay);
        }
        return sum;
    };
    const double largest = 2.0 * PI * MAX_OFFSET * OFDM_SYMBOL;
    const double step = 2.0 * PI / (8.0 * double(d_symbols));
    const int steps = static_cast<int>(std::ceil(largest / step));
    const double best = grid_peak(energy, step, steps);
    d_offsets.frequency = best;

    // The difference of the two training symbols is twice their noise.
    double difference = 0.0, received = 0.0;
    const Complex turned = std::polar(1.0, -best);
    for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
        difference += std::norm(z[1][c] * turned - z[0][c]);
        received += std::norm(z[0][c]);
    }
    d_noise_var = std::max(difference / 2.0, received * MIN_NOISE_RATIO) / OFDM_CARRIERS;
    d_mean_noise_var = d_noise_var = std::max(d_noise_var, 1e-20);
}

void OfdmTracker::search_frequency(std::size_t symbols, std::size_t carriers)
{
    const auto sums = symbol_sums();
    // Variance of a slope fitted to so many symbols' phases.
    const double n = double(symbols);
    const double energy = d_channel.energy() * n * double(carriers);
    const double variance = 6.0 * d_noise_var / (std::max(energy, 1e-300) * n * n);
    const double range = 5.0 * std::sqrt(variance);
    const double step = 2.0 * PI / (8.0 * double(d_symbols));
    const int steps = static_cast<int>(std::min(std::ceil(range / step), 200.0));
    double best = 0.0, most = -1.0;
    for (int i = -steps; i <= steps; i++) {
        Complex sum = 0.0;
        for (std::size_t m = 0; m < d_symbols; m++) {
            sum += sums[m] * std::polar(1.0, -i * step * double(m));
        }
        if (std::norm(sum) > most) {
            most = std::norm(sum);
            best = i * step;
        }
    }
    d_offsets.frequency += best;
}

/*
 * Newton's method on the log likelihood (2 / N0) Re sum conj(h_k) y_mk exp(-j angle),
 * with the clock's usual spread as its prior.
 */
void OfdmTracker::fit_offsets()
{
    const double spread = CLOCK_SPREAD * OFDM_SYMBOL;
    for (int iteration = 0; iteration < 6; iteration++) {
        std::vector<double> step(3), curvature(9);
        const auto turned = rotations();
        for (const auto& o : d_observations) {
            const double m = double(o.symbol);
            const int k = ofdm_frequency(o.carrier);
            const Complex c = weight(o) * o.value * std::conj(d_channel.gain[o.carrier])
                * turned[o.symbol * OFDM_CARRIERS + o.carrier];
            const std::array<double, 3> w { 1.0, m, -2.0 * PI * k * m / OFDM_CARRIERS };
            for (int i = 0; i < 3; i++) {
                step[i] += w[i] * c.imag();
                for (int j = 0; j < 3; j++) {
                    curvature[3 * i + j] += w[i] * w[j] * c.real();
                }
            }
        }
        const double prior = 0.5 * d_noise_var / (spread * spread);
        step[2] -= prior * d_offsets.clock;
        curvature[8] += prior;
        if (!positive_definite(curvature)) {
            return; // no maximum here: noise
        }
        solve_linear_system(curvature, step);
        d_offsets.phase += step[0];
        d_offsets.frequency += step[1];
        d_offsets.clock += step[2];
        const double last = double(d_observations.back().symbol);
        if (std::abs(step[0]) + std::abs(step[1]) * last < CONVERGED) {
            return;
        }
    }
}

void OfdmTracker::track_phase()
{
    const auto sums = symbol_sums();
    d_phases.assign(d_symbols, 1.0);
    for (std::size_t m = 0; m < d_symbols; m++) {
        Complex sum = 0.0;
        for (std::ptrdiff_t i = -PHASE_REACH; i <= PHASE_REACH; i++) {
            const std::ptrdiff_t at = std::ptrdiff_t(m) + i;
            if (at >= 0 && at < std::ptrdiff_t(d_symbols)) {
                sum += sums[at];
            }
        }
        const double size = std::abs(sum);
        if (size > 0.0 && std::isfinite(size)) {
            d_phases[m] = sum / size;
        }
    }
}

} // namespace detail
} // namespace udeepsc_phy
