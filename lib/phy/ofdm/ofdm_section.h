// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "frame/frame_layout.h"

#include <complex>
#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

/*
 * What follows the preamble of an OFDM frame. Times are in symbols T of the preamble.
 *
 *     ramp | preamble | ramp | 2 training | body: headers, payloads, pilots | fall
 *
 * Each OFDM symbol has 128 carriers 1/(128 T) apart, none at the middle, and a cyclic
 * prefix of 16 T; its first 2 T and those of its successor fade into each other, so that
 * the spectrum falls off. The transform is unitary: a carrier's symbol has energy 1,
 * noise of variance N0 a sample gives N0 a carrier, and 128 carriers in 128 T have the
 * mean power of a single-carrier burst.
 */
namespace udeepsc_phy {
namespace detail {

constexpr std::size_t OFDM_CARRIERS = 128;
constexpr std::size_t OFDM_PREFIX = 16;
constexpr std::size_t OFDM_SYMBOL = OFDM_CARRIERS + OFDM_PREFIX;
constexpr std::size_t OFDM_OVERLAP = 2;
constexpr std::size_t OFDM_TRAINING = 2; //!< training symbols
//! Paths this much earlier or later than the one detected stay inside the prefix.
constexpr std::size_t OFDM_MAX_DELAY = (OFDM_PREFIX - OFDM_OVERLAP) / 2;

//! Frequency of carrier index 0 to 127, in carrier spacings: -64 to 64 without 0.
constexpr int ofdm_frequency(std::size_t carrier)
{
    const int half = OFDM_CARRIERS / 2;
    const int i = static_cast<int>(carrier);
    return i < half ? i - half : i - half + 1;
}

/*!
 * \brief Which carrier of which OFDM symbol carries what.
 *
 * Body OFDM symbol m = 0, 1, ... follows the training. pilot_symbols of its carriers are
 * pilots, evenly spaced, moved by three carriers from one symbol to the next (in time all
 * carriers are visited); the others hold data_symbols body positions, neighbours far
 * apart.
 */
class OfdmLayout {
public:
    explicit OfdmLayout(const FrameProfile& profile);

    //! Symbol T at which the first training symbol's prefix begins.
    std::size_t first_symbol() const { return d_first; }

    //! Body OFDM symbols of a frame.
    std::size_t body_symbols(std::size_t body_length) const;

    //! From the preamble's first symbol to the end of the last OFDM symbol, in T.
    std::size_t frame_symbols(std::size_t body_length) const;

    //! Carrier of pilot \p i in body OFDM symbol \p m.
    std::size_t pilot_carrier(std::size_t m, std::size_t i) const;

    //! Carrier of body position m data_symbols + \p slot.
    std::size_t data_carrier(std::size_t m, std::size_t slot) const
    {
        return d_data_carriers[m % d_spacing][slot];
    }

    //! +-1, shape [OFDM_TRAINING, OFDM_CARRIERS].
    const std::vector<float>& training() const { return d_training; }

    //! What fills data slot \p slot of the last OFDM symbol beyond the body, +-1.
    float padding(std::size_t slot) const { return d_padding[slot]; }

private:
    std::size_t d_first;
    std::size_t d_pilots;
    std::size_t d_data;
    std::size_t d_spacing; //!< of pilots, in carriers
    std::vector<std::vector<std::size_t>> d_data_carriers; //!< shape [spacing, data]
    std::vector<float> d_training;
    std::vector<float> d_padding;
};

/*! \brief One OFDM symbol between carriers and samples. Safe to share between threads. */
class OfdmTransform {
public:
    explicit OfdmTransform(unsigned samples_per_symbol);
    ~OfdmTransform();
    OfdmTransform(const OfdmTransform&) = delete;
    OfdmTransform& operator=(const OfdmTransform&) = delete;

    //! Samples of 128 T.
    std::size_t samples() const { return d_samples; }

    //! Carriers, shape [OFDM_CARRIERS], to one period of samples.
    void synthesize(const std::complex<float>* carriers,
                    std::complex<float>* samples) const;

    //! Back, with the same unitary scale.
    void analyze(const std::complex<float>* samples, std::complex<float>* carriers) const;

private:
    struct Plans;
    std::size_t bin(std::size_t carrier) const;

    std::size_t d_samples;
    std::unique_ptr<Plans> d_plans;
};

/*! \brief The transmit side. Safe to share between threads. */
class OfdmModulator {
public:
    OfdmModulator(const FrameProfile& profile, const std::vector<float>& pilots);

    const OfdmLayout& layout() const { return d_layout; }

    //! Peaks of body symbols over the mean power, dB; 100: as they come.
    void set_peak_limit(double db);

    //! Samples of training and body.
    std::size_t samples(std::size_t body_length) const;

    /*!
     * Training and body, added to \p out: samples() of them.
     * \param out the sample at which the first prefix begins
     */
    void modulate(const std::vector<std::complex<float>>& body,
                  std::complex<float>* out) const;

private:
    std::vector<std::complex<float>>
    body_carriers(const std::vector<std::complex<float>>& body, std::size_t m) const;
    void limit_peaks(std::size_t m, std::vector<std::complex<float>>& carriers) const;
    void add_symbol(const std::complex<float>* carriers, std::complex<float>* out) const;

    FrameProfile d_profile;
    OfdmLayout d_layout;
    OfdmTransform d_transform;
    std::vector<float> d_pilots;
    std::vector<float> d_rise; //!< of the overlap
    float d_peak; //!< largest magnitude of a sample
};

} // namespace detail
} // namespace udeepsc_phy
