// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/constellation.h>
#include <udeepsc_phy/random.h>

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace udeepsc_phy {

inline const std::vector<Modulation> ALL_MODULATIONS = { Modulation::bpsk,
                                                         Modulation::qpsk,
                                                         Modulation::qam16,
                                                         Modulation::qam64,
                                                         Modulation::qam256 };

inline std::vector<std::uint16_t>
random_words(std::size_t n, unsigned bits, std::uint64_t seed)
{
    Xoshiro256pp random(seed);
    std::vector<std::uint16_t> words(n);
    for (auto& word : words) {
        word = static_cast<std::uint16_t>(random() >> (64 - bits));
    }
    return words;
}

//! Expects std::invalid_argument with \p parameter, "got" and "expected" in its text.
inline void expect_refused(const std::string& parameter,
                           const std::function<void()>& call)
{
    try {
        call();
        ADD_FAILURE() << parameter << ": nothing thrown";
    } catch (const std::invalid_argument& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find(parameter), std::string::npos) << text;
        EXPECT_NE(text.find("got"), std::string::npos) << text;
        EXPECT_NE(text.find("expected"), std::string::npos) << text;
    }
}

inline void PrintTo(Modulation modulation, std::ostream* out)
{
    *out << to_string(modulation);
}

//! Names parameterised cases after the modulation: gtest wants letters and digits.
struct ModulationName {
    std::string operator()(const testing::TestParamInfo<Modulation>& info) const
    {
        return to_string(info.param);
    }
};

} // namespace udeepsc_phy
