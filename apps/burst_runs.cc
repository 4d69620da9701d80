// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_runs.h"

#include <udeepsc_phy/mapper.h>

using namespace udeepsc_phy;

namespace burst_runs {

namespace {

constexpr std::size_t GAP = 256; // samples of silence between two bursts

} // namespace

Interval wilson(double k, double n)
{
    const double z2 = Z95 * Z95;
    const double middle = (k + z2 / 2) / (n + z2);
    const double half = Z95 / (n + z2) * std::sqrt(k * (n - k) / n + z2 / 4);
    return { k > 0 ? std::max(0.0, middle - half) : 0.0,
             k < n ? std::min(1.0, middle + half) : 1.0 };
}

double mmse_snr_db(const std::string& multipath, double rolloff, double esn0_db)
{
    const auto paths = multipath_profile(multipath);
    const double n0 = std::pow(10.0, -esn0_db / 10.0);
    const auto raised_cosine = [rolloff](double f) {
        const double x = (std::fabs(f) - (1 - rolloff) / 2) / rolloff;
        return x <= 0 ? 1.0 : x >= 1 ? 0.0 : 0.5 * (1 + std::cos(M_PI * x));
    };
    const auto power = [&](double f) {
        std::complex<double> h = 0;
        for (const auto& path : paths) {
            h += std::polar(std::sqrt(path.power),
                            path.phase - 2 * M_PI * f * path.delay);
        }
        return raised_cosine(f) * std::norm(h);
    };
    const int steps = 4096;
    double error = 0;
    for (int i = 0; i < steps; i++) {
        const double f = (i + 0.5) / steps - 0.5;
        error += n0 / (power(f - 1) + power(f) + power(f + 1) + n0) / steps;
    }
    return 10 * std::log10(1 / error - 1);
}

std::vector<std::uint16_t>
random_labels(Xoshiro256pp& random, unsigned points, std::size_t n)
{
    std::vector<std::uint16_t> labels(n);
    for (auto& label : labels) {
        label = static_cast<std::uint16_t>(random() % points);
    }
    return labels;
}

namespace {

PayloadHeader random_header(Xoshiro256pp& random, const Link& link)
{
    PayloadHeader header;
    header.frame_id = random() % 256;
    header.task = random() % 16;
    header.layer = random() % 8;
    header.modality = random() % 3;
    header.model = random() % 256;
    header.vectors = 1 + random() % 127;
    header.modulation = link.modulation;
    header.symbols = static_cast<unsigned>(link.symbols);
    return header;
}

FrameProfile profile_of(const Link& link)
{
    auto profile = FrameProfile::from_name(link.profile);
    profile.max_cfo = link.max_cfo;
    return profile;
}

} // namespace

LinkRunner::LinkRunner(const Link& link, std::uint64_t seed)
    : d_link(link)
    , d_profile(profile_of(link))
    , d_framer(d_profile)
    , d_detector(detector_config(d_profile, link.copies))
    , d_receiver(d_profile, link.copies)
    , d_constellation(link.modulation)
    , d_demapper(link.modulation)
    , d_random(seed)
    , d_channel(channel_config(seed))
{
    d_framer.set_peak_limit(link.peak_limit_db);
}

LinkResult LinkRunner::run(bool demodulate)
{
    LinkResult result;
    for (std::uint64_t i = 0; i < d_link.bursts; i++) {
        send(result, demodulate);
    }
    return result;
}

DetectorConfig LinkRunner::detector_config(const FrameProfile& profile, unsigned copies)
{
    DetectorConfig config;
    config.profile = profile;
    config.keep_unread = copies > 1;
    return config;
}

RadioChannelConfig LinkRunner::channel_config(std::uint64_t seed) const
{
    RadioChannelConfig config;
    config.esn0_db = d_link.esn0_db;
    config.multipath = d_link.multipath;
    config.fading = d_link.fading;
    config.doppler = d_link.doppler;
    config.phase_noise = d_link.phase_noise;
    config.faults = d_link.faults;
    config.samples_per_symbol = d_profile.samples_per_symbol;
    config.seed = seed;
    return config;
}

void LinkRunner::send(LinkResult& result, bool demodulate)
{
    const auto labels = random_labels(d_random, d_constellation.size(), d_link.symbols);
    Payload payload;
    payload.header = random_header(d_random, d_link);
    for (auto label : labels) {
        payload.symbols.push_back(d_constellation.points()[label]);
    }
    const auto burst = d_framer.frame({ payload });
    const auto samples = through_air(copies_of(burst));
    result.sent++;
    d_detector.reset();
    auto bursts = d_detector.push(samples.data(), samples.size());
    for (auto& last : d_detector.flush()) {
        bursts.push_back(std::move(last));
    }
    std::vector<DetectedBurst> right;
    for (unsigned copy = 0; copy < d_link.copies; copy++) {
        const double sample
            = preamble_sample() + copy * static_cast<double>(burst.size() + GAP);
        bool detected = false;
        for (auto& found : bursts) {
            if (is_preamble(found.detection, sample)) {
                right.push_back(std::move(found));
                detected = true;
            }
        }
        result.detected += detected;
    }
    if (demodulate) {
        const auto frames = receive(right);
        result.headers += std::any_of(frames.begin(), frames.end(), [&](const auto& f) {
            return judge(f, payload.header, labels, result);
        });
    }
}

//! One behind the other, as burst_source sends them.
Samples LinkRunner::copies_of(const Samples& burst) const
{
    Samples samples;
    for (unsigned copy = 0; copy < d_link.copies; copy++) {
        samples.resize(copy * (burst.size() + GAP));
        samples.insert(samples.end(), burst.begin(), burst.end());
    }
    return samples;
}

bool LinkRunner::is_preamble(const Detection& detection, double sample) const
{
    // A few symbols of multipath may lie between the paths.
    return std::fabs(static_cast<double>(detection.sample) - sample)
        < 6.0 * d_profile.samples_per_symbol
        && std::fabs(detection.cfo - d_cfo) < 0.004;
}

std::vector<CopiedFrame> LinkRunner::receive(const std::vector<DetectedBurst>& bursts)
{
    const auto take_all = [](const ReceivedFrame&) { return true; };
    std::vector<CopiedFrame> frames;
    for (std::size_t i = 0; i < bursts.size(); i++) {
        for (auto& frame : d_receiver.receive(bursts[i], i, {}, take_all)) {
            frames.push_back(std::move(frame));
        }
    }
    for (auto& frame : d_receiver.take_older(CopyReceiver::Time::max())) {
        frames.push_back(std::move(frame));
    }
    return frames;
}

Samples LinkRunner::through_air(Samples samples)
{
    auto config = d_channel.config();
    d_cfo = d_profile.max_cfo * (2 * d_random.uniform() - 1);
    config.cfo = d_cfo / d_profile.samples_per_symbol;
    config.delay = 200 + d_random.uniform();
    config.phase = 2 * M_PI * d_random.uniform();
    config.gain_db = 50 * d_random.uniform() - 40;
    config.clock_ppm = 40 * d_random.uniform() - 20;
    d_delay = config.delay;
    d_channel.set_config(config);
    d_channel.restart();
    samples.resize(samples.size() + 400);
    return d_channel.apply(samples.data(), samples.size());
}

double LinkRunner::preamble_sample() const
{
    return d_delay
        + (d_profile.ramp_symbols + d_profile.filter_span / 2.0)
        * d_profile.samples_per_symbol;
}

bool LinkRunner::judge(const CopiedFrame& received,
                       const PayloadHeader& header,
                       const std::vector<std::uint16_t>& labels,
                       LinkResult& result) const
{
    const auto& frame = received.frame;
    if (frame.payloads.size() != 1) {
        return false;
    }
    const auto& payload = frame.payloads[0];
    if (!(payload.header == header) || payload.symbols.size() != labels.size()) {
        return false;
    }
    const auto decided = d_demapper.hard_labels(payload.symbols);
    double errors = 0, energy = 0;
    for (std::size_t i = 0; i < labels.size(); i++) {
        errors += decided[i] != labels[i];
        energy += std::norm(payload.symbols[i] - d_constellation.points()[labels[i]]);
    }
    result.symbol_errors.add(errors / labels.size());
    result.error_energy.add(energy / labels.size());
    const double snr_error
        = frame.snr_db - d_link.esn0_db - 10 * std::log10(received.copies);
    result.snr_squares.add(snr_error * snr_error);
    result.copies.add(received.copies);
    return true;
}

} // namespace burst_runs
