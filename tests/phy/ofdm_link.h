// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "frame/frame_layout.h"

#include <udeepsc_phy/burst_demodulator.h>
#include <udeepsc_phy/framer.h>
#include <udeepsc_phy/radio_channel.h>
#include <udeepsc_phy/random.h>

#include <cmath>

/* OFDM bursts through a channel. */
namespace ofdm_link {

using namespace udeepsc_phy;
using namespace udeepsc_phy::detail;
using Samples = std::vector<std::complex<float>>;

inline const FrameProfile& ofdm_profile()
{
    static const FrameProfile s_profile = FrameProfile::from_name("ofdm");
    return s_profile;
}

inline Payload random_payload(std::size_t n, Modulation modulation, Xoshiro256pp& random)
{
    const Constellation constellation(modulation);
    Payload payload;
    payload.header.task = random() % 16;
    payload.header.frame_id = random() % 256;
    payload.header.modulation = modulation;
    payload.header.vectors = random() % 128;
    for (std::size_t i = 0; i < n; i++) {
        payload.symbols.push_back(
            constellation.points()[random() % constellation.size()]);
    }
    return payload;
}

//! Payloads of one form, numbered in a row, as the tiles of a picture are.
inline std::vector<Payload>
picture(std::size_t tiles, std::size_t symbols, Xoshiro256pp& random)
{
    std::vector<Payload> payloads;
    for (std::size_t i = 0; i < tiles; i++) {
        payloads.push_back(random_payload(symbols, Modulation::qpsk, random));
        payloads.back().header = payloads.front().header;
        payloads.back().header.frame_id = (payloads.front().header.frame_id + i) % 256;
    }
    return payloads;
}

/*
 * A burst through a channel, as a detector would hand it over: the true timing, and the
 * carrier offset with the error of a maximum-likelihood estimate from the preamble at 0
 * dB.
 */
inline DetectedBurst
through(const Samples& burst, RadioChannelConfig config, Xoshiro256pp& random)
{
    config.delay = 20.0 + random.uniform();
    config.phase = 2.0 * M_PI * random.uniform();
    config.seed = random();
    Samples x = burst;
    x.resize(x.size() + 100);
    DetectedBurst detected;
    RadioChannel channel(config);
    detected.samples = channel.apply(x.data(), x.size());
    const double at = FrameLayout(ofdm_profile()).symbol_sample(0) + config.delay;
    detected.detection.sample = std::llround(at);
    detected.detection.timing = at - std::round(at);
    const double cfo_error = std::isinf(config.esn0_db) ? 0.0 : 1e-4;
    detected.detection.cfo
        = config.cfo * config.samples_per_symbol + cfo_error * (random.uniform() - 0.5);
    return detected;
}

} // namespace ofdm_link
