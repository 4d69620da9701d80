// SPDX-License-Identifier: GPL-3.0-or-later
#include "single_carrier_body.h"

#include "carrier_estimator.h"
#include "header_search.h"
#include "line_fit.h"
#include "timing_estimator.h"
#include "frame/reference_symbols.h"
#include "math/complex_product.h"
#include "math/constants.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

using Sample = std::complex<float>;
using Complex = std::complex<double>;

//! Reference symbols at the end of a run whose neighbours are unknown: not fitted to.
constexpr std::ptrdiff_t UNKNOWN_REACH = 8;

//! A symbol is there if so many more follow it: what is missing then is 30 dB down.
constexpr double COMPLETE = 4.0;

//! Error power of an eps symbols late sample: -rho''(0) eps^2, for any usual roll-off.
constexpr double TIMING_ERROR_POWER = 3.5;

//! Ratio to the noise that wrong timing's error may have before a frame is equalised
//! again.
constexpr double TIMING_ERROR_RATIO = 0.005;
constexpr int MAX_PASSES = 3;

//! Symbols at a time, in ratio to those before them, over which offsets fitted so far are
//! trusted: 20 ppm are 0.25 symbols over the header and seven times as many.
constexpr std::size_t GROWTH = 8;

} // namespace

SingleCarrierBody::SingleCarrierBody(const FrameProfile& profile)
    : d_profile(profile)
    , d_layout(profile)
    , d_header_signs(prbs_signs(HEADER_SCRAMBLER_SEED, d_layout.header_length()))
    , d_header_end(d_layout.body_symbol(d_layout.header_length() - 1) + 1)
    , d_pulse(d_profile)
    , d_estimator(d_pulse, profile.channel_taps)
    , d_half_symbols(d_pulse)
    , d_equalizer(d_pulse)
{ }

bool SingleCarrierBody::open(const DetectedBurst& burst)
{
    d_reference.clear();
    d_z.clear();
    d_channel = {};
    d_noise_var = 1.0;
    d_blocks.clear();
    d_tracker.fit({}, 1.0, 0.0);
    d_body_length = 0;
    d_acquired = d_pilots_only = d_header_known = d_fitted = d_more_known = false;

    if (!d_window.open(burst,
                       d_profile.samples_per_symbol,
                       d_profile.preamble_symbols,
                       d_pulse.half_length() + 2.0 * d_profile.channel_taps + 16.0)) {
        return false;
    }
    d_cfo = burst.detection.cfo;
    d_clock = { d_window.start(), double(d_profile.samples_per_symbol) };
    load(d_header_end);
    return true;
}

bool SingleCarrierBody::available(std::size_t end) const
{
    const double last = double(d_layout.body_symbol(end - 1));
    return d_window.to_burst(d_clock.position(last + COMPLETE))
        < double(d_window.burst_size());
}

void SingleCarrierBody::add_known(std::size_t first, const std::vector<float>& symbols)
{
    for (std::size_t i = 0; i < symbols.size(); i++) {
        add_reference(d_layout.body_symbol(first + i), &symbols[i], 1);
    }
    d_header_known |= first == 0;
    d_more_known = true;
}

void SingleCarrierBody::end_at(std::size_t body_length)
{
    d_body_length = body_length;
    d_more_known = true;
}

bool SingleCarrierBody::try_another_way()
{
    if (d_pilots_only || d_header_known) {
        return false;
    }
    // An oscillator with too much phase noise for one frequency; pilots may do at high
    // SNR.
    track_gain();
    return d_pilots_only = true;
}

// ----------------------------------------------------------------------- estimates

//! From a detection to the gains of a header that is not decoded yet.
void SingleCarrierBody::acquire()
{
    refine_carrier();
    const auto& preamble = d_layout.preamble();
    add_reference(0, preamble.data(), preamble.size());
    fit_channel(preamble, preamble.size(), Phase::constant);
    equalize_again(d_header_end);
    if (remove_line(preamble.size())) {
        load(d_header_end);
        fit_channel(preamble, preamble.size(), Phase::constant);
        equalize_again(d_header_end);
    }
    add_pilots(d_header_end);
    track_unknown_header();
    d_acquired = true;
}

