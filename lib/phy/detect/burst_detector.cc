// SPDX-License-Identifier: GPL-3.0-or-later
//
// Positions are the matched filter's outputs: two a symbol where the samples of a symbol
// are even in number, else one a sample. Position i lies on sample i * stride.
#include <udeepsc_phy/burst_detector.h>

#include "burst_queue.h"
#include "carrier_band.h"
#include "detection_threshold.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace udeepsc_phy {

namespace {

using detail::CarrierBand;
using detail::CarrierSearch;
using detail::CorrelatorBank;
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
        , queue(c.profile, c.keep_unread)
        , min_distance((c.profile.channel_taps + 2.0) * phases)
    {
        const CarrierSearch search(c.profile);
        for (double centre : search.centres) {
            bands.emplace_back(c.profile, search, centre, phases, threshold);
        }
        stride = static_cast<std::int64_t>(bands[0].stride());
        half = static_cast<std::int64_t>(bands[0].half());
        reset();
    }

    void reset()
    {
        const auto margin = static_cast<std::int64_t>(PreambleScanner::MARGIN);
        for (auto& band : bands) {
            band.reset(-margin);
        }
        scanned = 0;
        flushed = 0;
        has_pending = false;
        last_given = -std::numeric_limits<double>::infinity();
        queue.clear();
        // Outputs before the stream's first sample, and what its filter reads before it.
        const std::int64_t padding = half + margin * stride;
        raw.values.assign(static_cast<std::size_t>(padding), { 0.0f, 0.0f });
        raw.first = -padding;
    }

    //! All bands have the same positions.
    std::int64_t z_end() const { return bands[0].end(); }

    void push(const std::complex<float>* samples,
              std::size_t n,
              std::vector<DetectedBurst>& out)
    {
        raw.values.insert(raw.values.end(), samples, samples + n);
        while (filter_block()) {
            while (z_end()
                   >= scanned + static_cast<std::int64_t>(BLOCK + bands[0].reach())) {
                scan(scanned, BLOCK, std::numeric_limits<std::int64_t>::max());
                scanned += BLOCK;
                accept_before(scanned - min_distance - 2.0);
                for (auto& band : bands) {
                    band.drop_before(
                        scanned - static_cast<std::int64_t>(PreambleScanner::MARGIN));
                }
            }
        }
        queue.take_complete(raw, out);
        drop_samples();
    }

    //! Appends a block of matched filter outputs if its samples are there.
    bool filter_block()
    {
        const std::int64_t first = z_end() * stride - half;
        const std::int64_t last
            = (z_end() + static_cast<std::int64_t>(BLOCK) - 1) * stride + half;
        if (last >= raw.end()) {
            return false;
        }
        for (auto& band : bands) {
            band.append(raw.values.data() + (first - raw.first), BLOCK);
        }
        return true;
    }

    //! \p n positions from \p first on, those from \p end on left out.
    void scan(std::int64_t first, std::size_t n, std::int64_t end)
    {
        const auto used = static_cast<std::size_t>(
            std::min(end - first, static_cast<std::int64_t>(n)));
        peaks.clear();
        for (auto& band : bands) {
            for (const auto& found : band.scan(first, n, used)) {
                const auto position = first + static_cast<std::int64_t>(found.position);
                peaks.push_back({ static_cast<double>(position) + found.fit.shift,
                                  found.fit.cfo,
                                  found.fit.rho });
            }
        }
        if (bands.size() > 1) {
            std::stable_sort(
                peaks.begin(), peaks.end(), [](const Peak& a, const Peak& b) {
                    return a.position < b.position;
                });
        }
        for (const auto& peak : peaks) {
            add_peak(peak);
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
        const double at = pending.position * double(stride);
        const double sample = std::max(0.0, std::floor(at + 0.5));
        Detection detection;
        detection.sample = static_cast<std::uint64_t>(sample);
        detection.timing = at - sample;
        detection.cfo = pending.cfo;
        detection.rho = pending.rho;
        queue.add(detection);
    }

    //! Keeps what the filter, a later scan's detections and waiting bursts may ask for.
    void drop_samples()
    {
        double oldest = scanned - min_distance - 2.0;
        if (has_pending) {
            oldest = std::min(oldest, pending.position);
        }
        std::int64_t first = static_cast<std::int64_t>(std::floor(oldest)) * stride
            - queue.samples_before();
        first = std::min(first, queue.first_sample(first));
        first = std::min(first, z_end() * stride - half);
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
            last_given = std::max(last_given,
                                  (detection.sample + detection.timing) / double(stride));
        }
        return out;
    }

    //! Preambles that are complete in positions not yet scanned: zeros stand for the
    //! rest.
    void scan_rest()
    {
        const std::int64_t end = (raw.end() - 1) / stride + 1
            - static_cast<std::int64_t>(bands[0].preamble_reach());
        if (raw.end() <= 0 || end <= scanned) {
            return;
        }
        const std::size_t chunks
            = (static_cast<std::size_t>(end - scanned) + CorrelatorBank::CHUNK - 1)
            / CorrelatorBank::CHUNK;
        const std::size_t n = chunks * CorrelatorBank::CHUNK;
        const std::int64_t before = z_end();
        const std::int64_t needed
            = scanned + static_cast<std::int64_t>(n + bands[0].reach());
        if (needed > before) {
            const auto more = static_cast<std::size_t>(needed - before);
            Samples tail(raw.values.begin() + (before * stride - half - raw.first),
                         raw.values.end());
            tail.resize(std::max(tail.size(),
                                 more * static_cast<std::size_t>(stride)
                                     + 2 * static_cast<std::size_t>(half)));
            for (auto& band : bands) {
                band.append(tail.data(), more);
            }
        }
        scan(scanned, n, end);
        for (auto& band : bands) {
            band.cut(before); // the samples may still come
        }
        flushed = end;
    }

    DetectorConfig config;
    double threshold;
    unsigned phases;
    std::vector<CarrierBand> bands;
    std::int64_t stride = 1, half = 0; //!< samples, of a band
    detail::BurstQueue queue;
    double min_distance; //!< positions between two bursts

    detail::StreamSamples raw;
    std::vector<Peak> peaks; //!< of a scan
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
