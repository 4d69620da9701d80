// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_demodulator_impl.h"
#include "control_message.h"
#include "copy_keys.h"
#include "fft_plan.h"
#include "fault_reasons.h"

#include <gnuradio/io_signature.h>
#include <cmath>

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_phy::Authenticator;
using udeepsc_phy::CopiedFrame;
using udeepsc_phy::CopyReceiver;
using udeepsc_phy::FrameProfile;
using udeepsc_phy::FrameVerifier;
using udeepsc_phy::ReceivedFrame;
using udeepsc_phy::ReceivedPayload;

// A frame that got no further copy for so long has none: bursts of the longest frame
// follow each other within 0.8 s at 100,000 samples a second.
constexpr std::chrono::seconds s_copy_time { 2 };
constexpr std::chrono::milliseconds s_look_interval { 100 };

std::shared_ptr<CopyReceiver> make_demodulator(const std::string& profile, int copies)
{
    return make_with_plans<CopyReceiver>(FrameProfile::from_name(profile),
                                         static_cast<unsigned>(copies));
}

std::optional<FrameVerifier> make_verifier(const std::string& key)
{
    if (key.empty()) {
        return std::nullopt;
    }
    return FrameVerifier(Authenticator(key));
}

std::size_t contents_of(const ReceivedFrame& frame)
{
    return frame.payloads.size() + (frame.message ? 1 : 0);
}

std::uint64_t required_number(const pdu& data, const pmt::pmt_t& key)
{
    const auto number = data.unsigned_number(key);
    if (!number) {
        throw bad_pdu(reasons::BAD_KEY,
                      "key \"" + pmt::symbol_to_string(key) + "\" is missing");
    }
    return *number;
}

} // namespace

burst_demodulator::sptr burst_demodulator::make(const std::string& model,
                                                const std::string& profile,
                                                int window,
                                                int queue,
                                                overflow_policy policy,
                                                int address,
                                                const std::string& key,
                                                int copies)
{
    require_range("window", window, 0, 128);
    require_range("queue", queue, 1, 65536);
    require_range("address", address, 0, 254);
    require_range("copies", copies, 1, static_cast<int>(udeepsc_phy::MAX_COPIES));
    return gnuradio::make_block_sptr<burst_demodulator_impl>(
        model, profile, window, queue, policy, address, key, copies);
}

burst_demodulator_impl::burst_demodulator_impl(const std::string& model,
                                               const std::string& profile,
                                               int window,
                                               int queue,
                                               overflow_policy policy,
                                               int address,
                                               const std::string& key,
                                               int copies)
    : gr::block("burst_demodulator",
                gr::io_signature::make(0, 0, 0),
                gr::io_signature::make(0, 0, 0))
    , d_copies(copies)
    , d_receiver { make_demodulator(profile, copies),
                   make_payload_format(model),
                   window,
                   std::make_shared<frame_tracker>(window) }
    , d_address(address)
    , d_verifier(make_verifier(key))
    , d_worker(*this, queue, policy, [this](job& received) { process(received); })
    , d_timer(s_look_interval,
              [this] { send_older_than(steady_clock::now() - s_copy_time); })
{
    add_pdu_input([this](const pmt::pmt_t& msg) { handle(msg); });
    add_pdu_output();
    message_port_register_out(d_snr);
    message_port_register_out(d_control);
}

bool burst_demodulator_impl::start()
{
    d_worker.start();
    if (d_copies > 1) {
        d_timer.start();
    }
    return true;
}

bool burst_demodulator_impl::stop()
{
    d_worker.stop(); // first: neither thread waits for room from here on
    d_timer.stop();
    send_older_than(steady_clock::time_point::max());
    return true;
}

burst_demodulator_impl::receiver burst_demodulator_impl::current() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_receiver;
}

void burst_demodulator_impl::set_profile(const std::string& profile)
{
    auto fresh = make_demodulator(profile, d_copies);
    std::lock_guard<std::mutex> lock(d_mutex);
    d_receiver.demodulator.swap(fresh);
}

std::string burst_demodulator_impl::profile() const
{
    return current().demodulator->profile().name;
}

void burst_demodulator_impl::set_model(const std::string& path)
{
    const auto fresh = make_payload_format(path);
    std::lock_guard<std::mutex> lock(d_mutex);
    d_receiver.format = fresh;
    d_receiver.tracker = std::make_shared<frame_tracker>(d_receiver.window);
}

void burst_demodulator_impl::set_window(int window)
{
    require_range("window", window, 0, 128);
    std::lock_guard<std::mutex> lock(d_mutex);
    d_receiver.window = window;
    d_receiver.tracker = std::make_shared<frame_tracker>(window);
}

int burst_demodulator_impl::window() const
{
    return current().window;
}

