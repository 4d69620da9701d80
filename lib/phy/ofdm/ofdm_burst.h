// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ofdm_section.h"
#include "receive/sample_window.h"

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Samples of one burst, and the carriers of its OFDM symbols. OFDM symbols are
 * counted from the first training symbol.
 */
class OfdmBurst {
public:
    explicit OfdmBurst(const FrameProfile& profile);

    //! Begins another burst, which must outlive it. False if its position cannot be one.
    bool open(const DetectedBurst& burst);
    //! Transforms the first \p symbols OFDM symbols, those not transformed yet.
    void transform_to(std::size_t symbols);
    /*!
     * All symbols are transformed anew.
     * \param offset moves the carrier offset that the samples are turned back by, cycles
     * per symbol T
     * \param line DC offset that is taken off, in units of line()
     */
    void correct(double offset, std::complex<double> line);

    //! Carriers of the first training symbol if there were nothing but a DC offset of 1.
    std::vector<std::complex<float>> line() const;

    //! Whether the samples hold all of the first \p symbols OFDM symbols.
    bool available(std::size_t symbols) const;
    //! OFDM symbols transformed.
    std::size_t symbols() const { return d_carriers.size() / OFDM_CARRIERS; }
    const std::complex<float>& at(std::size_t symbol, std::size_t carrier) const
    {
        return d_carriers[symbol * OFDM_CARRIERS + carrier];
    }
    //! Carrier offset removed, cycles per symbol T.
    double cfo() const { return d_cfo; }
    const SampleWindow& window() const { return d_window; }

private:
    void transform(const std::complex<float>* samples,
                   std::complex<float>* carriers) const;

    const FrameProfile d_profile;
    const std::size_t d_first; //!< symbol T at which the first training symbol begins
    const OfdmTransform d_transform;
    SampleWindow d_window;
    double d_cfo = 0;
    std::vector<std::complex<float>> d_carriers; //!< shape [OFDM symbols, 128]
};

} // namespace detail
} // namespace udeepsc_phy
