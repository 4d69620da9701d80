// SPDX-License-Identifier: GPL-3.0-or-later
// Payloads through framer, detector and demodulator, in every profile, sound or
// disturbed. Undisturbed, headers and symbols come back; otherwise the receiver says what
// it found.
#include "fuzz_input.h"

#include <udeepsc_phy/burst_demodulator.h>
#include <udeepsc_phy/burst_detector.h>
#include <udeepsc_phy/framer.h>

#include <cmath>
#include <map>
#include <stdexcept>

using namespace udeepsc_phy;

namespace {

struct Link {
    explicit Link(const std::string& name)
        : profile(FrameProfile::from_name(name))
        , framer(profile)
        , detector({ profile, 1e-7 })
        , demodulator(profile)
    { }

    const FrameProfile profile;
    const Framer framer;
    BurstDetector detector;
    BurstDemodulator demodulator;
};

Link& link_of(unsigned number)
{
    static std::map<std::string, Link> s_links;
    const auto names = FrameProfile::names();
    const auto& name = names[number % names.size()];
    return s_links.try_emplace(name, name).first->second;
}

Payload payload_of(fuzz::Input& input)
{
    Payload payload;
    payload.header.frame_id = input.byte();
    payload.header.task = input.choice(17);
    payload.header.modality = input.choice(5);
    payload.header.model = input.byte();
    payload.header.modulation = static_cast<Modulation>(input.choice(5));
    payload.header.vectors = input.choice(130);
    const Constellation constellation(payload.header.modulation);
    // No more than the input has: long bursts are as slow as they are alike.
    const std::size_t most = input.number<std::uint16_t>() % 600;
    const std::size_t symbols = std::min(most, input.left());
    for (std::size_t i = 0; i < symbols; ++i)
        payload.symbols.push_back(
            constellation.points()[input.choice(constellation.size())]);
    return payload;
}

//! Stretches of the burst are scaled, turned, replaced or lost.
void disturb(std::vector<std::complex<float>>& samples, fuzz::Input& input)
{
    while (input.left() > 0 && !samples.empty()) {
        const std::size_t first = input.number<std::uint16_t>() % samples.size();
        const std::size_t most = samples.size() - first;
        const std::size_t count = std::min<std::size_t>(input.byte() * 8u, most);
        const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(first);
        const auto end = begin + static_cast<std::ptrdiff_t>(count);
        const unsigned kind = input.choice(4);
        const auto value = input.number<float>();
        if (kind == 0)
            samples.erase(begin, end);
        else if (kind == 1)
            std::fill(begin, end, std::complex<float>(value, 0));
        else if (kind == 2)
            std::for_each(begin, end, [&](auto& x) { x *= value; });
        else
            std::for_each(begin, end, [&](auto& x) { x *= std::polar(1.0f, value); });
    }
}

void require_sound(const ReceivedFrame& frame, const FrameProfile& profile)
{
    fuzz::require(std::isfinite(frame.snr_db), "Es/N0 is finite");
    fuzz::require(std::isfinite(frame.power), "power is finite");
    fuzz::require(frame.payloads.size() <= profile.max_payloads, "no more payloads");
    for (const auto& payload : frame.payloads) {
        const std::size_t symbols = payload.header.symbols;
        fuzz::require(symbols <= profile.max_payload_symbols, "no more symbols");
        fuzz::require(payload.symbols.size() == symbols
                          && payload.noise_var.size() == symbols,
                      "symbols are as many as the header says");
        for (std::size_t i = 0; i < symbols; ++i)
            fuzz::require(std::isfinite(payload.symbols[i].real())
                              && std::isfinite(payload.symbols[i].imag())
                              && payload.noise_var[i] >= 0
                              && std::isfinite(payload.noise_var[i]),
                          "symbols and their noise are finite");
    }
}

//! What the detector makes of a burst with nothing after it.
void detect(Link& link, const std::vector<std::complex<float>>& samples)
{
    link.detector.reset();
    auto bursts = link.detector.push(samples.data(), samples.size());
    for (auto& burst : link.detector.flush())
        bursts.push_back(std::move(burst));
    for (const auto& burst : bursts)
        require_sound(link.demodulator.demodulate(burst), link.profile);
}

bool arrived(const Payload& sent, const ReceivedPayload& received)
{
    const auto &a = sent.header, &b = received.header;
    return a.frame_id == b.frame_id && a.task == b.task && a.modality == b.modality
        && a.model == b.model && a.modulation == b.modulation && a.vectors == b.vectors
        && sent.symbols.size() == received.symbols.size();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    auto& link = link_of(input.byte());
    std::vector<Payload> payloads;
    for (unsigned left = 1 + input.choice(link.profile.max_payloads); left > 0; --left)
        payloads.push_back(payload_of(input));
    DetectedBurst burst;
    try {
        burst.samples = link.framer.frame(payloads);
    } catch (const std::invalid_argument&) {
        return 0; // what no transmitter sends
    }
    burst.detection.sample = (link.profile.ramp_symbols + link.profile.filter_span / 2)
        * link.profile.samples_per_symbol;
    const bool disturbed = input.left() > 0;
    disturb(burst.samples, input);
    const auto frame = link.demodulator.demodulate(burst);
    require_sound(frame, link.profile);
    detect(link, burst.samples);
    if (disturbed)
        return 0;
    fuzz::require(frame.payloads.size() == payloads.size(), "all payloads arrive");
    for (std::size_t i = 0; i < payloads.size(); ++i)
        fuzz::require(arrived(payloads[i], frame.payloads[i]), "headers arrive");
    return 0;
}
