// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "frame_tracker.h"
#include "interval_thread.h"
#include "payload_format.h"
#include "pdu_worker.h"
#include <gnuradio/udeepsc/burst_demodulator.h>
#include <udeepsc_phy/copy_receiver.h>

#include <limits>
#include <map>
#include <mutex>
#include <optional>

namespace gr {
namespace udeepsc {

class burst_demodulator_impl : public burst_demodulator, public pdu_block_impl {
public:
    burst_demodulator_impl(const std::string& model,
                           const std::string& profile,
                           int window,
                           int queue,
                           overflow_policy policy,
                           int address,
                           const std::string& key,
                           int copies);

    bool start() override;
    bool stop() override;
    int queue_depth() const override { return d_worker.depth() + d_incomplete; }

    void set_profile(const std::string& profile) override;
    std::string profile() const override;
    void set_model(const std::string& path) override;
    void set_window(int window) override;
    int window() const override;
    double snr_db() const override { return d_snr_db; }

private:
    struct job {
        pdu data;
        udeepsc_phy::DetectedBurst burst;
        steady_clock::time_point arrived;
    };

    /*! What the setters replace; the worker alone uses what the pointers lead to. */
    struct receiver {
        std::shared_ptr<udeepsc_phy::CopyReceiver> demodulator;
        payload_format_sptr format;
        int window;
        std::shared_ptr<frame_tracker> tracker;
    };

    receiver current() const;
    void handle(const pmt::pmt_t& msg);
    void process(job& received);
    void send_older_than(steady_clock::time_point time);
    void send_frames(const receiver& now,
                     const std::vector<udeepsc_phy::CopiedFrame>& frames);
    void send_frame(const receiver& now, const udeepsc_phy::CopiedFrame& received);
    bool is_for_us(const udeepsc_phy::ReceivedFrame& frame);
    bool is_authentic(const udeepsc_phy::ReceivedFrame& frame);
    static pmt::pmt_t transmitter_keys(const pmt::pmt_t& burst, std::size_t payload);
    static void add_frame_keys(pdu& data, const udeepsc_phy::ReceivedFrame& frame);
    pdu payload_pdu(const pmt::pmt_t& transmitter_keys,
                    const receiver& now,
                    const udeepsc_phy::CopiedFrame& received,
                    const udeepsc_phy::ReceivedPayload& payload) const;
    void report_snr(const udeepsc_phy::ReceivedFrame& frame);

    const pmt::pmt_t d_snr = pmt::intern("snr");
    const pmt::pmt_t d_control = pmt::intern("control");
    std::atomic<double> d_snr_db { std::numeric_limits<double>::quiet_NaN() };
    const int d_copies;
    mutable std::mutex d_mutex;
    receiver d_receiver; // guarded by d_mutex
    const int d_address;
    std::optional<udeepsc_phy::FrameVerifier> d_verifier; // none without a key

    /*! Of a burst whose frame waits for copies. */
    struct origin {
        pmt::pmt_t keys;
        steady_clock::time_point arrived;
    };
    std::mutex d_process_mutex; // of the next three, and of what the pointers lead to
    std::uint64_t d_bursts = 0;
    std::map<std::uint64_t, origin> d_origins; // by the number of the burst
    std::shared_ptr<udeepsc_phy::CopyReceiver> d_last; // that got a burst
    std::atomic<int> d_incomplete { 0 };
    pdu_worker<job> d_worker;
    interval_thread d_timer; // last: it uses what is above
};

} // namespace udeepsc
} // namespace gr
