// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_framer_impl.h"
#include "control_message.h"
#include "copy_keys.h"

#include <gnuradio/io_signature.h>
#include <udeepsc_phy/copy_combiner.h>
#include <algorithm>
#include <chrono>
#include <ratio>

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_phy::Authenticator;
using udeepsc_phy::FrameProfile;
using udeepsc_phy::Framer;
using udeepsc_phy::FrameSigner;
using udeepsc_phy::Payload;

// Samples that may wait for their frame: as many as one can hold.
constexpr int s_queue = 64;

std::shared_ptr<FrameSigner> make_signer(const std::string& key)
{
    return key.empty() ? nullptr : std::make_shared<FrameSigner>(Authenticator(key));
}

std::shared_ptr<const Framer> make_framer(const std::string& profile,
                                          const std::shared_ptr<FrameSigner>& signer,
                                          double peak_limit_db)
{
    auto framer = std::make_shared<Framer>(FrameProfile::from_name(profile));
    framer->set_signer(signer);
    framer->set_peak_limit(peak_limit_db);
    return framer;
}

// A sample in layers may be sent without the last ones.
void keep_sent_layers(payload_format::sample_parts& parts, const pdu& data)
{
    const auto sent = data.unsigned_number(keys::layers());
    if (sent && *sent >= 1 && *sent < parts.modalities.size()) {
        parts.modalities.resize(*sent);
    }
}

// Hundredths of a second: two starts within the 2.56 s in which these come round do not
// begin alike, and after 2 s a receiver takes nothing for a repeat any more.
unsigned number_of_this_start()
{
    using hundredths = std::chrono::duration<std::int64_t, std::centi>;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<unsigned>(std::chrono::duration_cast<hundredths>(now).count()
                                 & 0xff);
}

// Where a receiver lays a tile follows from its number.
bool is_tile(const payload_format::sample_parts& parts, const pdu& data)
{
    const std::string image = "image";
    if (data.symbol(keys::modality()).value_or(parts.modalities.front()) != image) {
        return false;
    }
    for (const auto& part : parts.modalities) { // also "image layer 2"
        if (part.compare(0, image.size(), image) != 0) {
            return false;
        }
    }
    const auto tiles = data.integers(keys::tiles());
    return !tiles
        || std::any_of(tiles->begin(), tiles->end(), [](auto side) { return side > 1; });
}

pmt::pmt_t vector_of(const std::vector<pmt::pmt_t>& dicts)
{
    const pmt::pmt_t all = pmt::make_vector(dicts.size(), pmt::PMT_NIL);
    for (std::size_t i = 0; i < dicts.size(); i++) {
        pmt::vector_set(all, i, dicts[i]);
    }
    return all;
}

} // namespace

void burst_framer_options::validate() const
{
    require_range("pending", pending, 1, 65536);
    require_range("max_frame_symbols", max_frame_symbols, 0, 32768);
    require_range("hold_ms", hold_ms, 0, 10000);
    require_range("address", address, 0, 255);
    require_range("destination", destination, 0, 255);
    require_range("peak_limit_db", peak_limit_db, 0, 100);
    require_range("first_frame", first_frame, -1, 255);
    require_range("copies", copies, 1, static_cast<int>(udeepsc_phy::MAX_COPIES));
}

burst_framer::sptr burst_framer::make(const std::string& model,
                                      const std::string& profile,
                                      const burst_framer_options& options)
{
    options.validate();
    return gnuradio::make_block_sptr<burst_framer_impl>(model, profile, options);
}

burst_framer_impl::burst_framer_impl(const std::string& model,
                                     const std::string& profile,
                                     const burst_framer_options& options)
    : gr::block(
        "burst_framer", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    , d_options(options)
    , d_destination(options.destination)
    , d_max_frame_symbols(options.max_frame_symbols)
    , d_signer(make_signer(options.key))
    , d_protection(read_layer_protection(options.protection))
    , d_framer(make_framer(profile, d_signer, options.peak_limit_db))
    , d_format(make_payload_format(model))
    , d_gatherer(options.pending)
    , d_worker(*this,
               { s_queue,
                 overflow_policy::block,
                 s_queue,
                 options.hold_ms,
                 [this](const std::deque<frame_sample>& samples) {
                     return samples_that_fill(samples, d_max_frame_symbols);
                 } },
               [this](std::vector<frame_sample>& samples) { process(samples); })
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
    add_input("control", [this](const pmt::pmt_t& msg) { handle_control(msg); });
    add_pdu_output();
}

