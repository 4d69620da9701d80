// SPDX-License-Identifier: GPL-3.0-or-later
//
// Positions are the matched filter's outputs: two a symbol where the samples of a symbol
// are even in number, else one a sample. Position i lies on sample i * stride.
#include <udeepsc_phy/burst_detector.h>

#include "correlator_bank.h"
#include "frame/frame_layout.h"
#include "frame/reference_symbols.h"
#include "matched_filter.h"
#include "preamble_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace udeepsc_phy {

namespace {

using detail::CorrelatorBank;
using detail::MatchedFilter;
using detail::PreambleFit;
using detail::PreambleFitter;
using Samples = std::vector<std::complex<float>>;

//! Positions looked at together.
constexpr std::size_t BLOCK = 1024;

/*!
 * The first look loses at most 2.3 dB between its grid points: 1.0 in time, 0.9 in
 * carrier offset, 0.4 in the segments.
 */
constexpr double FIRST_LOOK = 0.59;

//! At the candidate itself, after the climb in carrier offset alone.
constexpr double EARLY = 0.7;

//! Candidates of a block that get a second look, the best ones: what an interferer costs.
constexpr std::size_t MAX_CANDIDATES = 32;

//! Bursts that may wait for their samples at a time: what a flood of preambles costs.
constexpr std::size_t MAX_WAITING = 64;

//! Samples that are taken in before they are worked on.
constexpr std::size_t MAX_PUSH = 1 << 16;

unsigned positions_per_symbol(unsigned samples_per_symbol)
{
    return samples_per_symbol % 2 == 0 ? 2 : samples_per_symbol;
}

/*!
 * \brief Threshold of rho for a false alarm rate a sample, where the maximum is taken
 * over continuous time and carrier offset.
 *
 * u = L rho is, for large L, half a chi-squared field of 2 degrees of freedom over (time,
 * offset). The expected number of peaks above u in an area A is
 *
 *     A sqrt(l_t l_f) (2 u - 1) e^-u / (2 pi)  + T sqrt(l_t u / pi) e^-u
 *
 * with the second term for the two edges of the band (K. J. Worsley, Adv. Appl. Prob. 26,
 * 1994, the Euler characteristic of chi-squared fields). l_t and l_f are the curvatures
 * of the correlation in time (the raised cosine's second moment) and offset (pi^2 L^2 /
 * 3). What multiplies e^-u is the number of bins; e^-u becomes the exact (1 - rho)^(L-1).
 */
double threshold_of(const DetectorConfig& config)
{
    const auto& profile = config.profile;
    const double length = profile.preamble_symbols;
    const double time = 1.0 / profile.samples_per_symbol; // symbols a sample
    const double band = 2.0 * (profile.max_cfo + 0.5 / length);
    const double moment
        = 1.0 / 12.0 + profile.rolloff * profile.rolloff * (0.25 - 2.0 / (M_PI * M_PI));
    const double bend_time = 4.0 * M_PI * M_PI * moment;
    const double bend_offset = M_PI * M_PI * length * length / 3.0;
    double rho = 0.0;
    for (int i = 0; i < 50; i++) {
        const double u = std::max(1.0, length * rho);
        const double bins = time * band * std::sqrt(bend_time * bend_offset)
                * (2.0 * u - 1.0) / (2.0 * M_PI)
            + time * std::sqrt(bend_time * u / M_PI);
        rho = 1.0
            - std::pow(config.false_alarm_rate / std::max(bins, 1.0),
                       1.0 / (length - 1.0));
    }
    return rho;
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
        : Impl(c, detail::preamble_signs(c.profile.preamble_symbols))
    { }

    Impl(const DetectorConfig& c, const std::vector<float>& signs)
        : config(c)
        , threshold(threshold_of(c))
        , phases(positions_per_symbol(c.profile.samples_per_symbol))
        , filter(c.profile, phases)
        , bank(signs, phases, c.profile.max_cfo)
        , fitter(signs, phases, c.profile.max_cfo)
    {
        const auto& profile = c.profile;
        const std::size_t sps = profile.samples_per_symbol;
        // The strongest path may come last, and the demodulator has filters of its own.
        samples_before = (profile.channel_taps + profile.filter_span) * sps;
        const detail::FrameLayout layout(profile);
        // 1000 ppm more for a clock that drifts.
        const std::size_t longest = layout.burst_samples(layout.max_body_length());
        samples_after = longest + longest / 1000 + samples_before;
        apart = (profile.channel_taps + 2.0) * phases;
        reset();
    }

    void reset()
    {
        raw.clear();
        raw_first = 0;
        re.clear();
        im.clear();
        z_first = -static_cast<std::int64_t>(PreambleFitter::MARGIN);
        scanned = 0;
        flushed = 0;
        has_open = false;
        last_given = -std::numeric_limits<double>::infinity();
        waiting.clear();
        // Outputs before the stream's first sample, and what its filter reads before it.
        padding = filter.half() + PreambleFitter::MARGIN * filter.stride();
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
            while (z_end() >= scanned + static_cast<std::int64_t>(BLOCK + z_reach())) {
                scan(re, im, scanned, BLOCK, std::numeric_limits<std::int64_t>::max());
                scanned += BLOCK;
                close_before(scanned - apart - 2.0);
                drop_positions();
            }
        }
        give_complete(out);
        drop_samples();
    }

    //! Positions after the first that a scan reads, beyond those that it scans.
    std::size_t z_reach() const { return bank.reach() + PreambleFitter::MARGIN + 1; }

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

