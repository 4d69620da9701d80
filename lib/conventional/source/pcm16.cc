// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_conventional/sound_codec.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace udeepsc_conventional {

std::vector<std::uint8_t> encode_pcm16(const std::vector<float>& samples)
{
    std::vector<std::uint8_t> bytes;
    bytes.reserve(2 * samples.size());
    for (const float sample : samples) {
        const float held = std::isnan(sample) ? 0.0f : std::clamp(sample, -1.0f, 1.0f);
        const auto level = static_cast<std::uint16_t>(std::lround(held * 32767.0f));
        bytes.push_back(static_cast<std::uint8_t>(level >> 8));
        bytes.push_back(static_cast<std::uint8_t>(level & 0xff));
    }
    return bytes;
}

std::vector<float> decode_pcm16(const std::vector<std::uint8_t>& bytes)
{
    std::vector<float> samples;
    samples.reserve(bytes.size() / 2);
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        const auto level = static_cast<std::int16_t>(bytes[i] << 8 | bytes[i + 1]);
        samples.push_back(std::max(-1.0f, static_cast<float>(level) / 32767.0f));
    }
    return samples;
}

} // namespace udeepsc_conventional
