// SPDX-License-Identifier: GPL-3.0-or-later
#include "ofdm_body.h"

#include "math/constants.h"
#include "receive/line_fit.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

using Complex = std::complex<double>;

//! Offset from which on the transform's own smearing counts: -45 dB.
constexpr double SMEARING_OFFSET = 0.003 / OFDM_CARRIERS;

//! Noise of a symbol whose carrier says nothing.
constexpr float MAX_NOISE = 1e30f;

//! OFDM symbols at a time, in ratio to those before them, over which a clock fitted so
//! far is trusted: 20 ppm are 0.1 symbols T, 0.3 radians at the outer carriers.
constexpr std::size_t GROWTH = 2;

} // namespace

OfdmBody::OfdmBody(const FrameProfile& profile)
    : d_profile(profile)
    , d_layout(profile)
    , d_ofdm(profile)
    , d_header_symbols(d_ofdm.body_symbols(d_layout.header_length()))
    , d_burst(profile)
{ }

bool OfdmBody::open(const DetectedBurst& burst)
{
    d_tracker.reset();
    d_references.clear();
    d_with_pilots = d_tracked = 0;
    d_acquired = d_header_known = d_fitted = d_more_known = false;
    if (!d_burst.open(burst)) {
        return false;
    }
    transform_to(d_header_symbols);
    return true;
}

//! All of the OFDM symbol that holds the last position is in the burst.
bool OfdmBody::available(std::size_t end) const
{
    return d_burst.available(OFDM_TRAINING + d_ofdm.body_symbols(end));
}

void OfdmBody::add_known(std::size_t first, const std::vector<float>& symbols)
{
    for (std::size_t i = 0; i < symbols.size(); i++) {
        const std::size_t m = (first + i) / d_profile.data_symbols;
        const std::size_t slot = (first + i) % d_profile.data_symbols;
        add_reference(OFDM_TRAINING + m, d_ofdm.data_carrier(m, slot), symbols[i]);
    }
    d_header_known |= first == 0;
    d_more_known = true;
}

void OfdmBody::read(std::size_t first,
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
    track_to(d_ofdm.body_symbols(first + n));
    for (std::size_t i = 0; i < n; i++) {
        equalize(first + i, symbols[i], noise_var[i]);
    }
}

void OfdmBody::report(std::size_t body_length, ReceivedFrame& frame) const
{
    const double symbol = double(OFDM_SYMBOL);
    frame.cfo = d_burst.cfo() + d_tracker.offsets().frequency / (2.0 * PI * symbol);
    frame.clock_ppm = d_tracker.offsets().clock / symbol * 1e6;
    // fmax: what cannot be told is nothing.
    frame.snr_db = 10.0
        * std::log10(std::fmax(d_tracker.channel().energy(), 1e-30)
                     / std::fmax(d_tracker.mean_noise_var(), 1e-30));
    const std::size_t sps = d_profile.samples_per_symbol;
    const std::size_t end = body_length > 0 ? d_ofdm.frame_symbols(body_length)
                                            : std::size_t(d_profile.preamble_symbols);
    frame.power = window().power(end * sps);
    frame.end_sample = frame.sample + end * sps;
}

// ----------------------------------------------------------------------- estimates

//! From a detection to channel and offsets.
void OfdmBody::acquire()
{
    for (std::size_t m = 0; m < OFDM_TRAINING; m++) {
        for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
            add_reference(m, c, d_ofdm.training()[m * OFDM_CARRIERS + c]);
        }
    }
    add_pilots();
    d_tracker.acquire();
    d_tracked = d_header_symbols;
    d_acquired = true;
}

/*
 * Offsets within a transform's window blur its carriers. Once the header has given the
 * offset well, the samples are turned back by it and transformed anew; likewise a DC
 * offset, which the carrier offset has moved off the empty carrier, is taken off them.
 */