    /*!
     * Looks at \p n positions, a multiple of the bank's chunk, from \p first on, those
     * from \p end on left out; z_re and z_im begin at z_first.
     */
    void scan(const std::vector<float>& z_re,
              const std::vector<float>& z_im,
              std::int64_t first,
              std::size_t n,
              std::int64_t end)
    {
        ratio.resize(n);
        const auto at = static_cast<std::size_t>(first - z_first);
        bank.ratios(z_re.data() + at, z_im.data() + at, n, ratio.data());
        find_candidates(n);
        for (std::size_t candidate : candidates) {
            if (first + static_cast<std::int64_t>(candidate) < end) {
                look_again(z_re, z_im, first, candidate);
            }
        }
    }

    //! The best local maxima of ratio, in order of time.
    void find_candidates(std::size_t n)
    {
        const auto least = static_cast<float>(FIRST_LOOK * threshold);
        candidates.clear();
        for (std::size_t i = 0; i < n; i++) {
            if (ratio[i] > least && (i == 0 || ratio[i] >= ratio[i - 1])
                && (i + 1 == n || ratio[i] > ratio[i + 1])) {
                candidates.push_back(i);
            }
        }
        if (candidates.size() > MAX_CANDIDATES) {
            std::nth_element(candidates.begin(),
                             candidates.begin() + MAX_CANDIDATES,
                             candidates.end(),
                             [this](std::size_t a, std::size_t b) {
                                 return ratio[a] > ratio[b]
                                     || (ratio[a] == ratio[b] && a < b);
                             });
            candidates.resize(MAX_CANDIDATES);
            std::sort(candidates.begin(), candidates.end());
        }
    }

    void look_again(const std::vector<float>& z_re,
                    const std::vector<float>& z_im,
                    std::int64_t first,
                    std::size_t candidate)
    {
        constexpr int MARGIN = PreambleFitter::MARGIN;
        const auto at = static_cast<std::size_t>(first - z_first) + candidate - MARGIN;
        window.resize(bank.reach() + 1 + 2 * MARGIN);
        for (std::size_t i = 0; i < window.size(); i++) {
            window[i] = { z_re[at + i], z_im[at + i] };
        }
        const PreambleFit fit = fitter.fit(window.data() + MARGIN, EARLY * threshold);
        if (fit.rho > threshold) {
            add({ static_cast<double>(first + static_cast<std::int64_t>(candidate))
                      + fit.shift,
                  fit.cfo,
                  fit.rho });
        }
    }

    //! Of peaks as near as the paths of one burst, the highest counts.
    void add(const Peak& peak)
    {
        // A flush has given what lies before it.
        if (peak.position < flushed || peak.position < last_given + apart) {
            return;
        }
        if (has_open && std::fabs(peak.position - open.position) < apart) {
            if (peak.rho > open.rho) {
                open = peak;
            }
            return;
        }
        close();
        open = peak;
        has_open = true;
    }

    void close_before(double position)
    {
        if (has_open && open.position < position) {
            close();
        }
    }

    void close()
    {
        if (!has_open) {
            return;
        }
        has_open = false;
        const double at = open.position * filter.stride();
        const double sample = std::max(0.0, std::floor(at + 0.5));
        Detection detection;
        detection.sample = static_cast<std::uint64_t>(sample);
        detection.timing = at - sample;
        detection.cfo = open.cfo;
        detection.rho = open.rho;
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
        const std::int64_t unused = scanned - PreambleFitter::MARGIN - z_first;
        re.erase(re.begin(), re.begin() + unused);
        im.erase(im.begin(), im.begin() + unused);
        z_first += unused;
    }

    //! Keeps what the filter, a later scan's detections and waiting bursts may ask for.
    void drop_samples()
    {
        const auto stride = static_cast<std::int64_t>(filter.stride());
        const auto before = static_cast<std::int64_t>(samples_before);
        double oldest = scanned - apart - 2.0;
        if (has_open) {
            oldest = std::min(oldest, open.position);
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
        close();
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
        const std::int64_t end
            = (raw_end() - 1) / stride + 1 - static_cast<std::int64_t>(bank.reach());
        if (raw_end() <= 0 || end <= scanned) {
            return;
        }
        const std::size_t chunks
            = (static_cast<std::size_t>(end - scanned) + CorrelatorBank::CHUNK - 1)
            / CorrelatorBank::CHUNK;
        const std::size_t n = chunks * CorrelatorBank::CHUNK;
        auto z_re = re, z_im = im;
        const std::int64_t needed = scanned + static_cast<std::int64_t>(n + z_reach());
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
    CorrelatorBank bank;
    PreambleFitter fitter;
    std::size_t samples_before, samples_after; //!< of a detection, in its burst
    double apart; //!< positions between two bursts

    std::size_t padding = 0;
    Samples raw;
    std::int64_t raw_first = 0; //!< sample of raw[0]
    std::vector<float> re, im; //!< matched filter outputs
    std::int64_t z_first = 0; //!< position of re[0]
    std::int64_t scanned = 0; //!< positions before this have been looked at
    std::int64_t flushed = 0; //!< and, for a flush, before this
    bool has_open = false;
    Peak open {}; //!< may still turn out the neighbour of a higher one
    double last_given = 0.0;
    std::vector<Detection> waiting; //!< for samples, in order of time
    std::uint64_t dropped = 0;

    std::vector<float> ratio;
    std::vector<std::size_t> candidates;
    Samples window;
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
