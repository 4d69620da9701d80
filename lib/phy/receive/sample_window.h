// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/burst_detector.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief A burst's samples, made fit for arithmetic: scaled to a mean power of
 * 1 / samples_per_symbol, zeros for what is not finite, out of all proportion or missing,
 * without the receiver's DC offset, and turned back by a carrier offset.
 */
class SampleWindow {
public:
    /*!
     * \param burst must outlive the window
     * \param reach symbols that fill() gives on either side
     * \return false, and nothing changed, if the burst's samples lack more than half of
     * the preamble detected
     */
    bool open(const DetectedBurst& burst,
              unsigned samples_per_symbol,
              std::size_t preamble_symbols,
              double reach);

    //! Symbols 0 to \p symbols - 1 and what lies around them. \p cfo cycles a symbol.
    void fill(double cfo, std::size_t symbols);

    //! The next fill() takes a DC offset off, in units of samples(), further to those
    //! taken off before.
    void remove_line(std::complex<double> amplitude)
    {
        d_line += std::complex<float>(amplitude);
    }

    const std::vector<std::complex<float>>& samples() const { return d_samples; }

    //! Where symbol 0 was detected, in samples().
    double start() const { return d_at - double(d_first); }
    //! An instant of samples(), in the burst's.
    double to_burst(double position) const { return position + double(d_first); }
    //! The whole sample of the burst next to where symbol 0 was detected.
    std::int64_t detected_sample() const;
    std::size_t burst_size() const { return d_burst->size(); }

    //! Nothing but zeros, or less than floats can hold.
    bool silent() const { return d_scale == 0.0f; }
    //! More of the samples last filled are NaN or infinite than a frame can be built on.
    bool too_many_not_finite() const { return d_not_finite > MAX_REPLACED; }
    //! Likewise out of all proportion to what was detected: another signal's.
    bool too_many_outliers() const { return d_outliers > MAX_REPLACED; }
    //! Mean |sample|^2 of the first \p n from symbol 0 on, as received.
    double power(std::size_t n) const;

private:
    //! Share of the samples.
    static constexpr double MAX_REPLACED = 0.1;

    void count_replaced(std::ptrdiff_t begin, std::ptrdiff_t end);

    const std::vector<std::complex<float>>* d_burst = nullptr;
    double d_at = 0;
    unsigned d_samples_per_symbol = 2;
    double d_reach = 0;
    float d_scale = 0;
    float d_limit = 0; //!< of |sample|^2
    std::complex<float> d_line = 0; //!< DC offset
    double d_not_finite = 0, d_outliers = 0; //!< shares of the samples last filled
    std::ptrdiff_t d_first = 0; //!< the burst's sample that is samples()[0]
    std::vector<std::complex<float>> d_samples;
};

} // namespace detail
} // namespace udeepsc_phy
