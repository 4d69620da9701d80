// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "frame_tracker.h"
#include "payload_format.h"
#include "pdu_worker.h"
#include <gnuradio/udeepsc/burst_demodulator.h>
#include <udeepsc_phy/burst_demodulator.h>

#include <limits>
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
                           const std::string& key);

    bool start() override;
    bool stop() override;
    int queue_depth() const override { return d_worker.depth(); }

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
        std::shared_ptr<udeepsc_phy::BurstDemodulator> demodulator;
        payload_format_sptr format;
        int window;
        std::shared_ptr<frame_tracker> tracker;
    };

    receiver current() const;
    void handle(const pmt::pmt_t& msg);
    void process(job& received);
    bool is_for_us(const udeepsc_phy::ReceivedFrame& frame);
    bool is_authentic(const udeepsc_phy::ReceivedFrame& frame);
    static pmt::pmt_t transmitter_keys(const pdu& burst, std::size_t payload);
    static void add_frame_keys(pdu& data, const udeepsc_phy::ReceivedFrame& frame);
    pdu payload_pdu(const pmt::pmt_t& transmitter_keys,
                    const receiver& now,
                    const udeepsc_phy::ReceivedFrame& frame,
                    const udeepsc_phy::ReceivedPayload& payload) const;
    void report_snr(const udeepsc_phy::ReceivedFrame& frame);

    const pmt::pmt_t d_snr = pmt::intern("snr");
    const pmt::pmt_t d_control = pmt::intern("control");
    std::atomic<double> d_snr_db { std::numeric_limits<double>::quiet_NaN() };
    mutable std::mutex d_mutex;
    receiver d_receiver; // guarded by d_mutex
    const int d_address;
    std::optional<udeepsc_phy::FrameVerifier> d_verifier; // none without a key
    pdu_worker<job> d_worker;
};

} // namespace udeepsc
} // namespace gr
