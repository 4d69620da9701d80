// SPDX-License-Identifier: GPL-3.0-or-later
#include "gain_tracker.h"

#include "math/complex_product.h"
#include "math/constants.h"
#include "math/disturbance.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

using Complex = std::complex<double>;

//! Most symbols in a row that one gain describes.
constexpr std::size_t BLOCK = 16;

/*
 * ln of the likelihood ratio that a drifting gain needs over a constant one. Half of
 * chi^2 with one degree of freedom, of several trials: noise alone gets there once in 200
 * frames, and then with little process noise.
 */
constexpr double EVIDENCE = 4.0;

//! Steps of the search for the random walk's variance, and its end.
constexpr double PROCESS_NOISE_STEP = 4.0;
constexpr double MAX_PROCESS_NOISE = 0.02;

} // namespace

GainMeasurement measure_gains(const std::vector<float>& reference,
                              const std::vector<std::complex<float>>& z)
{
    GainMeasurement measured;
    std::vector<NoiseSample> noise; // of each block
    double received = 0.0;
    const std::size_t end = std::min(reference.size(), z.size());
    for (std::size_t begin = 0; begin < end;) {
        if (reference[begin] == 0.0f) {
            begin++;
            continue;
        }
        std::size_t n = 0;
        double re = 0.0, im = 0.0, power = 0.0, weight = 0.0;
        for (; n < BLOCK && begin + n < end && reference[begin + n] != 0.0f; n++) {
            const float s = reference[begin + n];
            const std::complex<float>& value = z[begin + n];
            re += s * value.real();
            im += s * value.imag();
            power += std::norm(value);
            weight += s * s;
        }
        const Complex gain = Complex(re, im) / std::max(weight, 1e-9);
        measured.blocks.push_back({ begin + 0.5 * (n - 1.0), weight, gain });
        noise.push_back({ power - weight * std::norm(gain), n - 1.0 });
        received += power;
        begin += n;
    }
    const auto found = find_disturbances(noise, received);
    if (found.freedom > 0.0) {
        measured.noise_var = std::max(found.noise_var, 1e-9);
    }
    for (std::size_t i = 0; i < noise.size(); i++) {
        measured.blocks[i].noise_ratio = found.ratio[i];
        measured.blocks[i].weight /= found.ratio[i];
    }
    return measured;
}

void GainTracker::fit(const std::vector<GainBlock>& blocks,
                      double noise_var,
                      double max_frequency)
{
    d_last = 0;
    d_states.clear();
    d_frequency = d_frequency_var = d_process_noise = 0.0;
    d_power = 1.0;
    d_turn = 1.0;
    if (blocks.empty()) {
        return;
    }
    noise_var = std::max(noise_var, 1e-12);

    double weight = 0.0, mean = 0.0;
    for (const auto& block : blocks) {
        weight += block.weight;
        mean += block.weight * block.time;
    }
    d_middle = mean / weight;
    double spread = 0.0;
    for (const auto& block : blocks) {
        const double t = block.time - d_middle;
        spread += block.weight * t * t;
    }
    d_frequency = find_frequency(blocks, max_frequency);

    remove_frequency(blocks);
    d_process_noise = find_process_noise(blocks, noise_var);
    filter(blocks, noise_var, d_process_noise);
    smooth();

    double power = 0.0;
    for (std::size_t i = 0; i < blocks.size(); i++) {
        power += blocks[i].weight * (std::norm(d_states[i].gain) - d_states[i].var);
    }
    d_power = std::max(power / weight, 1e-6);
    if (spread > 0.0) {
        d_frequency_var = noise_var / (2.0 * d_power * spread);
    }
}

void GainTracker::remove_frequency(const std::vector<GainBlock>& blocks)
{
    d_measured.resize(blocks.size());
    for (std::size_t i = 0; i < blocks.size(); i++) {
        d_measured[i] = product(
            blocks[i].gain, std::polar(1.0, -d_frequency * (blocks[i].time - d_middle)));
    }
}

//! The most likely variance of the random walk, 0 unless the evidence is clear.
double GainTracker::find_process_noise(const std::vector<GainBlock>& blocks,
                                       double noise_var)
{
    double weight = 0.0;
    for (const auto& block : blocks) {
        weight += block.weight;
    }
    const double length = blocks.back().time - blocks.front().time + 1.0;
    const double constant = filter(blocks, noise_var, 0.0);
    double best = constant, best_q = 0.0;
    int worse = 0;
    // The least that would show in that many symbols, and more.
    for (double q = noise_var / (weight * length); q < MAX_PROCESS_NOISE && worse < 3;
         q *= PROCESS_NOISE_STEP) {
        const double likelihood = filter(blocks, noise_var, q);
        worse = likelihood > best ? 0 : worse + 1;
        if (likelihood > best) {
            best = likelihood;
            best_q = q;
        }
    }
    return best < constant + EVIDENCE ? 0.0 : best_q;
}

void GainTracker::shift_frequency(double frequency, double time)
{
    d_frequency += frequency;
    d_turn = std::polar(1.0, frequency * (d_middle - time));
}

