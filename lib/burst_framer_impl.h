// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "modality_gatherer.h"
#include "payload_format.h"
#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/burst_framer.h>
#include <udeepsc_phy/framer.h>

namespace gr {
namespace udeepsc {

class burst_framer_impl : public burst_framer, public pdu_block_impl {
public:
    burst_framer_impl(const std::string& model,
                      const std::string& profile,
                      frame_grouping grouping,
                      int pending);

    void set_profile(const std::string& profile) override;
    std::string profile() const override;
    void set_model(const std::string& path) override;

private:
    using framer_sptr = std::shared_ptr<const udeepsc_phy::Framer>;

    void handle(const pmt::pmt_t& msg);
    //! All payloads of the sample that this one completes; none while others are awaited.
    std::vector<udeepsc_phy::Payload> gather(const payload_format::sample_parts& parts,
                                             udeepsc_phy::Payload&& payload,
                                             const pdu& data);
    std::uint64_t number_of(const pdu& data);

    const frame_grouping d_grouping;
    mutable std::mutex d_mutex; // of the two pointers
    framer_sptr d_framer;
    payload_format_sptr d_format;
    // The rest belongs to the block's thread.
    modality_gatherer<udeepsc_phy::Payload> d_gatherer;
    std::uint64_t d_next_frame_id = 0;
};

} // namespace udeepsc
} // namespace gr
