// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "matched_filter.h"
#include "preamble_scanner.h"

#include <udeepsc_phy/frame.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * How a search over +-max_cfo is divided. A matched filter has to lie on the carrier, and
 * partial sums of several symbols hold only near it; so a wide search has several bands,
 * each with the samples turned back by its centre.
 */
struct CarrierSearch {
    std::vector<double> centres; //!< cycles a symbol, rising
    double half_width = 0.0; //!< of a band
    std::size_t sections = 1; //!< of the preamble, see CorrelatorBank

    explicit CarrierSearch(const FrameProfile& profile);
};

/*!
 * \brief Preambles in one band of carrier offsets of a stream. Position i lies on sample
 * i * stride().
 */
class CarrierBand {
public:
    /*!
     * \param centre of the band, cycles a symbol
     * \param phases positions a symbol
     * \param threshold of rho
     */
    CarrierBand(const FrameProfile& profile,
                const CarrierSearch& search,
                double centre,
                unsigned phases,
                double threshold);

    std::size_t stride() const { return d_filter.stride(); }
    //! Samples on either side of a position that it depends on.
    std::size_t half() const { return d_filter.half(); }
    //! Positions after the last that a scan reads.
    std::size_t reach() const { return d_scanner.reach(); }
    //! From a preamble's first symbol to its last, in positions.
    std::size_t preamble_reach() const { return d_scanner.preamble_reach(); }

    //! Forgets everything; the next position is number \p first.
    void reset(std::int64_t first);
    //! The position behind the last that is there.
    std::int64_t end() const { return d_first + static_cast<std::int64_t>(d_re.size()); }
    //! \p n more positions; \p samples points at that of position end(), less half().
    void append(const std::complex<float>* samples, std::size_t n);
    //! Positions before \p first are no longer needed.
    void drop_before(std::int64_t first);
    //! Only positions before \p end stay.
    void cut(std::int64_t end);

    //! Looks at \p n positions from \p first on, those from \p end on left out; see
    //! PreambleScanner::scan(). Carrier offsets are those of the stream.
    const std::vector<PreambleScanner::Found>&
    scan(std::int64_t first, std::size_t n, std::size_t end);

private:
    double d_centre; //!< cycles a symbol
    double d_turn; //!< radians a sample
    MatchedFilter d_filter;
    PreambleScanner d_scanner;
    std::vector<std::complex<float>> d_turned;
    std::vector<float> d_re, d_im; //!< matched filter outputs
    std::int64_t d_first = 0; //!< position of d_re[0]
    std::vector<PreambleScanner::Found> d_found;
};

} // namespace detail
} // namespace udeepsc_phy