//! Maximum likelihood over the preamble, between the delays that hold most energy.
void SingleCarrierBody::refine_carrier()
{
    const auto& preamble = d_layout.preamble();
    const std::size_t margin = d_estimator.margin();
    std::vector<Sample> y;
    matched_filter(-std::ptrdiff_t(margin), preamble.size() + 2 * margin, y);

    d_cfo += estimate_carrier_offset(preamble, y, d_estimator);
    load(d_header_end);
}

void SingleCarrierBody::track_unknown_header()
{
    const std::size_t end = d_header_end;
    d_noise_var = d_equalizer.error_var();

    const double preamble = d_profile.preamble_symbols;
    const double range
        = 5.0 * std::sqrt(6.0 * d_noise_var / (preamble * preamble * preamble));
    const double step = 1.2 / end;
    const int steps = std::min(40, static_cast<int>(std::ceil(range / step)));
    const double middle = 0.5 * end;
    const auto given = measure_gains(d_reference, d_z).blocks;
    const auto header
        = HeaderSearch(d_layout, d_header_signs, d_z, given, d_noise_var, middle)
              .search(step, steps);

    // The header's soft decisions count as reference symbols for the tracker.
    auto reference = d_reference;
    reference.resize(std::max(reference.size(), end), 0.0f);
    for (std::size_t i = 0; i < header.symbols.size(); i++) {
        reference[d_layout.body_symbol(i)] = header.symbols[i];
    }
    auto blocks = measure_gains(reference, d_z).blocks;
    for (auto& block : blocks) {
        block.gain = product(block.gain,
                             std::polar(1.0, -header.frequency * (block.time - middle)));
    }
    d_blocks = blocks;
    d_tracker.fit(blocks, d_noise_var, step);
    d_tracker.shift_frequency(header.frequency, middle);
}

//! Carrier, clock and channel once more, now that the header is a reference as well.
void SingleCarrierBody::fit_to_header()
{
    track_gain();
    remove_line(d_header_end);
    correct_clock();
    d_cfo += d_tracker.frequency() / (2.0 * PI);
    const std::size_t end = d_header_end;
    load(end);
    equalize_again(end);
    track_gain();

    fit_channel(d_reference,
                end,
                d_tracker.process_noise() > 0.0 ? Phase::tracked : Phase::constant);
    d_z.clear();
    d_fitted = true;
}

/*!
 * Equalised symbols and gains before \p end. Timing and frequency are fitted to all
 * reference symbols, anew whenever the symbols have become GROWTH times as many.
 */
void SingleCarrierBody::track_to(std::size_t end)
{
    if (d_body_length > 0) {
        end = std::max(end, d_layout.frame_symbols(d_body_length));
    }
    while (d_z.size() < end || d_more_known) {
        const std::size_t next = std::max(
            d_z.size(), std::min(end, GROWTH * std::max(d_z.size(), d_header_end)));
        add_pilots(next);
        load(next);
        equalize_to(next);
        track_gain_and_clock();
        d_more_known = false;
    }
}

//! Those that lie before a symbol.
void SingleCarrierBody::add_pilots(std::size_t end)
{
    const std::size_t n = d_profile.pilot_symbols;
    const std::size_t groups = d_layout.pilot_groups(
        d_body_length > 0 ? d_body_length : d_layout.max_body_length());
    for (std::size_t g = 0; g < groups; g++) {
        const bool last = d_body_length > 0 && g + 1 == groups;
        const std::size_t first
            = last ? d_layout.frame_symbols(d_body_length) - n : d_layout.pilot_symbol(g);
        if (first + n > end) {
            return;
        }
        add_reference(first, &d_layout.pilots()[g * n], n);
    }
}

//! Channel and equaliser, from the first \p n symbols, all of them reference symbols.
void SingleCarrierBody::fit_channel(const std::vector<float>& reference,
                                    std::size_t n,
                                    Phase phase)
{
    const std::size_t margin = d_estimator.margin();
    const auto last = std::ptrdiff_t(n) - UNKNOWN_REACH;
    std::vector<Sample> y;
    matched_filter(-std::ptrdiff_t(margin), last + 2 * margin, y);
    if (phase == Phase::tracked) {
        for (std::size_t i = 0; i < y.size(); i++) {
            const Complex gain = d_tracker.at(0.5 * double(i) - double(margin)).value;
            y[i] = conj_product(Sample(gain / std::max(std::abs(gain), 1e-9)), y[i]);
        }
    }
    std::vector<Complex> sums(d_estimator.delays());
    d_estimator.correlate(reference.data(), last, y.data(), sums.data());

    ReferenceSymbols symbols;
    symbols.first = -std::ptrdiff_t(d_layout.ramp_up().size());
    symbols.values = d_layout.ramp_up();
    symbols.values.insert(
        symbols.values.end(), reference.begin(), reference.begin() + std::ptrdiff_t(n));
    d_channel = d_estimator.estimate(symbols, 0, last, y.data(), sums.data());
    d_equalizer.design(d_channel.paths,
                       d_channel.noise_var,
                       d_channel.parameters() / double(d_channel.observations));
}