void OfdmBody::fit_to_header()
{
    d_fitted = true;
    d_tracker.estimate();
    const double offset = d_tracker.offsets().frequency / (2.0 * PI * OFDM_SYMBOL);
    const Complex line = find_line();
    if (std::abs(offset) < SMEARING_OFFSET && line == 0.0) {
        return;
    }
    d_burst.correct(offset, line);
    d_tracker.clear_observations();
    for (const auto& r : d_references) {
        d_tracker.add(r.symbol,
                      r.carrier,
                      double(r.sent) * Complex(d_burst.at(r.symbol, r.carrier)));
    }
    d_tracker.acquire();
}

//! The receiver's DC offset, from all reference symbols so far.
std::complex<double> OfdmBody::find_line() const
{
    const auto carriers = d_burst.line();
    const double turn = -2.0 * PI * d_burst.cfo() * OFDM_SYMBOL; // radians a symbol
    std::vector<Complex> turns;
    for (std::size_t m = 0; m < d_burst.symbols(); m++) {
        turns.push_back(std::polar(1.0, turn * double(m)));
    }
    LineFit fit;
    for (const auto& r : d_references) {
        fit.add(Complex(d_burst.at(r.symbol, r.carrier)),
                double(r.sent) * d_tracker.gain(r.symbol, r.carrier),
                Complex(carriers[r.carrier]) * turns[r.symbol]);
    }
    return fit.amplitude();
}

void OfdmBody::track_to(std::size_t body_symbols)
{
    if (body_symbols <= d_tracked && !d_more_known) {
        return;
    }
    while (d_tracked < body_symbols) {
        d_tracked = std::min(body_symbols, GROWTH * d_tracked);
        transform_to(d_tracked);
        add_pilots();
        // The offsets so far rest on the header.
        d_tracker.refine_offsets(d_header_symbols, d_profile.data_symbols);
        d_tracker.find_disturbed_symbols();
    }
    d_tracker.calibrate();
    d_tracker.track_phase();
    d_more_known = false;
}

// ------------------------------------------------------------- samples and carriers

//! Samples to carriers, for the training and so many OFDM symbols of the body.
void OfdmBody::transform_to(std::size_t body_symbols)
{
    d_burst.transform_to(OFDM_TRAINING + body_symbols);
    d_tracker.set_symbols(d_burst.symbols());
}

void OfdmBody::add_reference(std::size_t symbol, std::size_t carrier, float sent)
{
    d_references.push_back({ symbol, carrier, sent });
    d_tracker.add(symbol, carrier, double(sent) * Complex(d_burst.at(symbol, carrier)));
}

//! Of all OFDM symbols transformed so far.
void OfdmBody::add_pilots()
{
    const std::size_t n = d_profile.pilot_symbols;
    for (; d_with_pilots < body_symbols(); d_with_pilots++) {
        for (std::size_t i = 0; i < n; i++) {
            add_reference(OFDM_TRAINING + d_with_pilots,
                          d_ofdm.pilot_carrier(d_with_pilots, i),
                          d_layout.pilots()[d_with_pilots * n + i]);
        }
    }
}

//! Zero forcing, which is all there is to a carrier; the noise grows where the gain
//! fades.
void OfdmBody::equalize(std::size_t position,
                        std::complex<float>& symbol,
                        float& noise) const
{
    const std::size_t body = position / d_profile.data_symbols;
    const std::size_t c = d_ofdm.data_carrier(body, position % d_profile.data_symbols);
    const std::size_t m = OFDM_TRAINING + body;
    const Complex gain = d_tracker.gain(m, c);
    const double power = std::norm(gain);
    const Complex y(d_burst.at(m, c));
    const double variance
        = (d_tracker.noise_var(m, c) + d_tracker.channel().gain_var[c]) / power;
    if (!(variance < MAX_NOISE)) {
        symbol = 0.0f;
        noise = MAX_NOISE;
        return;
    }
    symbol = std::complex<float>(y * std::conj(gain) / power);
    noise = static_cast<float>(variance);
}

} // namespace detail
} // namespace udeepsc_phy
