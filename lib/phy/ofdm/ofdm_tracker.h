// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ofdm_channel.h"

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

//! What synchronisation has left, constant over a frame. m counts OFDM symbols.
struct SyncOffsets {
    double phase = 0; //!< radians, at OFDM symbol 0
    double frequency = 0; //!< radians an OFDM symbol
    double clock = 0; //!< symbols T an OFDM symbol

    //! Phase of a carrier, \p k its ofdm_frequency().
    double angle(double m, int k) const;
};

/*!
 * \brief Channel, synchronisation offsets, noise and phase of an OFDM frame, from its
 * reference symbols.
 *
 * Carrier k of OFDM symbol m is y_mk = x_mk h_k exp(j angle(m, k)) + noise. Channel and
 * offsets are fitted in turn; a slow phase is tracked on top by means over five OFDM
 * symbols. A carrier with far more noise than the others is disturbed, by a tone or
 * another radio; an OFDM symbol with far more than those of the header, by a pulse, or by
 * samples that were lost before it; unless a step of the receiver's gain explains it.
 * They count for what their noise leaves of them. Not safe to share between threads.
 */
class OfdmTracker {
public:
    //! Forgets everything: another frame.
    void reset();
    //! OFDM symbols received so far.
    void set_symbols(std::size_t symbols) { d_symbols = symbols; }
    //! A received carrier that holds a reference symbol: \p value is sent * received,
    //! sent +-1.
    void add(std::size_t symbol, std::size_t carrier, std::complex<double> value);
    void clear_observations() { d_observations.clear(); }

    //! From nothing but a detection to channel, offsets and noise.
    void acquire();
    //! Channel, offsets and noise together, from what they are.
    void calibrate();
    //! Channel (all delays), then offsets.
    void estimate();
    /*!
     * Offsets again, over all observations. The frequency is searched within what the fit
     * to the first \p symbols OFDM symbols with \p carriers references each leaves open.
     */
    void refine_offsets(std::size_t symbols, std::size_t carriers);
    //! What the phase does beyond the offsets, from means over neighbouring OFDM symbols.
    void track_phase();

    //! Of a carrier, phase and offsets included.
    std::complex<double> gain(std::size_t symbol, std::size_t carrier) const;
    const OfdmChannel& channel() const { return d_channel; }
    const SyncOffsets& offsets() const { return d_offsets; }
    //! Finds OFDM symbols that are not as channel, offsets and noise make expect.
    void find_disturbed_symbols();

    //! N0 of a received carrier.
    double noise_var(std::size_t symbol, std::size_t carrier) const
    {
        return d_noise_var * d_noise_ratio[carrier] * state(symbol).noise_ratio;
    }
    //! Over all carriers and OFDM symbols with reference symbols.
    double mean_noise_var() const;

private:
    using Complex = std::complex<double>;
    enum class Start { with_all_delays, with_those_found };

    //! A received carrier, the symbol sent taken out.
    struct Observation {
        std::size_t symbol, carrier;
        Complex value;
    };

    void acquire_frequency();
    void estimate_channel(Start start);
    std::vector<Complex> rotations() const;
    std::vector<Complex> symbol_sums() const;
    void search_frequency(std::size_t symbols, std::size_t carriers);
    void fit_offsets();
    void measure_noise();

    //! What is not as in the header's OFDM symbols.
    struct SymbolState {
        double level = 1; //!< of the receiver's gain
        double noise_ratio = 1;
    };
    SymbolState state(std::size_t symbol) const
    {
        return symbol < d_states.size() ? d_states[symbol] : SymbolState();
    }
    //! Of a value that rotations() has turned.
    double weight(const Observation& o) const
    {
        const auto& s = state(o.symbol);
        return s.level * s.level / (d_noise_ratio[o.carrier] * s.noise_ratio);
    }

    const OfdmChannelEstimator d_estimator;
    std::size_t d_symbols = 0;
    std::vector<Observation> d_observations;
    OfdmChannel d_channel;
    SyncOffsets d_offsets;
    double d_noise_var = 1; //!< of carriers that nothing disturbs
    double d_mean_noise_var = 1;
    std::vector<double> d_noise_ratio; //!< of each carrier: 1 unless disturbed
    std::vector<SymbolState> d_states; //!< of OFDM symbols looked at
    std::vector<Complex> d_phases; //!< of each OFDM symbol, beyond the offsets
};

} // namespace detail
} // namespace udeepsc_phy
