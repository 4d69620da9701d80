// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_conventional/channel_code.h>
#include <udeepsc_phy/constellation.h>
#include <udeepsc_phy/random.h>
#include <udeepsc_phy/soft_demapper.h>

#include <cmath>
#include <complex>
#include <ostream>
#include <vector>

namespace udeepsc_conventional {
//! For the names of parameterised cases.
inline void PrintTo(CodeFamily family, std::ostream* out)
{
    *out << to_string(family);
}
} // namespace udeepsc_conventional

inline udeepsc_conventional::Bits random_bits(std::size_t n,
                                              udeepsc_phy::Xoshiro256pp& random)
{
    udeepsc_conventional::Bits bits(n);
    for (auto& bit : bits)
        bit = random() >> 63;
    return bits;
}

//! Coded bits over AWGN, as LLRs.
inline std::vector<float> llrs_over_awgn(const udeepsc_conventional::Bits& coded,
                                         udeepsc_phy::Modulation modulation,
                                         double esn0_db,
                                         udeepsc_phy::Xoshiro256pp& random)
{
    const udeepsc_phy::SoftDemapper demapper(modulation);
    const unsigned width = udeepsc_phy::bits_per_symbol(modulation);
    const double n0 = std::pow(10.0, -esn0_db / 10.0);
    std::vector<std::complex<float>> symbols(coded.size() / width);
    for (std::size_t s = 0; s < symbols.size(); ++s) {
        unsigned label = 0;
        for (unsigned b = 0; b < width; ++b)
            label = label << 1 | coded[s * width + b];
        const auto noise = random.complex_gaussian() * std::sqrt(n0);
        symbols[s]
            = demapper.constellation().points()[label] + std::complex<float>(noise);
    }
    return demapper.llrs(symbols, udeepsc_phy::ChannelState(n0));
}