/*!
 * The receiver's DC offset, from the reference symbols before \p end and the gains so
 * far, is taken off the samples loaded next. Says whether there is one.
 */
bool SingleCarrierBody::remove_line(std::size_t end)
{
    constexpr std::size_t RUN = 16; // symbols of one gain
    // Turned back by the carrier offset, the line at 0 Hz turns the other way.
    const double turn = -2.0 * PI * d_cfo / d_profile.samples_per_symbol; // a sample
    const double first = d_clock.position(0.0) - d_window.start();
    Complex line = product(d_equalizer.response(-d_cfo), std::polar(1.0, turn * first));
    const Complex step = std::polar(1.0, turn * d_clock.period);
    LineFit fit;
    end = std::min({ end, d_reference.size(), d_z.size() });
    for (std::size_t begin = 0; begin < end; begin += RUN) {
        const std::size_t last = std::min(begin + RUN, end);
        const Complex gain = d_tracker.at(double(begin) + 0.5 * (RUN - 1.0)).value;
        for (std::size_t k = begin; k < last; k++) {
            if (d_reference[k] != 0.0f) {
                fit.add(Complex(d_z[k]), gain * double(d_reference[k]), line);
            }
            line = product(line, step);
        }
    }
    const Complex amplitude = fit.amplitude();
    d_window.remove_line(amplitude);
    return amplitude != 0.0;
}

//! Gains and noise from all reference symbols.
void SingleCarrierBody::track_gain()
{
    const auto measured = measure_gains(d_reference, d_z);
    d_blocks = measured.blocks;
    d_noise_var = measured.noise_var;
    const double n = double(d_header_end - 1);
    d_tracker.fit(measured.blocks,
                  d_noise_var,
                  2e-4 + 5.0 * std::sqrt(6.0 * d_noise_var / (n * n * n)));
}

//! track_gain(), and the clock; equalises again if that moved.
void SingleCarrierBody::track_gain_and_clock()
{
    for (int pass = 0;; pass++) {
        track_gain();
        if (pass + 1 == MAX_PASSES || !correct_clock()) {
            return;
        }
        equalize_again(d_z.size());
    }
}

//! Moves the clock; says whether by enough to be worth equalising again.
bool SingleCarrierBody::correct_clock()
{
    const auto error
        = estimate_timing_error(d_reference,
                                d_z,
                                d_tracker,
                                d_equalizer.timing_response(),
                                d_noise_var,
                                d_clock.period / d_profile.samples_per_symbol - 1.0);
    const double limit = 0.3;
    const double late = std::min(std::max(error.offset, -limit), limit);
    const double largest = std::abs(late) + std::abs(error.slope) * error.middle;
    if (!(TIMING_ERROR_POWER * largest * largest > TIMING_ERROR_RATIO * d_noise_var)) {
        return false;
    }
    d_clock.correct(late, error.slope, error.middle);
    return true;
}

// --------------------------------------------------------------- samples and symbols

//! y at symbols first .. first + n - 1 and half a symbol after each.
void SingleCarrierBody::matched_filter(std::ptrdiff_t first,
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

void SingleCarrierBody::equalize_to(std::size_t end)
{
    const std::size_t begin = d_z.size();
    if (end > begin) {
        d_z.resize(end);
        d_equalizer.apply(d_window.samples(), d_clock, begin, end - begin, &d_z[begin]);
    }
}

void SingleCarrierBody::equalize_again(std::size_t end)
{
    d_z.clear();
    equalize_to(end);
}

void SingleCarrierBody::add_reference(std::size_t symbol,
                                      const float* values,
                                      std::size_t n)
{
    d_reference.resize(std::max(d_reference.size(), symbol + n), 0.0f);
    std::copy(values, values + n, d_reference.begin() + symbol);
}

} // namespace detail
} // namespace udeepsc_phy
