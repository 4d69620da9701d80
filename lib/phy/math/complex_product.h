// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>

/* Products of complex numbers without the library's check of each for NaN. */
namespace udeepsc_phy {
namespace detail {

template <typename Real>
std::complex<Real> product(std::complex<Real> a, std::complex<Real> b)
{
    return { a.real() * b.real() - a.imag() * b.imag(),
             a.real() * b.imag() + a.imag() * b.real() };
}

//! conj(a) b
template <typename Real>
std::complex<Real> conj_product(std::complex<Real> a, std::complex<Real> b)
{
    return { a.real() * b.real() + a.imag() * b.imag(),
             a.real() * b.imag() - a.imag() * b.real() };
}

} // namespace detail
} // namespace udeepsc_phy
