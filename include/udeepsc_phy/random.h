// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <array>
#include <complex>
#include <cstdint>

namespace udeepsc_phy UDEEPSC_PHY_API {

/*!
 * \brief xoshiro256++ 1.0: fast, period 2^256 - 1, the same numbers on every platform.
 *
 * Source: D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators",
 * ACM Trans. Math. Softw. 47(4), 2021; the seed is spread by splitmix64 as they advise.
 */
class Xoshiro256pp {
public:
    explicit Xoshiro256pp(std::uint64_t seed)
    {
        for (auto& word : d_state) {
            seed += 0x9e3779b97f4a7c15u;
            std::uint64_t z = seed;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
            word = z ^ (z >> 31);
        }
    }

    std::uint64_t operator()()
    {
        const std::uint64_t result = rotl(d_state[0] + d_state[3], 23) + d_state[0];
        const std::uint64_t t = d_state[1] << 17;
        d_state[2] ^= d_state[0];
        d_state[3] ^= d_state[1];
        d_state[1] ^= d_state[2];
        d_state[0] ^= d_state[3];
        d_state[2] ^= t;
        d_state[3] = rotl(d_state[3], 45);
        return result;
    }

    //! Uniform over (0, 1], never 0, with 53 bits.
    double uniform() { return (((*this)() >> 11) + 1) * 0x1.0p-53; }

    /*!
     * \brief Circular complex Gaussian of variance 1, 1/2 per real dimension.
     *
     * Box-Muller: exact into the far tail; the largest magnitude, sqrt(53 ln 2), is
     * reached with probability 2^-53.
     */
    std::complex<double> complex_gaussian();

private:
    static std::uint64_t rotl(std::uint64_t x, int k)
    {
        return (x << k) | (x >> (64 - k));
    }

    std::array<std::uint64_t, 4> d_state;
};

} // namespace udeepsc_phy
