// SPDX-License-Identifier: GPL-3.0-or-later
#include "pdu_block_impl.h"

#include <gnuradio/block_registry.h>
#include <gnuradio/udeepsc/congestion.h>
#include <gnuradio/udeepsc/message_inbox.h>
#include <boost/thread/thread.hpp>

namespace gr {
namespace udeepsc {

pdu_block_impl::pdu_block_impl()
{
    message_port_register_out(d_stats);
    add_input("stats", [this](const pmt::pmt_t&) { publish_stats(stats()); });
    // In place of block's own handler, which ends the block in the middle of its work.
    set_msg_handler(pmt::mp("system"),
                    [this](const pmt::pmt_t& msg) { upstream_done(msg); });
}

void pdu_block_impl::upstream_done(const pmt::pmt_t& msg)
{
    auto quiet_since = steady_clock::now();
    while (steady_clock::now() - quiet_since < s_quiet_time) {
        if (dispatch_waiting() || queue_depth() > 0) {
            quiet_since = steady_clock::now();
        }
        boost::this_thread::sleep_for(boost::chrono::milliseconds(2));
    }
    system_handler(msg);
}

bool pdu_block_impl::dispatch_waiting()
{
    bool any = false;
    for (const auto& port : d_inputs) {
        while (const pmt::pmt_t msg = delete_head_nowait(port)) {
            dispatch_msg(port, msg);
            any = true;
        }
    }
    return any;
}

void pdu_block_impl::guard(const std::function<void(const pmt::pmt_t&)>& handler,
                           const pmt::pmt_t& msg)
{
    try {
        handler(msg);
    } catch (const bad_pdu& e) {
        drop(e.reason(), e.what());
    } catch (const boost::thread_interrupted&) {
        // How the scheduler stops a block's thread; it waits for it further up.
        throw;
    } catch (const std::exception& e) {
        drop(reasons::BAD_SAMPLE, e.what());
    }
}

void pdu_block_impl::add_input(const std::string& port,
                               std::function<void(const pmt::pmt_t&)> handler)
{
    const pmt::pmt_t name = pmt::intern(port);
    message_port_register_in(name);
    d_inputs.push_back(name);
    set_msg_handler(name, [this, handler = std::move(handler)](const pmt::pmt_t& msg) {
        guard(handler, msg);
    });
}

void pdu_block_impl::add_pdu_input(std::function<void(const pmt::pmt_t&)> handler)
{
    add_input("in", [this, handler = std::move(handler)](const pmt::pmt_t& msg) {
        count_received();
        handler(msg);
    });
}

void pdu_block_impl::add_pdu_output()
{
    message_port_register_out(d_out);
}

void pdu_block_impl::add_snr_input(std::function<void(double)> set_snr_db)
{
    add_input("snr", [set_snr_db = std::move(set_snr_db)](const pmt::pmt_t& msg) {
        set_snr_db(snr_from_message(msg));
    });
}

std::uint64_t pdu_block_impl::dropped() const
{
    std::lock_guard<std::mutex> lock(d_counter_mutex);
    std::uint64_t total = 0;
    for (const auto& entry : d_dropped) {
        total += entry.second;
    }
    return total;
}

std::uint64_t pdu_block_impl::dropped(const std::string& reason) const
{
    std::lock_guard<std::mutex> lock(d_counter_mutex);
    const auto found = d_dropped.find(reason);
    return found == d_dropped.end() ? 0 : found->second;
}

double pdu_block_impl::latency_ms() const
{
    std::lock_guard<std::mutex> lock(d_counter_mutex);
    return d_latency_count == 0 ? 0 : d_latency_sum_ms / d_latency_count;
}

pmt::pmt_t pdu_block_impl::stats() const
{
    pmt::pmt_t by_reason = pmt::make_dict();
    {
        std::lock_guard<std::mutex> lock(d_counter_mutex);
        for (const auto& entry : d_dropped) {
            by_reason = pmt::dict_add(
                by_reason, pmt::intern(entry.first), pmt::from_uint64(entry.second));
        }
    }
    pmt::pmt_t dict = pmt::make_dict();
    dict = pmt::dict_add(dict, pmt::mp("block"), pmt::intern(alias()));
    dict = pmt::dict_add(dict, pmt::mp("received"), pmt::from_uint64(received()));
    dict = pmt::dict_add(dict, pmt::mp("sent"), pmt::from_uint64(sent()));
    dict = pmt::dict_add(dict, pmt::mp("dropped"), by_reason);
    dict = pmt::dict_add(dict, pmt::mp("queue_depth"), pmt::from_long(queue_depth()));
    dict = pmt::dict_add(dict, pmt::mp("latency_ms"), pmt::from_double(latency_ms()));
    return dict;
}

// Counted without a word: what comes now and then in a flowgraph where all is well.
static bool is_expected(const std::string& reason)
{
    return reason == reasons::NO_HEADER || reason == reasons::STOPPED;
}

void pdu_block_impl::drop(const std::string& reason,
                          const std::string& detail,
                          std::uint64_t n)
{
    bool first = false;
    {
        std::lock_guard<std::mutex> lock(d_counter_mutex);
        std::uint64_t& count = d_dropped[reason];
        first = count == 0 && n > 0;
        count += n;
    }
    if (first && !is_expected(reason)) {
        d_logger->warn(
            "dropped a PDU ({}): {}; more of this kind are only counted", reason, detail);
    }
}

void pdu_block_impl::send(const pmt::pmt_t& message, steady_clock::time_point arrived)
{
    message_port_pub(d_out, message);
    d_sent++;
    const std::chrono::duration<double, std::milli> latency
        = steady_clock::now() - arrived;
    std::lock_guard<std::mutex> lock(d_counter_mutex);
    d_latency_sum_ms += latency.count();
    d_latency_count++;
}

bool pdu_block_impl::congested()
{
    return udeepsc::congested(*this, d_out);
}

bool congested(gr::basic_block& sender, const pmt::pmt_t& port)
{
    // Messages that may wait at the next block's port before a sender holds back.
    constexpr std::size_t inbox_limit = 16;
    pmt::pmt_t targets = sender.message_subscribers(port);
    for (; pmt::is_pair(targets); targets = pmt::cdr(targets)) {
        const pmt::pmt_t target = pmt::car(targets);
        const auto block = global_block_registry.block_lookup(pmt::car(target));
        // It takes whatever comes, and nobody waits for a window.
        if (dynamic_cast<message_inbox*>(block.get())) {
            continue;
        }
        // The size is read without the inbox's lock, as the scheduler itself reads it: a
        // stale one makes this sender look again, nothing else.
        if (block && block->nmsgs(pmt::cdr(target)) >= inbox_limit) {
            return true;
        }
        const auto ours = dynamic_cast<pdu_block_impl*>(block.get());
        if (ours && ours->full()) {
            return true;
        }
    }
    return false;
}

void pdu_block_impl::wait_for_room()
{
    try {
        while (congested()) {
            boost::this_thread::sleep_for(boost::chrono::microseconds(500));
        }
    } catch (const boost::thread_interrupted&) {
        drop(reasons::STOPPED, "the flowgraph is stopped"); // what was to be sent
        throw; // the scheduler waits for it
    }
}

void pdu_block_impl::publish_stats(const pmt::pmt_t& stats)
{
    message_port_pub(d_stats, stats);
}

} // namespace udeepsc
} // namespace gr
