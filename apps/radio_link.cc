// SPDX-License-Identifier: GPL-3.0-or-later
#include "radio_link.h"

using namespace udeepsc_phy;

RadioLink::RadioLink(const std::string& profile,
                     const std::string& multipath,
                     std::uint64_t seed)
    : d_profile(FrameProfile::from_name(profile))
    , d_multipath(multipath)
    , d_framer(d_profile)
    , d_detector({ d_profile })
    , d_demodulator(d_profile)
    , d_random(seed)
{ }

std::vector<float>
RadioLink::pass(std::vector<std::complex<float>>& symbols, int vectors, double snr_db)
{
    const auto between = [&](double low, double high) {
        return std::uniform_real_distribution<double>(low, high)(d_random);
    };
    Payload payload;
    payload.header.frame_id = d_frame_id++ & 0xff;
    payload.header.vectors = static_cast<unsigned>(vectors);
    payload.symbols = symbols;
    auto samples = d_framer.frame({ payload });

    RadioChannelConfig config;
    config.esn0_db = snr_db;
    config.samples_per_symbol = d_profile.samples_per_symbol;
    config.multipath = d_multipath;
    config.cfo
        = between(-d_profile.max_cfo, d_profile.max_cfo) / d_profile.samples_per_symbol;
    config.delay = between(100, 400);
    config.phase = between(0, 6.283185307);
    config.clock_ppm = between(-20, 20);
    config.gain_db = between(-25, 25);
    config.seed = d_random();
    samples.resize(samples.size() + 1000);
    RadioChannel channel(config);
    const auto heard = channel.apply(samples.data(), samples.size());

    d_detector.reset();
    auto bursts = d_detector.push(heard.data(), heard.size());
    for (auto& b : d_detector.flush())
        bursts.push_back(std::move(b));
    for (const auto& burst : bursts) {
        const auto frame = d_demodulator.demodulate(burst);
        if (frame.payloads.empty())
            continue;
        const auto& got = frame.payloads[0];
        if (got.header.frame_id != payload.header.frame_id
            || got.symbols.size() != symbols.size())
            continue;
        symbols = got.symbols;
        return got.noise_var;
    }
    return {};
}