bool burst_framer_impl::start()
{
    d_first_frame = d_options.first_frame < 0
        ? number_of_this_start()
        : static_cast<unsigned>(d_options.first_frame);
    d_worker.start();
    return true;
}

bool burst_framer_impl::stop()
{
    d_worker.stop();
    return true;
}

void burst_framer_impl::set_profile(const std::string& profile)
{
    framer_sptr fresh = make_framer(profile, d_signer, d_options.peak_limit_db);
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

void burst_framer_impl::set_destination(int destination)
{
    require_range("destination", destination, 0, 255);
    d_destination = destination;
}

void burst_framer_impl::set_max_frame_symbols(int symbols)
{
    require_range("max_frame_symbols", symbols, 0, 32768);
    d_max_frame_symbols = symbols;
}

udeepsc_phy::FrameAddresses burst_framer_impl::addresses() const
{
    return { static_cast<unsigned>(d_options.address),
             static_cast<unsigned>(d_destination) };
}

void burst_framer_impl::current(framer_sptr& framer, payload_format_sptr& format) const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    framer = d_framer;
    format = d_format;
}

// ------------------------------------------------------------------------- samples

void burst_framer_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    const pdu data(msg);
    framer_sptr framer;
    payload_format_sptr format;
    current(framer, format);

    Payload payload = format->payload_of(data);
    add_options(payload, data);
    auto parts = format->parts_of_sample(payload.header);
    keep_sent_layers(parts, data);
    payloads sample;
    if (d_options.grouping == frame_grouping::sample && parts.modalities.size() > 1) {
        sample = gather(parts, std::move(payload), data);
        if (sample.empty()) {
            return;
        }
    } else {
        payload.header.frame_id = number_on_air(number_of(data), parts, data);
        sample.push_back(std::move(payload));
    }
    if (!framer->fits(headers_of(sample))) {
        throw bad_pdu(reasons::WRONG_SHAPE, "the sample is more than a frame can hold");
    }
    d_worker.submit({ std::move(sample), data.meta, framer, arrived });
}

//! What the header tells beside what the symbols need: layer, positions, check,
//! protection.
void burst_framer_impl::add_options(Payload& payload, const pdu& data) const
{
    auto& header = payload.header;
    header.layer = static_cast<unsigned>(data.unsigned_number(keys::layer()).value_or(0));
    header.checked = d_options.check == frame_check::crc16;
    if (data.unsigned_number(keys::layers())) { // one of several
        const auto protection = protection_of(d_protection, header.layer);
        header.power_db = protection.power_db;
        header.repetitions = protection.repetitions;
    }
    const auto kept = data.integers(keys::kept());
    if (d_options.positions == frame_positions::mask && kept) {
        header.candidates
            = static_cast<unsigned>(data.unsigned_number(keys::candidates()).value_or(0));
        header.positions.assign(kept->begin(), kept->end());
    }
    try {
        header.validate();
    } catch (const std::invalid_argument& e) {
        throw bad_pdu(reasons::BAD_KEY, e.what());
    }
}

std::uint64_t burst_framer_impl::number_of(const pdu& data)
{
    const auto frame_id = data.unsigned_number(keys::frame_id());
    return frame_id ? *frame_id : d_next_frame_id++;
}

unsigned burst_framer_impl::number_on_air(std::uint64_t number,
                                          const payload_format::sample_parts& parts,
                                          const pdu& data) const
{
    return (number + (is_tile(parts, data) ? 0 : d_first_frame)) & 0xff;
}