void burst_demodulator_impl::handle(const pmt::pmt_t& msg)
{
    const auto arrived = steady_clock::now();
    pdu data(msg);
    udeepsc_phy::DetectedBurst burst;
    // What is not finite is the demodulator's to judge: a few such samples do no harm.
    burst.samples = data.samples();
    if (burst.samples.empty()) {
        throw bad_pdu(reasons::WRONG_SHAPE, "payload is empty");
    }
    burst.first_sample = required_number(data, keys::first_sample());
    burst.detection.sample = required_number(data, keys::sample());
    if (burst.detection.sample < burst.first_sample
        || burst.detection.sample - burst.first_sample >= burst.samples.size()) {
        throw bad_pdu(reasons::BAD_KEY, "key \"sample\" is not one of the payload's");
    }
    burst.detection.timing = data.number(keys::timing()).value_or(0);
    burst.detection.cfo = data.number(keys::cfo()).value_or(0);
    burst.detection.rho = data.number(keys::rho()).value_or(0);
    if (!(std::abs(burst.detection.timing) <= 1)
        || !(std::abs(burst.detection.cfo) <= 1)) {
        throw bad_pdu(reasons::BAD_KEY, "timing or cfo is outside -1..1");
    }
    data.payload = pmt::PMT_NIL; // the samples are in `burst`
    d_worker.submit({ std::move(data), std::move(burst), arrived });
}

void burst_demodulator_impl::process(job& received)
{
    const std::lock_guard<std::mutex> lock(d_process_mutex);
    const receiver now = current();
    if (d_last && d_last != now.demodulator) { // the profile has changed
        send_frames(now, d_last->take_older(steady_clock::time_point::max()));
    }
    d_last = now.demodulator;
    const std::uint64_t number = d_bursts++;
    d_origins[number] = { received.data.meta, received.arrived };
    send_frames(now,
                now.demodulator->receive(received.burst,
                                         number,
                                         steady_clock::now(),
                                         [this](const ReceivedFrame& frame) {
                                             return is_authentic(frame)
                                                 && is_for_us(frame);
                                         }));
}

//! Frames that wait for copies, and got none since then.
void burst_demodulator_impl::send_older_than(steady_clock::time_point time)
{
    const std::unique_lock<std::mutex> lock(d_process_mutex, std::try_to_lock);
    if (lock && d_last && d_last->waiting() > 0) {
        send_frames(current(), d_last->take_older(time));
    }
}

void burst_demodulator_impl::send_frames(const receiver& now,
                                         const std::vector<CopiedFrame>& frames)
{
    for (const auto& received : frames) {
        send_frame(now, received);
    }
    const std::size_t unlike = d_last->take_unlike();
    if (unlike > 0) {
        drop(reasons::UNLIKE_COPY,
             "other frames under the same number came more often",
             unlike);
    }
    d_incomplete = static_cast<int>(d_last->waiting());
    d_origins.erase(d_origins.begin(),
                    d_origins.lower_bound(d_last->first_waiting(d_bursts)));
}

void burst_demodulator_impl::send_frame(const receiver& now, const CopiedFrame& received)
{
    const ReceivedFrame& frame = received.frame;
    const origin from = d_origins[received.burst];
    if (frame.fault != ReceivedFrame::Fault::none) {
        drop(reason_of(frame.fault), "burst at sample " + std::to_string(frame.sample));
    }
    if (frame.message) {
        pdu data = pdu_of(*frame.message, *now.format);
        add_frame_keys(data, frame);
        message_port_pub(d_control, data.message());
    }
    bool any = false;
    for (std::size_t i = 0; i < frame.payloads.size(); i++) {
        try {
            const pdu data = payload_pdu(
                transmitter_keys(from.keys, i), now, received, frame.payloads[i]);
            if (!any) { // before the payloads: what follows them may take its time
                report_snr(frame);
                any = true;
            }
            d_worker.wait_for_room();
            send(data.message(), from.arrived);
        } catch (const bad_pdu& e) {
            drop(e.reason(), e.what());
        } catch (const std::exception& e) { // no job of the worker's may be to blame
            drop(reasons::BAD_SAMPLE, e.what());
        }
    }
}

//! Counts what a frame holds that is not to be believed.
bool burst_demodulator_impl::is_authentic(const ReceivedFrame& frame)
{
    using Verdict = FrameVerifier::Verdict;
    if (!d_verifier || contents_of(frame) == 0) {
        return true;
    }
    const auto verdict = d_verifier->verify(frame.signature, frame.addresses.source);
    if (verdict == Verdict::authentic) {
        return true;
    }
    const bool old = verdict == Verdict::old;
    drop(old ? reasons::OLD_FRAME : reasons::NOT_AUTHENTIC,
         "frame from " + std::to_string(frame.addresses.source) + " at sample "
             + std::to_string(frame.sample)
             + (frame.signature ? "" : ", without a signature"),
         contents_of(frame));
    return false;
}

