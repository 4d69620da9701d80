// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/frame.h>

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Samples -> outputs of the root raised cosine matched filter at \p phases equally
 * spaced positions a symbol, real and imaginary parts apart.
 *
 * The filter is centred: position i lies on sample i * stride().
 */
class MatchedFilter {
public:
    //! \p phases divides the samples of a symbol.
    MatchedFilter(const FrameProfile& profile, unsigned phases);

    std::size_t stride() const { return d_stride; }
    //! Samples on either side that an output reads.
    std::size_t half() const { return d_half; }

    /*!
     * \p n outputs; \p samples points at the first output's sample, less half(). Samples
     * that are not finite, or too large for the squares to come, count as zeros.
     */
    void apply(const std::complex<float>* samples, std::size_t n, float* re, float* im);

private:
    std::size_t d_stride, d_half;
    std::vector<float> d_taps;
    std::vector<float> d_re, d_im; //!< every stride-th sample, shape [stride, n + taps]
};

} // namespace detail
} // namespace udeepsc_phy
