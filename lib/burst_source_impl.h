// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/burst_source.h>

#include <deque>

namespace gr {
namespace udeepsc {

class burst_source_impl : public burst_source, public pdu_block_impl {
public:
    explicit burst_source_impl(const burst_source_options& options);

    bool stop() override;
    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& input_items,
                     gr_vector_void_star& output_items) override;

    int queue_depth() const override { return d_depth; }
    bool full() override;

    void set_amplitude(double amplitude) override;
    double amplitude() const override { return d_amplitude; }
    void set_gap(int gap) override;
    int gap() const override { return d_gap; }
    void set_lead_in(int lead_in) override;
    int lead_in() const override { return d_lead_in; }
    void set_device_time(double seconds) override;

protected:
    void upstream_done(const pmt::pmt_t& msg) override;

private:
    struct burst {
        pmt::pmt_t keys;
        std::vector<std::complex<float>> samples; // lead-in and burst
        std::size_t lead_in;
        std::size_t length; // samples and gap
        std::size_t sent = 0; // of length
    };

    void handle(const pmt::pmt_t& msg);
    //! The queue as its policy wants it; a newcomer may be refused.
    bool make_room();
    //! Gives up to n samples of the first burst; returns how many.
    std::size_t give(std::complex<float>* out, std::size_t n, std::uint64_t offset);
    void tag_start(const burst& first, std::uint64_t offset);
    //! When the radio is to send its first sample, by the radio's clock in seconds.
    double time_to_send(const burst& first);
    //! Sleeps until a message comes or some time has passed.
    void wait_for_message();

    const pmt::pmt_t d_in = pmt::intern("in");
    const burst_source_options d_options;
    std::atomic<double> d_amplitude;
    std::atomic<int> d_gap;
    std::atomic<int> d_lead_in;
    std::atomic<double> d_clock_offset; // radio's clock minus steady_clock, seconds
    std::atomic<int> d_depth { 0 };
    // The rest belongs to the block's thread.
    std::deque<burst> d_bursts;
    bool d_last = false; // nothing comes any more
    double d_air_free = 0; // radio's time at which the burst in front has ended
};

} // namespace udeepsc
} // namespace gr
