// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "frame/frame_header.h"
#include "frame/reference_symbols.h"

#include <udeepsc_phy/random.h>

#include <cstddef>
#include <string>
#include <vector>

/* Headers and their code, from the words of docs/frame-format.md alone. */
namespace coded_headers {

using udeepsc_phy::detail::Bits;

inline udeepsc_phy::detail::FrameHeader random_header(udeepsc_phy::Xoshiro256pp& random)
{
    udeepsc_phy::detail::FrameHeader header;
    header.addresses = { unsigned(random() % 256), unsigned(random() % 256) };
    header.model = random() % 256;
    header.payloads = 1 + random() % 64;
    header.symbols = header.payloads * (1 + random() % 1000);
    header.frame_id = random() % 256;
    header.task = random() % 16;
    header.modality = random() % 3;
    header.layer = random() % 8;
    header.modulation = random() % 5;
    header.vectors = random() % 128;
    return header;
}

inline std::string hex(const Bits& bits)
{
    std::string text;
    for (std::size_t i = 0; i + 4 <= bits.size(); i += 4) {
        text += "0123456789abcdef"[8 * bits[i] + 4 * bits[i + 1] + 2 * bits[i + 2]
                                   + bits[i + 3]];
    }
    return text;
}

inline std::string hex_of_number(unsigned value)
{
    Bits bits;
    udeepsc_phy::detail::append_bits(bits, value, 16);
    return hex(bits);
}

//! Remainder of bits x^16 by long division, the first 16 bits inverted: the CRC's
//! definition.
inline Bits long_division(Bits bits)
{
    const Bits divisor { 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 };
    bits.resize(bits.size() + 16);
    for (int i = 0; i < 16; i++) {
        bits[i] ^= 1;
    }
    for (std::size_t i = 0; i + 16 < bits.size(); i++) {
        if (bits[i]) {
            for (std::size_t k = 0; k < divisor.size(); k++) {
                bits[i + k] ^= divisor[k];
            }
        }
    }
    return { bits.end() - 16, bits.end() };
}

//! A code by its impulse responses: delays of the taps of either output.
inline Bits convolve_plainly(const Bits& bits,
                             const std::vector<int>& delays_a,
                             const std::vector<int>& delays_b,
                             int tail)
{
    const int n = static_cast<int>(bits.size());
    const auto bit = [&](int i) { return i >= 0 && i < n ? bits[i] : 0; };
    Bits coded;
    for (int i = 0; i < n + tail; i++) {
        std::uint8_t a = 0, b = 0;
        for (int d : delays_a) {
            a ^= bit(i - d);
        }
        for (int d : delays_b) {
            b ^= bit(i - d);
        }
        coded.push_back(a);
        coded.push_back(b);
    }
    return coded;
}

inline Bits with_crc(Bits bits)
{
    const auto crc = long_division(bits);
    bits.insert(bits.end(), crc.begin(), crc.end());
    return bits;
}

//! Interleaved by a step, repeated and scrambled.
inline std::vector<float>
spread(const Bits& coded, std::size_t step, unsigned repetition, std::size_t first_sign)
{
    const auto signs
        = udeepsc_phy::detail::prbs_signs(udeepsc_phy::detail::HEADER_SCRAMBLER_SEED,
                                          first_sign + repetition * coded.size());
    std::vector<float> symbols(repetition * coded.size());
    for (unsigned r = 0; r < repetition; r++) {
        for (std::size_t i = 0; i < coded.size(); i++) {
            const std::size_t k = r * coded.size() + step * i % coded.size();
            symbols[k] = coded[i] ? -signs[first_sign + k] : signs[first_sign + k];
        }
    }
    return symbols;
}

inline std::size_t step_for(std::size_t n)
{
    const auto common = [](std::size_t a, std::size_t b) {
        while (b != 0) {
            const std::size_t rest = a % b;
            a = b;
            b = rest;
        }
        return a;
    };
    std::size_t step = (382 * n + 500) / 1000;
    while (common(step, n) != 1) {
        step++;
    }
    return step;
}

/*
 * libfec's 0x1af and 0x11d, newest bit lowest: 1 + D + D^2 + D^3 + D^5 + D^7 + D^8 and
 * 1 + D^2 + D^3 + D^4 + D^8.
 */
inline std::vector<float>
plain_symbols(const Bits& bits, unsigned repetition, std::size_t first_sign)
{
    const auto coded
        = convolve_plainly(with_crc(bits), { 0, 1, 2, 3, 5, 7, 8 }, { 0, 2, 3, 4, 8 }, 8);
    return spread(coded, step_for(coded.size()), repetition, first_sign);
}

/*
 * One repetition of a header as radios of version 1 sent it: any 48 bits that begin with
 * 01; libfec's 0x6d and 0x4f, 1 + D^2 + D^3 + D^5 + D^6 and 1 + D + D^2 + D^3 + D^6;
 * coded bit i at place 37 i mod 140.
 */
inline std::vector<float> version_1_symbols(udeepsc_phy::Xoshiro256pp& random)
{
    Bits bits { 0, 1 };
    while (bits.size() < 48) {
        bits.push_back(random() & 1);
    }
    const auto coded
        = convolve_plainly(with_crc(bits), { 0, 2, 3, 5, 6 }, { 0, 1, 2, 3, 6 }, 6);
    return spread(coded, 37, 1, 0);
}

} // namespace coded_headers
