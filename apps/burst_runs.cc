// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_runs.h"

#include <udeepsc_phy/mapper.h>

using namespace udeepsc_phy;

namespace burst_runs {

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
    , d_detector(detector_config(d_profile))
    , d_demodulator(d_profile)
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

DetectorConfig LinkRunner::detector_config(const FrameProfile& profile)
{
    DetectorConfig config;
    config.profile = profile;
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
    const auto samples = through_air(d_framer.frame({ payload }));
    result.sent++;
    d_detector.reset();
    auto bursts = d_detector.push(samples.data(), samples.size());
    for (auto& burst : d_detector.flush()) {
        bursts.push_back(std::move(burst));
    }
    bool detected = false, arrived = false;
    for (const auto& burst : bursts) {
        // A few symbols of multipath may lie between the paths.
        const double away = burst.detection.sample - preamble_sample();
        const bool right = std::fabs(away) < 6.0 * d_profile.samples_per_symbol
            && std::fabs(burst.detection.cfo - d_cfo) < 0.004;
        detected |= right;
        if (right && demodulate && !arrived) {
            arrived = receive(burst, payload.header, labels, result);
        }
    }
    result.detected += detected;
    result.headers += arrived;
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

bool LinkRunner::receive(const DetectedBurst& burst,
                         PayloadHeader header,
                         const std::vector<std::uint16_t>& labels,
                         LinkResult& result)
{
    const auto frame = d_demodulator.demodulate(burst);
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
    const double snr_error = frame.snr_db - d_link.esn0_db;
    result.snr_squares.add(snr_error * snr_error);
    return true;
}

} // namespace burst_runs
