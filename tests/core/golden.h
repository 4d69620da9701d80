// SPDX-License-Identifier: GPL-3.0-or-later
// Deterministic samples, and what a model makes of them stage by stage.
#pragma once

#include <udeepsc_core/safetensors.h>
#include <udeepsc_core/transceiver.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

namespace golden {

using namespace udeepsc_core;

constexpr int SAMPLES = 8;
constexpr double ESN0_DB = 6.0;
constexpr float NOISE_VAR = 0.25f;
//! Of the features of the semantic encoder every so many'th column is kept in the file.
constexpr int COLUMN_STEP = 12;

//! A coloured pattern with an edge in it; no two numbers give the same.
inline std::vector<std::uint8_t> picture(int number, int side)
{
    std::vector<std::uint8_t> rgb;
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x)
            for (int c = 0; c < 3; ++c) {
                const int wave = (x * (number + 1) + y * (3 + c) + 40 * c) % 64;
                const bool inside
                    = (x - 12) * (x - 12) + (y - 16) * (y - 16) < 20 + 12 * number;
                rgb.push_back(
                    static_cast<std::uint8_t>(inside ? 230 - 25 * c : 60 + 2 * wave));
            }
    return rgb;
}

//! At most so many bytes of it: a tokenizer of single characters makes long texts of
//! them.
inline std::string sentence(int number, std::size_t most)
{
    static const char* const s_sentences[SAMPLES] = {
        "a film with a heart .",
        "it 's slow and it 's dull",
        "no",
        "the best picture of the year , by far",
        "an odd , funny , lovely mess of a movie",
        "i ca n't say that i liked it",
        "warm , wise and well acted",
        "bad jokes , worse songs",
    };
    return std::string(s_sentences[number]).substr(0, most);
}

//! [3 + number % 5, width] reals between -1 and 1, at most so many rows.
inline std::vector<float> frames(int number, int most, int width)
{
    std::vector<float> values;
    for (int i = 0; i < std::min(most, 3 + number % 5) * width; ++i)
        values.push_back(static_cast<float>((i * 37 + number * 101) % 100) / 50.0f
                         - 1.0f);
    return values;
}

//! A fifth of a second or more at 8 kHz: two tones, the second rising.
inline std::vector<float> sound(int number)
{
    std::vector<float> samples;
    for (int i = 0; i < 1600 + 400 * number; ++i) {
        const double t = i / 8000.0;
        samples.push_back(
            static_cast<float>(0.3 * std::sin(6.2831853 * (200 + 60 * number) * t)
                               + 0.2 * std::sin(6.2831853 * (500 + 2000 * t) * t)));
    }
    return samples;
}

inline RawTensor tensor(const std::string& name, const std::vector<float>& values)
{
    RawTensor t { name, DType::f32, { static_cast<std::int64_t>(values.size()) }, {} };
    t.data.resize(values.size() * sizeof(float));
    std::memcpy(t.data.data(), values.data(), t.data.size());
    return t;
}

inline RawTensor tensor(const std::string& name, const std::vector<std::uint8_t>& values)
{
    return { name, DType::u8, { static_cast<std::int64_t>(values.size()) }, values };
}

} // namespace golden
