// SPDX-License-Identifier: GPL-3.0-or-later
//
// Positions are the matched filter's outputs: two a symbol where the samples of a symbol
// are even in number, else one a sample. Position i lies on sample i * stride.
#include <udeepsc_phy/burst_detector.h>

#include "detection_threshold.h"
#include "matched_filter.h"
#include "preamble_scanner.h"
#include "frame/frame_layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace udeepsc_phy {

namespace {

using detail::CorrelatorBank;
using detail::MatchedFilter;
using detail::PreambleScanner;
using Samples = std::vector<std::complex<float>>;

//! Positions looked at together.
constexpr std::size_t BLOCK = 1024;

//! Bursts that may wait for their samples at a time: what a flood of preambles costs.
constexpr std::size_t MAX_WAITING = 64;

//! Samples that are taken in before they are worked on.
constexpr std::size_t MAX_PUSH = 1 << 16;

unsigned positions_per_symbol(unsigned samples_per_symbol)
{
    return samples_per_symbol % 2 == 0 ? 2 : samples_per_symbol;
}

/*! A preamble found, in positions of the stream. */
struct Peak {
    double position;
    double cfo;
    double rho;
};

} // namespace

void DetectorConfig::validate() const
{
    profile.validate();
    if (!(false_alarm_rate >= 1e-15 && false_alarm_rate <= 0.01)) {
        throw std::invalid_argument("false_alarm_rate: got "
                                    + std::to_string(false_alarm_rate)
                                    + ", expected 1e-15 to 0.01 a sample");
    }
}

struct BurstDetector::Impl {
    explicit Impl(const DetectorConfig& c)
        : config(c)
        , threshold(detail::detection_threshold(c))
        , phases(positions_per_symbol(c.profile.samples_per_symbol))
        , filter(c.profile, phases)
        , scanner(c.profile, phases, threshold)
    {
        const auto& profile = c.profile;
        const std::size_t sps = profile.samples_per_symbol;
        // The strongest path may come last, and the demodulator has filters of its own.
        samples_before = (profile.channel_taps + profile.filter_span) * sps;
        const detail::FrameLayout layout(profile);
        // 1000 ppm more for a clock that drifts.
        const std::size_t longest = layout.burst_samples(layout.max_body_length());
        samples_after = longest + longest / 1000 + samples_before;
        min_distance = (profile.channel_taps + 2.0) * phases;
        reset();
    }

    void reset()
    {
        raw.clear();
        raw_first = 0;
        re.clear();
        im.clear();
        z_first = -static_cast<std::int64_t>(PreambleScanner::MARGIN);
        scanned = 0;
        flushed = 0;
        has_pending = false;
        last_given = -std::numeric_limits<double>::infinity();
        waiting.clear();
        // Outputs before the stream's first sample, and what its filter reads before it.
        padding = filter.half() + PreambleScanner::MARGIN * filter.stride();
        raw.assign(padding, { 0.0f, 0.0f });
        raw_first = -static_cast<std::int64_t>(padding);
    }

    std::int64_t raw_end() const
    {
        return raw_first + static_cast<std::int64_t>(raw.size());
    }

    std::int64_t z_end() const { return z_first + static_cast<std::int64_t>(re.size()); }

    void push(const std::complex<float>* samples,
              std::size_t n,
              std::vector<DetectedBurst>& out)
    {
        raw.insert(raw.end(), samples, samples + n);
        while (filter_block()) {
            while (z_end()
                   >= scanned + static_cast<std::int64_t>(BLOCK + scanner.reach())) {
                scan(re, im, scanned, BLOCK, std::numeric_limits<std::int64_t>::max());
                scanned += BLOCK;
                accept_before(scanned - min_distance - 2.0);
                drop_positions();
            }
        }
        give_complete(out);
        drop_samples();
    }

    //! Appends a block of matched filter outputs if its samples are there.
    bool filter_block()
    {
        const auto stride = static_cast<std::int64_t>(filter.stride());
        const std::int64_t first
            = z_end() * stride - static_cast<std::int64_t>(filter.half());
        const std::int64_t last
            = (z_end() + static_cast<std::int64_t>(BLOCK) - 1) * stride
            + static_cast<std::int64_t>(filter.half());
        if (last >= raw_end()) {
            return false;
        }
        const std::size_t old = re.size();
        re.resize(old + BLOCK);
        im.resize(old + BLOCK);
        filter.apply(
            raw.data() + (first - raw_first), BLOCK, re.data() + old, im.data() + old);
        return true;
    }

