// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/*
 * Every fixed sequence of a frame comes from one generator, PRBS23 of ITU-T O.150
 * (x^23 + x^18 + 1), started from one seed for each use; a bit b is the symbol 1 - 2 b.
 */
namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Symbols in a row that the receiver knows: preamble, pilots, a decoded header.
 *
 * +-1, or a ramp's amplitudes; \p first counts from the preamble's first symbol.
 */
struct ReferenceSymbols {
    std::ptrdiff_t first = 0;
    std::vector<float> values;
};

/*!
 * \brief PRBS23. With the state's bits s_22 (oldest) to s_0, each step puts out
 * b = s_22 xor s_17 and shifts b in as the new s_0.
 */
class Prbs23 {
public:
    explicit Prbs23(std::uint32_t seed);
    unsigned bit();
    //! 1 - 2 bit().
    float sign() { return bit() ? -1.0f : 1.0f; }

private:
    std::uint32_t d_state;
};

//! The next \p n signs from a seed.
std::vector<float> prbs_signs(std::uint32_t seed, std::size_t n);

constexpr std::uint32_t PILOT_SEED = 0x2a5f13;
constexpr std::uint32_t RAMP_SEED = 0x51c0d7;
constexpr std::uint32_t HEADER_SCRAMBLER_SEED = 0x1d872b;
constexpr std::uint32_t PAYLOAD_SCRAMBLER_SEED = 0x6e3a95;
constexpr std::uint32_t TRAINING_SEED = 0x3b94c1;

//! Lengths for which a preamble exists.
const std::vector<unsigned>& preamble_lengths();

/*!
 * \brief The preamble of a length, +-1.
 *
 * Its seed was searched. What is asked of a preamble here: a small peak of the aperiodic
 * ambiguity function |sum a_i a_(i+k) exp(2 pi j f i)| over all k > 0 and |f| <= 0.02, so
 * that no wrong delay or carrier offset looks like the right one; small autocorrelation
 * at the delays of a channel, because there it adds noise to the least-squares estimate;
 * a mean near zero, so that a radio's DC offset does not disturb it; and no two lengths
 * one the beginning of the other, so that receivers of one profile ignore another's
 * bursts.
 */
std::vector<float> preamble_signs(unsigned length);

} // namespace detail
} // namespace udeepsc_phy
