// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu.h"
#include <gnuradio/udeepsc/pdu_block.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

namespace gr {
namespace udeepsc {

using steady_clock = std::chrono::steady_clock;

/*!
 * \brief Counters, fault log and sending, shared by all blocks.
 *
 * Everything here may be called from the block's thread and from its worker at once.
 */
class pdu_block_impl : virtual public pdu_block {
public:
    std::uint64_t received() const override { return d_received; }
    std::uint64_t sent() const override { return d_sent; }
    std::uint64_t dropped() const override;
    std::uint64_t dropped(const std::string& reason) const override;
    int queue_depth() const override { return 0; }
    double latency_ms() const override;
    pmt::pmt_t stats() const override;

    //! Counts a drop and logs the first of each reason.
    void drop(const std::string& reason, const std::string& detail, std::uint64_t n = 1);

    //! Sends a PDU that came in at `arrived`.
    void send(const pmt::pmt_t& message, steady_clock::time_point arrived);

    //! Messages wait at the next block's port, or it says that it is full: sending more
    //! would only grow its inbox.
    bool congested();
    //! This block wants its senders to hold back, though its inbox may be empty.
    virtual bool full() { return false; }

protected:
    pdu_block_impl();

    //! Registers an input port whose handler may throw bad_pdu: that is a counted drop.
    void add_input(const std::string& port,
                   std::function<void(const pmt::pmt_t&)> handler);
    //! The same for a port that brings PDUs: they count as received.
    void add_pdu_input(std::function<void(const pmt::pmt_t&)> handler);
    //! The port "out".
    void add_pdu_output();
    //! Port "snr": takes an Es/N0 in dB.
    void add_snr_input(std::function<void(double)> set_snr_db);

    //! From a handler: waits until the next block has room or the flowgraph is stopped.
    void wait_for_room();

    /*!
     * The block in front is done. Here: handles what waits or still comes, then is done
     * too. GNU Radio tells a block so before it stops the one in front, which may send
     * its last PDUs while it stops; and a worker of this block needs its time.
     */
    virtual void upstream_done(const pmt::pmt_t& msg);

    void publish_stats(const pmt::pmt_t& stats);
    void count_received() { d_received++; }
    void count_sent() { d_sent++; }

private:
    void guard(const std::function<void(const pmt::pmt_t&)>& handler,
               const pmt::pmt_t& msg);
    bool dispatch_waiting();

    // How long it has to be quiet before a block with nobody left in front is done.
    static constexpr auto s_quiet_time = std::chrono::milliseconds(100);

    const pmt::pmt_t d_out = pmt::intern("out");
    const pmt::pmt_t d_stats = pmt::intern("stats");
    std::vector<pmt::pmt_t> d_inputs;
    std::atomic<std::uint64_t> d_received { 0 };
    std::atomic<std::uint64_t> d_sent { 0 };
    mutable std::mutex d_counter_mutex;
    std::map<std::string, std::uint64_t> d_dropped; // by reason
    double d_latency_sum_ms = 0;
    std::uint64_t d_latency_count = 0;
};

} // namespace udeepsc
} // namespace gr
