// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief The receiver's DC offset, a line at its 0 Hz, from known symbols.
 *
 * Least squares of received = a expected + d line + noise over all symbols, a and d
 * together: symbols that are no white sequence would pass for a part of the line, as they
 * do for a plain mean.
 */
class LineFit {
public:
    //! \param expected what the symbol's estimate says would be received
    //! \param line what would be received of a line of amplitude 1
    void add(std::complex<double> received,
             std::complex<double> expected,
             std::complex<double> line);

    //! d, or 0 where noise may be all that it is.
    std::complex<double> amplitude() const;

private:
    std::size_t d_n = 0;
    double d_received = 0, d_expected = 0, d_line = 0; //!< energies
    std::complex<double> d_both = 0; //!< sum of conj(line) expected
    std::complex<double> d_with_expected = 0, d_with_line = 0; //!< of what was received
};

} // namespace detail
} // namespace udeepsc_phy
