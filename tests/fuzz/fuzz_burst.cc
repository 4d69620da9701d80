// SPDX-License-Identifier: GPL-3.0-or-later
// Samples of any kind through burst detector and demodulator, in every profile.
#include "fuzz_input.h"

#include <udeepsc_phy/burst_demodulator.h>
#include <udeepsc_phy/burst_detector.h>

#include <cmath>
#include <map>

using namespace udeepsc_phy;

namespace {

struct Receiver {
    explicit Receiver(const std::string& name)
        : detector({ FrameProfile::from_name(name), 1e-7 })
        , demodulator(FrameProfile::from_name(name))
    { }

    BurstDetector detector;
    BurstDemodulator demodulator;
};

Receiver& receiver_of(unsigned number)
{
    static std::map<std::string, Receiver> s_receivers;
    const auto names = FrameProfile::names();
    const auto& name = names[number % names.size()];
    return s_receivers.try_emplace(name, name).first->second;
}

//! Floats as they come, or bytes as numbers about 1: the former are seldom usual.
std::vector<std::complex<float>> samples_of(fuzz::Input& input)
{
    std::vector<std::complex<float>> samples;
    const bool any = input.choice(2) == 0;
    while (input.left() > 0) {
        const float real = any ? input.number<float>()
                               : static_cast<float>(input.number<std::int8_t>()) / 64;
        const float imag = any ? input.number<float>()
                               : static_cast<float>(input.number<std::int8_t>()) / 64;
        samples.emplace_back(real, imag);
    }
    return samples;
}

void require_finite(const ReceivedFrame& frame)
{
    fuzz::require(std::isfinite(frame.snr_db), "Es/N0 is finite");
    for (const auto& payload : frame.payloads)
        for (const auto& symbol : payload.symbols)
            fuzz::require(std::isfinite(symbol.real()) && std::isfinite(symbol.imag()),
                          "symbols are finite");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    auto& receiver = receiver_of(input.byte());
    DetectedBurst alone; // as if a detector had found it
    alone.detection.sample = input.number<std::uint32_t>();
    alone.first_sample = input.number<std::uint32_t>();
    // A detector's is at most half a sample.
    alone.detection.timing = input.choice(8) == 0 ? input.number<float>() : 0.25;
    alone.detection.cfo = input.number<float>();
    const std::size_t piece = 1 + input.number<std::uint16_t>();
    alone.samples = samples_of(input);
    if (alone.first_sample > 1000)
        alone.detection.sample = alone.first_sample + alone.detection.sample % 3000;
    require_finite(receiver.demodulator.demodulate(alone));

    receiver.detector.reset();
    std::vector<DetectedBurst> found;
    for (std::size_t from = 0; from < alone.samples.size(); from += piece) {
        const auto count = std::min(piece, alone.samples.size() - from);
        for (auto& burst : receiver.detector.push(alone.samples.data() + from, count))
            found.push_back(std::move(burst));
    }
    for (auto& burst : receiver.detector.flush())
        found.push_back(std::move(burst));
    for (const auto& burst : found)
        require_finite(receiver.demodulator.demodulate(burst));
    return 0;
}
