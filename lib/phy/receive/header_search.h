// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gain_tracker.h"
#include "frame/frame_layout.h"
#include "frame/header_codec.h"

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Frequency and soft decisions of a first header that is not decoded yet.
 *
 * At -6 dB the preamble gives the frequency to 1e-3 radians a symbol: a radian at the
 * header's end. The header's own symbols give more. Their repetitions add up when the
 * frequency is right, whatever they say; so each candidate is judged by the likelihood of
 * the reference symbols together with that of the sums, +-1 alike.
 */
class HeaderSearch {
public:
    /*!
     * All but the numbers must outlive the search.
     * \param signs the sign that scrambling gives each symbol of a header
     * \param z equalised symbols, the header's included
     * \param blocks gains at the reference symbols
     * \param noise_var of the equalised symbols
     * \param middle symbol at which the frequency's phase is 0
     */
    HeaderSearch(const FrameLayout& layout,
                 const std::vector<float>& signs,
                 const std::vector<std::complex<float>>& z,
                 const std::vector<GainBlock>& blocks,
                 double noise_var,
                 double middle);

    struct Result {
        double frequency; //!< radians a symbol
        std::vector<float> symbols; //!< soft decisions -1 to 1, shape [header length]
    };
    //! The best of the frequencies -steps * step .. steps * step.
    Result search(double step, int steps);

private:
    using Complex = std::complex<double>;

    void combine(double frequency);
    Complex reference_sum(double frequency) const;
    Complex soft_sum(Complex sum, Complex phase) const;
    double log_likelihood(Complex sum, Complex phase) const;

    const FrameLayout& d_layout;
    const std::vector<float>& d_signs;
    const std::vector<std::complex<float>>& d_z;
    const std::vector<GainBlock>& d_blocks;
    const double d_slope; //!< of a log likelihood ratio: 2 / N0
    const double d_middle;
    std::vector<Complex> d_combined; //!< sums of repetitions, shape [HEADER_CODED_BITS]
};

} // namespace detail
} // namespace udeepsc_phy