//! Counts what a frame for another receiver holds.
bool burst_demodulator_impl::is_for_us(const ReceivedFrame& frame)
{
    const auto to = static_cast<int>(frame.addresses.destination);
    const std::size_t contents = contents_of(frame);
    if (contents == 0 || to == udeepsc_phy::BROADCAST || to == d_address) {
        return true;
    }
    drop(reasons::OTHER_ADDRESS,
         "frame from " + std::to_string(frame.addresses.source) + " to "
             + std::to_string(to) + ", this one is " + std::to_string(d_address),
         contents);
    return false;
}

//! Of a simulation: the keys of a payload's own PDU.
pmt::pmt_t burst_demodulator_impl::transmitter_keys(const pmt::pmt_t& burst,
                                                    std::size_t payload)
{
    const pmt::pmt_t all = pmt::dict_ref(burst, keys::payload_keys(), pmt::PMT_NIL);
    if (pmt::is_vector(all) && payload < pmt::length(all)
        && pmt::is_dict(pmt::vector_ref(all, payload))) {
        return pmt::vector_ref(all, payload);
    }
    return pmt::dict_delete(burst, keys::payload_keys());
}

void burst_demodulator_impl::add_frame_keys(pdu& data, const ReceivedFrame& frame)
{
    data.set(keys::source(), pmt::from_long(frame.addresses.source));
    data.set(keys::destination(), pmt::from_long(frame.addresses.destination));
    data.set(keys::sample(), pmt::from_uint64(frame.sample));
    data.set(keys::end_sample(), pmt::from_uint64(frame.end_sample));
    data.set(keys::timing(), pmt::from_double(frame.timing));
    data.set(keys::cfo(), pmt::from_double(frame.cfo));
    data.set(keys::clock_ppm(), pmt::from_double(frame.clock_ppm));
    data.set(keys::power(), pmt::from_double(frame.power));
}

pdu burst_demodulator_impl::payload_pdu(const pmt::pmt_t& transmitter_keys,
                                        const receiver& now,
                                        const CopiedFrame& received,
                                        const ReceivedPayload& payload) const
{
    const ReceivedFrame& frame = received.frame;
    const auto contents = now.format->contents_of(payload);
    const auto& header = payload.header;
    // Transmitters number their samples for themselves, task by task.
    const auto number
        = now.tracker->take(std::to_string(frame.addresses.source) + " " + contents.task,
                            part_name(contents.modality, header.layer),
                            header.frame_id,
                            payload_likeness(payload),
                            steady_clock::now(),
                            frame.payloads.size());
    if (number.repeated) {
        throw bad_pdu(reasons::DUPLICATE,
                      contents.modality + " of " + contents.task + ", frame "
                          + std::to_string(number.frame_id));
    }
    pdu data(transmitter_keys, contents.data);
    data.set(keys::task(), pmt::intern(contents.task));
    data.set(keys::modality(), pmt::intern(contents.modality));
    data.set(keys::modulation(), pmt::intern(to_string(header.modulation)));
    data.set(keys::shape(), make_shape(contents.shape));
    data.set(keys::symbols(), pmt::from_long(static_cast<long>(payload.symbols.size())));
    data.set(keys::noise_var(),
             pmt::init_f32vector(payload.noise_var.size(), payload.noise_var));
    data.set(keys::snr_db(), pmt::from_double(frame.snr_db));
    data.set(keys::frame_id(), pmt::from_uint64(number.frame_id));
    data.set(keys::model_id(), pmt::intern(now.format->id()));
    data.set(keys::profile(), pmt::intern(now.demodulator->profile().name));
    data.set(keys::layer(), pmt::from_long(header.layer));
    if (d_copies > 1) {
        data.set(keys::copies(), pmt::from_long(static_cast<long>(received.copies)));
    }
    if (header.candidates > 0) {
        const std::vector<int> kept(header.positions.begin(), header.positions.end());
        data.set(keys::kept(), pmt::init_s32vector(kept.size(), kept));
        data.set(keys::candidates(), pmt::from_long(header.candidates));
    }
    if (payload.integrity != ReceivedPayload::Integrity::not_checked) {
        const bool intact = payload.integrity == ReceivedPayload::Integrity::intact;
        data.set(keys::integrity(), pmt::intern(intact ? "intact" : "damaged"));
    }
    add_frame_keys(data, frame);
    return data;
}

void burst_demodulator_impl::report_snr(const ReceivedFrame& frame)
{
    d_snr_db = frame.snr_db;
    pmt::pmt_t report = pmt::make_dict();
    report = pmt::dict_add(report, keys::snr_db(), pmt::from_double(frame.snr_db));
    report = pmt::dict_add(report, keys::sample(), pmt::from_uint64(frame.sample));
    message_port_pub(d_snr, report);
}

} // namespace udeepsc
} // namespace gr
