// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>
#include <vector>

namespace udeepsc_phy {
namespace detail {

//! What some reference symbols in a row say about the gain there.
struct GainBlock {
    double time = 0; //!< of its middle, symbols
    double weight = 0; //!< symbols; less where the noise is more than elsewhere
    std::complex<double> gain = 0.0; //!< mean of conj(s) z
    double noise_ratio = 1; //!< of its noise to that of the others: 1 unless disturbed
};

struct GainMeasurement {
    std::vector<GainBlock> blocks; //!< in order of time
    double noise_var = 1; //!< of z, around the gains of blocks that are not disturbed
};

/*!
 * Gains of all reference symbols of z. A block with far more noise than the others is
 * disturbed, by a pulse or another radio; it counts for what its noise leaves of it.
 * \param reference 0 where there is none; soft decisions weigh by what they are worth
 */
GainMeasurement measure_gains(const std::vector<float>& reference,
                              const std::vector<std::complex<float>>& z);

/*!
 * \brief Frequency and gain over a frame, from its reference symbols.
 *
 * First one frequency for all blocks together, by maximum likelihood: no phase is ever
 * unwrapped, so low SNR costs accuracy and not slips. Then the gain as a random walk of
 * variance q a symbol, by a Kalman filter and smoother (Rauch, Tung, Striebel), q being
 * the most likely one: 0, a constant, for clean oscillators, where the gain costs one
 * parameter a frame; more for phase noise and fading, with as short a memory as they ask.
 */
class GainTracker {
public:
    /*!
     * \param blocks in order of time
     * \param noise_var of each symbol
     * \param max_frequency searched on either side of 0, radians a symbol
     */
    void
    fit(const std::vector<GainBlock>& blocks, double noise_var, double max_frequency);

    //! For gains that had been turned back by a frequency, 0 at \p time, before fit().
    void shift_frequency(double frequency, double time);

    //! Radians a symbol.
    double frequency() const { return d_frequency; }

    //! Variance of the random walk a symbol.
    double process_noise() const { return d_process_noise; }

    //! Mean |gain|^2 at the blocks, less what noise adds.
    double power() const { return d_power; }

    struct Gain {
        std::complex<double> value;
        double error_var;
    };
    //! Anywhere; ascending times are fast.
    Gain at(double time) const;

private:
    struct State {
        double time;
        std::complex<double> gain; //!< frequency removed
        double var;
        double next_covariance; //!< with the next block's gain
    };

    void remove_frequency(const std::vector<GainBlock>& blocks);
    double find_process_noise(const std::vector<GainBlock>& blocks, double noise_var);
    double find_frequency(const std::vector<GainBlock>& blocks,
                          double max_frequency) const;
    double
    filter(const std::vector<GainBlock>& blocks, double noise_var, double process_noise);
    void smooth();

    std::vector<std::complex<double>>
        d_measured; //!< the blocks' gains, frequency removed
    std::vector<State> d_states;
    double d_frequency = 0;
    std::complex<double> d_turn = 1.0; //!< phase of the frequency at d_middle
    double d_middle = 0; //!< time at which frequency and phase do not depend
    double d_frequency_var = 0; //!< of its error
    double d_process_noise = 0;
    double d_power = 1;
    mutable std::size_t d_last = 0;
};

} // namespace detail
} // namespace udeepsc_phy
