// SPDX-License-Identifier: GPL-3.0-or-later
#include "code_thresholds.h"

#include <udeepsc_phy/random.h>

#include <algorithm>
#include <cmath>

using namespace udeepsc_conventional;

namespace {

// Whether at most 1 % of the payloads are lost.
bool works(const CodedLink& link,
           std::size_t payloads,
           double esn0_db,
           std::uint64_t seed)
{
    udeepsc_phy::Xoshiro256pp random(seed);
    const double n0 = std::pow(10.0, -esn0_db / 10.0);
    std::size_t lost = 0;
    for (std::size_t i = 0; i < payloads; ++i) {
        Bits bits(link.information_bits());
        for (auto& bit : bits)
            bit = random() >> 63;
        auto symbols = link.transmit(bits);
        for (auto& symbol : symbols)
            symbol += std::complex<float>(random.complex_gaussian() * std::sqrt(n0));
        lost += link.receive(symbols, { static_cast<float>(n0) }).bits != bits;
        if (100 * lost > payloads)
            return false;
    }
    return true;
}

} // namespace

CodeThreshold measure_code_threshold(CodeFamily family,
                                     const Mcs& mcs,
                                     std::size_t symbols,
                                     std::uint64_t seed)
{
    const CodedLink link(family, mcs, symbols);
    // Long blocks' error rate falls within a few tenths of a dB: fewer of them tell.
    const std::size_t payloads
        = std::clamp<std::size_t>(400000 / link.information_bits(), 30, 1000);
    // From what an ideal code of infinite length needs to 12 dB more.
    const double floor_db = 10 * std::log10(std::pow(2.0, mcs.efficiency()) - 1) - 1;
    double low = std::floor(floor_db * 16) / 16, high = low + 16;
    while (high - low > 1.0 / 16 + 1e-9) {
        const double middle = low + std::floor((high - low) * 8) / 16;
        (works(link, payloads, middle, seed) ? high : low) = middle;
    }
    return { high, payloads };
}
