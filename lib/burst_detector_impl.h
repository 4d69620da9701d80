// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/burst_detector.h>
#include <udeepsc_phy/burst_detector.h>

#include <deque>
#include <mutex>

namespace gr {
namespace udeepsc {

class burst_detector_impl : public burst_detector, public pdu_block_impl {
public:
    burst_detector_impl(const udeepsc_phy::DetectorConfig& config,
                        overflow_policy policy);

    bool start() override;
    bool stop() override;
    void forecast(int noutput_items, gr_vector_int& ninput_items_required) override;
    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override;

    void set_profile(const std::string& profile) override;
    std::string profile() const override;
    void set_false_alarm_rate(double rate) override;
    double false_alarm_rate() const override;
    double threshold() const override;

protected:
    //! Whoever sends to "stats" is done: nothing to this block.
    void upstream_done(const pmt::pmt_t&) override { }

private:
    //! The block in front has given its last sample.
    bool input_done();

    using detector_sptr = std::shared_ptr<udeepsc_phy::BurstDetector>;

    udeepsc_phy::DetectorConfig config() const;
    void use(const udeepsc_phy::DetectorConfig& config);
    //! The detector that the setters want; the old one's bursts are sent first.
    void take_over();
    //! Where samples are missing, as the radio tells with a new rx_time behind them:
    //! places among the next \p count, rising.
    std::vector<int> gaps_in(int count);
    //! A stream that begins with this sample; what waits for more goes out as it is.
    void begin_anew(std::uint64_t sample);
    void collect_tags(int count);
    //! The dict on the tag "burst" of this one; an empty dict where there is none.
    pmt::pmt_t transmitter_keys(std::uint64_t sample);
    //! Sends, holds back or drops as the policy says.
    void offer(const std::vector<udeepsc_phy::DetectedBurst>& bursts);
    void send_burst(const udeepsc_phy::DetectedBurst& burst);

    const overflow_policy d_policy;
    mutable std::mutex d_mutex;
    detector_sptr d_wanted; // guarded by d_mutex
    // The rest belongs to the block's thread.
    detector_sptr d_detector;
    std::uint64_t d_origin = 0; // number of d_detector's first sample
    std::deque<tag_t> d_tags; // "burst", in the order of the stream
};

} // namespace udeepsc
} // namespace gr