    //! \p n positions from \p first on, those from \p end on left out; z_re and z_im
    //! begin at z_first.
    void scan(const std::vector<float>& z_re,
              const std::vector<float>& z_im,
              std::int64_t first,
              std::size_t n,
              std::int64_t end)
    {
        const auto at = static_cast<std::size_t>(first - z_first);
        const auto used = static_cast<std::size_t>(
            std::min(end - first, static_cast<std::int64_t>(n)));
        for (const auto& found :
             scanner.scan(z_re.data() + at, z_im.data() + at, n, used)) {
            const auto position = first + static_cast<std::int64_t>(found.position);
            add_peak({ static_cast<double>(position) + found.fit.shift,
                       found.fit.cfo,
                       found.fit.rho });
        }
    }

    //! Of peaks as near as the paths of one burst, the highest counts.
    void add_peak(const Peak& peak)
    {
        // A flush has given what lies before it.
        if (peak.position < flushed || peak.position < last_given + min_distance) {
            return;
        }
        if (has_pending && std::fabs(peak.position - pending.position) < min_distance) {
            if (peak.rho > pending.rho) {
                pending = peak;
            }
            return;
        }
        accept();
        pending = peak;
        has_pending = true;
    }

    void accept_before(double position)
    {
        if (has_pending && pending.position < position) {
            accept();
        }
    }

    void accept()
    {
        if (!has_pending) {
            return;
        }
        has_pending = false;
        const double at = pending.position * filter.stride();
        const double sample = std::max(0.0, std::floor(at + 0.5));
        Detection detection;
        detection.sample = static_cast<std::uint64_t>(sample);
        detection.timing = at - sample;
        detection.cfo = pending.cfo;
        detection.rho = pending.rho;
        waiting.push_back(detection);
        if (waiting.size() > MAX_WAITING) {
            waiting.erase(std::min_element(
                waiting.begin(),
                waiting.end(),
                [](const Detection& a, const Detection& b) { return a.rho < b.rho; }));
            dropped++;
        }
    }

    DetectedBurst cut_out(const Detection& detection, std::int64_t end) const
    {
        DetectedBurst burst;
        burst.detection = detection;
        const auto sample = static_cast<std::int64_t>(detection.sample);
        const std::int64_t first = std::max<std::int64_t>(
            0, sample - static_cast<std::int64_t>(samples_before));
        burst.first_sample = static_cast<std::uint64_t>(first);
        burst.samples.assign(raw.begin() + (first - raw_first),
                             raw.begin() + (end - raw_first));
        return burst;
    }

    void give_complete(std::vector<DetectedBurst>& out)
    {
        while (!waiting.empty()) {
            const std::int64_t end = static_cast<std::int64_t>(waiting.front().sample)
                + static_cast<std::int64_t>(samples_after);
            if (end > raw_end()) {
                return;
            }
            out.push_back(cut_out(waiting.front(), end));
            waiting.erase(waiting.begin());
        }
    }

    void drop_positions()
    {
        const std::int64_t unused
            = scanned - static_cast<std::int64_t>(PreambleScanner::MARGIN) - z_first;
        re.erase(re.begin(), re.begin() + unused);
        im.erase(im.begin(), im.begin() + unused);
        z_first += unused;
    }

    //! Keeps what the filter, a later scan's detections and waiting bursts may ask for.
    void drop_samples()
    {
        const auto stride = static_cast<std::int64_t>(filter.stride());
        const auto before = static_cast<std::int64_t>(samples_before);
        double oldest = scanned - min_distance - 2.0;
        if (has_pending) {
            oldest = std::min(oldest, pending.position);
        }
        std::int64_t first
            = static_cast<std::int64_t>(std::floor(oldest)) * stride - before;
        if (!waiting.empty()) {
            first = std::min(first,
                             static_cast<std::int64_t>(waiting.front().sample) - before);
        }
        first = std::min(first,
                         z_end() * stride - static_cast<std::int64_t>(filter.half()));
        // Rarely, so that moving the rest costs little.
        const std::int64_t unused = first - raw_first;
        if (unused > static_cast<std::int64_t>(raw.size() / 2)) {
            raw.erase(raw.begin(), raw.begin() + unused);
            raw_first = first;
        }
    }

