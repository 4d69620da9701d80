// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/block_fading_channel.h>
#include <udeepsc_phy/fading_channel.h>

namespace gr {
namespace udeepsc {

class block_fading_channel_impl : public block_fading_channel, public pdu_block_impl {
public:
    block_fading_channel_impl(channel_type model,
                              double snr_db,
                              double k_factor_db,
                              std::uint64_t seed);

    void set_model(channel_type model) override;
    channel_type model() const override { return d_model; }
    void set_snr_db(double snr_db) override;
    double snr_db() const override { return d_snr_db; }
    void set_k_factor_db(double k_factor_db) override;
    double k_factor_db() const override { return d_k_factor_db; }
    void restart() override { d_restart = true; }

private:
    void handle(const pmt::pmt_t& msg);
    udeepsc_phy::FadingConfig config() const;

    std::atomic<channel_type> d_model;
    std::atomic<double> d_snr_db;
    std::atomic<double> d_k_factor_db;
    std::atomic<bool> d_restart { false };
    const std::uint64_t d_seed;
    udeepsc_phy::BlockFadingChannel d_channel; // block's thread only
};

} // namespace udeepsc
} // namespace gr
