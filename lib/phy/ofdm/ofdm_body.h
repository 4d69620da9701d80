// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ofdm_burst.h"
#include "ofdm_section.h"
#include "ofdm_tracker.h"
#include "frame/frame_layout.h"
#include "receive/body_symbols.h"

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Body symbols of profiles of Waveform::ofdm.
 *
 * Channel and offsets are estimated from training symbols and pilots, then from the
 * header, too. What follows the header is tracked stretch by stretch, each at most as
 * long as all before it, so that the clock's drift stays a fraction of a turn on every
 * carrier.
 */
class OfdmBody : public BodySymbols {
public:
    explicit OfdmBody(const FrameProfile& profile);

    bool open(const DetectedBurst& burst) override;
    bool available(std::size_t end) const override;
    const SampleWindow& window() const override { return d_burst.window(); }
    void read(std::size_t first,
              std::size_t n,
              std::complex<float>* symbols,
              float* noise_var) override;
    //! Carriers know which of them faded, and every OFDM symbol has pilots.
    bool try_another_way() override { return false; }
    bool plausible_header(const std::vector<float>&) const override { return true; }
    void add_known(std::size_t first, const std::vector<float>& symbols) override;
    void end_at(std::size_t) override { } // every OFDM symbol has its own pilots
    bool ended_before(std::size_t, std::size_t) const override { return false; }
    void report(std::size_t body_length, ReceivedFrame& frame) const override;

private:
    // In the order of a frame.
    void acquire();
    void fit_to_header();
    std::complex<double> find_line() const;
    void track_to(std::size_t body_symbols);

    void transform_to(std::size_t body_symbols);
    std::size_t body_symbols() const { return d_burst.symbols() - OFDM_TRAINING; }
    void add_pilots();
    void add_reference(std::size_t symbol, std::size_t carrier, float sent);
    void equalize(std::size_t position, std::complex<float>& symbol, float& noise) const;

    const FrameProfile d_profile;
    const FrameLayout d_layout;
    const OfdmLayout d_ofdm;
    const std::size_t d_header_symbols; //!< OFDM symbols of the body that hold the header

    // Of the burst being received.
    OfdmBurst d_burst;
    OfdmTracker d_tracker;
    struct Reference {
        std::size_t symbol, carrier;
        float sent;
    };
    std::vector<Reference> d_references;
    std::size_t d_with_pilots = 0; //!< body OFDM symbols whose pilots are among them
    std::size_t d_tracked = 0; //!< body OFDM symbols that the offsets were fitted to
    bool d_acquired = false, d_header_known = false, d_fitted = false;
    bool d_more_known = false; //!< than the offsets were fitted to
};

} // namespace detail
} // namespace udeepsc_phy
