// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sample_window.h"

#include <udeepsc_phy/burst_demodulator.h>

#include <complex>
#include <cstddef>
#include <memory>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Symbols and noise of any stretch of a frame's body: what a waveform is to a
 * receiver. Positions are FrameLayout's.
 *
 * After open() the other functions may be called in any order. The more symbols are known
 * when a stretch is read, the better it is: what a header turned out to say is told by
 * add_known(), the frame's end by end_at(). Not safe to share between threads.
 */
class BodySymbols {
public:
    virtual ~BodySymbols() = default;

    //! Begins another burst, which must outlive it. False if the position detected cannot
    //! be one; then nothing else may be called.
    virtual bool open(const DetectedBurst& burst) = 0;

    //! Whether the burst's samples hold all of the body before position \p end.
    virtual bool available(std::size_t end) const = 0;

    //! The burst's samples, as far as the header or what was read beyond it.
    virtual const SampleWindow& window() const = 0;

    /*!
     * Body positions first .. first + n - 1, equalised to gain 1 and phase 0, scrambled
     * as they are on the air. \param noise_var N0 of each
     */
    virtual void
    read(std::size_t first, std::size_t n, std::complex<float>* symbols, float* noise_var)
        = 0;

    //! The next read() of the first header shall estimate in another way. False if there
    //! is none.
    virtual bool try_another_way() = 0;

    //! Says whether the header's position looks as if these symbols had been sent: more
    //! than a CRC can tell about noise.
    virtual bool plausible_header(const std::vector<float>& symbols) const = 0;

    //! Symbols +-1 at \p first and on, which are reference symbols from now on.
    virtual void add_known(std::size_t first, const std::vector<float>& symbols) = 0;

    //! The body ends before this position: its last pilots are where that puts them.
    virtual void end_at(std::size_t body_length) = 0;

    //! Whether the transmitter fell silent, or another took over, before these positions,
    //! which were read.
    virtual bool ended_before(std::size_t first, std::size_t n) const = 0;

    //! Position, offsets, Es/N0 and power of a burst of which so many body positions were
    //! used; 0: none.
    virtual void report(std::size_t body_length, ReceivedFrame& frame) const = 0;
};

//! For the waveform of a profile.
std::unique_ptr<BodySymbols> make_body_symbols(const FrameProfile& profile);

} // namespace detail
} // namespace udeepsc_phy
