// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/radio_channel.h>

#include <mutex>

namespace gr {
namespace udeepsc {

class radio_channel_impl : public radio_channel, public pdu_block_impl {
public:
    explicit radio_channel_impl(const udeepsc_phy::RadioChannelConfig& config);

    bool start() override;
    void forecast(int noutput_items, gr_vector_int& ninput_items_required) override;
    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override;

    udeepsc_phy::RadioChannelConfig config() const override;
    void set_config(const udeepsc_phy::RadioChannelConfig& config) override;
    void restart() override;

    void set_snr_db(double snr_db) override;
    void set_gain_db(double gain_db) override;
    void set_phase(double phase) override;
    void set_cfo(double cfo) override;
    void set_delay(double delay) override;
    void set_clock_ppm(double clock_ppm) override;
    void set_phase_noise(double rms) override;
    void set_multipath(const std::string& profile) override;
    void set_fading(const std::string& fading) override;
    void set_doppler(double doppler) override;
    void set_rician_k_db(double k_db) override;
    void set_faults(const udeepsc_phy::HardwareFaults& faults) override;

protected:
    //! Whoever sends to "snr" or "stats" is done: nothing to this block.
    void upstream_done(const pmt::pmt_t&) override { }

private:
    using config_type = udeepsc_phy::RadioChannelConfig;

    //! Changes one field; throws and changes nothing if the result does not validate.
    template <typename T> void change(T config_type::*field, const T& value);
    //! Brings what the setters wrote to the channel.
    void take_over();
    //! Puts the tags of the next `count` input samples where these will come out.
    void move_tags(int count);
    //! rx_time and rx_rate where the channel's last piece begins anew.
    void add_time_tags();
    void add_time_tag(std::size_t index, std::uint64_t sample, double rate);

    mutable std::mutex d_mutex;
    config_type d_config; // this and the two that follow are guarded by d_mutex
    bool d_changed = false;
    bool d_restart = false;
    // The rest belongs to the block's thread.
    udeepsc_phy::RadioChannel d_channel;
    std::vector<std::complex<float>> d_ready; // given by the channel, not yet sent on ...
    std::size_t d_sent = 0; // ... from here
    std::uint64_t d_given = 0; // by the channel, in all
    bool d_ran = false;
};

} // namespace udeepsc
} // namespace gr
