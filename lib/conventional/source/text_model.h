// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "text_codecs.h"

#include <array>
#include <cstdint>
#include <unordered_map>
#include <utility>

namespace udeepsc_conventional {

/*!
 * \brief Probabilities of the next character after the ones before it.
 *
 * Counts of all orders up to the highest, each order smoothed by the one below with the
 * weight of I. H. Witten and T. C. Bell, "The Zero-Frequency Problem", IEEE Trans. Inf.
 * Theory 37(4), 1991. In integers, so that every machine finds the same.
 */
class TextModel {
public:
    static constexpr std::uint32_t TOTAL = 1u << 16;

    TextModel(const std::vector<std::string>& training, int order);

    //! Frequencies that add up to TOTAL, none 0, given all that came before.
    std::array<std::uint32_t, SYMBOLS> frequencies(const std::string& before) const;

private:
    struct Context {
        std::uint64_t count = 0;
        std::vector<std::pair<std::uint8_t, std::uint32_t>> seen;
    };

    static std::uint64_t key(const std::string& before, int order);

    int d_order;
    std::unordered_map<std::uint64_t, Context> d_contexts;
};

} // namespace udeepsc_conventional
