// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a SingleCarrierBody tells of the symbols that it has equalised.
#include "single_carrier_body.h"

#include "math/complex_product.h"
#include "math/constants.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

using Complex = std::complex<double>;

/*
 * SNR of the header's combined symbols that its re-encoded form must have. The decoder
 * finds a code word in anything; to noise alone the best of 2^104 has an SNR of 0.9 here
 * (rate-distortion bound: cos^2 = 1 - 2^(-2 104 / 224)), a real one at -6 dB and fivefold
 * repetition 2.5. Beside the CRC this is worth another factor of a thousand or so against
 * frames that never were.
 */
constexpr double MIN_HEADER_SNR = 1.4;

//! Ratio of a payload's power to the preamble's below which it is no part of the frame.
constexpr double SILENCE_RATIO = 0.15;

} // namespace

void SingleCarrierBody::read(std::size_t first,
                             std::size_t n,
                             std::complex<float>* symbols,
                             float* noise_var)
{
    if (!d_acquired) {
        acquire();
    }
    if (d_header_known && !d_fitted) {
        fit_to_header();
    }
    track_to(d_layout.body_symbol(first + n - 1) + 1);

    // What the channel was fitted to looks better than what it was not.
    const double noise = d_noise_var
        * (1.0 + 2.0 * (d_channel.parameters() - 1.0) / double(d_channel.observations));
    // Fitted to the noise of the reference symbols as well, it brings those out larger.
    const double shrink = 1.0
        - std::min(0.1,
                   (d_channel.parameters() - 1.0) * d_channel.noise_var
                       / (double(d_channel.observations) * symbol_energy()));
    constexpr std::size_t RUN = 16;
    for (std::size_t i = 0; i < n;) {
        // Between two pilots a gain moves along a straight line.
        const std::size_t symbol = d_layout.body_symbol(first + i);
        const std::size_t within = (first + i) % d_profile.data_symbols;
        const std::size_t run = std::min({ RUN, d_profile.data_symbols - within, n - i });
        const auto here = d_tracker.at(double(symbol));
        const auto there = d_tracker.at(double(symbol + run));
        const double noise_here = noise * noise_ratio(double(symbol));
        for (std::size_t k = 0; k < run; k++, i++) {
            const double part = double(k) / run;
            const Complex gain
                = shrink * (here.value + part * (there.value - here.value));
            const double error_var
                = here.error_var + part * (there.error_var - here.error_var);
            const double power = std::max(std::norm(gain), 1e-12);
            symbols[i] = std::complex<float>(conj_product(gain, Complex(d_z[symbol + k]))
                                             / power);
            noise_var[i] = static_cast<float>((noise_here + error_var) / power);
        }
    }
}

/*
 * Phases are the tracker's, amplitudes are not: in noise it may follow a few symbols,
 * which a code word then fits.
 */
bool SingleCarrierBody::plausible_header(const std::vector<float>& symbols) const
{
    double sum = 0.0, energy = 0.0;
    for (std::size_t i = 0; i < symbols.size(); i++) {
        const std::size_t symbol = d_layout.body_symbol(i);
        const Complex gain = d_tracker.at(double(symbol)).value;
        const double value = conj_product(gain, Complex(d_z[symbol])).real()
            / std::max(std::abs(gain), 1e-9);
        sum += symbols[i] * value;
        energy += value * value;
    }
    if (!(sum > 0.0)) {
        return false;
    }
    const double agreement = std::min(sum * sum / (energy * double(symbols.size())), 1.0);
    // Of the symbols with their repetitions added up.
    const double snr = d_profile.header_repetition * agreement / (1.0 - agreement + 1e-9);
    return snr > MIN_HEADER_SNR;
}

/*!
 * Noise there to d_noise_var, from the reference symbols on either side: the mean of both
 * where both are disturbed, else the worse, since nobody knows where it began.
 */
double SingleCarrierBody::noise_ratio(double symbol) const
{
    const auto after = std::upper_bound(
        d_blocks.begin(), d_blocks.end(), symbol, [](double t, const GainBlock& block) {
            return t < block.time;
        });
    const double right = after != d_blocks.end() ? after->noise_ratio : 1.0;
    const double left = after != d_blocks.begin() ? (after - 1)->noise_ratio : 1.0;
    return left > 1.0 && right > 1.0 ? 0.5 * (left + right) : std::max(left, right);
}

//! Of all symbols from the preamble to the last reference, disturbed ones as they are.
double SingleCarrierBody::mean_noise_var() const
{
    constexpr std::size_t STEP = 16;
    double sum = 0.0, n = 0.0;
    for (std::size_t k = 0; k < d_reference.size(); k += STEP) {
        sum += noise_ratio(double(k));
        n++;
    }
    return d_noise_var * (n > 0.0 ? sum / n : 1.0);
}

double SingleCarrierBody::mean_gain_power(std::size_t first, std::size_t last) const
{
    const std::size_t step = std::max<std::size_t>(1, (last - first) / 64);
    double sum = 0.0, n = 0.0;
    for (std::size_t k = first; k < last; k += step) {
        sum += std::norm(d_tracker.at(double(k)).value);
        n++;
    }
    return sum / std::max(n, 1.0);
}

bool SingleCarrierBody::ended_before(std::size_t first, std::size_t n) const
{
    if (!(d_tracker.process_noise() > 0.0)) {
        return false; // the last pilots agree with the preamble
    }
    const std::size_t begin = d_layout.body_symbol(first);
    const std::size_t end = d_layout.body_symbol(first + n - 1) + 1;
    return mean_gain_power(begin, end)
        < SILENCE_RATIO * mean_gain_power(0, d_profile.preamble_symbols);
}

void SingleCarrierBody::report(std::size_t body_length, ReceivedFrame& frame) const
{
    if (d_channel.paths.empty()) {
        return;
    }
    const double reference = d_clock.position(d_channel.paths.front().delay);
    const double at = d_window.to_burst(reference);
    const double whole = std::round(at);
    const auto first_sample = std::int64_t(frame.sample) - d_window.detected_sample();
    frame.sample
        = std::uint64_t(std::max<std::int64_t>(0, first_sample + std::int64_t(whole)));
    frame.timing = at - whole;
    frame.cfo = d_cfo + d_tracker.frequency() / (2.0 * PI);
    frame.clock_ppm = (d_clock.period / d_profile.samples_per_symbol - 1.0) * 1e6;
    // With a single path the noise behind the equaliser is the same, at more symbols.
    const bool measured_since = body_length > 0 && d_channel.paths.size() == 1;
    const double noise = d_channel.noise_var
        * (measured_since ? mean_noise_var() / d_equalizer.error_var() : 1.0);
    const double energy = symbol_energy() * d_tracker.power();
    frame.snr_db = 10.0 * std::log10(std::max(energy, 1e-30) / std::max(noise, 1e-30));
    const std::size_t end = body_length > 0 ? d_layout.body_symbol(body_length - 1) + 1
                                            : d_reference.size();
    const double end_at = d_window.to_burst(d_clock.position(double(end) - 1.0));
    frame.end_sample = std::uint64_t(
        std::max<std::int64_t>(0, first_sample + std::int64_t(std::floor(end_at)) + 1));
    frame.power = d_window.power(end * d_profile.samples_per_symbol);
}

} // namespace detail
} // namespace udeepsc_phy
