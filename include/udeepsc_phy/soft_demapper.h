// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <udeepsc_phy/constellation.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace udeepsc_phy UDEEPSC_PHY_API {

/*!
 * \brief What a receiver knows of the channel y = h x + n for a run of symbols.
 *
 * N0 is the variance of n per complex symbol, positive (+inf allowed: nothing is known);
 * N0 and h are each either one value for all symbols or one value per symbol. Values per
 * symbol are not copied: the vectors must outlive this object.
 */
class ChannelState {
public:
    ChannelState(double n0, std::complex<float> h = { 1.0f, 0.0f });
    explicit ChannelState(const std::vector<float>& n0);
    ChannelState(double n0, const std::vector<std::complex<float>>& h);
    ChannelState(const std::vector<float>& n0, const std::vector<std::complex<float>>& h);

    /*!
     * \throws std::invalid_argument unless there is one N0 and one h, or \p n_symbols of
     * them, and every N0 is positive.
     */
    void validate(std::size_t n_symbols) const;

    //! As validate(), but for the gain alone.
    void validate_gain(std::size_t n_symbols) const;

    double n0() const { return d_n0; }
    std::complex<float> h() const { return d_h; }
    const std::vector<float>* n0_per_symbol() const { return d_n0_per_symbol; }
    const std::vector<std::complex<float>>* h_per_symbol() const
    {
        return d_h_per_symbol;
    }

private:
    double d_n0 = 1.0;
    std::complex<float> d_h = { 1.0f, 0.0f };
    const std::vector<float>* d_n0_per_symbol = nullptr;
    const std::vector<std::complex<float>>* d_h_per_symbol = nullptr;
};

//! LLRs saturate here, so that a decoder's sums stay finite.
constexpr float MAX_LLR = 1e9f;

/*!
 * \brief Noisy symbols to LLRs, label posteriors or hard decisions.
 *
 * LLR = ln P(b=0)/P(b=1), labels equally likely. Bits come in the label's order, MSB
 * first. N0 below 1e-9 counts as 1e-9 for LLRs: float samples carry no more.
 *
 * A sample that is not finite, or whose h is not, or is zero, is an erasure: LLR 0,
 * uniform posterior, hard decision 0. No result is ever NaN. \throws
 * std::invalid_argument when the channel state does not validate.
 */
class SoftDemapper {
public:
    enum class Metric {
        exact, //!< log-MAP
        max_log, //!< largest term of each sum: faster, equal for BPSK and QPSK
    };

    explicit SoftDemapper(Modulation modulation, Metric metric = Metric::exact);

    const Constellation& constellation() const { return d_constellation; }
    Metric metric() const { return d_metric; }

    //! LLRs of \p n symbols, shape [n, bits per symbol].
    void llrs(const std::complex<float>* y,
              std::size_t n,
              const ChannelState& channel,
              float* out) const;
    std::vector<float> llrs(const std::vector<std::complex<float>>& y,
                            const ChannelState& channel) const;

    //! P(label | y), shape [n, M]; each row sums to 1.
    void label_posteriors(const std::complex<float>* y,
                          std::size_t n,
                          const ChannelState& channel,
                          float* out) const;
    std::vector<float> label_posteriors(const std::vector<std::complex<float>>& y,
                                        const ChannelState& channel) const;

    //! P(label | y) of one symbol, shape [M].
    std::vector<float> label_posteriors(std::complex<float> y,
                                        double n0,
                                        std::complex<float> h = { 1.0f, 0.0f }) const;

    //! Nearest label of each equalised symbol, shape [n].
    void
    hard_labels(const std::complex<float>* y, std::size_t n, std::uint16_t* out) const;
    std::vector<std::uint16_t>
    hard_labels(const std::vector<std::complex<float>>& y) const;

    //! Nearest label of each symbol under the channel's gain; N0 is not looked at.
    void hard_labels(const std::complex<float>* y,
                     std::size_t n,
                     const ChannelState& channel,
                     std::uint16_t* out) const;
    std::vector<std::uint16_t> hard_labels(const std::vector<std::complex<float>>& y,
                                           const ChannelState& channel) const;

private:
    Constellation d_constellation;
    Metric d_metric;
};

} // namespace udeepsc_phy