burst_framer_impl::payloads burst_framer_impl::gather(
    const payload_format::sample_parts& parts, Payload&& payload, const pdu& data)
{
    const auto frame_id = data.unsigned_number(keys::frame_id());
    if (!frame_id) {
        throw bad_pdu(reasons::BAD_KEY, "key \"frame_id\" is missing");
    }
    payload.header.frame_id = number_on_air(*frame_id, parts, data);
    // payload_of() has checked it: a task of several modalities needs the key.
    const auto modality
        = part_name(data.symbol(keys::modality()).value_or(parts.modalities.front()),
                    payload.header.layer);
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
    payloads all;
    if (sample) {
        for (const auto& part : parts.modalities) {
            all.push_back(std::move(sample->at(part)));
        }
    }
    return all;
}

// --------------------------------------------------------------------------- frames

void burst_framer_impl::process(std::vector<frame_sample>& samples)
{
    std::deque<frame_sample> waiting(std::make_move_iterator(samples.begin()),
                                     std::make_move_iterator(samples.end()));
    // At the end there may be more than one frame of them.
    while (!waiting.empty()) {
        std::size_t count = samples_that_fill(waiting, d_max_frame_symbols);
        count = count == 0 ? waiting.size() : count;
        try {
            send_frame(waiting, count);
        } catch (const std::exception& e) {
            drop(reasons::BAD_SAMPLE, e.what(), count);
        }
        waiting.erase(waiting.begin(),
                      waiting.begin() + static_cast<std::ptrdiff_t>(count));
    }
}

void burst_framer_impl::send_frame(const std::deque<frame_sample>& samples,
                                   std::size_t count)
{
    const frame_batch batch = make_batch(samples, count);
    for (int copy = 0; copy < d_options.copies; copy++) {
        send_copy(samples.front(), batch, count, copy);
    }
    d_samples_sent += count;
}

void burst_framer_impl::send_copy(const frame_sample& first,
                                  const frame_batch& batch,
                                  std::size_t count,
                                  int copy)
{
    const auto& framer = *first.framer;
    // Anew for each copy: its signature has a number of its own.
    const auto burst = framer.frame(batch.payloads, addresses());
    pdu data(first.keys, pmt::init_c32vector(burst.size(), burst));
    if (count > 1) {
        data.set(keys::payload_keys(), vector_of(batch.keys));
    }
    data.set(keys::profile(), pmt::intern(framer.profile().name));
    data.set(keys::samples(), pmt::from_long(static_cast<long>(count)));
    data.set(keys::symbols(), pmt::from_long(static_cast<long>(batch.symbols())));
    data.set(keys::overhead(),
             pmt::from_long(
                 static_cast<long>(framer.overhead_of(headers_of(batch.payloads)))));
    if (d_options.copies > 1) {
        data.set(keys::copy(), pmt::from_long(copy));
        data.set(keys::copies(), pmt::from_long(d_options.copies));
    }
    d_worker.wait_for_room();
    send(data.message(), first.arrived);
}

void burst_framer_impl::handle_control(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    framer_sptr framer;
    payload_format_sptr format;
    current(framer, format);
    const pdu given(msg);
    const auto message = control_message_of(given, *format);
    auto to = addresses();
    if (const auto destination = given.unsigned_number(keys::destination())) {
        to.destination
            = static_cast<unsigned>(std::min<std::uint64_t>(*destination, 256));
    }
    std::vector<std::complex<float>> burst;
    try {
        burst = framer->frame(message, to);
    } catch (const std::invalid_argument& e) { // no address, or too long with a signature
        throw bad_pdu(reasons::WRONG_SHAPE, e.what());
    }
    pdu data(pmt::make_dict(), pmt::init_c32vector(burst.size(), burst));
    data.set(keys::profile(), pmt::intern(framer->profile().name));
    data.set(keys::control(), pmt::intern(name_of(message.kind)));
    data.set(keys::symbols(), pmt::from_long(0));
    send(data.message(), arrived);
}

} // namespace udeepsc
} // namespace gr