double GainTracker::find_frequency(const std::vector<GainBlock>& blocks,
                                   double max_frequency) const
{
    const double length = blocks.back().time - blocks.front().time + 1.0;
    if (!(max_frequency > 0.0) || blocks.size() < 2) {
        return 0.0;
    }
    // The peak is 2 PI / length wide to its first zeros.
    const double step = PI / (2.0 * length);
    const int steps = static_cast<int>(std::min(200.0, std::ceil(max_frequency / step)));
    std::vector<Complex> turned(blocks.size()), turn(blocks.size());
    for (std::size_t i = 0; i < blocks.size(); i++) {
        const double t = blocks[i].time - d_middle;
        turned[i] = product(blocks[i].weight * blocks[i].gain,
                            std::polar(1.0, steps * step * t));
        turn[i] = std::polar(1.0, -step * t);
    }
    double best = 0.0, most = -1.0;
    for (int i = -steps; i <= steps; i++) {
        Complex sum = 0.0;
        for (std::size_t k = 0; k < blocks.size(); k++) {
            sum += turned[k];
            turned[k] = product(turned[k], turn[k]);
        }
        if (std::norm(sum) > most) {
            most = std::norm(sum);
            best = i * step;
        }
    }
    // Newton's steps to the top of |sum|^2.
    for (int i = 0; i < 3; i++) {
        Complex sum = 0.0, first = 0.0, second = 0.0;
        for (const auto& block : blocks) {
            const double t = block.time - d_middle;
            const Complex value
                = product(block.weight * block.gain, std::polar(1.0, -best * t));
            sum += value;
            first += Complex(0.0, -t) * value;
            second -= t * t * value;
        }
        const double slope = 2.0 * conj_product(sum, first).real();
        const double curvature
            = 2.0 * (conj_product(sum, second).real() + std::norm(first));
        if (!(curvature < 0.0)) {
            break;
        }
        best -= std::min(std::max(slope / curvature, -step), step);
    }
    return best;
}

//! Forward pass; returns the ln likelihood, up to a constant.
double GainTracker::filter(const std::vector<GainBlock>& blocks,
                           double noise_var,
                           double process_noise)
{
    double likelihood = 0.0;
    d_states.resize(blocks.size());
    for (std::size_t i = 0; i < blocks.size(); i++) {
        const auto& block = blocks[i];
        auto& state = d_states[i];
        const Complex measured = d_measured[i];
        // A gain that drifts does so within the block, too: its mean over n symbols is
        // off the middle's value by n q / 12.
        const double measured_var
            = noise_var / block.weight + process_noise * block.weight / 12.0;
        state.time = block.time;
        if (i == 0) {
            state.gain = measured;
            state.var = measured_var;
            continue;
        }
        const auto& before = d_states[i - 1];
        const double predicted_var
            = before.var + process_noise * (block.time - before.time);
        const Complex innovation = measured - before.gain;
        const double innovation_var = predicted_var + measured_var;
        const double k = predicted_var / innovation_var;
        state.gain = before.gain + k * innovation;
        state.var = (1.0 - k) * predicted_var;
        likelihood -= std::norm(innovation) / innovation_var + std::log(innovation_var);
    }
    return likelihood;
}

//! Backward pass over what filter() left.
void GainTracker::smooth()
{
    d_states.back().next_covariance = 0.0;
    for (std::size_t i = d_states.size() - 1; i-- > 0;) {
        auto& state = d_states[i];
        const auto& next = d_states[i + 1];
        const double predicted_var
            = state.var + d_process_noise * (next.time - state.time);
        const double j = state.var / predicted_var;
        state.gain += j * (next.gain - state.gain);
        state.next_covariance = j * next.var;
        state.var += j * j * (next.var - predicted_var);
    }
}

GainTracker::Gain GainTracker::at(double time) const
{
    if (d_states.empty()) {
        return { 1.0, 0.0 };
    }
    if (d_last >= d_states.size() || d_states[d_last].time > time) {
        d_last = 0;
    }
    while (d_last + 1 < d_states.size() && d_states[d_last + 1].time <= time) {
        d_last++;
    }
    const auto& a = d_states[d_last];
    Gain gain;
    if (time <= a.time || d_last + 1 == d_states.size()) {
        gain = { a.gain, a.var + d_process_noise * std::abs(time - a.time) };
    } else {
        // Between two given points a random walk's mean is the straight line.
        const auto& b = d_states[d_last + 1];
        const double span = b.time - a.time;
        const double part = (time - a.time) / span, rest = 1.0 - part;
        gain.value = rest * a.gain + part * b.gain;
        gain.error_var = rest * rest * a.var + part * part * b.var
            + 2.0 * part * rest * a.next_covariance
            + d_process_noise * span * part * rest;
    }
    const double t = time - d_middle;
    gain.value = product(gain.value, product(d_turn, std::polar(1.0, d_frequency * t)));
    gain.error_var += d_frequency_var * t * t * std::norm(gain.value);
    return gain;
}

} // namespace detail
} // namespace udeepsc_phy
