// SPDX-License-Identifier: GPL-3.0-or-later
//
// Positions are the matched filter's outputs: two a symbol where the samples of a symbol
// are even in number, else one a sample. Position i lies on sample i * stride.
#include <udeepsc_phy/burst_detector.h>

#include "burst_queue.h"
#include "detection_threshold.h"
#include "matched_filter.h"
#include "preamble_scanner.h"

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
        , queue(c.profile, c.keep_unread)
        , min_distance((c.profile.channel_taps + 2.0) * phases)
    {
        reset();
    }

    void reset()
    {
        re.clear();
        im.clear();
        z_first = -static_cast<std::int64_t>(PreambleScanner::MARGIN);
        scanned = 0;
        flushed = 0;
        has_pending = false;
        last_given = -std::numeric_limits<double>::infinity();
        queue.clear();
        // Outputs before the stream's first sample, and what its filter reads before it.
        padding = filter.half() + PreambleScanner::MARGIN * filter.stride();
        raw.values.assign(padding, { 0.0f, 0.0f });
        raw.first = -static_cast<std::int64_t>(padding);
    }

    std::int64_t z_end() const { return z_first + static_cast<std::int64_t>(re.size()); }

    void push(const std::complex<float>* samples,
              std::size_t n,
              std::vector<DetectedBurst>& out)
    {
        raw.values.insert(raw.values.end(), samples, samples + n);
        while (filter_block()) {
            while (z_end()
                   >= scanned + static_cast<std::int64_t>(BLOCK + scanner.reach())) {
                scan(re, im, scanned, BLOCK, std::numeric_limits<std::int64_t>::max());
                scanned += BLOCK;
                accept_before(scanned - min_distance - 2.0);
                drop_positions();
            }
        }
        queue.take_complete(raw, out);
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
        if (last >= raw.end()) {
            return false;
        }
        const std::size_t old = re.size();
        re.resize(old + BLOCK);
        im.resize(old + BLOCK);
        filter.apply(raw.values.data() + (first - raw.first),
                     BLOCK,
                     re.data() + old,
                     im.data() + old);
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
        queue.add(detection);
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
        double oldest = scanned - min_distance - 2.0;
        if (has_pending) {
            oldest = std::min(oldest, pending.position);
        }
        std::int64_t first = static_cast<std::int64_t>(std::floor(oldest)) * stride
            - queue.samples_before();
        first = std::min(first, queue.first_sample(first));
        first = std::min(first,
                         z_end() * stride - static_cast<std::int64_t>(filter.half()));
        // Rarely, so that moving the rest costs little.
        const std::int64_t unused = first - raw.first;
        if (unused > static_cast<std::int64_t>(raw.values.size() / 2)) {
            raw.values.erase(raw.values.begin(), raw.values.begin() + unused);
            raw.first = first;
        }
    }

    std::vector<DetectedBurst> flush()
    {
        scan_rest();
        accept();
        auto out = queue.take_all(raw);
        for (const auto& burst : out) {
            const auto& detection = burst.detection;
            last_given = std::max(
                last_given, (detection.sample + detection.timing) / filter.stride());
        }
        return out;
    }

    //! Preambles that are complete in positions not yet scanned: zeros stand for the
    //! rest.
    void scan_rest()
    {
        const auto stride = static_cast<std::int64_t>(filter.stride());
        const std::int64_t end = (raw.end() - 1) / stride + 1
            - static_cast<std::int64_t>(scanner.preamble_reach());
        if (raw.end() <= 0 || end <= scanned) {
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
            Samples tail(raw.values.begin()
                             + (z_end() * stride
                                - static_cast<std::int64_t>(filter.half()) - raw.first),
                         raw.values.end());
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
    detail::BurstQueue queue;
    double min_distance; //!< positions between two bursts

    std::size_t padding = 0;
    detail::StreamSamples raw;
    std::vector<float> re, im; //!< matched filter outputs
    std::int64_t z_first = 0; //!< position of re[0]
    std::int64_t scanned = 0; //!< positions before this have been looked at
    std::int64_t flushed = 0; //!< and, for a flush, before this
    bool has_pending = false;
    Peak pending {}; //!< may still turn out the neighbour of a higher one
    double last_given = 0.0;
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
    return d_impl->queue.dropped();
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
