// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "body_symbols.h"
#include "channel_estimator.h"
#include "equalizer.h"
#include "gain_tracker.h"
#include "symbol_filter.h"
#include "frame/frame_layout.h"
#include "frame/pulse.h"

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Body symbols of profiles of Waveform::single_carrier.
 *
 * Carrier, clock, channel and gain are estimated from the reference symbols: first the
 * preamble, then header and pilots. What follows the header is tracked stretch by
 * stretch, each at most seven times as long as all before it: so far, a clock that was
 * fitted to what came before is right to a fraction of a symbol. Symbols are counted from
 * the preamble's first.
 */
class SingleCarrierBody : public BodySymbols {
public:
    explicit SingleCarrierBody(const FrameProfile& profile);

    bool open(const DetectedBurst& burst) override;
    bool available(std::size_t end) const override;
    const SampleWindow& window() const override { return d_window; }
    void read(std::size_t first,
              std::size_t n,
              std::complex<float>* symbols,
              float* noise_var) override;
    bool try_another_way() override;
    bool plausible_header(const std::vector<float>& symbols) const override;
    void add_known(std::size_t first, const std::vector<float>& symbols) override;
    void end_at(std::size_t body_length) override;
    bool ended_before(std::size_t first, std::size_t n) const override;
    void report(std::size_t body_length, ReceivedFrame& frame) const override;

private:
    // In the order of a frame.
    void acquire();
    void refine_carrier();
    void track_unknown_header();
    void fit_to_header();
    void track_to(std::size_t end);
    void add_pilots(std::size_t end);

    enum class Phase { constant, tracked };
    void fit_channel(const std::vector<float>& reference, std::size_t n, Phase phase);
    bool remove_line(std::size_t end);
    void track_gain();
    void track_gain_and_clock();
    bool correct_clock();

    void load(std::size_t symbols) { d_window.fill(d_cfo, symbols); }
    void matched_filter(std::ptrdiff_t first,
                        std::size_t n,
                        std::vector<std::complex<float>>& y);
    void equalize_to(std::size_t end);
    void equalize_again(std::size_t end);
    void add_reference(std::size_t symbol, const float* values, std::size_t n);
    double noise_ratio(double symbol) const;
    double mean_noise_var() const;
    double mean_gain_power(std::size_t first, std::size_t last) const;
    double symbol_energy() const { return d_channel.symbol_energy(d_pulse); }

    const FrameProfile d_profile;
    const FrameLayout d_layout;
    const std::vector<float> d_header_signs; //!< of its scrambler
    const std::size_t d_header_end; //!< one past the header's last symbol
    const Pulse d_pulse;
    const ChannelEstimator d_estimator;
    SymbolFilter d_half_symbols;
    Equalizer d_equalizer;
    GainTracker d_tracker;

    // Of the burst being received.
    SampleWindow d_window;
    SymbolClock d_clock; //!< in d_window's samples
    double d_cfo = 0; //!< removed from the samples, cycles a symbol
    ChannelEstimate d_channel;
    std::vector<float> d_reference; //!< 0: none
    std::vector<std::complex<float>> d_z; //!< equalised symbols, their gain still in them
    double d_noise_var = 1; //!< of d_z, where nothing disturbs it
    std::vector<GainBlock> d_blocks; //!< that the gains were fitted to
    std::size_t d_body_length = 0; //!< 0: not known
    bool d_acquired = false;
    bool d_pilots_only = false; //!< gains of the header by its pilots alone
    bool d_header_known = false, d_fitted = false;
    bool d_more_known = false; //!< than the gains were fitted to
};

} // namespace detail
} // namespace udeepsc_phy
