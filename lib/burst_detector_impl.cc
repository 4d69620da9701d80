// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_detector_impl.h"
#include "fft_plan.h"
#include <udeepsc_phy/copy_combiner.h>

#include <gnuradio/block_detail.h>
#include <gnuradio/buffer_reader.h>
#include <gnuradio/io_signature.h>
#include <boost/thread/thread.hpp>
#include <algorithm>

namespace gr {
namespace udeepsc {
namespace {

// A burst's tag is on the first sample of its ramp; ramp and half a pulse come before the
// preamble. Between two bursts lie more samples than these.
constexpr std::uint64_t s_tag_early = 400;
constexpr std::uint64_t s_tag_late = 40;
constexpr std::size_t s_most_tags = 4096;

} // namespace

using udeepsc_phy::BurstDetector;
using udeepsc_phy::DetectorConfig;
using udeepsc_phy::FrameProfile;

burst_detector::sptr burst_detector::make(const std::string& profile,
                                          double false_alarm_rate,
                                          overflow_policy policy,
                                          double max_cfo,
                                          int copies)
{
    if (policy == overflow_policy::drop_oldest) {
        throw std::invalid_argument(
            "policy is drop_oldest, expected block or drop_newest: what is sent is gone");
    }
    require_range("false_alarm_rate", false_alarm_rate, 1e-15, 1e-2);
    require_range("copies", copies, 1, static_cast<int>(udeepsc_phy::MAX_COPIES));
    DetectorConfig config;
    config.profile = FrameProfile::from_name(profile);
    config.profile.max_cfo = max_cfo;
    config.false_alarm_rate = false_alarm_rate;
    config.keep_unread = copies > 1;
    return gnuradio::make_block_sptr<burst_detector_impl>(config, policy);
}

burst_detector_impl::burst_detector_impl(const DetectorConfig& config,
                                         overflow_policy policy)
    : gr::block("burst_detector",
                gr::io_signature::make(1, 1, sizeof(gr_complex)),
                gr::io_signature::make(0, 0, 0))
    , d_policy(policy)
    , d_wanted(make_with_plans<BurstDetector>(config))
    , d_detector(d_wanted)
{
    add_pdu_output();
}

bool burst_detector_impl::start()
{
    d_detector->reset();
    d_origin = 0;
    d_tags.clear();
    return true;
}

bool burst_detector_impl::stop()
{
    drop(reasons::STOPPED,
         "the flowgraph stopped before the burst's end",
         d_detector->flush().size());
    return true;
}

void burst_detector_impl::use(const DetectorConfig& config)
{
    auto fresh = make_with_plans<BurstDetector>(config);
    std::lock_guard<std::mutex> lock(d_mutex);
    d_wanted.swap(fresh);
}

DetectorConfig burst_detector_impl::wanted() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_wanted->config();
}

void burst_detector_impl::set_profile(const std::string& profile)
{
    DetectorConfig config = wanted();
    const double max_cfo = config.profile.max_cfo;
    config.profile = FrameProfile::from_name(profile);
    config.profile.max_cfo = max_cfo;
    use(config);
}

std::string burst_detector_impl::profile() const
{
    return wanted().profile.name;
}

void burst_detector_impl::set_false_alarm_rate(double rate)
{
    require_range("false_alarm_rate", rate, 1e-15, 1e-2);
    DetectorConfig config = wanted();
    config.false_alarm_rate = rate;
    use(config);
}

double burst_detector_impl::false_alarm_rate() const
{
    return wanted().false_alarm_rate;
}

void burst_detector_impl::set_max_cfo(double max_cfo)
{
    DetectorConfig config = wanted();
    config.profile.max_cfo = max_cfo;
    use(config);
}

double burst_detector_impl::max_cfo() const
{
    return wanted().profile.max_cfo;
}

double burst_detector_impl::threshold() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_wanted->threshold();
}

void burst_detector_impl::take_over()
{
    detector_sptr wanted;
    {
        std::lock_guard<std::mutex> lock(d_mutex);
        wanted = d_wanted;
    }
    if (wanted != d_detector) {
        offer(d_detector->flush());
        d_detector = wanted;
        d_origin = nitems_read(0);
    }
}

bool burst_detector_impl::input_done()
{
    return detail()->input(0)->done();
}

