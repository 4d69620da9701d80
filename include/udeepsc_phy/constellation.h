// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <complex>
#include <cstdint>
#include <string>
#include <vector>

namespace udeepsc_phy UDEEPSC_PHY_API {

enum class Modulation { bpsk, qpsk, qam16, qam64, qam256 };

//! "bpsk", "qpsk", "16qam", "64qam" or "256qam".
std::string to_string(Modulation modulation);

//! Inverse of to_string(). \throws std::invalid_argument for any other text.
Modulation modulation_from_string(const std::string& name);

unsigned bits_per_symbol(Modulation modulation);

//! Binary-reflected Gray code of \p binary.
constexpr unsigned gray_encode(unsigned binary)
{
    return binary ^ (binary >> 1);
}

//! Position of the code word \p gray in the binary-reflected Gray code.
constexpr unsigned gray_decode(unsigned gray)
{
    for (unsigned shift = 1; shift < 8 * sizeof(gray); shift <<= 1) {
        gray ^= gray >> shift;
    }
    return gray;
}

/*!
 * \brief Gray-labelled BPSK or square QAM with mean symbol energy 1.
 *
 * A label's bits are read MSB first. For QAM with m bits per axis the upper m bits give
 * the in-phase level and the lower m bits the quadrature level; per axis the m-bit field
 * g stands for the level 2 gray_decode(g) - (2^m - 1), times scale() = 1/sqrt(2(M-1)/3).
 * BPSK is label 0 -> -1, label 1 -> +1 on the real axis.
 */
class Constellation {
public:
    explicit Constellation(Modulation modulation);

    Modulation modulation() const { return d_modulation; }

    //! Number of points, M.
    unsigned size() const { return static_cast<unsigned>(d_points.size()); }
    unsigned bits_per_symbol() const { return d_bits_per_axis * d_axes; }

    //! 1 for BPSK, 2 for QAM.
    unsigned axes() const { return d_axes; }
    unsigned bits_per_axis() const { return d_bits_per_axis; }

    //! Half the distance between neighbours.
    float scale() const { return d_scale; }

    //! Point of each label, shape [M].
    const std::vector<std::complex<float>>& points() const { return d_points; }

    //! Scaled amplitude of each Gray field of one axis, shape [2^bits_per_axis].
    const std::vector<float>& axis_levels() const { return d_axis_levels; }

private:
    Modulation d_modulation;
    unsigned d_axes;
    unsigned d_bits_per_axis;
    float d_scale;
    std::vector<float> d_axis_levels;
    std::vector<std::complex<float>> d_points;
};

} // namespace udeepsc_phy
