// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <pmt/pmt.h>
#include <udeepsc_phy/framer.h>

#include <chrono>
#include <deque>
#include <memory>
#include <vector>

namespace gr {
namespace udeepsc {

/*! A sample that waits for its frame. */
struct frame_sample {
    std::vector<udeepsc_phy::Payload> payloads; //!< one at least, all of one model
    pmt::pmt_t keys; //!< of its PDU
    std::shared_ptr<const udeepsc_phy::Framer> framer;
    std::chrono::steady_clock::time_point arrived;
};

/*! Payloads of several samples as a frame has them. */
struct frame_batch {
    std::vector<udeepsc_phy::Payload> payloads;
    std::vector<pmt::pmt_t> keys; //!< of each payload's PDU

    std::size_t symbols() const; //!< of all payloads
};

std::vector<udeepsc_phy::PayloadHeader>
headers_of(const std::vector<udeepsc_phy::Payload>& payloads);

/*!
 * The first \p count samples as one frame. Payloads of one form stand together, in the
 * order of their samples: then one description serves them all.
 */
frame_batch make_batch(const std::deque<frame_sample>& samples, std::size_t count);

/*!
 * How many of these samples fill a frame: as many as come to \p max_symbols, or as the
 * frame can hold; 0 while more may come in. The first always fits.
 */
std::size_t samples_that_fill(const std::deque<frame_sample>& samples,
                              std::size_t max_symbols);

} // namespace udeepsc
} // namespace gr
