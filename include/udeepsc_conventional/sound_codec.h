// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_conventional/api.h>

#include <cstdint>
#include <vector>

namespace udeepsc_conventional UDEEPSC_CONVENTIONAL_API {

//! Samples in -1..1 as 16-bit PCM, high byte first; beyond they are clipped, NaN is 0.
std::vector<std::uint8_t> encode_pcm16(const std::vector<float>& samples);

//! Samples of 16-bit PCM; an odd last byte is ignored.
std::vector<float> decode_pcm16(const std::vector<std::uint8_t>& bytes);

} // namespace udeepsc_conventional
