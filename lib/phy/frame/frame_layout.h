// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "reference_symbols.h"

#include <udeepsc_phy/frame.h>

#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Where every symbol of a frame lies.
 *
 * Symbol 0 is the preamble's first. What follows the preamble is the *body*: header,
 * description if there is one, payloads, counted as body positions 0, 1, 2, ... without
 * the pilots. A group of pilot_symbols pilots follows after every
 * data_symbols body positions and after the last one of the frame (once, if both fall
 * together):
 *
 *     ramp | preamble | 56 body | 8 pilots | 56 body | 8 pilots | ... | rest | 8 pilots |
 * ramp
 *
 * so a payload may begin anywhere between two groups, and a receiver knows where the
 * pilots are before it has decoded any header, the last group excepted.
 *
 * Symbol k of all payloads in a row is multiplied by payload_signs()[k] on the air (so
 * that a constant payload has a white spectrum and no payload repeats a preamble); a
 * header scrambles itself, see BlockCode.
 *
 * A frame of Waveform::ofdm has the same preamble, body and pilots (one group for each
 * OFDM symbol) but lays body and pilots out over carriers: see OfdmLayout. Functions
 * marked with (sc) are not for it.
 */
class FrameLayout {
public:
    //! \throws std::invalid_argument if the profile does not validate.
    explicit FrameLayout(const FrameProfile& profile);

    const FrameProfile& profile() const { return d_profile; }

    //! Body positions of the header.
    std::size_t header_length() const { return d_header_length; }

    //! Body positions of the header, a description of so many bytes and all payloads.
    std::size_t body_length(std::size_t description_bytes,
                            std::size_t payload_symbols) const;

    //! Of the longest frame that the profile allows.
    std::size_t max_body_length() const;

    //! (sc) Symbol number of a body position.
    std::size_t body_symbol(std::size_t position) const;

    //! (sc) Symbol number of pilot group \p group's first pilot, unless it is the last
    //! group.
    std::size_t pilot_symbol(std::size_t group) const;

    //! Pilot groups of a frame with such a body, the last one included.
    std::size_t pilot_groups(std::size_t body_length) const;

    //! Symbols from the preamble's first to the last pilot, or the last OFDM symbol's
    //! end.
    std::size_t frame_symbols(std::size_t body_length) const;

    //! Samples of a burst: ramps, frame and the pulse's tails.
    std::size_t burst_samples(std::size_t body_length) const;

    //! Sample of the framer's burst at which a symbol has its peak; negative for ramps.
    std::size_t symbol_sample(std::ptrdiff_t symbol) const;

    const std::vector<float>& preamble() const { return d_preamble; }

    //! Pilots of all groups in a row, shape [groups of the longest frame, pilot_symbols].
    const std::vector<float>& pilots() const { return d_pilots; }

    //! Scrambling of payload symbols, shape [max_payload_symbols].
    const std::vector<float>& payload_signs() const { return d_payload_signs; }

    //! (sc) Preamble and every pilot group of a frame with such a body, in order.
    std::vector<ReferenceSymbols> reference_runs(std::size_t body_length) const;

    /*!
     * (sc) The preamble and the first \p groups pilot groups of a frame that is
     * longer: the references that a receiver has before it has decoded a header.
     */
    std::vector<ReferenceSymbols> reference_runs_before(std::size_t groups) const;

    //! Ramp symbols, amplitude included; symbols -ramp_symbols to -1.
    const std::vector<float>& ramp_up() const { return d_ramp_up; }
    //! Likewise from symbol frame_symbols() on, or behind an OFDM frame's preamble.
    const std::vector<float>& ramp_down() const { return d_ramp_down; }

private:
    FrameProfile d_profile;
    std::size_t d_header_length;
    std::vector<float> d_preamble;
    std::vector<float> d_pilots;
    std::vector<float> d_payload_signs;
    std::vector<float> d_ramp_up;
    std::vector<float> d_ramp_down;
};

} // namespace detail
} // namespace udeepsc_phy
