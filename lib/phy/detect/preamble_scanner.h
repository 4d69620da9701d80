// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "correlator_bank.h"
#include "preamble_fit.h"

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Preambles among a matched filter's outputs: a coarse search over all positions
 * and carrier offsets (CorrelatorBank), then a fit at its local maxima (PreambleFitter).
 */
class PreambleScanner {
public:
    /*!
     * \param preamble_symbols L
     * \param phases positions a symbol
     * \param max_cfo offsets searched, +-cycles a symbol
     * \param sections of the preamble in the coarse search, see CorrelatorBank
     * \param threshold of rho
     */
    PreambleScanner(unsigned preamble_symbols,
                    unsigned phases,
                    double max_cfo,
                    std::size_t sections,
                    double threshold);

    //! Positions before the first that a scan reads.
    static constexpr std::size_t MARGIN = PreambleFitter::MARGIN;
    //! Positions after the last that a scan reads.
    std::size_t reach() const { return preamble_reach() + MARGIN + 1; }
    //! From a preamble's first symbol to its last, in positions.
    std::size_t preamble_reach() const { return d_bank.reach(); }

    struct Found {
        std::size_t position; //!< counted from the first one scanned
        PreambleFit fit;
    };

    /*!
     * Looks at \p n positions, a multiple of CorrelatorBank::CHUNK, those from \p end on
     * left out. \p re and \p im point at the first one. The result, in order of time, is
     * valid until the next call.
     */
    const std::vector<Found>&
    scan(const float* re, const float* im, std::size_t n, std::size_t end);

private:
    void find_candidates(std::size_t n);
    void fit_candidate(const float* re, const float* im, std::size_t candidate);

    double d_threshold;
    double d_min_ratio; //!< of a candidate
    CorrelatorBank d_bank;
    PreambleFitter d_fitter;
    std::vector<float> d_ratio;
    std::vector<std::size_t> d_candidates;
    std::vector<std::complex<float>> d_window;
    std::vector<Found> d_found;
};

} // namespace detail
} // namespace udeepsc_phy
