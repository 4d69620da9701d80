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
 * \brief The equalised symbols of one burst, and what is known of them.
 *
 * Carrier, clock, channel and gain are estimated from the known symbols: first the
 * preamble, then whatever the receiver has decoded and says with know(). What the symbols
 * mean is the receiver's business.
 *
 * Symbols are counted from the preamble's first. A header is what follows the preamble,
 * HEADER_CODED_BITS repeated; its symbols are used before they are known.
 */
class BurstSymbols {
public:
    //! \param header_signs the sign that scrambling gives each symbol of a header
    BurstSymbols(const FrameProfile& profile,
                 const FrameLayout& layout,
                 const std::vector<float>& header_signs);

    //! Begins another burst, which must outlive it. False if where it was detected is no
    //! place for a frame.
    bool open(const DetectedBurst& burst);
    //! Samples for so many symbols, turned back by the carrier offset.
    void place(std::size_t symbols);
    //! Whether the burst's samples reach so far. The symbol need not be placed.
    bool available(std::size_t symbol) const;
    const SampleWindow& window() const { return d_window; }

    //! Symbols that are known from now on, +-1.
    void know(std::size_t symbol, const float* values, std::size_t n);
    void know_preamble();
    //! The pilots of the first groups of the body.
    void know_pilots(std::size_t groups);
    //! From this symbol on nothing is known.
    void forget_from(std::size_t symbol) { d_known.resize(symbol, 0.0f); }
    //! One past the last known symbol.
    std::size_t known_end() const { return d_known.size(); }

    //! Maximum likelihood over the preamble, between the delays that hold most energy.
    void refine_carrier();
    //! Channel and equaliser, from the preamble.
    void estimate_from_preamble();
    //! Equalises the first header and follows its gain before it is known.
    void track_first_header();
    //! Carrier, clock and channel once more, now that the header is known as well.
    void estimate_from_known();
    //! Makes the equalised symbols reach to \p end.
    void equalize_to(std::size_t end);
    //! Equalises all of the first \p end symbols again.
    void equalize_again(std::size_t end);
    //! Gains and noise for all that is known by now.
    void track();
    //! track(), and the clock; equalises again if that moved.
    void settle();

    //! As it came out of the equaliser, its gain still in it.
    const std::complex<float>& operator[](std::size_t symbol) const { return d_z[symbol]; }
    const GainTracker& gains() const { return d_tracker; }
    //! Of the equalised symbols, measured at the known ones.
    double noise_var() const { return d_noise_var; }
    const ChannelEstimate& channel() const { return d_channel; }
    const SymbolClock& clock() const { return d_clock; }
    //! Carrier offset, cycles a symbol.
    double cfo() const;
    //! Of the channel's estimate: energy of a symbol at gain 1.
    double symbol_energy() const { return d_channel.symbol_energy(d_pulse); }
    //! Noise of the equalised symbols, as the channel's estimate foretold it.
    double expected_noise_var() const { return d_equalizer.error_var(); }

private:
    struct Lateness {
        double late, slope, middle;
    };

    void matched_filter(std::ptrdiff_t first,
                        std::size_t n,
                        std::vector<std::complex<float>>& y);
    void design_equalizer();
    std::vector<GainBlock> known_blocks(double* noise_var) const;
    Lateness lateness() const;
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
    double d_cfo = 0;    //!< what place() turns back, cycles a symbol
    ChannelEstimate d_channel;
    std::vector<float> d_known; //!< 0: unknown
    std::vector<std::complex<float>> d_z; //!< equalised symbols
    double d_noise_var = 1;     //!< of d_z
};

} // namespace detail
} // namespace udeepsc_phy
