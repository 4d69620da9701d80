// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "channel_estimator.h"
#include "equalizer.h"
#include "frame/frame_layout.h"
#include "gain_tracker.h"
#include "frame/pulse.h"
#include "sample_window.h"
#include "symbol_filter.h"

#include <udeepsc_phy/burst_detector.h>
#include <udeepsc_phy/frame.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief The equalised symbols of one burst and its reference symbols.
 *
 * Carrier, clock, channel and gain are estimated from the reference symbols: first the
 * preamble, then whatever the receiver has decoded and adds. What the symbols mean is the
 * receiver's business.
 *
 * Symbols are counted from the preamble's first. A header is what follows the preamble,
 * HEADER_CODED_BITS repeated; its symbols are used before they are decoded.
 */
class BurstSymbols {
public:
    //! \param header_signs the sign that scrambling gives each symbol of a header
    BurstSymbols(const FrameProfile& profile,
                 const FrameLayout& layout,
                 const std::vector<float>& header_signs);

    //! Begins another burst, which must outlive it. False if the position detected
    //! cannot be one.
    bool open(const DetectedBurst& burst);
    //! Samples for so many symbols, turned back by the carrier offset.
    void load(std::size_t symbols);
    //! Whether the burst's samples reach so far. The symbol need not be loaded.
    bool available(std::size_t symbol) const;
    const SampleWindow& window() const { return d_window; }

    //! Symbols that the receiver knows from now on, +-1.
    void add_reference(std::size_t symbol, const float* values, std::size_t n);
    void add_preamble();
    //! The pilots of the first groups of the body.
    void add_pilots(std::size_t groups);
    //! From this symbol on there is no reference.
    void drop_reference_from(std::size_t symbol) { d_reference.resize(symbol, 0.0f); }
    //! One past the last reference symbol.
    std::size_t reference_end() const { return d_reference.size(); }

    //! Maximum likelihood over the preamble, between the delays that hold most energy.
    void refine_carrier();
    //! Channel and equaliser, from the preamble.
    void estimate_from_preamble();
    //! Equalises the first header and follows its gain before it is decoded.
    void track_first_header();
    //! Carrier, clock and channel once more, now that the header is a reference as well.
    void estimate_from_reference();
    //! Makes the equalised symbols reach to \p end.
    void equalize_to(std::size_t end);
    //! Equalises all of the first \p end symbols again.
    void equalize_again(std::size_t end);
    //! Gains and noise from all reference symbols.
    void track_gain();
    //! track_gain(), and the clock; equalises again if that moved.
    void track_gain_and_clock();

    //! As it came out of the equaliser, its gain still in it.
    const std::complex<float>& operator[](std::size_t symbol) const
    {
        return d_z[symbol];
    }
    const GainTracker& gains() const { return d_tracker; }
    //! Of the equalised symbols, measured at the reference symbols.
    double noise_var() const { return d_noise_var; }
    const ChannelEstimate& channel() const { return d_channel; }
    const SymbolClock& clock() const { return d_clock; }
    //! Carrier offset, cycles a symbol.
    double cfo() const;
    //! Of the channel's estimate: energy of a symbol at gain 1.
    double symbol_energy() const { return d_channel.symbol_energy(d_pulse); }
    //! Noise of the equalised symbols, as the equaliser's design expects it.
    double designed_noise_var() const { return d_equalizer.error_var(); }

private:
    void matched_filter(std::ptrdiff_t first,
                        std::size_t n,
                        std::vector<std::complex<float>>& y);
    enum class Phase { constant, tracked };
    void fit_channel(const std::vector<float>& reference, std::size_t n, Phase phase);
    void design_equalizer();
    bool correct_clock();
    //! One past the first header's last symbol.
    std::size_t header_end() const;

    const FrameProfile& d_profile;
    const FrameLayout& d_layout;
    const std::vector<float>& d_header_signs;
    const Pulse d_pulse;
    const ChannelEstimator d_estimator;
    SymbolFilter d_half_symbols;
    Equalizer d_equalizer;
    GainTracker d_tracker;

    SampleWindow d_window;
    SymbolClock d_clock; //!< in d_window's samples
    double d_cfo = 0; //!< what load() removes, cycles a symbol
    ChannelEstimate d_channel;
    std::vector<float> d_reference; //!< 0: none
    std::vector<std::complex<float>> d_z; //!< equalised symbols
    double d_noise_var = 1; //!< of d_z
};

} // namespace detail
} // namespace udeepsc_phy
