// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "frame_batch.h"
#include "job_thread.h"
#include "layer_protection.h"
#include "modality_gatherer.h"
#include "payload_format.h"
#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/burst_framer.h>
#include <udeepsc_phy/framer.h>

#include <deque>
#include <mutex>

namespace gr {
namespace udeepsc {

class burst_framer_impl : public burst_framer, public pdu_block_impl {
public:
    burst_framer_impl(const std::string& model,
                      const std::string& profile,
                      const burst_framer_options& options);

    bool start() override;
    bool stop() override;
    int queue_depth() const override { return d_worker.depth(); }

    void set_profile(const std::string& profile) override;
    std::string profile() const override;
    void set_model(const std::string& path) override;
    void set_destination(int destination) override;
    int destination() const override { return d_destination; }
    void set_max_frame_symbols(int symbols) override;
    int max_frame_symbols() const override { return d_max_frame_symbols; }
    std::uint64_t samples_sent() const override { return d_samples_sent; }

private:
    using framer_sptr = std::shared_ptr<const udeepsc_phy::Framer>;
    using payloads = std::vector<udeepsc_phy::Payload>;

    void current(framer_sptr& framer, payload_format_sptr& format) const;
    void handle(const pmt::pmt_t& msg);
    void handle_control(const pmt::pmt_t& msg);
    void add_options(udeepsc_phy::Payload& payload, const pdu& data) const;
    //! All payloads of the sample that this one completes; none while others are awaited.
    payloads gather(const payload_format::sample_parts& parts,
                    udeepsc_phy::Payload&& payload,
                    const pdu& data);
    std::uint64_t number_of(const pdu& data);
    //! The 8 bits of a sample's number that go on the air.
    unsigned number_on_air(std::uint64_t number,
                           const payload_format::sample_parts& parts,
                           const pdu& data) const;

    // In the worker's thread.
    void process(std::vector<frame_sample>& samples);
    void send_frame(const std::deque<frame_sample>& samples, std::size_t count);
    void send_copy(const frame_sample& first,
                   const frame_batch& batch,
                   std::size_t count,
                   int copy);
    udeepsc_phy::FrameAddresses addresses() const;

    const burst_framer_options d_options;
    std::atomic<int> d_destination;
    std::atomic<int> d_max_frame_symbols;
    std::atomic<std::uint64_t> d_samples_sent { 0 };
    const std::shared_ptr<udeepsc_phy::FrameSigner> d_signer; // null without a key
    const std::vector<layer_protection> d_protection; // empty: all layers are sent alike
    mutable std::mutex d_mutex; // of the two pointers
    framer_sptr d_framer;
    payload_format_sptr d_format;
    // These belong to the block's thread.
    modality_gatherer<udeepsc_phy::Payload> d_gatherer;
    std::uint64_t d_next_frame_id = 0;
    unsigned d_first_frame = 0; // set before that thread runs

    job_thread<frame_sample> d_worker; // last: its thread uses what is above
};

} // namespace udeepsc
} // namespace gr