// The scheduler ends a block without a word when its input has ended and is empty. So one
// sample is left for later until the end is known: then there is a call in which to send
// the last bursts, before the next block is told that nothing more comes.
void burst_detector_impl::forecast(int, gr_vector_int& ninput_items_required)
{
    ninput_items_required[0] = input_done() ? 1 : 2;
}

int burst_detector_impl::general_work(int,
                                      gr_vector_int& ninput_items,
                                      gr_vector_const_void_star& input_items,
                                      gr_vector_void_star&)
{
    take_over();
    const auto* const in = static_cast<const gr_complex*>(input_items[0]);
    // Asked before the count is taken again: what is there then is all there is.
    const bool last
        = input_done() && detail()->input(0)->items_available() <= ninput_items[0];
    const int count = last ? ninput_items[0] : ninput_items[0] - 1;
    collect_tags(count);
    int from = 0;
    for (const int gap : gaps_in(count)) {
        offer(d_detector->push(in + from, gap - from));
        begin_anew(nitems_read(0) + gap);
        from = gap;
    }
    offer(d_detector->push(in + from, count - from));
    if (last) {
        offer(d_detector->flush());
    }
    consume(0, count);
    return 0;
}

std::vector<int> burst_detector_impl::gaps_in(int count)
{
    std::vector<tag_t> tags;
    get_tags_in_window(tags, 0, 0, count, pmt::mp("rx_time"));
    std::vector<int> gaps;
    for (const auto& tag : tags) {
        if (tag.offset > d_origin) {
            gaps.push_back(static_cast<int>(tag.offset - nitems_read(0)));
        }
    }
    std::sort(gaps.begin(), gaps.end());
    gaps.erase(std::unique(gaps.begin(), gaps.end()), gaps.end());
    return gaps;
}

void burst_detector_impl::begin_anew(std::uint64_t sample)
{
    offer(d_detector->flush());
    d_detector->reset();
    d_origin = sample;
}

void burst_detector_impl::collect_tags(int count)
{
    std::vector<tag_t> tags;
    get_tags_in_window(tags, 0, 0, count, pmt::mp("burst"));
    std::sort(tags.begin(), tags.end(), tag_t::offset_compare);
    d_tags.insert(d_tags.end(), tags.begin(), tags.end());
    while (d_tags.size() > s_most_tags) {
        d_tags.pop_front();
    }
}

pmt::pmt_t burst_detector_impl::transmitter_keys(std::uint64_t sample)
{
    pmt::pmt_t found = pmt::make_dict();
    while (!d_tags.empty() && d_tags.front().offset <= sample + s_tag_late) {
        if (d_tags.front().offset + s_tag_early >= sample
            && pmt::is_dict(d_tags.front().value)) {
            found = d_tags.front().value;
        }
        d_tags.pop_front();
    }
    return found;
}

void burst_detector_impl::offer(const std::vector<udeepsc_phy::DetectedBurst>& bursts)
{
    for (std::size_t i = 0; i < bursts.size(); i++) {
        if (d_policy == overflow_policy::block) {
            try {
                wait_for_room();
            } catch (const boost::thread_interrupted&) {
                // It has counted the one that waited.
                drop(reasons::STOPPED, "the flowgraph is stopped", bursts.size() - i - 1);
                throw;
            }
        } else if (congested()) {
            drop(reasons::QUEUE_FULL, "the next block is slower than the bursts come");
            continue;
        }
        send_burst(bursts[i]);
    }
}

void burst_detector_impl::send_burst(const udeepsc_phy::DetectedBurst& burst)
{
    const auto arrived = steady_clock::now();
    pdu data(transmitter_keys(d_origin + burst.detection.sample),
             pmt::init_c32vector(burst.samples.size(), burst.samples));
    data.set(keys::sample(), pmt::from_uint64(d_origin + burst.detection.sample));
    data.set(keys::first_sample(), pmt::from_uint64(d_origin + burst.first_sample));
    data.set(keys::timing(), pmt::from_double(burst.detection.timing));
    data.set(keys::cfo(), pmt::from_double(burst.detection.cfo));
    data.set(keys::rho(), pmt::from_double(burst.detection.rho));
    data.set(keys::profile(), pmt::intern(d_detector->config().profile.name));
    send(data.message(), arrived);
}

} // namespace udeepsc
} // namespace gr
