// SPDX-License-Identifier: GPL-3.0-or-later
#include "known_symbols.h"

#include <stdexcept>
#include <string>

namespace udeepsc_phy {
namespace detail {

namespace {

struct PreambleSeed {
    unsigned length;
    std::uint32_t seed;
};

/*
 * Best of all seeds below 2^23 whose sequence has |sum| <= 2; peak of the ambiguity
 * function and peak of the autocorrelation, both without the main one, in symbols:
 */
const PreambleSeed PREAMBLE_SEEDS[] = {
    { 64, 0x2d3bac },
    { 128, 0x02dec0 },
    { 256, 0x2aa3fc },
    { 512, 0x0a241e },
};

} // namespace

Prbs23::Prbs23(std::uint32_t seed)
    : d_state(seed)
{ }

unsigned Prbs23::bit()
{
    const std::uint32_t b = ((d_state >> 22) ^ (d_state >> 17)) & 1;
    d_state = ((d_state << 1) | b) & 0x7fffff;
    return b;
}

std::vector<float> prbs_signs(std::uint32_t seed, std::size_t n)
{
    Prbs23 prbs(seed);
    std::vector<float> signs(n);
    for (auto& sign : signs) {
        sign = prbs.sign();
    }
    return signs;
}

const std::vector<unsigned>& preamble_lengths()
{
    static const std::vector<unsigned> s_lengths = [] {
        std::vector<unsigned> lengths;
        for (const auto& entry : PREAMBLE_SEEDS) {
            lengths.push_back(entry.length);
        }
        return lengths;
    }();
    return s_lengths;
}

std::vector<float> preamble_signs(unsigned length)
{
    for (const auto& entry : PREAMBLE_SEEDS) {
        if (entry.length == length) {
            return prbs_signs(entry.seed, length);
        }
    }
    throw std::invalid_argument("preamble_symbols: got " + std::to_string(length)
                                + ", expected 64, 128, 256 or 512");
}

} // namespace detail
} // namespace udeepsc_phy
