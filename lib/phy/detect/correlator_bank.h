// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief The coarse search of a burst detector: a preamble's correlation at every
 * position and at carrier offsets half a resolution cell apart.
 *
 * With L symbols s_k = +-1 and matched filter output z, G positions a symbol,
 *
 *     Y(n, f) = sum_k s_k z[n + G k] e^(-2 pi j f k),
 *     ratio(n) = max_f |Y(n, f)|^2 / (L sum_k |z[n + G k]|^2),  f = i / (2 L).
 *
 * Segments of M symbols are summed without regard to f (the partial matched filters:
 * at most 0.4 dB lost at the band's edge), then transformed. Four signs make only eight
 * different sums but for their sign, so all sums of four are made once for all segments.
 * Segments p and P - 1 - p lie as far before as after the middle, so one transform of
 * their sums by cosines and one of their differences by sines give both f and -f: a
 * quarter of the products of a plain DFT and, for the few offsets that matter, fewer than
 * an FFT's.
 *
 * A wide search does not add up all L symbols in phase: with Q sections of L / Q symbols
 *
 *     ratio(n) = max_f sum_q |Y_q(n, f)|^2 / (L / Q sum_k |z[n + G k]|^2),  f = i Q / (2
 * L),
 *
 * which has Q times fewer offsets to try and is good enough to tell where it is worth
 * looking closely. Q = 1 is the above.
 */
class CorrelatorBank {
public:
    /*!
     * \param signs the preamble, L symbols
     * \param phases positions a symbol
     * \param max_cfo offsets searched, +-cycles a symbol: 0 to 0.04
     * \param sections Q, each an even number of segments
     */
    CorrelatorBank(const std::vector<float>& signs,
                   unsigned phases,
                   double max_cfo,
                   std::size_t sections);

    //! Symbols a segment.
    static unsigned segment_symbols(double max_cfo);

    //! Values after position n that ratio(n) reads.
    std::size_t reach() const { return d_plan.phases * (d_symbols - 1); }

    //! \p ratio[i] for i < n, a multiple of CHUNK; reads n + reach() values.
    void ratios(const float* re, const float* im, std::size_t n, float* ratio);

    static constexpr std::size_t CHUNK = 32;

    //! What the kernels read.
    struct Plan {
        std::size_t phases; //!< G
        std::size_t fours; //!< sums of four symbols in a segment: M / 4
        std::size_t sections; //!< Q
        std::size_t pairs; //!< of a section's segments: P / 2
        std::size_t offsets; //!< not negative ones, a multiple of the kernel's block
        std::vector<std::size_t> patterns; //!< of each four symbols of the preamble
        std::vector<float> signs; //!< of the first of each four
        std::vector<float> rotation; //!< cos, sin; shape [blocks, pairs, 2, block]
    };

private:
    void window_energy(const float* re, const float* im, std::size_t n);

    std::size_t d_symbols;
    Plan d_plan;
    std::vector<float> d_parts; //!< shape [Q, P, 2, CHUNK]
    std::vector<float> d_energy; //!< sum of |z|^2 over the window
    std::vector<float> d_level; //!< sums over 1, 2, 4, ... symbols
    std::vector<float> d_re, d_im; //!< sums of four symbols, shape [8, positions]
};

} // namespace detail
} // namespace udeepsc_phy
