// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_queue.h"

#include "frame/frame_layout.h"

#include <algorithm>

namespace udeepsc_phy {
namespace detail {

namespace {

//! Bursts that may wait for their samples at a time: what a flood of preambles costs.
constexpr std::size_t MAX_WAITING = 64;

std::size_t longest_frame(const FrameProfile& profile)
{
    const FrameLayout layout(profile);
    return layout.frame_symbols(layout.max_body_length());
}

} // namespace

BurstQueue::BurstQueue(const FrameProfile& profile, bool keep_unread)
    : d_keep_unread(keep_unread)
    , d_samples_per_symbol(profile.samples_per_symbol)
    // The strongest path may come last, and the demodulator has filters of its own.
    , d_samples_before((profile.channel_taps + profile.filter_span)
                       * profile.samples_per_symbol)
    , d_reader(profile)
    , d_longest(samples_for(longest_frame(profile)))
{ }

//! Samples from a detection on that a receiver of so many symbols wants.
std::int64_t BurstQueue::samples_for(std::size_t symbols) const
{
    const auto samples = static_cast<std::int64_t>(symbols * d_samples_per_symbol);
    // 1000 ppm more for a clock that drifts.
    return samples + samples / 1000 + d_samples_before;
}

std::int64_t BurstQueue::first_sample(std::int64_t none) const
{
    return d_waiting.empty()
        ? none
        : static_cast<std::int64_t>(d_waiting.front().detection.sample)
            - d_samples_before;
}

void BurstQueue::add(const Detection& detection)
{
    const auto sample = static_cast<std::int64_t>(detection.sample);
    d_waiting.push_back(
        { detection, sample + samples_for(d_reader.header_symbols()), false });
    if (d_waiting.size() > MAX_WAITING) {
        d_waiting.erase(std::min_element(
            d_waiting.begin(), d_waiting.end(), [](const Waiting& a, const Waiting& b) {
                return a.detection.rho < b.detection.rho;
            }));
        d_dropped++;
    }
}

DetectedBurst BurstQueue::cut_out(const StreamSamples& stream,
                                  const Detection& detection,
                                  std::int64_t end) const
{
    DetectedBurst burst;
    burst.detection = detection;
    const auto sample = static_cast<std::int64_t>(detection.sample);
    const std::int64_t first = std::max<std::int64_t>(0, sample - d_samples_before);
    burst.first_sample = static_cast<std::uint64_t>(first);
    burst.samples.assign(stream.values.begin() + (first - stream.first),
                         stream.values.begin() + (end - stream.first));
    return burst;
}

void BurstQueue::take_complete(const StreamSamples& stream,
                               std::vector<DetectedBurst>& out)
{
    while (!d_waiting.empty() && d_waiting.front().end <= stream.end()) {
        Waiting& first = d_waiting.front();
        auto burst = cut_out(stream, first.detection, first.end);
        if (!first.header_read) {
            first.header_read = true;
            if (const auto symbols = d_reader.frame_symbols(burst)) {
                const auto sample = static_cast<std::int64_t>(first.detection.sample);
                first.end = std::max(first.end, sample + samples_for(*symbols));
                continue;
            }
            if (d_keep_unread) {
                first.end = static_cast<std::int64_t>(first.detection.sample) + d_longest;
                continue;
            }
        }
        out.push_back(std::move(burst));
        d_waiting.erase(d_waiting.begin());
    }
}

std::vector<DetectedBurst> BurstQueue::take_all(const StreamSamples& stream)
{
    std::vector<DetectedBurst> out;
    take_complete(stream, out);
    for (const auto& burst : d_waiting) {
        const auto sample = static_cast<std::int64_t>(burst.detection.sample);
        const std::int64_t most = burst.header_read ? burst.end : sample + d_longest;
        out.push_back(cut_out(stream, burst.detection, std::min(stream.end(), most)));
    }
    d_waiting.clear();
    return out;
}

} // namespace detail
} // namespace udeepsc_phy
