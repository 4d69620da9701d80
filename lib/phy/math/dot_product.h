// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief sum_i x_i t_i of complex samples with fixed taps, real or complex, fast.
 *
 * VOLK's kernels want aligned taps now and then; these need no alignment. The taps are
 * stored as products need them, every part twice, and filled up with zeros to whole
 * vectors.
 */
class DotProduct {
public:
    //! Samples that a sum of \p n taps reads.
    static std::size_t padded(std::size_t n) { return (n + LANES - 1) / LANES * LANES; }

    void set(const std::vector<float>& taps);
    void set(const std::vector<std::complex<float>>& taps);

    //! Samples that a sum reads.
    std::size_t length() const { return d_re.size() / 2; }

    //! \p n sums, each \p stride samples after the other.
    void apply(const std::complex<float>* x,
               std::size_t stride,
               std::size_t n,
               std::complex<float>* out) const;

private:
    static constexpr std::size_t LANES = 8; //!< complex values at once

    std::vector<float> d_re, d_im; //!< every part twice; d_im empty for real taps
};

//! sum_i x_i y_i of floats.
float dot_product(const float* x, const float* y, std::size_t n);

} // namespace detail
} // namespace udeepsc_phy
