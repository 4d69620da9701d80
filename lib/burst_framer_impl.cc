// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_framer_impl.h"

#include <gnuradio/io_signature.h>

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_phy::FrameProfile;
using udeepsc_phy::Framer;
using udeepsc_phy::Payload;

std::shared_ptr<const Framer> make_framer(const std::string& profile)
{
    return std::make_shared<Framer>(FrameProfile::from_name(profile));
}

std::vector<std::size_t> symbols_of(const std::vector<Payload>& payloads)
{
    std::vector<std::size_t> symbols;
    for (const Payload& payload : payloads) {
        symbols.push_back(payload.symbols.size());
    }
    return symbols;
}

} // namespace

burst_framer::sptr burst_framer::make(const std::string& model,
                                      const std::string& profile,
                                      frame_grouping grouping,
                                      int pending)
{
    require_range("pending", pending, 1, 65536);
    return gnuradio::make_block_sptr<burst_framer_impl>(
        model, profile, grouping, pending);
}

burst_framer_impl::burst_framer_impl(const std::string& model,
                                     const std::string& profile,
                                     frame_grouping grouping,
                                     int pending)
    : gr::block(
        "burst_framer", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    , d_grouping(grouping)
    , d_framer(make_framer(profile))
    , d_format(make_payload_format(model))
    , d_gatherer(pending)
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
    add_pdu_output();
}

void burst_framer_impl::set_profile(const std::string& profile)
{
    framer_sptr fresh = make_framer(profile);
    std::lock_guard<std::mutex> lock(d_mutex);
    d_framer.swap(fresh);
}

std::string burst_framer_impl::profile() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_framer->profile().name;
}

void burst_framer_impl::set_model(const std::string& path)
{
    payload_format_sptr fresh = make_payload_format(path);
    std::lock_guard<std::mutex> lock(d_mutex);
    d_format.swap(fresh);
}

void burst_framer_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    pdu data(msg);
    framer_sptr framer;
    payload_format_sptr format;
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        framer = d_framer;
        format = d_format;
    }

    Payload payload = format->payload_of(data);
    const auto parts = format->parts_of_sample(payload.header);
    std::vector<Payload> payloads;
    if (d_grouping == frame_grouping::sample && parts.modalities.size() > 1) {
        payloads = gather(parts, std::move(payload), data);
        if (payloads.empty()) {
            return;
        }
    } else {
        payload.header.frame_id = number_of(data) & 0xff;
        payloads.push_back(std::move(payload));
    }

    const auto samples = framer->frame(payloads);
    const auto symbols = symbols_of(payloads);
    std::size_t total = 0;
    for (const std::size_t n : symbols) {
        total += n;
    }
    data.set(keys::profile(), pmt::intern(framer->profile().name));
    data.set(keys::symbols(), pmt::from_long(static_cast<long>(total)));
    data.set(keys::overhead(),
             pmt::from_long(static_cast<long>(framer->overhead_symbols(symbols))));
    data.payload = pmt::init_c32vector(samples.size(), samples);
    wait_for_room();
    send(data.message(), arrived);
}

std::uint64_t burst_framer_impl::number_of(const pdu& data)
{
    const auto frame_id = data.unsigned_number(keys::frame_id());
    return frame_id ? *frame_id : d_next_frame_id++;
}

std::vector<Payload> burst_framer_impl::gather(const payload_format::sample_parts& parts,
                                               Payload&& payload,
                                               const pdu& data)
{
    const auto frame_id = data.unsigned_number(keys::frame_id());
    if (!frame_id) {
        throw bad_pdu(reasons::BAD_KEY, "key \"frame_id\" is missing");
    }
    payload.header.frame_id = *frame_id & 0xff;
    // payload_of() has checked it: a task of several modalities needs the key.
    const std::string modality = data.symbol(keys::modality()).value();
    std::size_t evicted = 0;
    auto sample = d_gatherer.add(parts.task,
                                 parts.modalities.size(),
                                 *frame_id,
                                 modality,
                                 std::move(payload),
                                 evicted);
    if (evicted > 0) {
        drop(reasons::INCOMPLETE, "other modalities of the sample never came", evicted);
    }
    std::vector<Payload> payloads;
    if (sample) {
        for (const auto& part : parts.modalities) {
            payloads.push_back(std::move(sample->at(part)));
        }
    }
    return payloads;
}

} // namespace udeepsc
} // namespace gr