    std::vector<DetectedBurst> flush()
    {
        scan_rest();
        accept();
        std::vector<DetectedBurst> out;
        for (const auto& detection : waiting) {
            const auto most = static_cast<std::int64_t>(detection.sample + samples_after);
            out.push_back(cut_out(detection, std::min(raw_end(), most)));
            last_given = std::max(
                last_given, (detection.sample + detection.timing) / filter.stride());
        }
        waiting.clear();
        return out;
    }

    //! Preambles that are complete in positions not yet scanned: zeros stand for the
    //! rest.
    void scan_rest()
    {
        const auto stride = static_cast<std::int64_t>(filter.stride());
        const std::int64_t end = (raw_end() - 1) / stride + 1
            - static_cast<std::int64_t>(scanner.preamble_reach());
        if (raw_end() <= 0 || end <= scanned) {
            return;
        }
        const std::size_t chunks
            = (static_cast<std::size_t>(end - scanned) + CorrelatorBank::CHUNK - 1)
            / CorrelatorBank::CHUNK;
        const std::size_t n = chunks * CorrelatorBank::CHUNK;
        auto z_re = re, z_im = im;
        const std::int64_t needed
            = scanned + static_cast<std::int64_t>(n + scanner.reach());
        if (needed > z_end()) {
            const auto more = static_cast<std::size_t>(needed - z_end());
            Samples tail(raw.begin()
                             + (z_end() * stride
                                - static_cast<std::int64_t>(filter.half()) - raw_first),
                         raw.end());
            tail.resize(
                std::max(tail.size(), more * filter.stride() + 2 * filter.half()));
            z_re.resize(re.size() + more);
            z_im.resize(im.size() + more);
            filter.apply(
                tail.data(), more, z_re.data() + re.size(), z_im.data() + im.size());
        }
        scan(z_re, z_im, scanned, n, end);
        flushed = end;
    }

    DetectorConfig config;
    double threshold;
    unsigned phases;
    MatchedFilter filter;
    PreambleScanner scanner;
    std::size_t samples_before, samples_after; //!< of a detection, in its burst
    double min_distance; //!< positions between two bursts

    std::size_t padding = 0;
    Samples raw;
    std::int64_t raw_first = 0; //!< sample of raw[0]
    std::vector<float> re, im; //!< matched filter outputs
    std::int64_t z_first = 0; //!< position of re[0]
    std::int64_t scanned = 0; //!< positions before this have been looked at
    std::int64_t flushed = 0; //!< and, for a flush, before this
    bool has_pending = false;
    Peak pending {}; //!< may still turn out the neighbour of a higher one
    double last_given = 0.0;
    std::vector<Detection> waiting; //!< for samples, in order of time
    std::uint64_t dropped = 0;
};

BurstDetector::BurstDetector(const DetectorConfig& config)
{
    config.validate();
    d_impl = std::make_unique<Impl>(config);
}

BurstDetector::~BurstDetector() = default;

const DetectorConfig& BurstDetector::config() const
{
    return d_impl->config;
}

double BurstDetector::threshold() const
{
    return d_impl->threshold;
}

std::uint64_t BurstDetector::dropped() const
{
    return d_impl->dropped;
}

std::vector<DetectedBurst> BurstDetector::push(const std::complex<float>* samples,
                                               std::size_t n)
{
    std::vector<DetectedBurst> out;
    while (n > 0) {
        const std::size_t piece = std::min(n, MAX_PUSH);
        d_impl->push(samples, piece, out);
        samples += piece;
        n -= piece;
    }
    return out;
}

std::vector<DetectedBurst> BurstDetector::flush()
{
    return d_impl->flush();
}

void BurstDetector::reset()
{
    d_impl->reset();
}

} // namespace udeepsc_phy
