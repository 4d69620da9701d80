// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_source_impl.h"

#include <gnuradio/block_detail.h>
#include <gnuradio/io_signature.h>
#include <gnuradio/tpb_detail.h>
#include <algorithm>
#include <chrono>
#include <cmath>

namespace gr {
namespace udeepsc {
namespace {

// Bursts that a sender which cannot be held back may pile up with overflow_policy::block:
// some block that is none of ours.
constexpr std::size_t s_most_bursts = 65536;

double seconds_of(std::chrono::steady_clock::time_point time)
{
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

//! The computer's clock minus steady_clock, which nobody sets, in seconds.
double computer_clock_offset()
{
    const std::chrono::duration<double> now
        = std::chrono::system_clock::now().time_since_epoch();
    return now.count() - seconds_of(std::chrono::steady_clock::now());
}

//! As UHD takes a time: whole seconds and their fraction.
pmt::pmt_t uhd_time(double seconds)
{
    const double whole = std::floor(seconds);
    return pmt::make_tuple(pmt::from_uint64(static_cast<std::uint64_t>(whole)),
                           pmt::from_double(seconds - whole));
}

} // namespace

void burst_source_options::validate() const
{
    if (length_tag.empty()) {
        throw std::invalid_argument("length_tag is empty, expected a name");
    }
    require_positive("amplitude", amplitude, 1e6);
    require_range("gap", gap, 0, 1e8);
    require_range("lead_in", lead_in, 0, 1e8);
    require_range("lead", lead, 0, 10);
    require_range("rate", rate, 0, 1e10);
    require_range("queue", queue, 1, s_most_bursts);
    if (lead == 0) {
        return;
    }
    if (rate == 0) {
        throw std::invalid_argument(
            "rate is 0, expected samples per second: lead asks for tx_time");
    }
    if (tags != burst_tags::sob_eob) {
        throw std::invalid_argument(
            "tags is not sob_eob, which lead and its tx_time ask for");
    }
    if (idle != burst_idle::nothing) {
        throw std::invalid_argument(
            "idle is zeros, expected nothing: with silence between the bursts the stream "
            "never ends, and lead has no time to set");
    }
}

burst_source::sptr burst_source::make(const burst_source_options& options)
{
    options.validate();
    return gnuradio::make_block_sptr<burst_source_impl>(options);
}

burst_source_impl::burst_source_impl(const burst_source_options& options)
    : gr::block("burst_source",
                gr::io_signature::make(0, 0, 0),
                gr::io_signature::make(1, 1, sizeof(gr_complex)))
    , d_options(options)
    , d_amplitude(options.amplitude)
    , d_gap(options.gap)
    , d_lead_in(options.lead_in)
    , d_clock_offset(computer_clock_offset())
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
}

bool burst_source_impl::stop()
{
    if (!d_bursts.empty()) {
        drop(reasons::STOPPED,
             "the flowgraph stopped before these were sent",
             d_bursts.size());
        d_bursts.clear();
        d_depth = 0;
    }
    d_last = false;
    d_air_free = 0;
    return true;
}

void burst_source_impl::set_amplitude(double amplitude)
{
    require_positive("amplitude", amplitude, 1e6);
    d_amplitude = amplitude;
}

void burst_source_impl::set_gap(int gap)
{
    require_range("gap", gap, 0, 1e8);
    d_gap = gap;
}

void burst_source_impl::set_lead_in(int lead_in)
{
    require_range("lead_in", lead_in, 0, 1e8);
    d_lead_in = lead_in;
}

void burst_source_impl::set_device_time(double seconds)
{
    require_range("seconds", seconds, 0, 1e12);
    d_clock_offset = seconds - seconds_of(steady_clock::now());
}

// The handler and general_work() share one thread, so a handler that waited for room
// would wait for ever; the senders ask instead.
bool burst_source_impl::full()
{
    return d_options.policy == overflow_policy::block
        && d_depth + nmsgs(d_in) >= static_cast<std::size_t>(d_options.queue);
}

void burst_source_impl::upstream_done(const pmt::pmt_t&)
{
    d_last = true;
}

bool burst_source_impl::make_room()
{
    const auto limit = static_cast<std::size_t>(d_options.queue);
    const std::string detail = "more than " + std::to_string(limit) + " bursts wait";
    switch (d_options.policy) {
    case overflow_policy::block:
        if (d_bursts.size() >= s_most_bursts) {
            drop(reasons::QUEUE_FULL, detail);
            return false;
        }
        return true;
    case overflow_policy::drop_newest:
        if (d_bursts.size() >= limit) {
            drop(reasons::QUEUE_FULL, detail);
            return false;
        }
        return true;
    case overflow_policy::drop_oldest:
        // The one on its way out is sent whole.
        const std::size_t begun = !d_bursts.empty() && d_bursts.front().sent > 0 ? 1 : 0;
        if (d_bursts.size() >= limit + begun) {
            d_bursts.erase(d_bursts.begin() + begun);
            drop(reasons::QUEUE_FULL, detail);
        }
        return true;
    }
    return false;
}

void burst_source_impl::handle(const pmt::pmt_t& msg)
{
    const pdu data(msg);
    burst fresh;
    fresh.samples = data.complexes();
    if (fresh.samples.empty()) {
        throw bad_pdu(reasons::WRONG_SHAPE, "payload is empty");
    }
    fresh.keys = data.meta;
    fresh.lead_in = d_lead_in;
    const float amplitude = static_cast<float>(d_amplitude);
    if (amplitude != 1) {
        for (auto& sample : fresh.samples) {
            sample *= amplitude;
        }
    }
    fresh.samples.insert(fresh.samples.begin(), fresh.lead_in, gr_complex(0, 0));
    fresh.length = fresh.samples.size() + d_gap;
    if (make_room()) {
        d_bursts.push_back(std::move(fresh));
    }
    d_depth = static_cast<int>(d_bursts.size());
}

int burst_source_impl::general_work(int noutput_items,
                                    gr_vector_int&,
                                    gr_vector_const_void_star&,
                                    gr_vector_void_star& output_items)
{
    auto* const out = static_cast<gr_complex*>(output_items[0]);
    const auto wanted = static_cast<std::size_t>(noutput_items);
    std::size_t given = 0;
    while (given < wanted && !d_bursts.empty()) {
        given += give(out + given, wanted - given, nitems_written(0) + given);
    }
    if (given > 0) {
        return static_cast<int>(given);
    }
    if (d_last) {
        return WORK_DONE;
    }
    if (d_options.idle == burst_idle::nothing) {
        wait_for_message();
        return 0;
    }
    std::fill_n(out, wanted, gr_complex(0, 0));
    return noutput_items;
}

std::size_t
burst_source_impl::give(std::complex<float>* out, std::size_t n, std::uint64_t offset)
{
    burst& first = d_bursts.front();
    if (first.sent == 0) {
        tag_start(first, offset);
    }
    const std::size_t count = std::min(n, first.length - first.sent);
    const std::size_t whole = first.samples.size();
    const std::size_t from = std::min(first.sent, whole);
    const std::size_t signal = std::min(count, whole - from);
    std::copy_n(first.samples.begin() + from, signal, out);
    std::fill_n(out + signal, count - signal, gr_complex(0, 0));
    first.sent += count;
    if (first.sent == first.length) {
        if (d_options.tags == burst_tags::sob_eob) {
            add_item_tag(0, offset + count - 1, pmt::mp("tx_eob"), pmt::PMT_T);
        }
        d_bursts.pop_front();
        d_depth = static_cast<int>(d_bursts.size());
        count_sent();
    }
    return count;
}

void burst_source_impl::tag_start(const burst& first, std::uint64_t offset)
{
    add_item_tag(0, offset + first.lead_in, pmt::mp("burst"), first.keys);
    if (d_options.tags == burst_tags::sob_eob) {
        add_item_tag(0, offset, pmt::mp("tx_sob"), pmt::PMT_T);
        if (d_options.lead > 0) {
            add_item_tag(0, offset, pmt::mp("tx_time"), uhd_time(time_to_send(first)));
        }
    } else if (d_options.tags == burst_tags::length) {
        add_item_tag(0,
                     offset,
                     pmt::intern(d_options.length_tag),
                     pmt::from_long(static_cast<long>(first.length)));
    }
}

double burst_source_impl::time_to_send(const burst& first)
{
    // Of now and not of the burst's arrival, which may be long past where bursts wait.
    const double earliest
        = seconds_of(steady_clock::now()) + d_clock_offset + d_options.lead;
    const double time = std::max(earliest, d_air_free);
    d_air_free = time + static_cast<double>(first.length) / d_options.rate;
    return time;
}

void burst_source_impl::wait_for_message()
{
    // The scheduler would call a source without output again at once. This is how it
    // waits itself where it can; a message that comes between the look and the wait has
    // to take the lock first and so wakes it.
    tpb_detail& scheduler = detail()->d_tpb;
    gr::thread::scoped_lock lock(scheduler.mutex);
    if (empty_handled_p()) {
        scheduler.input_cond.timed_wait(lock, boost::posix_time::milliseconds(100));
    }
}

} // namespace udeepsc
} // namespace gr
